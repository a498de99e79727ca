/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.usersig.UserSigKey;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a {@link LoginServer} is to run. Immutable; made by {@link #builder()}. */
public final class LoginServerConfig {
    /** The longest MQTT packet that is taken, in bytes, its header included. */
    public static final int MAX_PACKET = 65_536;

    private final String host;
    private final int port;
    private final boolean allowPlaintext;
    private final boolean proxyProtocol;
    private final Map<Long, List<UserSigKey>> apps;
    private final LoginPolicy loginPolicy;
    private final int eventsKept;
    private final @Nullable SessionStore sessionStore;
    private final @Nullable Path dataFolder;
    private final @Nullable String redis;
    private final Limits limits;
    private final @Nullable Tls tls;
    private final Http http;
    private final Webhooks webhooks;

    private LoginServerConfig(Builder builder) {
        host = builder.host;
        port = builder.port;
        allowPlaintext = builder.allowPlaintext;
        proxyProtocol = builder.proxyProtocol;
        apps = Map.copyOf(builder.apps);
        loginPolicy = builder.loginPolicy;
        eventsKept = builder.eventsKept;
        sessionStore = builder.sessionStore;
        dataFolder = builder.dataFolder;
        redis = builder.redis;
        limits = new Limits(
                builder.maxConnections,
                builder.maxConnectionsPerAddress,
                builder.maxLoginsPerSecond,
                builder.maxHandshakesPerSecond,
                builder.maxFailuresPerUser,
                builder.maxFailuresPerAddress,
                builder.maxRestPerSecond,
                builder.connectTimeout,
                builder.maxKeepAlive);
        tls = builder.tls;
        http = new Http(builder.httpPort, builder.controlPort, builder.controlToken, Map.copyOf(builder.admins));
        webhooks = new Webhooks(Map.copyOf(builder.stateWebhooks), builder.webhookToken, builder.disconnectGrace);
    }

    /**
     * A configuration to begin with: 127.0.0.1, any free port, no app.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The address to listen on.
     *
     * @return a host name or an IP address
     */
    public String host() {
        return host;
    }

    /**
     * The TCP port without TLS.
     *
     * @return 0 for any free one
     */
    public int port() {
        return port;
    }

    /**
     * Whether UserSigs may cross a network in plain text.
     *
     * @return false by default
     */
    public boolean allowPlaintext() {
        return allowPlaintext;
    }

    /**
     * Whether every connection begins with a PROXY protocol header.
     *
     * @return false by default
     */
    public boolean proxyProtocol() {
        return proxyProtocol;
    }

    /**
     * The keys by app.
     *
     * @return the one that makes new UserSigs first; an app without a key has an empty list
     */
    public Map<Long, List<UserSigKey>> apps() {
        return apps;
    }

    /**
     * The login policy that every app begins with.
     *
     * @return the policy
     */
    public LoginPolicy loginPolicy() {
        return loginPolicy;
    }

    /**
     * How many of the last events are kept.
     *
     * @return at least 1
     */
    public int eventsKept() {
        return eventsKept;
    }

    /**
     * Where accounts and sessions are kept.
     *
     * @return the store, or null: then in {@link #dataFolder()}, in {@link #redis()}, or in memory
     */
    public @Nullable SessionStore sessionStore() {
        return sessionStore;
    }

    /**
     * The folder where accounts and sessions are kept.
     *
     * @return null if not in a folder
     */
    public @Nullable Path dataFolder() {
        return dataFolder;
    }

    /**
     * The address of the Redis where accounts and sessions are kept. There may be a password in it.
     *
     * @return null if not in Redis
     */
    public @Nullable String redis() {
        return redis;
    }

    /**
     * How much the server takes.
     *
     * @return the limits
     */
    public Limits limits() {
        return limits;
    }

    /**
     * TLS.
     *
     * @return null for none
     */
    public @Nullable Tls tls() {
        return tls;
    }

    /**
     * The HTTP port.
     *
     * @return with port -1 if there is none
     */
    public Http http() {
        return http;
    }

    /**
     * The state webhooks.
     *
     * @return without URLs if there are none
     */
    public Webhooks webhooks() {
        return webhooks;
    }

    /** Collects a configuration. Not for several threads at once. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port;
        private boolean allowPlaintext;
        private boolean proxyProtocol;
        private final Map<Long, List<UserSigKey>> apps = new LinkedHashMap<>();
        private LoginPolicy loginPolicy = LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM);
        private Duration connectTimeout = Duration.ofSeconds(10);
        private int maxKeepAlive = 300;
        private int eventsKept = 10_000;
        private @Nullable SessionStore sessionStore;
        private @Nullable Path dataFolder;
        private @Nullable String redis;
        private int maxConnections = 100_000;
        private int maxConnectionsPerAddress = 20_000;
        private int maxLoginsPerSecond = 50_000;
        private int maxFailuresPerUser = 50;
        private int maxFailuresPerAddress = 1_000;
        private @Nullable Tls tls;
        private int httpPort = -1;
        private int controlPort = -1;
        private @Nullable String controlToken;
        private final Map<Long, Set<String>> admins = new HashMap<>();
        private final Map<Long, URI> stateWebhooks = new HashMap<>();
        private @Nullable String webhookToken;
        private Duration disconnectGrace = Duration.ofSeconds(1);
        private int maxRestPerSecond = 10_000;
        private int maxHandshakesPerSecond = 2_000;

        private Builder() {}

        /**
         * The address to listen on.
         *
         * @param address a host name or an IP address; default 127.0.0.1
         * @return this
         */
        public Builder host(String address) {
            boolean bracketed = address.startsWith("[") && address.endsWith("]");
            host = bracketed ? address.substring(1, address.length() - 1) : address;
            return this;
        }

        /**
         * The TCP port to listen on.
         *
         * @param number 0 to 65535; 0, the default, takes any free one
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder port(int number) {
            port = inRange("port", number, 0, 65_535);
            return this;
        }

        /**
         * Allows an address that is not loopback without TLS: UserSigs then cross the network readable for everybody on the way.
         *
         * @param allow default false
         * @return this
         */
        public Builder allowPlaintext(boolean allow) {
            allowPlaintext = allow;
            return this;
        }

        /**
         * Takes each client's address from the header of the PROXY protocol, version 1 or 2, with which a balancer begins every connection to the MQTT
         * ports (before TLS, where there is TLS). A connection without one is closed. Whoever reaches these ports can claim any address, so nothing but
         * the balancer may. Needs {@code io.netty:netty-codec-haproxy}.
         *
         * @param on default false
         * @return this
         */
        public Builder proxyProtocol(boolean on) {
            proxyProtocol = on;
            return this;
        }

        /**
         * Also listens for TLS (1.2 and 1.3), with a certificate of your own. On an address that is not loopback the port without TLS
         * is then left closed, unless plaintext is allowed.
         *
         * @param number      the TCP port, 0 to 65535; 0 takes any free one
         * @param certificate PEM file with the server's certificate and those between it and its CA
         * @param key         PEM file with the private key, PKCS#8, without a password
         * @return this
         * @throws IllegalArgumentException if the port is out of range
         */
        public Builder tls(int number, Path certificate, Path key) {
            tls = new Tls(
                    inRange("TLS port", number, 0, 65_535),
                    Objects.requireNonNull(certificate),
                    Objects.requireNonNull(key),
                    null);
            return this;
        }

        /**
         * Also listens for TLS, with a certificate made at the start, for development: valid for 30 days for localhost, 127.0.0.1, ::1
         * and the configured host. Its CA is made once, valid for a year, and used again by later starts: its key is beside the CA file, with {@code .key}
         * after its name, for the owner alone.
         *
         * @param number the TCP port, 0 to 65535; 0 takes any free one
         * @param caFile where the certificate is that clients must trust, as PEM; one of a server of this kind is used, or overwritten when its key is gone
         *               or it ends soon; another file is refused
         * @return this
         * @throws IllegalArgumentException if the port is out of range
         */
        public Builder tlsSelfSigned(int number, Path caFile) {
            tls = new Tls(inRange("TLS port", number, 0, 65_535), null, null, Objects.requireNonNull(caFile));
            return this;
        }

        /**
         * Serves an app.
         *
         * @param sdkAppId the SDKAppID, at least 1
         * @param secret   the secret key that its UserSigs are signed with
         * @return this
         * @throws IllegalArgumentException if one of them is out of range
         */
        public Builder app(long sdkAppId, String secret) {
            apps.put(sdkAppId, List.of(new UserSigKey(sdkAppId, secret)));
            return this;
        }

        /**
         * Also accepts UserSigs of an app that were made with an older secret key. New ones are made with the key given to
         * {@link #app(long, String)}, which comes first.
         *
         * @param sdkAppId an app that has a secret key already
         * @param secret   the older secret key
         * @return this
         * @throws IllegalArgumentException if the app has no secret key yet, or the older one is empty
         */
        public Builder olderSecret(long sdkAppId, String secret) {
            List<UserSigKey> keys = apps.getOrDefault(sdkAppId, List.of());
            if (keys.isEmpty()) {
                throw new IllegalArgumentException(
                        "SDKAppID " + sdkAppId + " has no secret key yet: give its new one first");
            }
            List<UserSigKey> both = new ArrayList<>(keys);
            both.add(new UserSigKey(sdkAppId, secret));
            apps.put(sdkAppId, List.copyOf(both));
            return this;
        }

        /**
         * Serves an app that has no secret key yet: its logins get 70016.
         *
         * @param sdkAppId the SDKAppID, at least 1
         * @return this
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder appWithoutKey(long sdkAppId) {
            if (sdkAppId < 1) {
                throw new IllegalArgumentException("SDKAppID " + sdkAppId + " is not at least 1");
            }
            apps.put(sdkAppId, List.of());
            return this;
        }

        /**
         * The login policy that every app begins with.
         *
         * @param policy default: one instance of each platform
         * @return this
         */
        public Builder loginPolicy(LoginPolicy policy) {
            loginPolicy = Objects.requireNonNull(policy);
            return this;
        }

        /**
         * How long a client has, from the opening of its connection, to send its CONNECT completely.
         *
         * @param timeout 1 ms to 10 minutes; default 10 s
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder connectTimeout(Duration timeout) {
            inRange("connect timeout in ms", timeout.toMillis(), 1, 600_000);
            connectTimeout = timeout;
            return this;
        }

        /**
         * The longest keep alive. A client that wants a longer one, or none, is given this one.
         *
         * @param seconds 1 to 65535; default 300. A client that is silent for 1.5 times its keep alive, at most 400 s, is
         *                disconnected
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxKeepAlive(int seconds) {
            maxKeepAlive = inRange("maximum keep alive", seconds, 1, 65_535);
            return this;
        }

        /**
         * How many of the last events {@link LoginServer#events(long)} can give.
         *
         * @param count 1 to 1000000; default 10000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder eventsKept(int count) {
            eventsKept = inRange("events kept", count, 1, 1_000_000);
            return this;
        }

        /**
         * Where accounts and sessions are kept.
         *
         * @param store a store, possibly shared with other servers; default: a new one in memory. The server does not close it
         * @return this
         */
        public Builder sessionStore(SessionStore store) {
            sessionStore = Objects.requireNonNull(store);
            return this;
        }

        /**
         * Keeps accounts, sessions, revocations and kicks that were not told in a folder on disk, as
         * {@link io.github.tim4j.server.store.DiskSessionStore} does. The server opens it when it starts, and closes it.
         *
         * @param folder made if it is not there; for one server at a time
         * @return this
         */
        public Builder dataFolder(Path folder) {
            dataFolder = Objects.requireNonNull(folder);
            return this;
        }

        /**
         * Keeps them in Redis, for all servers that use it, as {@link io.github.tim4j.server.store.RedisSessionStore} does. The server connects when it
         * starts.
         *
         * @param uri as {@link io.github.tim4j.server.store.RedisSessionStore#connect} takes it, such as {@code redis://127.0.0.1:6379}
         * @return this
         */
        public Builder redis(String uri) {
            redis = Objects.requireNonNull(uri);
            return this;
        }

        /**
         * How many connections the server takes; a login on one more gets -302.
         *
         * @param count 1 to 1000000; default 100000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxConnections(int count) {
            maxConnections = inRange("maximum of connections", count, 1, 1_000_000);
            return this;
        }

        /**
         * How many connections the server takes from one IP address; a login on one more gets -302.
         *
         * @param count 1 to 1000000; default 20000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxConnectionsPerAddress(int count) {
            maxConnectionsPerAddress = inRange("maximum of connections from an address", count, 1, 1_000_000);
            return this;
        }

        /**
         * How many logins a second are looked at; further ones get -10114.
         *
         * @param count 1 to 1000000; default 50000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxLoginsPerSecond(int count) {
            maxLoginsPerSecond = inRange("maximum of logins a second", count, 1, 1_000_000);
            return this;
        }

        /**
         * How many TLS handshakes a second the MQTT port begins; a connection beyond is closed before its own, which is the dearest thing that whoever
         * cannot log in can ask for. Clients come again by themselves.
         *
         * @param count 1 to 1000000; default 2000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxHandshakesPerSecond(int count) {
            maxHandshakesPerSecond = inRange("maximum of handshakes a second", count, 1, 1_000_000);
            return this;
        }

        /**
         * How many wrong UserSigs of a user are looked at within a minute: further wrong ones get 70050 for a minute. A right one is never refused, and
         * resets the count.
         *
         * @param count 1 to 1000000; default 50
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxFailuresPerUser(int count) {
            maxFailuresPerUser = inRange("maximum of failures of a user", count, 1, 1_000_000);
            return this;
        }

        /**
         * How many wrong UserSigs from an IP address, or an IPv6 /64, are looked at within a minute: further wrong ones get 70050 for a minute.
         *
         * @param count 1 to 1000000; default 1000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxFailuresPerAddress(int count) {
            maxFailuresPerAddress = inRange("maximum of failures from an address", count, 1, 1_000_000);
            return this;
        }

        /**
         * Also listens for HTTP: the vendor's server API under {@code /v4/}, {@code /metrics}, {@code /healthz} and {@code /readyz}.
         * With TLS configured the port takes HTTPS, and beside it plain HTTP where that is allowed:
         * on a loopback address, or with {@link #allowPlaintext}.
         *
         * @param number 0 to 65535; 0 takes any free one. Default: no HTTP
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder httpPort(int number) {
            httpPort = inRange("HTTP port", number, 0, 65_535);
            return this;
        }

        /**
         * Also listens for test control, under {@code /control/v1/}, and its console at {@code /}, on a port of its own: what has it can kick, refuse
         * and delay everybody, so a production server has none. Without a {@link #controlToken} it is on a loopback address, whatever the
         * {@link #host} is; with one it is where the HTTP port is, and with TLS as that one.
         *
         * @param number 0 to 65535; 0 takes any free one. Default: no test control
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder controlPort(int number) {
            controlPort = inRange("control port", number, 0, 65_535);
            return this;
        }

        /**
         * Asks for a token before anybody may use test control and {@code /metrics}. Without one only clients on the server's own
         * machine may.
         *
         * @param token at least 16 characters, sent as {@code Authorization: Bearer TOKEN}
         * @return this
         * @throws IllegalArgumentException if it is shorter
         */
        public Builder controlToken(String token) {
            if (token.length() < 16) {
                throw new IllegalArgumentException(
                        "a control token of " + token.length() + " characters is too short: choose at least 16");
            }
            controlToken = token;
            return this;
        }

        /**
         * Makes a user an administrator of an app, who may use the server API. {@code administrator} always is one.
         *
         * @param sdkAppId the app
         * @param userId   the user
         * @return this
         */
        public Builder admin(long sdkAppId, String userId) {
            admins.computeIfAbsent(sdkAppId, app -> new HashSet<>()).add(userId);
            return this;
        }

        /**
         * Reports logins, logouts and lost connections to an app's own server by {@code State.StateChange} webhooks.
         *
         * @param sdkAppId the app
         * @param url      where they are posted, http or https
         * @return this
         * @throws IllegalArgumentException if the URL is not one of HTTP
         */
        public Builder stateWebhook(long sdkAppId, URI url) {
            if (url.getHost() == null || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
                throw new IllegalArgumentException(
                        "webhook URL " + url + " does not begin with http:// or https:// and a host");
            }
            stateWebhooks.put(sdkAppId, url);
            return this;
        }

        /**
         * Signs webhooks, so that whoever gets them knows who sent them: their URLs get {@code RequestTime} (the time of the sending, in seconds) and
         * {@code Sign}, the SHA-256 of token and request time one after the other, in hexadecimal, as the vendor's have with a token of its console; and
         * the header {@code X-Body-Sign} is the HMAC-SHA256, with the token as the key, of the request time, a dot, and the body.
         *
         * @param token 16 to 128 characters
         * @return this
         * @throws IllegalArgumentException if it is shorter or longer
         */
        public Builder webhookToken(String token) {
            inRange("characters of the webhook token:", token.length(), 16, 128);
            webhookToken = token;
            return this;
        }

        /**
         * How long an instance may be back after it lost its connection before the webhook reports a disconnect.
         *
         * @param grace 0 to 10 minutes; default 1 s
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder disconnectGrace(Duration grace) {
            inRange("disconnect grace in ms", grace.toMillis(), 0, 600_000);
            disconnectGrace = grace;
            return this;
        }

        /**
         * How many requests a second the server API takes; further ones get 60007.
         *
         * @param count 1 to 1000000; default 10000
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxRestPerSecond(int count) {
            maxRestPerSecond = inRange("maximum of REST requests a second", count, 1, 1_000_000);
            return this;
        }

        private static int inRange(String what, long value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(
                        what + " " + value + " is out of range: choose " + min + " to " + max);
            }
            return (int) value;
        }

        /**
         * Ends the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if no app is served
         */
        public LoginServerConfig build() {
            if (apps.isEmpty()) {
                throw new IllegalArgumentException(
                        "no app is configured: give at least one SDKAppID with its secret key");
            }
            if (Stream.of(sessionStore, dataFolder, redis)
                            .filter(Objects::nonNull)
                            .count()
                    > 1) {
                throw new IllegalArgumentException(
                        "accounts are kept in one place: choose a data folder, Redis, or another session store");
            }
            return new LoginServerConfig(this);
        }
    }
}
