/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Callback;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.ImSdkShim;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The functions that native code calls: one of each kind for the life of the JVM, so that no pointer to them ever dangles. The user_data
 * is a number that says whom the call is for; once forgotten, a call for it finds nobody and is harmless. Each copies its strings, hands
 * over and returns; nothing is thrown into native code.
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

    static final ImSdk.TIMCommCallback ANSWER = pinned((code, desc, json, userData) -> contained(() -> {
        Answer answer = ANSWERS.remove(Pointer.nativeValue(userData));
        if (answer != null) {
            answer.answered(code, text(desc), text(json));
        }
    }));
    static final ImSdk.TIMNetworkStatusListenerCallback NETWORK =
            pinned((status, code, desc, userData) -> contained(() -> {
                Events events = EVENTS.get(Pointer.nativeValue(userData));
                if (events != null) {
                    events.network(status, code, text(desc));
                }
            }));
    static final ImSdk.TIMKickedOfflineCallback KICKED = pinned(userData -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null) {
            events.kickedOffline();
        }
    }));
    static final ImSdk.TIMUserSigExpiredCallback EXPIRED = pinned(userData -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null) {
            events.userSigExpired();
        }
    }));
    static final ImSdkShim.TIMShimKickedOfflineReasonCallback KICK_REASON =
            pinned((reason, desc, userData) -> contained(() -> {
                Events events = EVENTS.get(Pointer.nativeValue(userData));
                if (events != null) {
                    events.kickReason(reason);
                }
            }));
    static final ImSdk.TIMLogCallback LOG_LINE = pinned((level, line, userData) -> contained(() -> {
        Events events = EVENTS.get(Pointer.nativeValue(userData));
        if (events != null && events.wantsLog(level)) {
            events.log(level, text(line));
        }
    }));

    private Callbacks() {}

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

    /** Without this, JNA attaches the library's thread to the JVM again for each call, which costs many times the call. */
    private static <C extends Callback> C pinned(C callback) {
        Native.setCallbackThreadInitializer(callback, attached());
        return callback;
    }

    static CallbackThreadInitializer attached() {
        return new CallbackThreadInitializer(true, false, "tim4j-native");
    }

    /** Whether the calling thread is one of a library's, inside a callback. */
    static boolean isInside() {
        return INSIDE.get();
    }

    private static void contained(Runnable body) {
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
