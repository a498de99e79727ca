/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Logs what a peer can make happen any number of times: at most one line a minute, which says how many were left out. Any thread. */
public final class RareLog {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final Logger log;
    /** In nanoseconds of the monotonic clock: when the next line may be written. */
    private final AtomicLong next = new AtomicLong(System.nanoTime());

    private final AtomicLong leftOut = new AtomicLong();

    public RareLog(Logger log) {
        this.log = log;
    }

    public void warn(String text) {
        if (isDue()) {
            log.warn("{}{}", text, leftOut());
        }
    }

    public void error(String text, @Nullable Throwable cause) {
        if (isDue()) {
            log.error("{}{}", text, leftOut(), cause);
        }
    }

    private boolean isDue() {
        long now = System.nanoTime();
        long due = next.get();
        if (now - due >= 0 && next.compareAndSet(due, now + MINUTE)) {
            return true;
        }
        leftOut.incrementAndGet();
        return false;
    }

    private String leftOut() {
        long count = leftOut.getAndSet(0);
        return count == 0 ? "" : " (and " + count + " more since the last line about it)";
    }
}
