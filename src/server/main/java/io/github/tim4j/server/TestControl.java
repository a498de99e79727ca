/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.Duration;
import java.time.Instant;

/**
 * What can go wrong with a login server, ordered by a test: refusals, delays, lost connections, a server that is away, another time. Of
 * {@link LoginServer#testing()}. All methods may be called by any thread, but not by the server's own; they return when what they say is done on
 * the server's side. After {@link LoginServer#close()} they do nothing useful.
 */
public interface TestControl {
    /**
     * Refuses the next logins, of whomever.
     *
     * @param count how many, at least 1
     * @param code  the code, such as 70001 or -302; not 0
     */
    void refuseLogins(int count, int code);

    /**
     * Refuses the next logins of a user.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param count    how many, at least 1
     * @param code     the code, such as 70001 or -302; not 0
     */
    void refuseLogins(long sdkAppId, String userId, int count, int code);

    /**
     * Lets every login from now on wait before it is looked at.
     *
     * @param delay how long; zero ends it
     */
    void delayLogins(Duration delay);

    /** Closes every connection without a word. The instances stay logged in. */
    void cutConnections();

    /**
     * Closes the connections of a user without a word. The instances stay logged in.
     *
     * @param sdkAppId the app
     * @param userId   the user
     */
    void cutConnections(long sdkAppId, String userId);

    /**
     * Leaves every connection open, but from now on answers nothing on it and reads nothing from it, as if the network were dead. New
     * connections are served. {@link #cutConnections()} ends it.
     */
    void halfOpenConnections();

    /**
     * Half-opens the connections of a user, like {@link #halfOpenConnections()}.
     *
     * @param sdkAppId the app
     * @param userId   the user
     */
    void halfOpenConnections(long sdkAppId, String userId);

    /** Takes no new connections: clients find the port open, but nobody answers. Connections that exist are served. */
    void pauseAccepting();

    /** Takes new connections again, those that waited first. */
    void resumeAccepting();

    /** Goes away: clients get a message that the server shuts down, and the port refuses connections until {@link #listenAgain()}. */
    void stopListening();

    /**
     * Listens again on the same port, after {@link #stopListening()}; who was logged in still is.
     *
     * @throws LoginServerException if the port has been taken by another program
     */
    void listenAgain();

    /** {@link #stopListening()} and {@link #listenAgain()}. */
    void restart();

    /**
     * Sets the server's clock; it runs on from there. UserSigs that are thereby over expire at once.
     *
     * @param now the time it shall be, 1970 to 9998
     * @throws IllegalArgumentException if it is out of range
     */
    void setClock(Instant now);

    /**
     * Moves the server's clock. UserSigs that are thereby over expire at once.
     *
     * @param by how far; negative moves it back
     * @throws IllegalArgumentException if it would not be from 1970 to 9998 then
     */
    void advanceClock(Duration by);

    /**
     * Resets the server: closes every connection without a word, forgets accounts, sessions and events, ends every fault, sets the clock right,
     * has login policies and secret keys as configured, and listens. With a store shared by several servers, all of its
     * accounts and sessions are forgotten.
     */
    void reset();
}
