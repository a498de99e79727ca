/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import io.github.tim4j.jna.LibraryLoadException;
import io.github.tim4j.jna.LoadedLibrary;
import io.github.tim4j.jna.NativeLibraries;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The login lifecycle of Tencent IM for one process: log in, know who is logged in, learn what happens, log out.
 *
 * <pre>{@code
 * try (TimClient tim = TimClient.builder()
 *         .sdkAppId(1400000000L)
 *         .server("mqtt://127.0.0.1:1883")
 *         .userSigProvider(userId -> backend.fetchUserSig(userId))
 *         .callbackExecutor(SwingUtilities::invokeLater)
 *         .build()) {
 *     tim.login("alice").thenAccept(login -> show("Welcome, " + login.userId()));
 *     …
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> Every method may be called from any thread and inside any callback, and none blocks on the network.
 *
 * <p><b>Requests</b> run one after another in the order of the calls, as in the C API: a logout called during a login runs after it; a
 * login of another user while one is logged in closes that session and opens the new one. A login that repeats the one under way shares
 * its result.
 *
 * <p><b>Futures</b> complete exactly once: with the result; with {@link TimException}, which has the code; with {@link
 * java.util.concurrent.TimeoutException} after {@link Builder#requestTimeout}; by {@link #close()}, with code 7009, and after it with code
 * -1; or by your own {@code cancel} or {@code orTimeout}. Cancelling the last future of a login aborts the login, unless
 * it has succeeded already; after a {@code requestTimeout} the login goes on, and the status follows what becomes of it. Stages run on the callback
 * executor, however late they are attached. Waiting with {@code join} or {@code get} is for other threads, or for the executor's own outside
 * of a callback; inside a callback it throws {@link IllegalStateException} at once. ({@code CompletableFuture.allOf} makes
 * futures of its own, which do not: never wait for those inside a callback.)
 *
 * <p><b>One per library.</b> The C API is one session per process, so a second open client for the same library is refused.
 *
 * <p><b>Secrets.</b> A UserSig is in no log, message or {@code toString}; its native copy is wiped before it is freed.
 */
public final class TimClient implements AutoCloseable {
    /** Guards the look for an open client and the making of another: the same object in every class loader. */
    private static final Object OPENING = "io.github.tim4j.TimClient opens".intern();

    private final LoadedLibrary library;
    /** Also the mark of an open client. */
    private final Timer timer;

    private final Dispatch dispatch;
    private final Core core;
    private final boolean hasProvider;
    private final Thread exitHook = new Thread(this::closeAtExit, "tim4j-exit");

    private TimClient(Builder builder) {
        library = NativeLibraries.load(builder.library);
        hasProvider = builder.provider != null;
        timer = open(library);
        try {
            dispatch = new Dispatch(builder.callbackExecutor, timer);
            core = new Core(builder, library, dispatch, timer);
            try {
                Runtime.getRuntime().addShutdownHook(exitHook);
            } catch (RuntimeException | Error e) {
                core.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            timer.close();
            throw e;
        }
    }

    /**
     * One library in memory is one session, by whatever path it was loaded and however many class loaders have loaded this class; a copy of the file
     * is another. A thread's name is the mark, because threads belong to the process, and nothing but their end removes them.
     */
    private static Timer open(LoadedLibrary library) {
        String mark = "tim4j-timer-" + Long.toHexString(NativeApi.addressOf(library));
        synchronized (OPENING) {
            if (isRunning(mark)) {
                throw new IllegalStateException("a TimClient for " + library.path()
                        + " is open already, and a process has one session per library: close it first, or share it");
            }
            return new Timer(mark);
        }
    }

    private static boolean isRunning(String threadName) {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        Thread[] threads = new Thread[2 * group.activeCount() + 64];
        int count = group.enumerate(threads);
        while (count == threads.length) {
            threads = new Thread[2 * threads.length];
            count = group.enumerate(threads);
        }
        for (int i = 0; i < count; i++) {
            if (threads[i].getName().equals(threadName)) {
                return true;
            }
        }
        return false;
    }

    /** Starts building a client. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Logs a user in.
     *
     * @param userId  1 to 32 bytes of printable ASCII; another gives code 7003
     * @param userSig the user's UserSig; if it is refused as expired and there is a {@link UserSigProvider}, that is asked for a fresh one
     */
    public CompletableFuture<LoginResult> login(String userId, String userSig) {
        return isCString(userId) && isCString(userSig)
                ? core.login(userId, userSig)
                : Reply.failed(dispatch, noCString());
    }

    /**
     * Logs a user in with a UserSig from the {@link UserSigProvider}. It fails with what the provider throws; and with
     * {@link IllegalStateException} if there is none.
     *
     * @param userId as for {@link #login(String, String)}
     */
    public CompletableFuture<LoginResult> login(String userId) {
        if (!hasProvider) {
            return Reply.failed(
                    dispatch,
                    new IllegalStateException(
                            "login(userId) needs a UserSigProvider: give the builder one, or call login(userId, userSig)"));
        }
        return isCString(userId) ? core.login(userId, null) : Reply.failed(dispatch, noCString());
    }

    private static boolean isCString(@Nullable String text) {
        return text != null && text.indexOf('\0') < 0;
    }

    private static TimException noCString() {
        return new TimException(
                TimError.TIM_ERR_PARAM.code(), "the user id or the UserSig is null or contains a NUL character");
    }

    /** Logs the user out. It succeeds too if nobody is logged in, and without a network. */
    public CompletableFuture<Void> logout() {
        return core.logout();
    }

    /** The login status, from the library. {@link LoginStatus#LOGGED_OUT} after {@link #close()}. */
    public LoginStatus status() {
        return core.api().status();
    }

    /** The user who is logged in. */
    public Optional<String> loginUser() {
        return core.api().loginUser();
    }

    /** The login status and the user of one moment, where {@link #status} and {@link #loginUser} one after the other might not fit. */
    public LoginState state() {
        return core.api().state();
    }

    /** What was reported last of the connection to the server; {@link NetworkStatus#DISCONNECTED} before, and when a session has ended. */
    public NetworkStatus networkStatus() {
        return core.networkStatus();
    }

    /** The server's time, in whole seconds; empty until a server has reported it, which it does at a login. */
    public Optional<Instant> serverTime() {
        return core.api().serverTime();
    }

    /** The version of the native library. */
    public String sdkVersion() {
        return library.version();
    }

    /**
     * Adds a listener, unless this very object is one already, and reports to it where things stand: the status, and the network's if it is known.
     *
     * @return closes it
     */
    public Subscription addListener(TimListener listener) {
        return core.listen(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Receives one kind of event.
     *
     * @param kind    for example {@code TimEvent.KickedOffline.class}; {@code TimEvent.class} for all
     * @param handler called like a {@link TimListener}
     * @return removes it
     */
    public <E extends TimEvent> Subscription on(Class<E> kind, Consumer<? super E> handler) {
        return addListener(
                Listeners.of(Objects.requireNonNull(kind, "kind"), Objects.requireNonNull(handler, "handler")));
    }

    /** Removes a listener; it gets nothing more, but a call under way runs to its end. */
    public void removeListener(TimListener listener) {
        core.unlisten(listener);
    }

    /**
     * Calls any other function of the library that ends in {@code (TIMCommCallback cb, const void* user_data)} and returns an {@code int}.
     * The arguments before these two must be what the C function has: nothing can check that, and wrong ones may crash the process.
     *
     * @param function the C name, for example {@code "TIMConvGetConvList"}; not null
     * @param args     String (as UTF-8), Integer ({@code int32_t}, enums), Long (64 bits), Boolean ({@code bool}), Pointer, or null
     * @return the {@code json_params} of its answer. Fails with {@link IllegalArgumentException} if there is no such function, if the
     *         client itself uses it, or if an argument has another type
     */
    public CompletableFuture<String> call(String function, Object... args) {
        Objects.requireNonNull(function, "function");
        Objects.requireNonNull(args, "args");
        try {
            return core.call(core.api().function(function, args));
        } catch (IllegalArgumentException e) {
            return Reply.failed(dispatch, e);
        }
    }

    /**
     * Gives access to functions of the library that have another shape: an own JNA interface on the very library that this client uses.
     *
     * @param functions declares them as JNA has it; strings are UTF-8. Callbacks that the library keeps must go through {@link #keep}
     * @throws IllegalArgumentException if it declares a function that the client itself uses
     */
    public <L extends Library> L nativeLibrary(Class<L> functions) {
        return core.api().as(functions);
    }

    /**
     * Keeps a callback reachable until {@link #close()}, as it must be while the library may call it. It is called on a thread of the
     * library's: hand over and return.
     *
     * @return the same callback
     */
    public <C extends Callback> C keep(C callback) {
        return core.api().keep(callback);
    }

    /** Runs tasks like callbacks: one at a time, in order, on the callback executor. For what comes through {@link #keep}. */
    public Executor callbackExecutor() {
        return dispatch;
    }

    /**
     * Ends the session as the end of the process would, and frees the library for another client. To the server the user is not logged out;
     * call {@link #logout()} before, if that is wanted. Requests not answered fail with code 7009, on this thread. Listeners hear of the
     * end on the callback executor, and nothing afterwards. May be called any number of times, from any thread, inside a callback too; when
     * it returns, the library is free.
     */
    @Override
    public void close() {
        core.close();
        timer.close();
        dispatch.close();
        try {
            Runtime.getRuntime().removeShutdownHook(exitHook);
        } catch (IllegalStateException e) {
            // The JVM is on its way out: the hook has had its turn or finds nothing to do.
        }
    }

    /** Native threads must be gone before the JVM is; but an exit never waits long for a callback that does not return. */
    private void closeAtExit() {
        Thread closer = new Thread(core::close, "tim4j-close");
        closer.setDaemon(true);
        closer.start();
        try {
            closer.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a client is made of; only {@link #sdkAppId} is required. */
    public static final class Builder {
        private static final Duration YEAR = Duration.ofDays(365);

        final Map<String, Object> config = new TreeMap<>();
        long sdkAppId;
        private @Nullable Path library;

        @Nullable
        Function<String, ? extends CompletionStage<String>> provider;

        private @Nullable Executor callbackExecutor;
        Duration requestTimeout = Duration.ofSeconds(90);

        @Nullable
        Duration userSigTimeout;

        /** What TIMSetConfig gets before TIMInit; has a password. */
        @Nullable
        String proxy;

        boolean renewal = true;
        Duration renewalBackoff = Duration.ofSeconds(1);

        private Builder() {}

        /** The app's SDKAppID, not 0. */
        public Builder sdkAppId(long sdkAppId) {
            this.sdkAppId = sdkAppId;
            return this;
        }

        /**
         * timshim's server, {@code mqtt://host[:1883]} or {@code mqtts://host[:8883]}. The vendor's library has its own and ignores this.
         */
        public Builder server(String url) {
            return config("shim_server", url);
        }

        /** The native library's file. Without it, see {@link NativeLibraries} for where it is looked for. */
        public Builder library(Path library) {
            this.library = library;
            return this;
        }

        /** Where {@link TimClient#login(String)} and renewals get their UserSigs. */
        public Builder userSigProvider(UserSigProvider provider) {
            Objects.requireNonNull(provider, "provider");
            return asyncUserSigProvider(userId -> {
                try {
                    return CompletableFuture.completedFuture(provider.userSig(userId));
                } catch (Exception e) {
                    return CompletableFuture.failedFuture(e);
                }
            });
        }

        /** The same, for a provider that answers later. */
        public Builder asyncUserSigProvider(Function<String, ? extends CompletionStage<String>> provider) {
            this.provider = provider;
            return this;
        }

        /**
         * Where listeners are called and stages of futures run, one at a time; for example {@code SwingUtilities::invokeLater} or
         * {@code Platform::runLater}. Default: a daemon thread of the client's own.
         */
        public Builder callbackExecutor(Executor executor) {
            this.callbackExecutor = executor;
            return this;
        }

        /** How long timshim tries to reach the server for one login, 1 ms to 10 min; default 30 s. */
        public Builder loginTimeout(Duration timeout) {
            return config("shim_login_timeout_ms", timeout.toMillis());
        }

        /**
         * How long a future waits for its answer, or for a provider's UserSig; default 90 s. It begins at the call and so includes the
         * requests before it. For a single call, use {@link CompletableFuture#orTimeout}. More than 365 days count as 365 days.
         */
        public Builder requestTimeout(Duration timeout) {
            this.requestTimeout = positive("requestTimeout", timeout);
            return this;
        }

        /** How long a provider may take for one UserSig; default: the {@link #requestTimeout}. More than 365 days count as 365 days. */
        public Builder userSigTimeout(Duration timeout) {
            this.userSigTimeout = positive("userSigTimeout", timeout);
            return this;
        }

        private static Duration positive(String name, Duration timeout) {
            if (timeout.isZero() || timeout.isNegative()) {
                throw new IllegalArgumentException(name + " must be positive: " + timeout);
            }
            return timeout.compareTo(YEAR) < 0 ? timeout : YEAR;
        }

        /**
         * Whether the session of a {@link UserSigProvider}'s user is renewed in the background, before its UserSig expires and when it has; default true.
         */
        public Builder renewal(boolean on) {
            this.renewal = on;
            return this;
        }

        /** A PEM file with the certificates of the authorities to trust instead of the system's, for {@code mqtts}. timshim only. */
        public Builder caFile(Path file) {
            return config("shim_ca_file", file.toString());
        }

        /** The name that the server's certificate must have, if it is not the server's host. timshim only. */
        public Builder tlsServerName(String name) {
            return config("shim_tls_server_name", name);
        }

        /**
         * Connects through this proxy, without authentication: {@link Proxy.Type#HTTP} (CONNECT) or {@link Proxy.Type#SOCKS} (version 5). It
         * looks the server's name up. The default, and {@link Proxy#NO_PROXY}, is to connect directly.
         *
         * @throws IllegalArgumentException if its address is not an {@link InetSocketAddress} with a port
         */
        public Builder proxy(Proxy proxy) {
            return proxy(proxy, "", "");
        }

        /**
         * Connects through this proxy with a user name and a password, up to 255 bytes each. To an HTTP proxy they go with Basic
         * authentication, so the name has no colon, and whoever sees the way to the proxy can read them.
         *
         * @throws IllegalArgumentException if its address is not an {@link InetSocketAddress} with a port
         */
        public Builder proxy(Proxy proxy, String user, String password) {
            this.proxy = proxy.type() == Proxy.Type.DIRECT ? null : proxyConfig(proxy, user, password);
            return this;
        }

        private static String proxyConfig(Proxy proxy, String user, String password) {
            if (!(proxy.address() instanceof InetSocketAddress address) || address.getPort() == 0) {
                throw new IllegalArgumentException("the proxy " + proxy + " has no host and port");
            }
            String kind = proxy.type() == Proxy.Type.HTTP ? "http" : "socks5";
            Map<String, Object> keys = new TreeMap<>();
            keys.put(kind + "_proxy_info_ip", address.getHostString());
            keys.put(kind + "_proxy_info_port", address.getPort());
            keys.put(kind + "_proxy_info_username", user);
            keys.put(kind + "_proxy_info_password", password);
            return "{\"set_config_" + kind + "_proxy_info\":" + Json.object(keys) + "}";
        }

        /** Windows, Mac, Linux, Android, iPhone, iPad or Web; default: the system's. timshim only. */
        public Builder platform(String platform) {
            return config("shim_platform", platform);
        }

        /**
         * Names this installation: 1 to 64 letters, digits, {@code -} and {@code _}; default: random, kept in {@link #configDir}.
         * timshim only.
         */
        public Builder deviceId(String deviceId) {
            return config("shim_device_id", deviceId);
        }

        /** An existing folder for what the library must keep. */
        public Builder configDir(Path folder) {
            return config("sdk_config_config_file_path", folder.toString());
        }

        /** An existing folder for the library's own log files. */
        public Builder logDir(Path folder) {
            return config("sdk_config_log_file_path", folder.toString());
        }

        /**
         * Any other key of {@code TIMInit}'s JSON, such as {@code shim_ca_file} or {@code shim_heartbeat_s}.
         *
         * @param value a String, a Boolean, or a Number; not null, NaN or infinite
         */
        public Builder config(String key, Object value) {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(value, key);
            boolean number = value instanceof Number n && Double.isFinite(n.doubleValue());
            if (!number && !(value instanceof String) && !(value instanceof Boolean)) {
                throw new IllegalArgumentException(key + " is " + value + " ("
                        + value.getClass().getName() + "): give a String, a Boolean or a finite Number");
            }
            config.put(key, value);
            return this;
        }

        /** For tests: the first pause after a renewal that failed; it doubles up to a minute. */
        Builder renewalBackoff(Duration first) {
            this.renewalBackoff = first;
            return this;
        }

        /**
         * Loads and initialises the library.
         *
         * @throws LibraryLoadException  if there is no library to load
         * @throws IllegalStateException if no SDKAppID is set, a client for the same library is open, the JVM is shutting down, or JNA or the
         *                               SLF4J API is missing or too old; the message names what is needed
         * @throws TimException          if the library refuses the configuration
         */
        public TimClient build() {
            if (sdkAppId == 0) {
                throw new IllegalStateException("no SDKAppID: call sdkAppId(…) with your app's number before build()");
            }
            RequiredLibraries.check();
            return new TimClient(this);
        }
    }
}
