/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Looks for a secret in the memory of this process. The kit holds it with every bit inverted, so that it does not find its own copies. */
final class Memories {
    private static final long WINDOW = 1 << 20;
    private static final int O_RDONLY = 0;

    private Memories() {}

    /** The text itself, terminated, in native memory, which is overwritten when it is closed. */
    static Memory inverted(byte[] inverted) {
        Memory text = new Memory(inverted.length + 1L) {
            @Override
            public void close() {
                setMemory(0, size(), (byte) 'x');
                super.close();
            }
        };
        for (int i = 0; i < inverted.length; i++) {
            text.setByte(i, (byte) ~inverted[i]);
        }
        text.setByte(inverted.length, (byte) 0);
        return text;
    }

    /** @return 1 if the second half of the text is anywhere, 0 if not, -1 if this system does not show the memory */
    static long has(byte[] inverted) throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            return -1;
        }
        NativeLibrary c = NativeLibrary.getInstance("c");
        int file = c.getFunction("open").invokeInt(new Object[] {"/proc/self/mem", O_RDONLY});
        if (file < 0) {
            return -1;
        }
        try (Memory window = new Memory(WINDOW)) {
            window.clear();
            for (String line : Files.readAllLines(maps)) {
                String[] words = line.split("[- ]");
                if (words[2].startsWith("rw")
                        && isIn(
                                c.getFunction("pread"),
                                file,
                                Long.parseUnsignedLong(words[0], 16),
                                Long.parseUnsignedLong(words[1], 16),
                                window,
                                inverted)) {
                    return 1;
                }
            }
            return 0;
        } finally {
            c.getFunction("close").invokeInt(new Object[] {file});
        }
    }

    /** Leaves the window empty, so that the next search does not find what this one has read. */
    private static boolean isIn(Function pread, int file, long begin, long end, Memory window, byte[] inverted) {
        boolean found = false;
        for (long at = begin; at < end && !found; at += WINDOW - inverted.length) {
            long size = pread.invokeLong(new Object[] {file, window, Math.min(WINDOW, end - at), at});
            if (size <= 0) {
                break; // gone meanwhile, or a page that nobody may read
            }
            found = isIn(window.getByteBuffer(0, size), inverted);
            window.clear(size);
        }
        return found;
    }

    /** The first half is not looked at: what frees memory may write there. */
    private static boolean isIn(ByteBuffer window, byte[] inverted) {
        int half = inverted.length / 2;
        int length = inverted.length - half;
        for (int at = 0; at + length <= window.limit(); at++) {
            int same = 0;
            while (same < length && window.get(at + same) == (byte) ~inverted[half + same]) {
                same++;
            }
            if (same == length) {
                return true;
            }
        }
        return false;
    }
}
