/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.store.Account.Key;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What {@link RedisSessionStore} needs of a place that several processes share: one text for each user that changes by compare-and-swap, leases, and a way
 * to tell others something. Stages fail if nothing is known of the outcome, within a few seconds. Any thread.
 */
interface Database extends AutoCloseable {
    /** Told what comes from others, and that something may have been missed. */
    interface Listener {
        void heard(String channel, String message);

        /** There was a time without a connection, in which nothing was heard and leases may have ended. */
        void connectedAgain();
    }

    /**
     * How a lease is.
     *
     * @param held whether it was still in force, and so is again for its full time
     * @param name of the database: another one than before means that everything is forgotten
     * @param next when the next lease of anybody ends, in milliseconds; 0 for none
     * @param over leases that are over, given to the caller alone for ten seconds
     */
    record Lease(boolean held, String name, long next, List<String> over) {}

    /** @param listener from now on told, also what others send to this channel or to all */
    void listen(String channel, Listener listener);

    /**
     * Puts a text in the place of another, if that is there.
     *
     * @param expected "" for none
     * @param next     "" for none
     * @return null if it is done; else what is there instead, "" for none
     */
    CompletionStage<@Nullable String> swap(Key user, String expected, String next);

    /** Does something with each user's text, some at a time. */
    CompletionStage<?> each(BiFunction<Key, String, CompletionStage<?>> action);

    CompletionStage<?> count(long sdkAppId, LocalDate day);

    CompletionStage<Map<LocalDate, Integer>> counts(long sdkAppId);

    CompletionStage<?> clear();

    /** @param isNew whether to begin it if it is not in force */
    CompletionStage<Lease> renew(String lease, long millis, boolean isNew);

    CompletionStage<?> end(String lease);

    /** Those that are not over, as far as anybody has noticed. */
    CompletionStage<Set<String>> leases();

    /** @return whether anybody may have heard it */
    CompletionStage<Boolean> publish(String channel, String message);

    CompletionStage<?> publishToAll(String message);

    Future<?> schedule(Runnable action, long millis);

    @Override
    void close();
}
