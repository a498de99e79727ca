/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.Request.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who waits for requests, and until when: in the order of the calls, which is that of the deadlines, so one alarm, for the first, does for all. Belongs
 * to the loop.
 */
final class Callers {
    private final Set<Caller<?>> waiting = new LinkedHashSet<>();
    private final long timeoutNanos;
    private final Consumer<Duration> alarm;
    private boolean alarmIsSet;

    /** @param alarm after that time {@link #expired} is to be asked, in the loop */
    Callers(Duration timeout, Consumer<Duration> alarm) {
        this.timeoutNanos = Timer.nanos(timeout);
        this.alarm = alarm;
    }

    <T> Caller<T> add(Request<T> request, Reply<T> reply) {
        Caller<T> caller = new Caller<>(reply, request, System.nanoTime() + timeoutNanos);
        request.callers.add(caller);
        waiting.add(caller);
        if (!alarmIsSet) {
            alarmIsSet = true;
            alarm.accept(Duration.ofNanos(timeoutNanos));
        }
        return caller;
    }

    /** @return whether it was waiting */
    boolean remove(Caller<?> caller) {
        return waiting.remove(caller) && caller.request().callers.remove(caller);
    }

    /** @return all who waited for the request */
    List<Caller<?>> removeAll(Request<?> request) {
        List<Caller<?>> all = List.copyOf(request.callers);
        all.forEach(this::remove);
        return all;
    }

    /** @return all who waited */
    List<Caller<?>> removeAll() {
        List<Caller<?>> all = List.copyOf(waiting);
        all.forEach(this::remove);
        return all;
    }

    /** The alarm has gone off. @return those whose time is over; they are still here */
    List<Caller<?>> expired() {
        List<Caller<?>> expired = new ArrayList<>();
        alarmIsSet = false;
        for (Caller<?> caller : waiting) {
            long left = caller.deadline() - System.nanoTime();
            if (left > 0) {
                alarmIsSet = true;
                alarm.accept(Duration.ofNanos(left));
                break;
            }
            expired.add(caller);
        }
        return expired;
    }
}
