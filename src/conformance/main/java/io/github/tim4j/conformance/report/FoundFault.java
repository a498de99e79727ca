/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

/**
 * What the kit made of a library with a deliberate fault.
 *
 * @param library  which one
 * @param what     the fault
 * @param scenario what had to find it
 * @param verdict  the scenario's
 * @param detail   the first line of why
 */
public record FoundFault(String library, String what, String scenario, Verdict verdict, String detail) {}
