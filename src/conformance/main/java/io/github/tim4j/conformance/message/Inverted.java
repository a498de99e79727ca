/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

/** A secret with every bit inverted: so it travels to a worker and is kept there, where a search of the memory for the secret must not find it. */
public final class Inverted {
    private Inverted() {}

    public static byte[] of(byte[] bytes) {
        byte[] inverted = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            inverted[i] = (byte) ~bytes[i];
        }
        return inverted;
    }
}
