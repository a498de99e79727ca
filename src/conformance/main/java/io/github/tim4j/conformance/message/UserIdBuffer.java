/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

import io.github.tim4j.jna.ImSdk;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The buffer that TIMGetLoginUserID gets, as the worker fills it beforehand and the parent reads it afterwards. */
public final class UserIdBuffer {
    /** The value of every byte before the library gets it. */
    public static final byte UNTOUCHED = 0x7f;

    private UserIdBuffer() {}

    public static boolean isUntouched(byte[] buffer) {
        byte[] untouched = new byte[ImSdk.USER_ID_BUFFER];
        Arrays.fill(untouched, UNTOUCHED);
        return Arrays.equals(buffer, untouched);
    }

    /** The text of a buffer; null if it has no end. */
    public static String text(byte[] buffer) {
        for (int i = 0; i < buffer.length; i++) {
            if (buffer[i] == 0) {
                return new String(buffer, 0, i, StandardCharsets.UTF_8);
            }
        }
        return null;
    }
}
