/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Callback;
import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.LoadedLibrary;
import io.github.tim4j.jna.NativeLibraries;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The functions of one library as the client uses them. Any thread for what asks; the loop for what begins, ends or requests. */
final class NativeApi {
    /** Of the year 9999: what comes later is no time. */
    private static final long LAST_SECOND = 253402300799L;

    private static final int MAX_READS = 10;

    private final LoadedLibrary library;
    private final ImSdk sdk;
    private final Callbacks callbacks;
    private final long sdkAppId;
    private final String config;
    private final @Nullable String proxy;
    private final Set<Callback> kept = Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
    private final long subscription;
    private volatile boolean open;

    NativeApi(LoadedLibrary library, long sdkAppId, String config, @Nullable String proxy, Callbacks.Events events) {
        this.library = library;
        this.sdk = library.sdk();
        this.callbacks = Callbacks.of(library.shim().isPresent());
        this.sdkAppId = sdkAppId;
        this.config = config;
        this.proxy = proxy;
        this.subscription = Callbacks.subscribe(events);
    }

    /** The same for the same library in memory, by whatever path it was loaded. */
    static long addressOf(LoadedLibrary library) {
        return Pointer.nativeValue(library.handle().getFunction("TIMInit"));
    }

    /** @throws TimException if the library refuses to initialise; it has been released then */
    void open() {
        try {
            register(true);
            setProxy();
            int result = sdk.TIMInit(sdkAppId, config);
            if (result != 0) {
                throw new TimException(
                        result,
                        "TIMInit(" + Long.toUnsignedString(sdkAppId) + ", " + config + ") of " + library.path());
            }
            open = true;
            sdk.TIMSetConfig("{\"set_config_callback_log_level\":" + NativeLog.level() + "}", null, null);
        } catch (RuntimeException | Error e) {
            if (open || proxy != null) {
                open = false;
                sdk.TIMUninit();
            }
            release();
            throw e;
        }
    }

    private void setProxy() {
        int result = proxy == null ? 0 : sdk.TIMSetConfig(proxy, null, null);
        if (result != 0) {
            throw new TimException(
                    result,
                    "the proxy was refused by " + library.path()
                            + ": its host, user name and password may have 255 bytes each, its port is 1 to 65535");
        }
    }

    /** The library forgets all requests, and knows nobody; the same callbacks and configuration as before. */
    void restart() {
        open = false;
        sdk.TIMUninit();
        open();
    }

    void close() {
        open = false;
        try {
            sdk.TIMUninit();
        } finally {
            release();
        }
    }

    private void register(boolean on) {
        Pointer userData = new Pointer(subscription);
        sdk.TIMSetLogCallback(on ? callbacks.logLine : null, userData);
        sdk.TIMSetNetworkStatusListenerCallback(on ? callbacks.network : null, userData);
        sdk.TIMSetKickedOfflineCallback(on ? callbacks.kicked : null, userData);
        sdk.TIMSetUserSigExpiredCallback(on ? callbacks.expired : null, userData);
        library.shim()
                .ifPresent(
                        shim -> shim.TIMShimSetKickedOfflineReasonCallback(on ? callbacks.kickReason : null, userData));
    }

    private void release() {
        kept.clear();
        try {
            register(false);
        } finally {
            Callbacks.unsubscribe(subscription);
            callbacks.released();
        }
    }

    /** @return what the C function returned */
    int request(Request<?> request) {
        Pointer userData = new Pointer(request.id);
        return switch (request.kind) {
            case LOGIN -> {
                try (NativeSecret secret = new NativeSecret(Objects.requireNonNull(request.userSig))) {
                    yield sdk.TIMLogin(request.userId, secret.pointer(), callbacks.answer, userData);
                }
            }
            case LOGOUT -> sdk.TIMLogout(callbacks.answer, userData);
            case CALL -> Objects.requireNonNull(request.call).invoke(callbacks.answer, userData);
        };
    }

    /** @return whether the library can abort a login, and then will answer it */
    boolean abort(Request<?> login) {
        return library.shim().isPresent() && library.shim().get().TIMShimAbortLogin(new Pointer(login.id)) == 0;
    }

    boolean canAbort() {
        return library.shim().isPresent();
    }

    LoginStatus status() {
        return open ? LoginStatus.of(sdk.TIMGetLoginStatus()) : LoginStatus.LOGGED_OUT;
    }

    Optional<String> loginUser() {
        // Larger than the API asks for, and never filled to the end: a library that forgets the terminator does no
        // harm.
        byte[] buffer = new byte[2 * ImSdk.USER_ID_BUFFER];
        if (!open || sdk.TIMGetLoginUserID(buffer) != 0) {
            return Optional.empty();
        }
        int length = 0;
        while (length < ImSdk.USER_ID_BUFFER && buffer[length] != 0) {
            length++;
        }
        return length == 0 ? Optional.empty() : Optional.of(new String(buffer, 0, length, StandardCharsets.UTF_8));
    }

    /** Both of one moment: read again until the status is the same before and after. */
    LoginState state() {
        LoginStatus status = status();
        for (int i = 0; i < MAX_READS; i++) {
            Optional<String> user = loginUser();
            LoginStatus after = status();
            if (after == status) {
                return new LoginState(status, status == LoginStatus.LOGGED_IN ? user : Optional.empty());
            }
            status = after;
        }
        return new LoginState(status, Optional.empty());
    }

    Optional<Instant> serverTime() {
        long seconds = open ? sdk.TIMGetServerTime() : 0;
        return seconds <= 0 || seconds > LAST_SECOND ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    /**
     * @throws IllegalArgumentException if the library lacks the function, it is the client's own business, or an argument cannot be passed
     */
    Request.NativeCall function(String name, @Nullable Object... args) {
        refuseReserved(name);
        Function function;
        try {
            function = library.handle().getFunction(name);
        } catch (UnsatisfiedLinkError e) {
            throw new IllegalArgumentException(library.path() + " has no function " + name, e);
        }
        Object[] nativeArgs = Arrays.copyOf(args, args.length + 2);
        for (int i = 0; i < args.length; i++) {
            nativeArgs[i] = nativeArgument(name, i, args[i]);
        }
        return (cb, userData) -> {
            nativeArgs[args.length] = cb;
            nativeArgs[args.length + 1] = userData;
            return function.invokeInt(nativeArgs);
        };
    }

    /** The client's own business is not to be done behind its back. */
    private static void refuseReserved(String name) {
        boolean reserved = name.startsWith("TIMShim");
        for (Method own : ImSdk.class.getDeclaredMethods()) {
            reserved |= own.getName().equals(name) && !name.equals("TIMSetConfig");
        }
        if (reserved) {
            throw new IllegalArgumentException(
                    name + " is used by TimClient itself: call the method of TimClient for it");
        }
    }

    private static @Nullable Object nativeArgument(String name, int index, @Nullable Object value) {
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

    <L extends Library> L as(Class<L> functions) {
        for (Method method : functions.getMethods()) {
            refuseReserved(method.getName());
        }
        return NativeLibraries.load(library, functions);
    }

    <C extends Callback> C keep(C callback) {
        callbacks.keepAttached(callback);
        kept.add(callback);
        return callback;
    }
}
