/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A GCRA limiter (generic cell rate algorithm): so many a second, and up to a second's worth at once after a pause. Any thread. */
public final class RateLimit {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private volatile long interval;
    /** When the last one let through would have come, had all come evenly. */
    private final AtomicLong theoretical = new AtomicLong(System.nanoTime() - SECOND);

    public RateLimit(int perSecond) {
        limit(perSecond);
    }

    public void limit(int perSecond) {
        interval = SECOND / perSecond;
    }

    public boolean take() {
        while (true) {
            long now = System.nanoTime();
            long even = interval;
            long last = theoretical.get();
            long next = last - now > 0 ? last + even : now + even;
            if (next - now > SECOND) {
                return false;
            }
            if (theoretical.compareAndSet(last, next)) {
                return true;
            }
        }
    }
}
