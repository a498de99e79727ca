/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.Request.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for requests, and until when: in the order of the calls, which is that of the deadlines, so one alarm, for the first, does for all. Whoever
 * is taken out of here is answered, once. Belongs to the loop.
 */
final class Callers {
    private final Core core;
    private final Loop loop;
    private final Dispatch dispatch;
    private final Duration timeout;
    private final Set<Caller<?>> waiting = new LinkedHashSet<>();
    private boolean alarmIsSet;

    Callers(Core core, Loop loop, Dispatch dispatch, Duration timeout) {
        this.core = core;
        this.loop = loop;
        this.dispatch = dispatch;
        this.timeout = timeout;
    }

    <T> void add(Request<T> request, Reply<T> reply) {
        Caller<T> caller = new Caller<>(reply, request, System.nanoTime() + Timer.nanos(timeout));
        request.callers.add(caller);
        waiting.add(caller);
        if (!alarmIsSet) {
            setAlarm(timeout);
        }
        reply.onEnd(() -> {
            if (!reply.answered) {
                loop.put(() -> left(caller));
            }
        });
    }

    /** Ends a request that is out of the book: with the value if there is no failure. */
    void finish(Request<?> request, @Nullable Object value, @Nullable Throwable failure) {
        for (Caller<?> caller : List.copyOf(request.callers)) {
            end(caller, value, failure);
        }
    }

    /** @return the futures of all who waited: whoever is given them must end them */
    List<Reply<?>> removeAll() {
        List<Reply<?>> open = new ArrayList<>();
        for (Caller<?> caller : List.copyOf(waiting)) {
            remove(caller);
            caller.reply().answered = true;
            open.add(caller.reply());
        }
        return open;
    }

    /** @return whether it was waiting */
    private boolean remove(Caller<?> caller) {
        return waiting.remove(caller) && caller.request().callers.remove(caller);
    }

    @SuppressWarnings("unchecked") // The value is of the request's kind.
    private <T> void end(Caller<T> caller, @Nullable Object value, @Nullable Throwable failure) {
        remove(caller);
        caller.reply().answered = true;
        dispatch.add(new Dispatch.Completion(() -> caller.reply().end((T) value, failure)));
    }

    /** The application has cancelled the future, or completed it otherwise. */
    private void left(Caller<?> caller) {
        if (remove(caller) && caller.request().callers.isEmpty()) {
            core.cancelled(caller.request());
        }
    }

    private void setAlarm(Duration after) {
        alarmIsSet = true;
        loop.later(after, this::timeOut);
    }

    private void timeOut() {
        alarmIsSet = false;
        List<Request<?>> deserted = new ArrayList<>();
        while (!waiting.isEmpty()) {
            Caller<?> caller = waiting.iterator().next();
            long left = caller.deadline() - System.nanoTime();
            if (left > 0) {
                setAlarm(Duration.ofNanos(left));
                break;
            }
            end(
                    caller,
                    null,
                    new TimeoutException("the library has not answered within " + timeout.toMillis() + " ms"));
            if (caller.request().callers.isEmpty()) {
                deserted.add(caller.request());
            }
        }
        core.timedOut(deserted);
    }
}
