/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.ImSdkShim;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The functions that native code calls, one of each kind. The user_data is a number that says whom the call is for; once forgotten, a call for it
 * finds nobody and is harmless. Each copies its strings, hands over and returns; nothing is thrown into native code.
 *
 * <p>No pointer to them may dangle. timshim calls none after TIMUninit, so a client's live as long as the client, and nothing stays of a class loader
 * that has had one. Of another library that is not known: its callbacks live as long as the JVM.
 */
final class Callbacks {
    /** Is given the answer to one request, on a thread of the library. */
    interface Answer {
        void answered(int code, String description, String json);
    }

    /** Receives the events of one library, on its threads. */
    interface Events {
        void network(int status, int code, String description);

        void kickReason(int reason);

        void kickedOffline();

        void userSigExpired();

        boolean wantsLog(int level);

        void log(int level, String line);
    }

    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);
    private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);
    private static final AtomicLong IDS = new AtomicLong();
    private static final Map<Long, Answer> ANSWERS = new ConcurrentHashMap<>();
    private static final Map<Long, Events> EVENTS = new ConcurrentHashMap<>();

    /** Those of which one was running when its client was closed: native code still has to return from it. */
    private static final Set<Callbacks> FOR_GOOD = ConcurrentHashMap.newKeySet();

    private static final Callbacks UNKNOWN = new Callbacks(false);

    /**
     * Whether threads stay attached to the JVM until they end: JNA would attach them again for each call, which costs many times the call. Not for
     * libraries of which nothing is known: a thread that is attached hangs when it ends after the JVM has, and so does the JVM if the library
     * waits for it in its destructor.
     */
    private final boolean attaching;

    final ImSdk.TIMCommCallback answer = (code, desc, json, userData) -> contained(() -> {
        Answer answer = ANSWERS.remove(Pointer.nativeValue(userData));
        if (answer != null) {
            answer.answered(code, text(desc), text(json));
        }
    });
    final ImSdk.TIMNetworkStatusListenerCallback network = (status, code, desc, userData) -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null) {
            events.network(status, code, text(desc));
        }
    });
    final ImSdk.TIMKickedOfflineCallback kicked = userData -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null) {
            events.kickedOffline();
        }
    });
    final ImSdk.TIMUserSigExpiredCallback expired = userData -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null) {
            events.userSigExpired();
        }
    });
    final ImSdkShim.TIMShimKickedOfflineReasonCallback kickReason = (reason, desc, userData) -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null) {
            events.kickReason(reason);
        }
    });
    final ImSdk.TIMLogCallback logLine = (level, line, userData) -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null && events.wantsLog(level)) {
            events.log(level, text(line));
        }
    });

    private Callbacks(boolean attaching) {
        this.attaching = attaching;
        all().forEach(this::keepAttached);
    }

    /** @param isShim whether the library is timshim */
    static Callbacks of(boolean isShim) {
        return isShim ? new Callbacks(true) : UNKNOWN;
    }

    /** The client is closed. timshim calls these no more, but for the one that may be running this. */
    void released() {
        if (isInside()) {
            FOR_GOOD.add(this);
        } else if (attaching) {
            forgetInJna();
        }
    }

    /**
     * JNA frees the native part of a callback that is gone when the next one is made: never, after the last client of a class loader, and its thread
     * for that would hold the class loader. Where JNA lets nobody in (a module on the module path), it stays so.
     */
    private void forgetInJna() {
        try {
            Map<?, ?> callbacks = ofJna("callbackMap");
            Map<?, ?> lock = ofJna("pointerCallbackMap");
            synchronized (lock) {
                all().forEach(callbacks::remove);
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.debug("JNA keeps its part of this client's callbacks", e);
        }
    }

    private static Map<?, ?> ofJna(String name) throws ReflectiveOperationException {
        Field field = CallbackReference.class.getDeclaredField(name);
        field.setAccessible(true);
        return (Map<?, ?>) field.get(null);
    }

    private List<Callback> all() {
        return List.of(answer, network, kicked, expired, kickReason, logLine);
    }

    /** @return the user_data of a request that is about to be made; its answer is given at most once */
    static long expect(Answer answer) {
        long id = IDS.incrementAndGet();
        ANSWERS.put(id, answer);
        return id;
    }

    /** @return whether the answer was still expected */
    static boolean forget(long id) {
        return ANSWERS.remove(id) != null;
    }

    /** @return the user_data for the events of one library, until {@link #unsubscribe} */
    static long subscribe(Events events) {
        long id = IDS.incrementAndGet();
        EVENTS.put(id, events);
        return id;
    }

    static void unsubscribe(long id) {
        EVENTS.remove(id);
    }

    /** How many requests are expected to be answered: by all clients. */
    static int expected() {
        return ANSWERS.size();
    }

    /** Before the callback is first given to C. */
    void keepAttached(Callback callback) {
        if (attaching) {
            Native.setCallbackThreadInitializer(callback, new CallbackThreadInitializer(true, false, "tim4j-native"));
        }
    }

    /** Whether the calling thread is one of a library's, inside a callback. */
    static boolean isInside() {
        return INSIDE.get();
    }

    /** Of this object, so that each has functions of its own: a lambda that refers to nothing is one for all, and is never freed. */
    private void contained(Runnable body) {
        boolean outer = INSIDE.get();
        INSIDE.set(true);
        try {
            body.run();
        } catch (Throwable e) {
            Contained.report(LOG, "a callback of the library could not be handled", e);
        } finally {
            INSIDE.set(outer);
        }
    }

    /** A copy; NULL becomes "", bytes that are not UTF-8 become the replacement character. */
    private static String text(@Nullable Pointer string) {
        return string == null || string.getByte(0) == 0 ? "" : string.getString(0, StandardCharsets.UTF_8.name());
    }
}
