/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.node;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.TestControl;
import io.github.tim4j.server.event.EventLog;
import io.github.tim4j.server.event.LoginEvents;
import io.github.tim4j.server.event.LoginMetrics;
import io.github.tim4j.server.event.StateWebhook;
import io.github.tim4j.server.http.ConsolePage;
import io.github.tim4j.server.http.ControlAccess;
import io.github.tim4j.server.http.ControlApi;
import io.github.tim4j.server.http.HttpListener;
import io.github.tim4j.server.http.OperationApi;
import io.github.tim4j.server.http.RestApi;
import io.github.tim4j.server.login.Connection;
import io.github.tim4j.server.login.LoginService;
import io.github.tim4j.server.login.Refusal;
import io.github.tim4j.server.login.ServerClock;
import io.github.tim4j.server.mqtt.MqttListener;
import io.github.tim4j.server.store.DiskSessionStore;
import io.github.tim4j.server.store.MemorySessionStore;
import io.github.tim4j.server.store.RedisSessionStore;
import io.github.tim4j.server.tls.ServerTls;
import io.github.tim4j.usersig.UserSigKey;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Inet6Address;
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
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running login server: its ports, and what is ordered from it. Any thread but the event loops. */
final class RunningServer implements LoginServer {
    private static final Logger LOG = LoggerFactory.getLogger(LoginServer.class);
    /** How long a stop waits for the last packets to be sent. */
    private static final long STOP_SECONDS = Connections.PATIENCE_SECONDS;

    private static final Duration LONGEST_DRAIN = Duration.ofHours(1);

    private final ServerClock clock = new ServerClock();
    private final LoginEvents happenings = new LoginEvents();
    private final LoginMetrics metrics = new LoginMetrics();
    private final EventLog log;
    private final List<StateWebhook> webhooks = new ArrayList<>();
    private final SessionStore store;
    /** Closes the store, if it is the server's own. */
    private final AutoCloseable closeStore;

    private final LoginService service;
    private final EventLoopGroup loops;
    private final Connections connections;
    private final TestControl testing;
    /** Null if there is no port without TLS. */
    private final MqttListener plain;
    /** Null if there is no port with TLS. */
    private final MqttListener tls;
    /** Null if there is no HTTP port. */
    private HttpListener http;
    /** Null if there is no port for test control. */
    private HttpListener control;
    /** Guarded by this, as the next two are. */
    private boolean listening;

    private boolean paused;
    private boolean closed;
    /** Null without TLS. */
    private volatile SslContext certificate;

    RunningServer(LoginServerConfig config) {
        if (config.proxyProtocol()) {
            RequiredLibraries.checkProxyProtocol();
        }
        SessionStore given = config.sessionStore();
        store = given == null ? ownStore(config) : given;
        closeStore = given == null && store instanceof AutoCloseable own ? own : () -> {};
        loops = eventLoops();
        log = new EventLog(config.eventsKept());
        List.of(log, metrics).forEach(happenings::subscribe);
        config.webhooks().urls().keySet().forEach(app -> {
            StateWebhook webhook = new StateWebhook(app, config.webhooks(), clock, loops);
            webhooks.add(webhook);
            happenings.subscribe(webhook);
        });
        service = new LoginService(config, clock, store, happenings);
        connections = new Connections(service, loops);
        testing = new RunningTestControl(this, service, connections);
        try {
            InetAddress host = MqttListener.resolve(config.host());
            Supplier<SslContext> secured = config.tls() == null ? null : () -> certificate;
            certificate = certificate(config);
            boolean plaintext = host.isLoopbackAddress() || config.allowPlaintext();
            tls = secured == null
                    ? null
                    : new MqttListener(service, loops, host, config.tls().port(), secured);
            plain = plaintext ? new MqttListener(service, loops, host, config.port(), null) : null;
            if (plain == null && tls == null) {
                throw new LoginServerException(
                        "will not listen on " + config.host() + " without TLS: UserSigs would cross the network in"
                                + " plain text. Use TLS, a loopback address such as 127.0.0.1, or allow plaintext (allowPlaintext,"
                                + " --allow-plaintext)");
            }
            open();
            ControlAccess access =
                    new ControlAccess(() -> service.config().http().controlToken());
            if (config.http().port() >= 0) {
                http = new HttpListener(
                        loops,
                        host,
                        config.http().port(),
                        secured,
                        plaintext,
                        services(
                                "/v4/",
                                new RestApi(service),
                                new OperationApi(this, service, metrics, webhooks, access)));
            }
            if (config.http().controlPort() >= 0) {
                control = new HttpListener(
                        loops,
                        controlHost(host),
                        config.http().controlPort(),
                        secured,
                        plaintext || controlHost(host).isLoopbackAddress(),
                        services(
                                ControlApi.PREFIX,
                                new ControlApi(this, service::config, log, access),
                                new ConsolePage(access)));
            }
        } catch (RuntimeException e) {
            stop();
            closeService();
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw e;
        }
        LOG.info(
                "listening {}{}{}{}",
                uri(),
                tls == null || plain == null ? "" : " and " + tlsUri(),
                http == null ? "" : ", " + httpUri(),
                control == null ? "" : ", test control " + controlUri());
    }

    /** Netty 4.2 has another class for this, which 4.1 lacks. */
    @SuppressWarnings("deprecation")
    private static EventLoopGroup eventLoops() {
        return new NioEventLoopGroup(
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                new DefaultThreadFactory("tim4j-server", true));
    }

    private static SessionStore ownStore(LoginServerConfig config) {
        if (config.dataFolder() != null) {
            RequiredLibraries.checkDisk();
            return DiskSessionStore.open(config.dataFolder());
        }
        if (config.redis() != null) {
            RequiredLibraries.checkRedis();
            return RedisSessionStore.connect(config.redis());
        }
        return new MemorySessionStore();
    }

    private void closeService() {
        service.close();
        webhooks.forEach(StateWebhook::close);
        try {
            closeStore.close();
        } catch (Exception e) {
            LOG.warn("the session store could not be closed", e);
        }
    }

    private static Map<String, HttpListener.Service> services(
            String prefix, HttpListener.Service api, HttpListener.Service others) {
        Map<String, HttpListener.Service> services = new LinkedHashMap<>();
        services.put(prefix, api);
        services.put("/", others);
        return services;
    }

    private static @Nullable SslContext certificate(LoginServerConfig config) {
        return config.tls() == null ? null : ServerTls.of(config.tls(), config.host());
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

    @Override
    public int port() {
        return plain == null ? -1 : plain.port();
    }

    @Override
    public int tlsPort() {
        return tls == null ? -1 : tls.port();
    }

    @Override
    public URI uri() {
        return plain == null ? tlsUri() : uri("mqtt", port());
    }

    @Override
    public URI tlsUri() {
        if (tls == null) {
            throw new IllegalStateException("this server was started without TLS");
        }
        return uri("mqtts", tlsPort());
    }

    @Override
    public int httpPort() {
        return http == null ? -1 : http.port();
    }

    @Override
    public URI httpUri() {
        if (http == null) {
            throw new IllegalStateException("this server was started without an HTTP port");
        }
        return uri(plain == null ? "https" : "http", http.port());
    }

    @Override
    public int controlPort() {
        return control == null ? -1 : control.port();
    }

    @Override
    public URI controlUri() {
        if (control == null) {
            throw new IllegalStateException("this server was started without a port for test control");
        }
        InetAddress host = controlHost(MqttListener.resolve(service.config().host()));
        boolean plaintext = plain != null || host.isLoopbackAddress();
        return uri(
                plaintext ? "http" : "https",
                host.isLoopbackAddress()
                        ? host.getHostAddress()
                        : service.config().host(),
                control.port());
    }

    /** Who has no token to show must be on this machine. */
    private InetAddress controlHost(InetAddress host) {
        return host.isLoopbackAddress() || service.config().http().controlToken() != null
                ? host
                : MqttListener.resolve("127.0.0.1");
    }

    @Override
    public synchronized boolean isAccepting() {
        return listening && !paused && !closed;
    }

    @Override
    public Map<LocalDate, Integer> dailyActiveUsers(long sdkAppId) {
        return new TreeMap<>(join(() -> store.dailyUsers(sdkAppId)));
    }

    private URI uri(String scheme, int port) {
        return uri(scheme, service.config().host(), port);
    }

    private static URI uri(String scheme, String name, int port) {
        String host = name;
        InetAddress bound = MqttListener.resolve(host);
        if (bound.isAnyLocalAddress()) {
            // Where it can be reached, from here at least.
            host = bound instanceof Inet6Address ? "::1" : "127.0.0.1";
        }
        return URI.create(scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    }

    @Override
    public String userSig(long sdkAppId, String userId) {
        return userSig(sdkAppId, userId, UserSigKey.DEFAULT_VALIDITY);
    }

    @Override
    public String userSig(long sdkAppId, String userId, Duration validity) {
        return service.makeUserSig(sdkAppId, userId, validity);
    }

    @Override
    public void loginPolicy(long sdkAppId, LoginPolicy policy) {
        service.policy(sdkAppId, Objects.requireNonNull(policy));
    }

    @Override
    public void rotateSecret(long sdkAppId, String secret, Duration overlap) {
        service.authenticator().rotate(new UserSigKey(sdkAppId, secret), overlap);
    }

    @Override
    public synchronized void reload(LoginServerConfig config) {
        List<String> fixed = fixed(service.config(), config);
        if (!fixed.isEmpty()) {
            throw new IllegalArgumentException("what cannot change while the server runs is changed: "
                    + String.join(", ", fixed) + ". Change it back, or restart; nothing was changed now");
        }
        certificate = certificate(config);
        service.configure(config);
        LOG.info("has taken a changed configuration");
    }

    /** What differs, and is only looked at when a server starts. */
    private static List<String> fixed(LoginServerConfig before, LoginServerConfig after) {
        Map<String, Function<LoginServerConfig, Object>> settings = new LinkedHashMap<>();
        settings.put("host", LoginServerConfig::host);
        settings.put("port", LoginServerConfig::port);
        settings.put("allow plaintext", LoginServerConfig::allowPlaintext);
        settings.put("PROXY protocol", LoginServerConfig::proxyProtocol);
        settings.put(
                "TLS port", config -> config.tls() == null ? null : config.tls().port());
        settings.put("HTTP port", config -> config.http().port());
        settings.put("control port", config -> config.http().controlPort());
        settings.put("webhooks", LoginServerConfig::webhooks);
        settings.put("events kept", LoginServerConfig::eventsKept);
        settings.put("session store", LoginServerConfig::sessionStore);
        settings.put("data folder", LoginServerConfig::dataFolder);
        settings.put("Redis", LoginServerConfig::redis);
        return settings.entrySet().stream()
                .filter(setting -> !Objects.equals(
                        setting.getValue().apply(before), setting.getValue().apply(after)))
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public void drain(Duration over) {
        if (over.isNegative() || over.compareTo(LONGEST_DRAIN) > 0) {
            throw new IllegalArgumentException(
                    "a drain of " + over + " is out of range: choose from 0 to " + LONGEST_DRAIN);
        }
        synchronized (this) {
            if (closed || !listening) {
                return;
            }
            stopAccepting();
        }
        connections.shutDownOver(over);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            stop();
        }
        Stream.of(http, control).filter(Objects::nonNull).forEach(HttpListener::close);
        closeService();
        loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }

    private void stopAccepting() {
        listeners().forEach(MqttListener::close);
        listening = false;
        connections.settle(); // what was just accepted is a connection now
    }

    private void stop() {
        if (listening) {
            stopAccepting();
        }
        connections.each(Connection::shutDown);
    }

    @Override
    public List<Session> sessions() {
        Map<List<Object>, List<Session>> byUser = new LinkedHashMap<>();
        connections
                .sessions()
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
        List<SessionStore.Instance> now =
                join(() -> store.instances(same.get(0).sdkAppId(), same.get(0).userId()));
        Set<Session> held = new HashSet<>();
        if (now != null) {
            now.forEach(instance -> held.add(instance.session()));
        }
        return same.stream().filter(held::contains).toList();
    }

    @Override
    public List<ServerEvent> events(long cursor) {
        return log.after(cursor);
    }

    @Override
    public Instant now() {
        return clock.instant();
    }

    @Override
    public int kick(long sdkAppId, String userId, KickCause cause) {
        return kick(sdkAppId, userId, null, null, cause);
    }

    @Override
    public int kick(long sdkAppId, String userId, Platform platform, String deviceId, KickCause cause) {
        if (cause == KickCause.TAKEN_OVER) {
            throw new IllegalArgumentException(
                    "TAKEN_OVER is no kick: it is what the same instance's next connection does");
        }
        Objects.requireNonNull(cause);
        return join(() -> service.kick(sdkAppId, userId, platform, deviceId, cause))
                .size();
    }

    @Override
    public int expireUserSigs(long sdkAppId, String userId) {
        join(() -> service.revoke(sdkAppId, userId, Refusal.USER_SIG_EXPIRED));
        return kick(sdkAppId, userId, KickCause.USER_SIG_EXPIRED);
    }

    @Override
    public int invalidateUserSigs(long sdkAppId, String userId) {
        join(() -> service.revoke(sdkAppId, userId, Refusal.USER_SIG_INVALID));
        return kick(sdkAppId, userId, KickCause.USER_SIG_INVALID);
    }

    // ---- for the test control

    @Override
    public TestControl testing() {
        return testing;
    }

    synchronized void accept(boolean on) {
        paused = !on;
        listeners().forEach(listener -> listener.accept(on));
    }

    synchronized void stopListening() {
        stop();
    }

    synchronized void listenAgain() {
        if (!listening && !closed) {
            open();
        }
    }

    synchronized void restart() {
        stop();
        listenAgain();
    }

    synchronized void reset() {
        if (closed) {
            return;
        }
        service.reset();
        listenAgain();
        accept(true);
        connections.each(Connection::cut);
        connections.settle();
        webhooks.forEach(StateWebhook::reset);
        log.clear();
    }

    private static <T> T join(Supplier<CompletionStage<T>> asked) {
        try {
            return asked.get()
                    .toCompletableFuture()
                    .copy()
                    .orTimeout(STOP_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (RuntimeException e) {
            Throwable cause = e instanceof CompletionException ? e.getCause() : e;
            throw new LoginServerException(
                    "the session store failed, or did not answer within " + STOP_SECONDS + " s: " + cause, cause);
        }
    }
}
