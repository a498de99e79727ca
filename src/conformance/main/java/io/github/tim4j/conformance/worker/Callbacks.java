/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.Callback;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.Circumstances;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.Connected;
import io.github.tim4j.conformance.message.WorkerMessage.Disconnected;
import io.github.tim4j.conformance.message.WorkerMessage.Expired;
import io.github.tim4j.conformance.message.WorkerMessage.KickReason;
import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.message.WorkerMessage.ReturnedInside;
import io.github.tim4j.jna.ClassicTim;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.ImSdkShim;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * What a worker gives a library to call: one function of each kind. Each reports to the parent process what it was called with, then makes the
 * calls that were ordered for its user_data.
 */
final class Callbacks {
    static final ImSdk.TIMCommCallback ANSWER =
            pinned((code, desc, json, data) -> happened(data, at -> new Answer(at, code, bytes(desc), bytes(json))));
    static final ImSdk.TIMNetworkStatusListenerCallback NETWORK =
            pinned((status, code, desc, data) -> happened(data, at -> new NetworkEvent(at, status, code, bytes(desc))));
    static final ImSdk.TIMKickedOfflineCallback KICKED = pinned(data -> happened(data, Kicked::new));
    static final ImSdk.TIMUserSigExpiredCallback EXPIRED = pinned(data -> happened(data, Expired::new));
    static final ImSdkShim.TIMShimKickedOfflineReasonCallback KICK_REASON =
            pinned((reason, desc, data) -> happened(data, at -> new KickReason(at, reason, bytes(desc))));
    static final ImSdk.TIMLogCallback LOG =
            pinned((level, line, data) -> happened(data, at -> new LogLine(at, level, bytes(line))));
    static final ClassicTim.Event SUCCESS =
            pinned(data -> happened(data, at -> new Answer(at, 0, new byte[0], new byte[0])));
    static final ClassicTim.Failure FAILURE =
            pinned((code, desc, data) -> happened(data, at -> new Answer(at, code, bytes(desc), new byte[0])));
    static final ClassicTim.Event CONNECTED = pinned(data -> happened(data, Connected::new));
    static final ClassicTim.Event DISCONNECTED = pinned(data -> happened(data, Disconnected::new));
    static final ClassicTim.Event KICK_OFFLINE = pinned(data -> happened(data, Kicked::new));
    static final ClassicTim.Event SIG_EXPIRED = pinned(data -> happened(data, Expired::new));

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

    static void reportTo(Worker to) {
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

    private static void happened(Pointer userData, Function<Circumstances, CalledBack> what) {
        boolean late = uninitialised;
        // On a thread that is in a callback already, or in a call of the application's, nothing runs at the same time
        // that would not
        // anyway.
        boolean counts = DEPTH.get() == 0 && !Worker.isApplicationThread();
        boolean overlaps = counts && BUSY.incrementAndGet() > 1;
        DEPTH.set(DEPTH.get() + 1);
        try {
            long tag = Pointer.nativeValue(userData);
            worker.report(what.apply(new Circumstances(
                    tag,
                    Worker.nativeThread(),
                    worker.functions().status(),
                    overlaps,
                    late,
                    Worker.isApplicationThread())));
            List<Call> calls = INSIDE.remove(tag);
            for (Call call : calls == null ? List.<Call>of() : calls) {
                worker.report(inside(tag, call, worker.make(tag, call)));
            }
        } finally {
            DEPTH.set(DEPTH.get() - 1);
            if (counts) {
                BUSY.decrementAndGet();
            }
        }
    }

    private static WorkerMessage inside(long tag, Call call, WorkerMessage result) {
        return result instanceof Returned returned
                ? new ReturnedInside(tag, call.function(), returned.number(), returned.text())
                : new ReturnedInside(tag, call.function(), 0, null);
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
