/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The wall clock that UserSigs are judged by. A test can set it; it runs on from there. */
public final class ServerClock implements InstantSource {
    private static final Instant FIRST = Instant.EPOCH;
    private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");
    /** A century in nanoseconds fits a long; a longer way makes every span long enough. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private volatile Duration offset = Duration.ZERO;

    @Override
    public Instant instant() {
        return Instant.now().plus(offset);
    }

    /** A clock for spans, not for dates: monotonic but for being set together with the other one. */
    long nanos() {
        Duration way = offset;
        Duration capped = way.abs().compareTo(LONGEST) <= 0 ? way : way.isNegative() ? LONGEST.negated() : LONGEST;
        return System.nanoTime() + capped.toNanos();
    }

    /** An IllegalArgumentException if the time is not from 1970 to 9998. */
    public void set(Instant now) {
        if (now.isBefore(FIRST) || !now.isBefore(LAST)) {
            throw new IllegalArgumentException("time " + now + " is out of range: choose one from 1970 to 9998");
        }
        offset = Duration.between(Instant.now(), now);
    }

    /** An IllegalArgumentException like that of {@link #set}. */
    public void advance(Duration by) {
        Instant now = instant();
        if (by.abs().compareTo(Duration.between(FIRST, LAST)) > 0) {
            throw new IllegalArgumentException(
                    "the clock cannot be moved by " + by + ": choose a time from 1970 to 9998");
        }
        set(now.plus(by));
    }

    void reset() {
        offset = Duration.ZERO;
    }
}
