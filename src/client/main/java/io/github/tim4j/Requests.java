/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Pointer;
import io.github.tim4j.jna.ImSdk.TIMCommCallback;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one client that the library has not answered. Each is settled exactly once: by its answer, by the refusal of the call, by
 * the timeout, or by the client's end. Results complete in the inbox; all fields but the constructor's belong to it too.
 */
final class Requests {
    /** One call of the C API that ends in a callback and its user_data. */
    interface NativeCall {
        int invoke(TIMCommCallback cb, Pointer userData);
    }

    /** A request in flight, and until when by {@link System#nanoTime}. */
    private record Waiting(CompletableFuture<String> result, long deadline) {}

    /** As many as the C API lets wait: so many late answers can still matter. */
    private static final int MAX_LATE = 1000;

    private final Inbox inbox;
    private final Duration timeout;
    private final Runnable onLateAnswer;
    /** In the order of the calls, which is that of the deadlines: so one timer, for the first, does for all. */
    private final Map<Long, Waiting> waiting = new LinkedHashMap<>();

    private final Deque<Long> late = new ArrayDeque<>();
    /** Runs when it was set, even if that request has been answered; null while nothing waits. */
    private @Nullable Timer timer;

    /** @param onLateAnswer run in the inbox when the answer to a request comes that had timed out */
    Requests(Inbox inbox, Duration timeout, Runnable onLateAnswer) {
        this.inbox = inbox;
        this.timeout = timeout;
        this.onLateAnswer = onLateAnswer;
    }

    /**
     * Makes one call. The caller holds the inbox.
     *
     * @param onAccepted run in the inbox before any result, if the library accepts the call
     * @return the answer's JSON; or {@link TimException}, {@link TimeoutException}, or what the call threw
     */
    CompletableFuture<String> submit(NativeCall call, Runnable onAccepted) {
        CompletableFuture<String> result = new CompletableFuture<>();
        long[] id = new long[1];
        id[0] = Callbacks.expect(
                (code, description, json) -> inbox.put(() -> answered(id[0], code, description, json)));
        int[] returned = {Integer.MIN_VALUE};
        inbox.put(() -> {
            if (returned[0] == 0) {
                waiting.put(id[0], new Waiting(result, System.nanoTime() + timeout.toNanos()));
                if (timer == null) {
                    timer = Timer.after(timeout, () -> inbox.put(this::timeOut));
                }
                onAccepted.run();
            }
        });
        try {
            returned[0] = call.invoke(Callbacks.ANSWER, new Pointer(id[0]));
            if (returned[0] != 0) {
                refused(id[0], result, new TimException(returned[0], ""));
            }
        } catch (RuntimeException | Error e) {
            refused(id[0], result, e);
        }
        return result;
    }

    private void refused(long id, CompletableFuture<String> result, Throwable reason) {
        Callbacks.forget(id);
        inbox.put(() -> result.completeExceptionally(reason));
    }

    private void answered(long id, int code, String description, String json) {
        Waiting request = waiting.remove(id);
        if (request == null) {
            if (late.remove(id)) {
                onLateAnswer.run();
            }
            return;
        }
        if (code == 0) {
            request.result.complete(json);
        } else {
            request.result.completeExceptionally(new TimException(code, description));
        }
    }

    private void timeOut() {
        timer = null;
        while (!waiting.isEmpty()) {
            Map.Entry<Long, Waiting> first = waiting.entrySet().iterator().next();
            long left = first.getValue().deadline - System.nanoTime();
            if (left > 0) {
                timer = Timer.after(Duration.ofNanos(left), () -> inbox.put(this::timeOut));
                return;
            }
            waiting.remove(first.getKey());
            late.add(first.getKey());
            if (late.size() > MAX_LATE) {
                Callbacks.forget(late.remove());
            }
            first.getValue()
                    .result
                    .completeExceptionally(
                            new TimeoutException("the library has not answered within " + timeout.toMillis() + " ms"));
        }
    }

    /** In the inbox: settles everything that waits. */
    void close(TimException reason) {
        late.forEach(Callbacks::forget);
        late.clear();
        Map<Long, Waiting> rest = new LinkedHashMap<>(waiting);
        waiting.clear();
        if (timer != null) {
            timer.cancel();
        }
        rest.forEach((id, request) -> {
            Callbacks.forget(id);
            request.result.completeExceptionally(reason);
        });
    }
}
