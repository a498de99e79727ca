/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Locks out whoever fails too often: after a number of failures within a minute, for a minute. Any thread.
 *
 * <p>Memory is bounded: the {@link #MAX_KEYS} that failed last are known. Who drives others out of it by failing under many names from one
 * address is stopped by the limit for the address.
 *
 * @param <K> who can fail: a user, an address
 */
public final class FailureLimit<K> {
    public static final int MAX_KEYS = 10_000;
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private static final class Failures {
        private int count;
        private long since;
        private boolean locked;
    }

    private volatile int limit;
    private final LongSupplier nanos;
    private final Map<K, Failures> failures = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Failures> eldest) {
            return size() > MAX_KEYS;
        }
    };
    /** Spares logins the lock while nobody has failed. */
    private volatile boolean some;

    FailureLimit(int limit, LongSupplier nanos) {
        this.limit = limit;
        this.nanos = nanos;
    }

    void limit(int failures) {
        limit = failures;
    }

    public boolean isLocked(K who) {
        return some && lockedNow(who);
    }

    private synchronized boolean lockedNow(K who) {
        Failures known = failures.get(who);
        return known != null && known.locked && !over(known);
    }

    private boolean over(Failures known) {
        long elapsed = nanos.getAsLong() - known.since;
        return elapsed >= MINUTE || elapsed < 0; // A clock that a test set back must not stretch it.
    }

    public synchronized void failed(K who) {
        Failures known = failures.computeIfAbsent(who, key -> new Failures());
        if (known.count == 0 || over(known)) {
            known.count = 0;
            known.locked = false;
            known.since = nanos.getAsLong();
        }
        if (++known.count >= limit && !known.locked) {
            known.locked = true;
            known.since = nanos.getAsLong();
        }
        some = true;
    }

    /** A success makes earlier failures good. */
    void succeeded(K who) {
        if (some) {
            forget(who);
        }
    }

    private synchronized void forget(K who) {
        failures.remove(who);
        some = !failures.isEmpty();
    }

    synchronized void clear() {
        failures.clear();
        some = false;
    }

    public synchronized int size() {
        return failures.size();
    }
}
