// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

/** Ends a command with one line on standard error and an exit code; no stack trace. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CliException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** What the user gave, an option, a variable or a file, cannot be used. */
    static CliException usage(String message) {
        return new CliException(ExitCode.USAGE, message);
    }

    /** The login or the service failed. */
    static CliException failed(String message) {
        return new CliException(ExitCode.FAILED, message);
    }

    int exitCode() {
        return exitCode;
    }
}
