/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import com.sun.jna.Callback;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.tim4j.conformance.News.Kind;
import io.github.tim4j.jna.ClassicTim;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.ImSdkShim;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a worker gives a library to call: one function of each kind. Each tells the parent process what it was called with, then makes the
 * calls that were ordered for its user_data.
 */
final class Callbacks {
    static final ImSdk.TIMCommCallback ANSWER =
            pinned((code, desc, json, data) -> happened(Kind.ANSWER, data, code, bytes(desc), bytes(json)));
    static final ImSdk.TIMNetworkStatusListenerCallback NETWORK = pinned((status, code, desc, data) -> happened(
            Kind.NETWORK, data, code, bytes(desc), Integer.toString(status).getBytes(StandardCharsets.US_ASCII)));
    static final ImSdk.TIMKickedOfflineCallback KICKED =
            pinned(data -> happened(Kind.KICKED, data, 0, new byte[0], new byte[0]));
    static final ImSdk.TIMUserSigExpiredCallback EXPIRED =
            pinned(data -> happened(Kind.EXPIRED, data, 0, new byte[0], new byte[0]));
    static final ImSdkShim.TIMShimKickedOfflineReasonCallback KICK_REASON =
            pinned((reason, desc, data) -> happened(Kind.KICK_REASON, data, reason, bytes(desc), new byte[0]));
    static final ImSdk.TIMLogCallback LOG =
            pinned((level, line, data) -> happened(Kind.LOG, data, level, new byte[0], bytes(line)));
    static final ClassicTim.Event SUCCESS = pinned(data -> happened(Kind.ANSWER, data, 0, new byte[0], new byte[0]));
    static final ClassicTim.Failure FAILURE =
            pinned((code, desc, data) -> happened(Kind.ANSWER, data, code, bytes(desc), new byte[0]));
    static final ClassicTim.Event CONNECTED =
            pinned(data -> happened(Kind.CONNECTED, data, 0, new byte[0], new byte[0]));
    static final ClassicTim.Event DISCONNECTED =
            pinned(data -> happened(Kind.DISCONNECTED, data, 0, new byte[0], new byte[0]));
    static final ClassicTim.Event KICK_OFFLINE =
            pinned(data -> happened(Kind.KICKED, data, 0, new byte[0], new byte[0]));
    static final ClassicTim.Event SIG_EXPIRED =
            pinned(data -> happened(Kind.EXPIRED, data, 0, new byte[0], new byte[0]));

    private static final Map<Long, List<Call>> INSIDE = new ConcurrentHashMap<>();
    /** Threads of the library that are in a callback now. */
    private static final AtomicInteger BUSY = new AtomicInteger();

    private static final ThreadLocal<Integer> DEPTH = ThreadLocal.withInitial(() -> 0);
    private static volatile boolean uninitialised;
    private static volatile Worker worker;

    private Callbacks() {}

    /** Makes the functions above, which takes a while. */
    static void load() {
        Native.getNativeSize(Pointer.class);
    }

    static void tellTo(Worker to) {
        worker = to;
    }

    /** @param calls to be made once, inside the next callback with this user_data */
    static void whenCalled(long tag, List<Call> calls) {
        if (!calls.isEmpty()) {
            INSIDE.put(tag, calls);
        }
    }

    static void uninitialised(boolean now) {
        uninitialised = now;
    }

    private static void happened(Kind kind, Pointer userData, long number, byte[] text, byte[] json) {
        boolean late = uninitialised;
        // On a thread that is in a callback already, or in a call of the application's, nothing runs at the same time
        // that would not
        // anyway.
        boolean counts = DEPTH.get() == 0 && !Worker.isApplicationThread();
        boolean overlaps = counts && BUSY.incrementAndGet() > 1;
        DEPTH.set(DEPTH.get() + 1);
        try {
            long tag = Pointer.nativeValue(userData);
            int flags = (overlaps ? News.OVERLAPS : 0)
                    | (late ? News.AFTER_UNINIT : 0)
                    | (Worker.isApplicationThread() ? News.ON_CALLING_THREAD : 0);
            worker.tell(new News(
                    kind,
                    tag,
                    number,
                    text,
                    json,
                    Worker.nativeThread(),
                    worker.functions().status(),
                    flags));
            List<Call> calls = INSIDE.remove(tag);
            for (Call call : calls == null ? List.<Call>of() : calls) {
                News result = worker.make(tag, call);
                worker.tell(new News(
                        Kind.INSIDE,
                        tag,
                        result.number(),
                        call.function().getBytes(StandardCharsets.UTF_8),
                        result.text(),
                        "",
                        0,
                        0));
            }
        } finally {
            DEPTH.set(DEPTH.get() - 1);
            if (counts) {
                BUSY.decrementAndGet();
            }
        }
    }

    private static <C extends Callback> C pinned(C callback) {
        Native.setCallbackThreadInitializer(callback, new CallbackThreadInitializer(true, false, "library"));
        return callback;
    }

    /** A copy; null for NULL. */
    private static byte[] bytes(Pointer string) {
        return string == null ? null : string.getByteArray(0, (int) string.indexOf(0, (byte) 0));
    }
}
