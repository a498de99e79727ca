/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Structure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process holds of the system. Each is -1 where the system does not tell, so that it never seems to have grown.
 *
 * @param threads its threads
 * @param files   its open files and sockets
 * @param heap    bytes that malloc has given out; Java objects are not among them
 */
record Resources(long threads, long files, long heap) {
    /** A JVM starts threads, opens files and compiles now and then; its compiler's memory alone comes and goes by two megabytes. */
    private static final int SPARE = 8;

    private static final long SPARE_HEAP = 4 << 20;

    boolean isNotMoreThan(Resources before) {
        return threads <= before.threads + SPARE && files <= before.files + SPARE && heap <= before.heap + SPARE_HEAP;
    }

    Resources withMoreHeap(long bytes) {
        return new Resources(threads, files, heap < 0 ? heap : heap + bytes);
    }

    /** Of this process. */
    static Resources now() {
        return new Resources(entries("/proc/self/task"), entries("/proc/self/fd"), mallocHeap());
    }

    private static long entries(String folder) {
        try (var entries = Files.list(Path.of(folder))) {
            return entries.count();
        } catch (IOException e) {
            return -1;
        }
    }

    private static long mallocHeap() {
        try {
            Function mallinfo2 = NativeLibrary.getInstance("c").getFunction("mallinfo2");
            Mallinfo2 info = (Mallinfo2) mallinfo2.invoke(Mallinfo2.class, new Object[0]);
            return info.uordblks + info.hblkhd;
        } catch (UnsatisfiedLinkError e) {
            return -1; // before glibc 2.33, or another C library
        }
    }

    /** Of glibc; the names are its own. */
    @Structure.FieldOrder({
        "arena",
        "ordblks",
        "smblks",
        "hblks",
        "hblkhd",
        "usmblks",
        "fsmblks",
        "uordblks",
        "fordblks",
        "keepcost"
    })
    public static final class Mallinfo2 extends Structure implements Structure.ByValue {
        public long arena;
        public long ordblks;
        public long smblks;
        public long hblks;
        public long hblkhd;
        public long usmblks;
        public long fsmblks;
        public long uordblks;
        public long fordblks;
        public long keepcost;
    }

    static Resources of(String text) {
        String[] numbers = text.replaceAll("[^-\\d]+", " ").trim().split(" ");
        return new Resources(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
    }
}
