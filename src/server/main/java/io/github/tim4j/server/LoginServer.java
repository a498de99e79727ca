/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.usersig.UserSigKey;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>Everything that can happen to a client can be ordered from it by a test: see {@link #kick}, {@link #expireUserSigs},
 * {@link #refuseLogins(int, int)}, {@link #delayLogins}, {@link #cutConnections()}, {@link #restart()}, {@link #setClock} and their
 * neighbours. They return when what they say is done on the server's side; what is on its way to a client may arrive a moment later.
 *
 * <p>All methods may be called by any thread, but not by the server's own. After {@link #close()} they do nothing useful.
 */
public final class LoginServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoginServer.class);
    /** How long a stop waits for the last packets to be sent. */
    private static final long STOP_SECONDS = 5;

    private final LoginService service;
    private final EventLoopGroup loops;
    /** Null if there is no port without TLS. */
    private final MqttListener plain;
    /** Null if there is no port with TLS. */
    private final MqttListener tls;
    /** Null if there is no HTTP port. */
    private HttpListener http;
    /** Guarded by this, as the next two are. */
    private boolean listening;

    private boolean paused;
    private boolean closed;

    private LoginServer(LoginServerConfig config) {
        loops = new MultiThreadIoEventLoopGroup(
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                new DefaultThreadFactory("tim4j-server", true),
                NioIoHandler.newFactory());
        service = new LoginService(config, loops);
        try {
            InetAddress host = MqttListener.resolve(config.host());
            SslContext certificate = config.hasTls() ? ServerTls.of(config) : null;
            boolean plaintext = host.isLoopbackAddress() || config.allowPlaintext();
            tls = certificate != null ? new MqttListener(service, loops, host, config.tlsPort(), certificate) : null;
            plain = plaintext ? new MqttListener(service, loops, host, config.port(), null) : null;
            if (plain == null && tls == null) {
                throw new LoginServerException(
                        "will not listen on " + config.host() + " without TLS: UserSigs would cross the network in"
                                + " plain text. Use TLS, a loopback address such as 127.0.0.1, or allow plaintext (allowPlaintext,"
                                + " --allow-plaintext)");
            }
            open();
            if (config.httpPort() >= 0) {
                http = new HttpListener(loops, host, config.httpPort(), certificate, plaintext, httpServices());
            }
        } catch (RuntimeException e) {
            stop();
            service.close();
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw e;
        }
        LOG.info(
                "listening {}{}{}",
                uri(),
                tls == null || plain == null ? "" : " and " + tlsUri(),
                http == null ? "" : ", " + httpUri());
    }

    private Map<String, HttpListener.Service> httpServices() {
        ControlAccess access = new ControlAccess(service.config().controlToken());
        Map<String, HttpListener.Service> services = new LinkedHashMap<>();
        services.put("/v4/", new RestApi(service));
        services.put(ControlApi.PREFIX, new ControlApi(this, service, access));
        services.put("/", new OperationApi(this, service, access));
        return services;
    }

    private List<MqttListener> listeners() {
        return Stream.of(plain, tls).filter(Objects::nonNull).toList();
    }

    private void open() {
        try {
            listeners().forEach(MqttListener::open);
        } catch (RuntimeException e) {
            listeners().forEach(MqttListener::close);
            throw e;
        }
        listening = true;
        paused = false;
    }

    /**
     * Starts a server; when this returns, it can be logged in to.
     *
     * @param config how it is to run
     * @return the running server, to be closed by the caller
     * @throws LoginServerException if the address cannot be bound (the message names host, port and remedy), or is not loopback and
     *                              plaintext is not allowed
     */
    public static LoginServer start(LoginServerConfig config) {
        return new LoginServer(Objects.requireNonNull(config));
    }

    /**
     * The port without TLS.
     *
     * @return 1 to 65535, the same after {@link #restart()}; -1 if there is none, which happens on an address that is not loopback
     */
    public int port() {
        return plain == null ? -1 : plain.port();
    }

    /**
     * The port with TLS.
     *
     * @return 1 to 65535, the same after {@link #restart()}; -1 if there is none
     */
    public int tlsPort() {
        return tls == null ? -1 : tls.port();
    }

    /**
     * Where clients log in.
     *
     * @return {@code mqtt://HOST:PORT}, or {@link #tlsUri()} if there is no port without TLS
     */
    public URI uri() {
        return plain == null ? tlsUri() : uri("mqtt", port());
    }

    /**
     * Where clients log in with TLS.
     *
     * @return {@code mqtts://HOST:PORT}
     * @throws IllegalStateException if there is no port with TLS
     */
    public URI tlsUri() {
        if (tls == null) {
            throw new IllegalStateException("this server was started without TLS");
        }
        return uri("mqtts", tlsPort());
    }

    /**
     * The port of the server API, test control and metrics.
     *
     * @return 1 to 65535; -1 if there is none
     */
    public int httpPort() {
        return http == null ? -1 : http.port();
    }

    /**
     * The base URL of the server API, test control and metrics.
     *
     * @return {@code http://HOST:PORT}, or {@code https://} where plain HTTP is not allowed
     * @throws IllegalStateException if there is no HTTP port
     */
    public URI httpUri() {
        if (http == null) {
            throw new IllegalStateException("this server was started without an HTTP port");
        }
        return uri(plain == null ? "https" : "http", http.port());
    }

    /**
     * Tells whether clients can connect now.
     *
     * @return false while paused, stopped or closed
     */
    public synchronized boolean isAccepting() {
        return listening && !paused && !closed;
    }

    /**
     * How many distinct users of an app logged in on each of the last days: what the vendor would have counted.
     *
     * @param sdkAppId the app
     * @return the counts by day (UTC, by the server's clock), oldest first; days without a login are not there. At most 31
     */
    public Map<LocalDate, Integer> dailyActiveUsers(long sdkAppId) {
        return service.dau().days(sdkAppId);
    }

    private URI uri(String scheme, int port) {
        String host = service.config().host();
        return URI.create(scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    }

    /**
     * Makes a UserSig for a test, valid for 180 days by the server's clock. One made after {@link #expireUserSigs} or
     * {@link #invalidateUserSigs} is not touched by it.
     *
     * @param sdkAppId an app of this server
     * @param userId   the user
     * @return the UserSig
     * @throws IllegalArgumentException if the app has no key here, or the user id is none
     */
    public String userSig(long sdkAppId, String userId) {
        return userSig(sdkAppId, userId, UserSigKey.DEFAULT_VALIDITY);
    }

    /**
     * Makes a UserSig for a test.
     *
     * @param sdkAppId an app of this server
     * @param userId   the user
     * @param validity how long it is valid by the server's clock, at least 1 second
     * @return the UserSig
     * @throws IllegalArgumentException if the app has no key here, the user id is none, or the validity is out of range
     */
    public String userSig(long sdkAppId, String userId, Duration validity) {
        return service.authenticator().key(sdkAppId).make(userId, validity, service.issueTime(), null);
    }

    /**
     * Changes an app's login policy, for logins from now on; nobody is kicked by the change itself.
     *
     * @param sdkAppId the app
     * @param policy   the policy
     */
    public void loginPolicy(long sdkAppId, LoginPolicy policy) {
        service.policy(sdkAppId, Objects.requireNonNull(policy));
    }

    /**
     * Gives an app a new secret key, with which UserSigs are made from now on. Those made with the keys before are accepted for a while;
     * sessions are not touched.
     *
     * @param sdkAppId the app, which may be new to this server
     * @param secret   the new secret key
     * @param overlap  how long older keys are still accepted; zero: not any more
     * @throws IllegalArgumentException if the app id or the key is out of range
     */
    public void rotateSecret(long sdkAppId, String secret, Duration overlap) {
        service.authenticator().rotate(new UserSigKey(sdkAppId, secret), overlap);
    }

    /**
     * Stops: clients are told that the server shuts down, connections are closed, the port is free. Further calls do nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            stop();
        }
        if (http != null) {
            http.close();
        }
        service.close();
        loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }

    private void stop() {
        if (listening) {
            listeners().forEach(MqttListener::close);
            listening = false;
        }
        await(each(MqttConnection::shutDown));
    }

    // ---- test control: what there is to see

    /**
     * The sessions that are connected to this server. Never more of one user than the login policy allows, even while others log in.
     *
     * @return by time of login
     */
    public List<Session> sessions() {
        Map<List<Object>, List<Session>> byUser = new LinkedHashMap<>();
        sessionsByConnection()
                .values()
                .forEach(session -> byUser.computeIfAbsent(
                                List.of(session.sdkAppId(), session.userId()), user -> new ArrayList<>())
                        .add(session));
        List<Session> sessions = new ArrayList<>();
        byUser.values().forEach(same -> sessions.addAll(same.size() == 1 ? same : stillThere(same)));
        sessions.sort(Comparator.comparing(Session::loggedInAt).thenComparing(Session::id));
        return sessions;
    }

    /** Connections were asked one after another; what the store says now of their user leaves out whom another has kicked meanwhile. */
    private List<Session> stillThere(List<Session> same) {
        List<SessionStore.Instance> now = join(
                service.store().instances(same.get(0).sdkAppId(), same.get(0).userId()));
        Set<Session> held = new HashSet<>();
        if (now != null) {
            now.forEach(instance -> held.add(instance.session()));
        }
        return same.stream().filter(held::contains).toList();
    }

    /**
     * What has happened, oldest first; the last 10000 events unless configured otherwise.
     *
     * @param cursor 0 for all, else the {@link ServerEvent#number()} of the last event already seen
     * @return the events after the cursor
     */
    public List<ServerEvent> events(long cursor) {
        return service.events().after(cursor);
    }

    /**
     * The server's time.
     *
     * @return the time that UserSigs are judged by
     */
    public Instant now() {
        return service.clock().now();
    }

    // ---- test control: what to do to clients

    /**
     * Kicks a user's instances. They are logged out; those that are connected are told.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param cause    what the clients are told; {@link KickCause#OTHER_INSTANCE} makes the next login of an instance that is logged in
     *                 but not connected fail with 6208
     * @return how many instances were kicked, connected or not
     */
    public int kick(long sdkAppId, String userId, KickCause cause) {
        return kick(sdkAppId, userId, null, null, cause);
    }

    /**
     * Kicks some of a user's instances.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param platform only instances on this platform; null for all
     * @param deviceId only this device; null for all
     * @param cause    what the clients are told, anything but {@link KickCause#TAKEN_OVER}
     * @return how many instances were kicked, connected or not
     */
    public int kick(long sdkAppId, String userId, Platform platform, String deviceId, KickCause cause) {
        if (cause == KickCause.TAKEN_OVER) {
            throw new IllegalArgumentException(
                    "TAKEN_OVER is no kick: it is what the same instance's next connection does");
        }
        Objects.requireNonNull(cause);
        return join(service.kick(sdkAppId, userId, platform, deviceId, cause)).size();
    }

    /**
     * Lets the UserSigs of a user expire that were made until now: instances that are connected are told (0xA0), and logins with these
     * UserSigs get 70001. One that {@link #userSig} makes afterwards works.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return how many instances were logged in
     */
    public int expireUserSigs(long sdkAppId, String userId) {
        join(service.revoke(sdkAppId, userId, Refusal.USER_SIG_EXPIRED));
        return kick(sdkAppId, userId, KickCause.USER_SIG_EXPIRED);
    }

    /**
     * Makes the UserSigs of a user invalid that were made until now: instances that are connected are told (0x87), and logins with these
     * UserSigs get 70052. One that {@link #userSig} makes afterwards works.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return how many instances were logged in
     */
    public int invalidateUserSigs(long sdkAppId, String userId) {
        join(service.revoke(sdkAppId, userId, Refusal.USER_SIG_INVALID));
        return kick(sdkAppId, userId, KickCause.USER_SIG_INVALID);
    }

    /**
     * Refuses the next logins, of whomever.
     *
     * @param count how many, at least 1
     * @param code  the code, such as 70001 or -302; not 0
     */
    public void refuseLogins(int count, int code) {
        refuse(0, null, count, code);
    }

    /**
     * Refuses the next logins of a user.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @param count    how many, at least 1
     * @param code     the code, such as 70001 or -302; not 0
     */
    public void refuseLogins(long sdkAppId, String userId, int count, int code) {
        refuse(sdkAppId, Objects.requireNonNull(userId), count, code);
    }

    private void refuse(long sdkAppId, String userId, int count, int code) {
        if (count < 1 || code == 0) {
            throw new IllegalArgumentException("count " + count + " must be at least 1, and code " + code + " not 0");
        }
        service.faults().refuse(sdkAppId, userId, count, code);
    }

    /**
     * Lets every login from now on wait before it is looked at.
     *
     * @param delay how long; zero ends it
     */
    public void delayLogins(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay " + delay + " is negative");
        }
        service.faults().delay(delay);
    }

    /** Closes every connection without a word. The instances stay logged in. */
    public void cutConnections() {
        await(each(MqttConnection::cut));
    }

    /**
     * Closes the connections of a user without a word. The instances stay logged in.
     *
     * @param sdkAppId the app
     * @param userId   the user
     */
    public void cutConnections(long sdkAppId, String userId) {
        await(each(of(sdkAppId, userId), MqttConnection::cut));
    }

    /**
     * Leaves every connection open, but from now on answers nothing on it and reads nothing from it, as if the network were dead. New
     * connections are served. {@link #cutConnections()} ends it.
     */
    public void halfOpenConnections() {
        await(each(MqttConnection::mute));
    }

    /**
     * Half-opens the connections of a user, like {@link #halfOpenConnections()}.
     *
     * @param sdkAppId the app
     * @param userId   the user
     */
    public void halfOpenConnections(long sdkAppId, String userId) {
        await(each(of(sdkAppId, userId), MqttConnection::mute));
    }

    // ---- test control: what to do to the server

    /** Takes no new connections: clients find the port open, but nobody answers. Connections that exist are served. */
    public synchronized void pauseAccepting() {
        paused = true;
        listeners().forEach(listener -> listener.accept(false));
    }

    /** Takes new connections again, those that waited first. */
    public synchronized void resumeAccepting() {
        paused = false;
        listeners().forEach(listener -> listener.accept(true));
    }

    /** Goes away: clients are told that the server shuts down, and the port refuses connections until {@link #listenAgain()}. */
    public synchronized void stopListening() {
        stop();
    }

    /**
     * Listens again on the same port, after {@link #stopListening()}; who was logged in still is.
     *
     * @throws LoginServerException if the port has been taken by another program
     */
    public synchronized void listenAgain() {
        if (!listening && !closed) {
            open();
        }
    }

    /** {@link #stopListening()} and {@link #listenAgain()}. */
    public synchronized void restart() {
        stopListening();
        listenAgain();
    }

    /**
     * Sets the server's clock; it runs on from there. UserSigs that are thereby over expire at once.
     *
     * @param now the time it shall be, 1970 to 9998
     * @throws IllegalArgumentException if it is out of range
     */
    public void setClock(Instant now) {
        service.clock().set(now);
        await(each(MqttConnection::clockChanged));
    }

    /**
     * Moves the server's clock. UserSigs that are thereby over expire at once.
     *
     * @param by how far; negative moves it back
     * @throws IllegalArgumentException if it would not be from 1970 to 9998 then
     */
    public void advanceClock(Duration by) {
        service.clock().advance(by);
        await(each(MqttConnection::clockChanged));
    }

    /**
     * Begins anew: closes every connection without a word, forgets accounts, sessions and events, ends every fault, sets the clock right,
     * has login policies and secret keys as configured, and listens. With a store shared by several servers, all of its
     * accounts and sessions are forgotten.
     */
    public synchronized void reset() {
        if (closed) {
            return;
        }
        service.reset();
        listenAgain();
        resumeAccepting();
        await(each(MqttConnection::cut));
        await(loopsDone());
        service.events().clear();
    }

    /** Done when every loop is through with what it is doing now: a connection that has just closed may not have told it yet. */
    private List<CompletableFuture<?>> loopsDone() {
        List<CompletableFuture<?>> done = new ArrayList<>();
        loops.forEach(loop -> done.add(CompletableFuture.runAsync(() -> {}, loop)));
        return done;
    }

    // ----

    private List<MqttConnection> of(long sdkAppId, String userId) {
        Map<MqttConnection, Session> sessions = sessionsByConnection();
        sessions.values()
                .removeIf(session ->
                        session.sdkAppId() != sdkAppId || !session.userId().equals(userId));
        return List.copyOf(sessions.keySet());
    }

    private Map<MqttConnection, Session> sessionsByConnection() {
        Map<MqttConnection, CompletableFuture<Session>> asked = new LinkedHashMap<>();
        service.connections()
                .forEach(
                        connection -> asked.put(connection, connection.session().toCompletableFuture()));
        await(List.copyOf(asked.values()));
        Map<MqttConnection, Session> sessions = new LinkedHashMap<>();
        asked.forEach((connection, answer) -> {
            if (answer.getNow(null) != null) {
                sessions.put(connection, answer.join());
            }
        });
        return sessions;
    }

    private List<CompletableFuture<?>> each(Function<MqttConnection, CompletionStage<?>> action) {
        return each(service.connections(), action);
    }

    private static List<CompletableFuture<?>> each(
            Iterable<MqttConnection> connections, Function<MqttConnection, CompletionStage<?>> action) {
        List<CompletableFuture<?>> all = new ArrayList<>();
        connections.forEach(connection -> all.add(action.apply(connection).toCompletableFuture()));
        return all;
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(STOP_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** Waits for all, but not for ever: a client that takes no bytes must not hold up the caller. */
    private static void await(List<CompletableFuture<?>> all) {
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, STOP_SECONDS, TimeUnit.SECONDS)
                .join();
    }
}
