/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import java.util.List;
import java.util.function.LongConsumer;

/**
 * How worker processes are run.
 *
 * @param command before the command of each, such as {@code valgrind}; empty for none
 * @param started gets the id of each process before a scenario uses it, and may take its time
 * @param slowly  whether both may make everything take many times as long
 */
public record Wrapping(List<String> command, LongConsumer started, boolean slowly) {
    /** As they are. */
    public static final Wrapping NONE = new Wrapping(List.of(), id -> {}, false);
}
