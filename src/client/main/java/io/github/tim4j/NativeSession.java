/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import io.github.tim4j.Session.Request;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.LoadedLibrary;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One initialised library as an object: requests go down and are entered in the session, answers and events come up through the inbox. Its
 * futures complete in the inbox, so what is attached to them runs in order and must not block.
 */
final class NativeSession implements Callbacks.Events {
    /** The client's own business, not to be called behind its back. */
    private static final Set<String> RESERVED = Stream.of(ImSdk.class.getDeclaredMethods())
            .map(Method::getName)
            .filter(name -> !name.equals("TIMSetConfig"))
            .collect(Collectors.toUnmodifiableSet());

    /** Of the year 9999: what comes later is no time. */
    private static final long LAST_SECOND = 253402300799L;

    /** A login that may get further callers; their futures complete in the order of the calls. Not a record: its UserSig must not show. */
    private static final class SharedLogin {
        private final String userId;
        private final String userSig;
        private final List<CompletableFuture<LoginResult>> callers = new ArrayList<>();
        private @Nullable Consumer<CompletableFuture<LoginResult>> answer;

        SharedLogin(String userId, String userSig) {
            this.userId = userId;
            this.userSig = userSig;
        }

        synchronized CompletableFuture<LoginResult> join() {
            CompletableFuture<LoginResult> result = new CompletableFuture<>();
            callers.add(result);
            if (answer != null) {
                answer.accept(result);
            }
            return result;
        }

        void answered(LoginResult result, Throwable failure) {
            List<CompletableFuture<LoginResult>> waiting;
            synchronized (this) {
                answer = caller -> complete(caller, result, failure);
                waiting = List.copyOf(callers);
            }
            waiting.forEach(answer);
        }
    }

    private final LoadedLibrary library;
    private final ImSdk sdk;
    private final Inbox inbox;
    private final Session session;
    private final Requests requests;
    private final long subscription;
    /** Held for one native call, so that the session enters requests in the order in which the library gets them. */
    private final Object callOrder = new Object();
    /** The request made last, if it is a login under way. */
    private final AtomicReference<SharedLogin> lastRequest = new AtomicReference<>();
    /** The login or logout called last. Set under callOrder, before the library gets it. */
    private volatile @Nullable Request newest;
    /** Set under callOrder. */
    private volatile boolean closed;

    /**
     * @throws IllegalStateException if this process has the library open already
     * @throws TimException          if the library refuses to initialise
     */
    NativeSession(LoadedLibrary library, long sdkAppId, String config, Duration timeout, Inbox inbox, Session session) {
        this.library = library;
        this.sdk = library.sdk();
        this.inbox = inbox;
        this.session = session;
        this.requests = new Requests(inbox, timeout, this::resync);
        // A system property, because the library is one for the process, however many class loaders have loaded this
        // class.
        if (System.getProperties().putIfAbsent(openMark(), "open") != null) {
            throw new IllegalStateException("a TimClient for " + library.path()
                    + " is open already, and a process has one session per " + "library: close it first, or share it");
        }
        this.subscription = Callbacks.subscribe(this);
        register(true);
        try {
            init(sdkAppId, config);
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    private void init(long sdkAppId, String config) {
        int result = sdk.TIMInit(sdkAppId, config);
        if (result != 0) {
            throw new TimException(
                    result, "TIMInit(" + Long.toUnsignedString(sdkAppId) + ", " + config + ") of " + library.path());
        }
        sdk.TIMSetConfig("{\"set_config_callback_log_level\":" + NativeLog.level() + "}", null, null);
    }

    /** One library in memory is one session, by whatever path it was loaded; a copy of the file is another. */
    private String openMark() {
        return "io.github.tim4j.open:" + Pointer.nativeValue(library.handle().getFunction("TIMInit"));
    }

    private void register(boolean on) {
        Pointer userData = new Pointer(subscription);
        sdk.TIMSetLogCallback(on ? Callbacks.LOG_LINE : null, userData);
        sdk.TIMSetNetworkStatusListenerCallback(on ? Callbacks.NETWORK : null, userData);
        sdk.TIMSetKickedOfflineCallback(on ? Callbacks.KICKED : null, userData);
        sdk.TIMSetUserSigExpiredCallback(on ? Callbacks.EXPIRED : null, userData);
        library.shim()
                .ifPresent(shim ->
                        shim.TIMShimSetKickedOfflineReasonCallback(on ? Callbacks.KICK_REASON : null, userData));
    }

    private void release() {
        register(false);
        Callbacks.unsubscribe(subscription);
        System.getProperties().remove(openMark());
    }

    /** A login that repeats the request made last, while that is under way, shares its call and its result. */
    CompletableFuture<LoginResult> login(@Nullable String userId, @Nullable String userSig) {
        if (userId == null || userSig == null || !isCString(userId) || !isCString(userSig)) {
            return CompletableFuture.failedFuture(new TimException(
                    TimError.TIM_ERR_PARAM.code(), "the user id or the UserSig is null or contains a NUL character"));
        }
        return inCallOrder(() -> {
            SharedLogin last = lastRequest.get();
            return last != null && last.userId.equals(userId) && last.userSig.equals(userSig)
                    ? last.join()
                    : newLogin(new SharedLogin(userId, userSig));
        });
    }

    private CompletableFuture<LoginResult> newLogin(SharedLogin login) {
        CompletableFuture<LoginResult> result = login.join();
        lastRequest.set(login);
        Request request = Request.login(login.userId);
        newest = request;
        requests.submit(
                        (cb, userData) -> {
                            try (NativeSecret secret = new NativeSecret(login.userSig)) {
                                return sdk.TIMLogin(login.userId, secret.pointer(), cb, userData);
                            }
                        },
                        () -> session.accepted(request))
                .whenComplete((json, failure) -> {
                    lastRequest.compareAndSet(login, null);
                    boolean repeat = false;
                    if (endedByClose(failure)) {
                        session.interrupted(request);
                    } else {
                        repeat = session.loginEnded(request, failure, () -> loginUserAfter(request));
                        resyncAfter(failure);
                    }
                    login.answered(new LoginResult(login.userId, repeat), failure);
                });
        return result;
    }

    private boolean endedByClose(Throwable failure) {
        return closed
                && failure instanceof TimException error
                && error.code() == TimError.ERR_SDK_COMM_INTERRUPT.code();
    }

    /** The user who is logged in, unless a later request may have changed that already. */
    private Optional<String> loginUserAfter(Request request) {
        Optional<String> user = loginUser();
        return newest == request ? user : Optional.empty();
    }

    CompletableFuture<Void> logout() {
        return inCallOrder(() -> {
            lastRequest.set(null);
            Request request = Request.logout();
            newest = request;
            CompletableFuture<Void> result = new CompletableFuture<>();
            requests.submit(sdk::TIMLogout, () -> session.accepted(request)).whenComplete((json, failure) -> {
                if (endedByClose(failure)) {
                    session.interrupted(request);
                } else {
                    session.logoutEnded(request, failure);
                    resyncAfter(failure);
                }
                complete(result, null, failure);
            });
            return result;
        });
    }

    /**
     * @throws IllegalArgumentException if the library lacks the function, it is the client's own business, or an argument cannot be passed
     */
    CompletableFuture<String> call(String name, Object... args) {
        Function function = function(name);
        Object[] nativeArgs = Arrays.copyOf(args, args.length + 2);
        for (int i = 0; i < args.length; i++) {
            nativeArgs[i] = nativeArgument(name, i, args[i]);
        }
        return inCallOrder(() -> requests.submit(
                (cb, userData) -> {
                    nativeArgs[args.length] = cb;
                    nativeArgs[args.length + 1] = userData;
                    return function.invokeInt(nativeArgs);
                },
                () -> {}));
    }

    private Function function(String name) {
        if (RESERVED.contains(name) || name.startsWith("TIMShim")) {
            throw new IllegalArgumentException(
                    name + " is used by TimClient itself: call the method of TimClient for it");
        }
        try {
            return library.handle().getFunction(name);
        } catch (UnsatisfiedLinkError e) {
            throw new IllegalArgumentException(library.path() + " has no function " + name, e);
        }
    }

    private static Object nativeArgument(String name, int index, Object value) {
        if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        if (value == null
                || value instanceof String
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Pointer) {
            return value;
        }
        throw new IllegalArgumentException("argument " + (index + 1) + " of " + name + " is a "
                + value.getClass().getName()
                + ": pass a String, Integer, Long, Boolean, Pointer or null, as the C function has it");
    }

    /** The inbox is held meanwhile, so that nothing is answered before its result has been attached to. */
    private <T> CompletableFuture<T> inCallOrder(Supplier<CompletableFuture<T>> request) {
        inbox.hold();
        try {
            synchronized (callOrder) {
                if (closed) {
                    return CompletableFuture.failedFuture(TimException.clientClosed());
                }
                return request.get();
            }
        } finally {
            inbox.release();
        }
    }

    private static <T> void complete(CompletableFuture<T> result, @Nullable T value, @Nullable Throwable failure) {
        if (failure == null) {
            result.complete(value);
        } else {
            result.completeExceptionally(failure);
        }
    }

    LoginStatus status() {
        return closed ? LoginStatus.LOGGED_OUT : LoginStatus.of(sdk.TIMGetLoginStatus());
    }

    Optional<String> loginUser() {
        // Larger than the API asks for, and never filled to the end: a library that forgets the terminator does no
        // harm.
        byte[] buffer = new byte[2 * ImSdk.USER_ID_BUFFER];
        if (closed || sdk.TIMGetLoginUserID(buffer) != 0) {
            return Optional.empty();
        }
        int length = 0;
        while (length < ImSdk.USER_ID_BUFFER && buffer[length] != 0) {
            length++;
        }
        return length == 0 ? Optional.empty() : Optional.of(new String(buffer, 0, length, StandardCharsets.UTF_8));
    }

    Optional<Instant> serverTime() {
        long seconds = closed ? 0 : sdk.TIMGetServerTime();
        return seconds <= 0 || seconds > LAST_SECOND ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    private void resyncAfter(Throwable failure) {
        if (failure != null && !(failure instanceof TimException)) {
            resync();
        }
    }

    private void resync() {
        if (!closed) {
            session.resync(status(), loginUser());
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends the session as the end of the process would: the library stops, and what it has not answered fails with 7009. */
    void close() {
        synchronized (callOrder) {
            if (closed) {
                return;
            }
            closed = true;
        }
        sdk.TIMUninit();
        release();
        inbox.put(() -> {
            requests.close(new TimException(TimError.ERR_SDK_COMM_INTERRUPT.code(), ""));
            session.closed();
        });
    }

    @Override
    public void network(int status, int code, String description) {
        long now = System.nanoTime();
        String kept = Redaction.description(description);
        inbox.put(() -> session.network(NetworkStatus.of(status), code, kept, now));
    }

    @Override
    public void kickReason(int reason) {
        inbox.put(() -> session.kickReason(KickReason.of(reason)));
    }

    @Override
    public void kickedOffline() {
        inbox.put(session::kickedOffline);
    }

    @Override
    public void userSigExpired() {
        inbox.put(session::userSigExpired);
    }

    @Override
    public boolean wantsLog(int level) {
        return NativeLog.wants(level);
    }

    @Override
    public void log(int level, String line) {
        NativeLog.log(level, line);
    }

    private static boolean isCString(String text) {
        return text != null && text.indexOf('\0') < 0;
    }
}
