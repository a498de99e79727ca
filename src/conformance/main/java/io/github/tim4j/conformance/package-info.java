/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The conformance kit: does a library with this C API behave as documented?
 *
 * <p>{@link io.github.tim4j.conformance.Conformance} runs {@link io.github.tim4j.conformance.Scenario}s, which
 * {@link io.github.tim4j.conformance.Catalogue} lists, against a library, and makes a {@link io.github.tim4j.conformance.Report} of their
 * {@link io.github.tim4j.conformance.Result}s. Beside its own checks every scenario finds a callback that is lost, comes twice, comes
 * after TIMUninit, overlaps with another or has a NULL string, and a process that crashes, hangs or cannot end.
 *
 * <p>How it works: a scenario is Java code that runs here, in the parent process. Each library lives in a worker process ({@code Worker}),
 * which is used for one scenario and thrown away. The worker makes the calls that it is told, one at a time through the raw layer {@code
 * io.github.tim4j.jna}, and tells every return and every callback. Scenarios are written against {@code Device}, such a process as an
 * application; {@code Stage} gives them devices, the login server and the checks. Where sources disagree, {@code Check} judges who is
 * followed, and a {@link io.github.tim4j.conformance.Divergence} says who says what. {@code Patience} says how long a library may take,
 * {@code Slots} how many scenarios run at a time.
 *
 * <p>To add a scenario, write it into the {@code …Scenarios} class of its group. To add a check that every scenario makes, see
 * {@code Client.finish()}.
 */
package io.github.tim4j.conformance;
