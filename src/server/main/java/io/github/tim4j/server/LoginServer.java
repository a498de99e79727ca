/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A login server: authenticates clients by their UserSigs over MQTT 5, enforces the login policy, and ends sessions when they must end.
 *
 * <pre>{@code
 * try (LoginServer server = LoginServer.start(LoginServerConfig.builder().app(1400000000L, "secret").build())) {
 *     String userSig = server.userSig(1400000000L, "alice");
 *     // log in to server.uri() as alice with userSig
 * }
 * }</pre>
 *
 * <p>What is here is what a production server has; faults and another clock, for tests, are in {@link #testing()}. Methods return when what they
 * say is done on the server's side; what is on its way to a client may arrive a moment later.
 *
 * <p>All methods may be called by any thread, but not by the server's own. After {@link #close()} they do nothing useful. Those that ask the session store
 * ({@link #kick}, {@link #expireUserSigs}, {@link #invalidateUserSigs}, {@link #dailyActiveUsers}) throw a {@link LoginServerException} if it fails or does not
 * answer within 5 s; it may have done what was asked for nevertheless.
 */
public interface LoginServer extends AutoCloseable {
    /**
     * Starts a server; when this returns, it can be logged in to.
     *
     * @param config how it is to run
     * @return the running server, to be closed by the caller
     * @throws LoginServerException if the address cannot be bound (the message names host, port and remedy), or is not loopback and
     *                              plaintext is not allowed
     */
    static LoginServer start(LoginServerConfig config) {
        return LoginServerStarter.find().start(Objects.requireNonNull(config));
    }

    /**
     * The port without TLS.
     *
     * @return 1 to 65535, the same after {@link TestControl#restart()}; -1 if there is none, which happens on an address that is not loopback
     */
    int port();

    /**
     * The port with TLS.
     *
     * @return 1 to 65535, the same after {@link TestControl#restart()}; -1 if there is none
     */
    int tlsPort();

    /**
     * Where clients log in.
     *
     * @return {@code mqtt://HOST:PORT}, or {@link #tlsUri()} if there is no port without TLS
     */
    URI uri();

    /**
     * Where clients log in with TLS.
     *
     * @return {@code mqtts://HOST:PORT}
     * @throws IllegalStateException if there is no port with TLS
     */
    URI tlsUri();

    /**
     * The port of the server API, health and metrics.
     *
     * @return 1 to 65535; -1 if there is none
     */
    int httpPort();

    /**
     * The base URL of the server API, health and metrics.
     *
     * @return {@code http://HOST:PORT}, or {@code https://} where plain HTTP is not allowed
     * @throws IllegalStateException if there is no HTTP port
     */
    URI httpUri();

    /**
     * The port of test control and the console.
     *
     * @return 1 to 65535; -1 if there is none
     */
    int controlPort();

    /**
     * The base URL of test control and the console.
     *
     * @return {@code http://HOST:PORT}, or {@code https://} where plain HTTP is not allowed
     * @throws IllegalStateException if there is no port for test control
     */
    URI controlUri();

    /**
     * Whether clients can connect now.
     *
     * @return false while paused, stopped or closed
     */
    boolean isAccepting();

    /**
     * How many distinct users of an app logged in on each of the last days: what the vendor would have counted.
     *
     * @param sdkAppId the app
     * @return the counts by day (UTC, by the server's clock), oldest first; days without a login are not there. At most 31
     */
    Map<LocalDate, Integer> dailyActiveUsers(long sdkAppId);

    /**
     * Makes a UserSig for a test, valid for 180 days by the server's clock. One made after {@link #expireUserSigs} or
     * {@link #invalidateUserSigs} is not touched by it.
     *
     * @param sdkAppId an app of this server
     * @param userId   the user
     * @return the UserSig
     * @throws IllegalArgumentException if the app has no key here, or the user id is invalid
     */
    String userSig(long sdkAppId, String userId);

    /**
     * Makes a UserSig for a test.
     *
     * @param sdkAppId an app of this server
     * @param userId   the user
     * @param validity how long it is valid by the server's clock, at least 1 second
     * @return the UserSig
     * @throws IllegalArgumentException if the app has no key here, the user id is invalid, or the validity is out of range
     */
    String userSig(long sdkAppId, String userId, Duration validity);

    /**
     * Changes an app's login policy, for logins from now on; nobody is kicked by the change itself.
     *
     * @param sdkAppId the app
     * @param policy   the policy
     */
    void loginPolicy(long sdkAppId, LoginPolicy policy);

    /**
     * Gives an app a new secret key, with which UserSigs are made from now on. Those made with the keys before are accepted for a while;
     * sessions are not touched.
     *
     * @param sdkAppId the app, which may be new to this server
     * @param secret   the new secret key
     * @param overlap  how long older keys are still accepted; zero: not any more
     * @throws IllegalArgumentException if the app id or the key is out of range
     */
    void rotateSecret(long sdkAppId, String secret, Duration overlap);

    /**
     * Faults, refusals and the clock, for tests. What it does is undone by {@link TestControl#reset()}.
     *
     * @return always the same object
     */
    TestControl testing();

    /**
     * Takes another configuration: apps and secret keys, the certificate (its files are read again), login policy, administrators, control token and limits,
     * for what comes from now on. Nobody who is connected is touched; what {@link #loginPolicy} and {@link #rotateSecret} have changed is as configured
     * again.
     *
     * @param config the whole configuration
     * @throws IllegalArgumentException if anything else differs from the configuration so far; the message names it, and nothing has changed
     * @throws LoginServerException     if the certificate cannot be used; nothing has changed
     */
    void reload(LoginServerConfig config);

    /**
     * Lets the clients go to other servers, not all at once: takes no new connections, then tells client after client that the server shuts down, evenly over
     * the time, so that their reconnects are as even. Who was logged in still is. Returns when the last one is gone; a thread that is interrupted returns
     * before, and stays interrupted. What follows is {@link #close()}.
     *
     * @param over 0 to 1 hour
     * @throws IllegalArgumentException if it is out of range
     */
    void drain(Duration over);

    /**
     * Stops: clients get a message that the server shuts down, connections are closed, the port is free. Further calls do nothing.
     */
    @Override
    void close();

    /**
     * The sessions that are connected to this server. Never more of one user than the login policy allows, even while others log in.
     *
     * @return by time of login
     */
    List<Session> sessions();

    /**
     * What has happened, oldest first; the last 10000 events unless configured otherwise.
     *
     * @param cursor 0 for all, else the {@link ServerEvent#number()} of the last event already seen
     * @return the events after the cursor
     */
    List<ServerEvent> events(long cursor);

    /**
     * The server's time.
     *
     * @return the time that UserSigs are judged by
     */
    Instant now();

    /**
     * Kicks a user's instances. They are logged out; those that are connected get a message.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param cause    what the clients get; {@link KickCause#OTHER_INSTANCE} makes the next login of an instance that is logged in
     *                 but not connected fail with 6208
     * @return how many instances were kicked, connected or not
     */
    int kick(long sdkAppId, String userId, KickCause cause);

    /**
     * Kicks some of a user's instances.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param platform only instances on this platform; null for all
     * @param deviceId only this device; null for all
     * @param cause    what the clients get, anything but {@link KickCause#TAKEN_OVER}
     * @return how many instances were kicked, connected or not
     */
    int kick(long sdkAppId, String userId, @Nullable Platform platform, @Nullable String deviceId, KickCause cause);

    /**
     * Lets the UserSigs of a user expire that were made until now: instances that are connected get 0xA0, and logins with these
     * UserSigs get 70001. One that {@link #userSig} makes afterwards works.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return how many instances were logged in
     */
    int expireUserSigs(long sdkAppId, String userId);

    /**
     * Makes the UserSigs of a user invalid that were made until now: instances that are connected are told and
     * disconnected, and logins with these UserSigs get 70052. One that {@link #userSig} makes afterwards works.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return how many instances were logged in
     */
    int invalidateUserSigs(long sdkAppId, String userId);
}
