/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/** A listener of a {@link TimClient}. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    /** Removes the listener; it gets nothing more, but a call under way runs to its end. Any thread, any number of times. */
    @Override
    void close();
}
