/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link TimClient} may leave behind in this process: threads, file descriptors, requests. Where there is no /proc, file descriptors
 * and threads of timshim are not seen.
 */
final class Leftovers {
    private static final Path FILES = Path.of("/proc/self/fd");
    private static final Path TASKS = Path.of("/proc/self/task");

    private final int connectionsBefore = connections();

    /** @return what is there that was not there before; empty if nothing is */
    List<String> found() {
        List<String> found = new ArrayList<>(threads());
        int more = connections() - connectionsBefore;
        if (more > 0) {
            found.add(more + " more file descriptors");
        }
        if (Callbacks.expected() != 0) {
            found.add(Callbacks.expected() + " requests");
        }
        return found;
    }

    /** Those of a client by their names, in Java and in timshim. A thread that has ended can be listed for a moment longer. */
    private static List<String> threads() {
        Thread[] all = new Thread[Thread.activeCount() * 2 + 50];
        List<String> names = new ArrayList<>();
        for (int i = Thread.enumerate(all); i-- > 0; ) {
            String name = all[i].getName();
            if (name.startsWith("tim4j-") && !name.startsWith("tim4j-server")) {
                names.add(name);
            }
        }
        for (Path task : list(TASKS)) {
            try {
                String name = Files.readString(task.resolve("comm"), StandardCharsets.ISO_8859_1)
                        .strip();
                if (name.startsWith("tim_")) {
                    names.add(name);
                }
            } catch (IOException e) {
                // It ended while it was looked at.
            }
        }
        return names;
    }

    /** Sockets, pipes and their like: not files, which the JVM opens when it likes. */
    static int connections() {
        int count = 0;
        for (Path file : list(FILES)) {
            try {
                String target = Files.readSymbolicLink(file).toString();
                if (target.startsWith("socket:") || target.startsWith("pipe:") || target.startsWith("anon_inode:")) {
                    count++;
                }
            } catch (IOException e) {
                // It was closed while it was looked at.
            }
        }
        return count;
    }

    private static List<Path> list(Path folder) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(entries::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            throw new AssertionError("cannot list " + folder, e);
        }
        return entries;
    }
}
