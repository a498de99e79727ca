/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The login lifecycle of Tencent IM for Java desktop applications: start at {@link io.github.tim4j.TimClient}.
 *
 * <p>A client loads a native library with the C API, the vendor's or timshim, and turns its callbacks into futures and listener calls.
 * Inside, one class per concern:
 *
 * <pre>
 * TimClient ─┬─ Renewal ──── NativeSession ─┬─ Requests ── Callbacks ── jna.ImSdk
 *            │  where        one library    │  what is     what native
 *            │  UserSigs     as an object   │  not         code calls
 *            │  come from                   │  answered
 *            │                              └─ Session
 *            │                                 what the status follows from
 *            └─ Listeners, Reply ── Dispatch
 *               what the application sees, on its executor
 * </pre>
 *
 * <p>What the library reports passes through the {@code Inbox}, one item at a time and in order; {@code Session}, {@code Requests} and the
 * timers of {@code Renewal} belong to it and need no lock. What the application gets passes through {@code Dispatch}, likewise. No
 * lock is held while either runs.
 */
@NullMarked
package io.github.tim4j;

import org.jspecify.annotations.NullMarked;
