/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A secret as a C string, for the time of one call; wiped before it is freed. */
final class NativeSecret implements AutoCloseable {
    private final Memory memory;

    NativeSecret(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        memory = new Memory(bytes.length + 1L);
        memory.write(0, bytes, 0, bytes.length);
        memory.setByte(bytes.length, (byte) 0);
        Arrays.fill(bytes, (byte) 0);
    }

    Pointer pointer() {
        return memory;
    }

    @Override
    public void close() {
        memory.clear();
        memory.close();
    }
}
