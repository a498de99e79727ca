/* SPDX-License-Identifier: Apache-2.0 */
/** The child process that has the library under test. It decides nothing: it makes the calls that it is told and reports what happens. */
package io.github.tim4j.conformance.worker;
