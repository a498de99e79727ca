// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Help.Ansi;

/** Reads a UserSig from standard input. */
final class StandardInput {
    /** A UserSig has at most 8192 bytes; more is not looked at. */
    private static final int MAX_BYTES = 16_384;

    private StandardInput() {}

    /** The input without space around it; asked for, and not shown while typed, where a person sits at a terminal. */
    static String userSig() {
        // From JDK 22 on there is also a console without a terminal: the second condition decides.
        @SuppressWarnings("SystemConsoleNull")
        Console console = System.console();
        if (console != null && Ansi.AUTO.enabled()) {
            char[] typed = console.readPassword("UserSig: ");
            return typed == null ? "" : new String(typed).strip();
        }
        try {
            return new String(System.in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw CliException.usage("cannot read the UserSig from standard input: " + e.getMessage());
        }
    }
}
