/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.jna.NativeLibraries;
import java.nio.file.Path;

/**
 * A copy of timshim that one client has to itself. A library is one session, so tests that run in parallel, and tests with several clients,
 * need one for each client that is open. A copy is used again once its client is closed: there are as many as clients are open at a time.
 */
final class LibraryCopy implements AutoCloseable {
    /** A system property, because a library is one for the process, however many class loaders have loaded this class. */
    private static final String MARK = "io.github.tim4j.junit.copy:";

    private final String mark;
    private final Path file;

    private LibraryCopy(String mark, Path file) {
        this.mark = mark;
        this.file = file;
    }

    /** Takes a copy that nobody has; to be closed after its client. */
    static LibraryCopy take() {
        int number = 1;
        while (System.getProperties().putIfAbsent(MARK + number, "taken") != null) {
            number++;
        }
        try {
            return new LibraryCopy(MARK + number, NativeLibraries.bundledCopy(number));
        } catch (RuntimeException | Error e) {
            System.getProperties().remove(MARK + number);
            throw e;
        }
    }

    Path file() {
        return file;
    }

    @Override
    public void close() {
        System.getProperties().remove(mark);
    }
}
