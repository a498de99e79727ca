/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The conformance kit: does a library with this C API behave as documented?
 *
 * <p>{@link io.github.tim4j.conformance.Conformance} runs {@link io.github.tim4j.conformance.scenarios.Scenario}s, which
 * {@link io.github.tim4j.conformance.scenarios.Catalogue} lists, against a library, and makes a
 * {@link io.github.tim4j.conformance.report.Report} of their results. Besides its own checks every scenario finds a callback that is lost, comes
 * twice, comes after TIMUninit, overlaps with another or has a NULL string, and a process that crashes, hangs or cannot end.
 *
 * <p>How it works: a scenario is Java code that runs in the parent process. Each library lives in a worker process of its own ({@code worker}),
 * which is used for one scenario and thrown away; {@code process} is the parent's end of it, and {@code message} what the two say to each other.
 * Scenarios are written with {@code stage}: devices, the login server, and the checks. To add a scenario, write it into the class of its group in
 * {@code scenarios}; to add a check that every scenario makes, see {@code Client.finish()}.
 */
@NullMarked
package io.github.tim4j.conformance;

import org.jspecify.annotations.NullMarked;
