// SPDX-License-Identifier: Apache-2.0
/**
 * The command line of {@code tim4j-all.jar}.
 *
 * <p>{@link io.github.tim4j.cli.Main} has a class for each command: {@code ServeCommand} is {@code serve}, and so on. What a command was asked for goes to standard output, everything else to standard error: mistakes as one
 * line, the log as configured in {@code LogConfiguration}. Exit codes are those of {@code ExitCode}. A secret key or a UserSig is never taken
 * from an argument, which every user of the machine could read, but from a file, a variable of the environment, or standard input.
 *
 * <p>Output is plain ASCII, so that it is readable whatever the terminal's encoding; colour is used on a terminal only.
 */
package io.github.tim4j.cli;
