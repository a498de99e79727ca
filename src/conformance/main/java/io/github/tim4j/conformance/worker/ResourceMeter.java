/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Structure;
import io.github.tim4j.conformance.message.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what this process holds of the system. */
final class ResourceMeter {
    private ResourceMeter() {}

    static Resources now() {
        return new Resources(entries("/proc/self/task"), files(), mallocHeap());
    }

    static long files() {
        return entries("/proc/self/fd");
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
}
