/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends this process when the library takes so much of the machine that others would suffer, the kit among them. A thread of its own, since a library
 * that does so may never return from a call; it looks ten times a second, where the system tells (Linux).
 */
public final class ResourceLimit {
    /** The exit code of a process that was ended so. */
    public static final int EXIT_CODE = 97;
    /** How the line on standard error begins that says why. */
    public static final String LINE = "tim4j conformance: ended, as this process had ";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int MAX_THREADS = 600;
    private static final int MAX_FILES = 4_000;
    private static final long MAX_MEMORY_MB = 2_048;
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    private ResourceLimit() {}

    static void watch() {
        Thread watcher = new Thread(ResourceLimit::run, "conformance-limits");
        watcher.setDaemon(true);
        watcher.start();
    }

    private static void run() {
        while (Files.isReadable(STATUS)) {
            check();
            LockSupport.parkNanos(PAUSE);
        }
    }

    /** Ends the process if it has too much. */
    static void check() {
        try {
            String status = Files.readString(STATUS);
            check(number(status, "Threads:"), MAX_THREADS, "threads");
            check(number(status, "VmRSS:") >> 10, MAX_MEMORY_MB, "MB of memory");
            check(ResourceMeter.files(), MAX_FILES, "descriptors");
        } catch (IOException e) {
            // Not told: by another system, or with no descriptor left.
        }
    }

    private static long number(String status, String name) {
        int at = status.indexOf(name) + name.length();
        return Long.parseLong(
                status.substring(at, status.indexOf('\n', at)).replace("kB", "").strip());
    }

    private static void check(long count, long most, String what) {
        if (count > most) {
            System.err.println(LINE + count + " " + what + ", and may have " + most);
            System.err.flush();
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
