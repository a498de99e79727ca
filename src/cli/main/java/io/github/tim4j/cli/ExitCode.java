// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

/** The exit codes of every command. */
final class ExitCode {
    static final int OK = 0;
    /** A login or a service failed, or a UserSig is not valid. */
    static final int FAILED = 1;
    /** Wrong usage: an option, a variable or a file that cannot be used. */
    static final int USAGE = 2;
    /** Nothing failed, and nothing was tested of what was asked for. */
    static final int UNTESTED = 3;

    private ExitCode() {}
}
