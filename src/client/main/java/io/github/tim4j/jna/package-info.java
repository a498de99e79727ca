/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The raw layer: the C API as JNA sees it, and how its library is found.
 *
 * <p>{@link io.github.tim4j.jna.ImSdk} mirrors the header {@code TIMManager.h}, name by name and in its order, and adds nothing. The
 * C headers in {@code include/} state the contract: threads, ownership, results. {@link io.github.tim4j.jna.ImSdkShim} has what only
 * timshim exports. {@link io.github.tim4j.jna.NativeLibraries} finds and loads a library: yours, the bundled one, or the system's.
 *
 * <p>Most programs want {@link io.github.tim4j.TimClient} instead. Who uses this layer keeps three rules by himself: a callback object
 * stays strongly reachable for as long as the library may call it; a callback returns soon and throws nothing; a
 * {@code CallbackThreadInitializer} that does not detach is set before a callback first reaches C, or each callback costs an attach.
 */
@NullMarked
package io.github.tim4j.jna;

import org.jspecify.annotations.NullMarked;
