/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

/**
 * What was so when a library called back.
 *
 * @param userData        the callback's user_data
 * @param thread          the native thread's name and number, "" if unknown
 * @param status          what TIMGetLoginStatus returned inside the callback, 0 if not asked
 * @param overlaps        another thread was in a callback at the same time
 * @param afterUninit     it began after TIMUninit had returned
 * @param onCallingThread it came on a thread of the application, inside a call
 */
public record Circumstances(
        long userData, String thread, int status, boolean overlaps, boolean afterUninit, boolean onCallingThread) {}
