/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where login servers keep accounts and sessions. Whoever writes one finds its tests in {@code tim4j-junit}: {@code SessionStoreContract}.
 * Several servers may share one store; each has an id and, in the store, a {@link Holder}
 * that ends its connections.
 *
 * <p>Everything about one user is decided atomically: of any number of logins at the same moment exactly as many stay as the login policy
 * allows. Callers rely on the answers alone, never on sharing memory with other servers. Methods may be called by any thread, do not block,
 * and answer with a stage that any thread may complete; one that fails means that nothing is known about the outcome.
 */
public interface SessionStore {
    /** A server that holds connections. */
    interface Holder {
        /**
         * Ends a connection whose session is no longer in the store. Any thread.
         *
         * @param session the session
         * @param cause   why
         * @param by      the platform of the instance that kicked, or null
         * @return whether the client has shown that it was told, by closing its end; false if the connection is gone, or stays open for two seconds
         */
        CompletionStage<Boolean> evict(Session session, KickCause cause, @Nullable Platform by);

        /**
         * A connection has ended with the server that had it, which could not say so: it was killed, or cannot reach the store. The instance is still
         * logged in. One of the servers that share the store is told, once. Any thread.
         *
         * @param session the session
         */
        default void lost(Session session) {}

        /**
         * A session that was taken for {@link #lost} is connected, to this server.
         *
         * @param session the session
         */
        default void found(Session session) {}
    }

    /**
     * Adds a server. Its sessions are those whose {@link Session#server()} is this id.
     *
     * @param server the id
     * @param holder ends its connections
     */
    void join(String server, Holder holder);

    /**
     * Removes a server; its sessions are from now on not connected, but still logged in.
     *
     * @param server the id
     */
    void leave(String server);

    /**
     * Logs an instance in, unless it is refused. Kicks whom the policy has no place for, and does not wait until they have been told. Each of them is
     * marked in the same atomic step: its next login is refused once with 6208, unless its connection has shown before that it was told. A login that
     * comes while that is still open waits for it, a quarter of a second at most.
     *
     * @param session the instance, under the id of the connection
     * @param sig     its UserSig
     * @param policy  the app's policy
     * @return the decision
     */
    CompletionStage<Admission> login(Session session, SigStamp sig, LoginPolicy policy);

    /**
     * Records that a connection has ended. Does nothing if the session is no longer in the store.
     *
     * @param session   the session
     * @param loggedOut true if the instance is no longer logged in, false if it only lost its connection
     * @return whether the session was in the store
     */
    CompletionStage<Boolean> end(Session session, boolean loggedOut);

    /**
     * The same, with the time, which {@link Instance#lostAt()} then is. This is what a server calls.
     *
     * @param session   the session
     * @param loggedOut true if the instance is no longer logged in, false if it only lost its connection
     * @param at        now, by the server's clock
     * @return whether the session was in the store. A store that does not override this does not keep the time
     */
    default CompletionStage<Boolean> end(Session session, boolean loggedOut, Instant at) {
        return end(session, loggedOut);
    }

    /**
     * Ends sessions of a user.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param platform only those on this platform; null for all
     * @param deviceId only this device; null for all
     * @param cause    why; with {@link KickCause#OTHER_INSTANCE} each is marked, as by a login
     * @return the sessions that were ended, connected or not; those connected are being told
     */
    CompletionStage<List<Session>> kick(
            long sdkAppId, String userId, @Nullable Platform platform, @Nullable String deviceId, KickCause cause);

    /**
     * Makes the UserSigs of a user useless that were made until now: those made before this second, and those made in this second that the
     * user has logged in with. Sessions are not ended. It needs no account, and outlives one that is deleted.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param second   now, in unix seconds
     * @param code     the code that logins with them get: 70001 or 70052
     * @return a stage that completes when it is done
     */
    CompletionStage<Void> revoke(long sdkAppId, String userId, long second, int code);

    /**
     * The same, and makes useless also those that the server itself has made in this second, or that say that they were made later.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param second   now, in unix seconds
     * @param code     the code that logins with them get: 70001 or 70052
     * @param made     those
     * @return a stage that completes when it is done. A store that does not override this knows nothing of them
     */
    default CompletionStage<Void> revoke(
            long sdkAppId, String userId, long second, int code, Collection<SigStamp> made) {
        return revoke(sdkAppId, userId, second, code);
    }

    /**
     * Whether a UserSig has been made useless by {@link #revoke}, for whatever takes UserSigs besides logins.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param sig      the UserSig
     * @return the code that a login with it gets; 0 if it is good. A store that does not override this answers 0
     */
    default CompletionStage<Integer> revocation(long sdkAppId, String userId, SigStamp sig) {
        return CompletableFuture.completedFuture(0);
    }

    /**
     * The user's instances that are logged in, connected or not.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return the instances, or null if there is no such account
     */
    CompletionStage<@Nullable List<Instance>> instances(long sdkAppId, String userId);

    /**
     * An instance that is logged in.
     *
     * @param session   its session, the last one if it is not connected
     * @param connected whether it is connected
     * @param lostAt    since when it is not, in whole seconds; null if it is, or the store does not keep that
     */
    record Instance(
            Session session, boolean connected, @Nullable Instant lostAt) {
        /**
         * Of a store that does not keep when a connection was lost.
         *
         * @param session   its session, the last one if it is not connected
         * @param connected whether it is connected
         */
        public Instance(Session session, boolean connected) {
            this(session, connected, null);
        }
    }

    /**
     * Registers an account, as the first login does.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return whether it is new
     */
    CompletionStage<Boolean> register(long sdkAppId, String userId);

    /**
     * Removes an account with all that is known about it but its revocations. Its sessions end as with {@link KickCause#REST}.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return whether there was one
     */
    CompletionStage<Boolean> delete(long sdkAppId, String userId);

    /**
     * How many users of an app logged in for the first time on each day (UTC, by the clock of the server that they logged in to).
     *
     * @param sdkAppId the app
     * @return the last 31 days on which somebody did. A store that does not override this counts nobody
     */
    default CompletionStage<Map<LocalDate, Integer>> dailyUsers(long sdkAppId) {
        return CompletableFuture.completedFuture(Map.of());
    }

    /** Forgets everything, at once and without a message to anybody. */
    void clear();
}
