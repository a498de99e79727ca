/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.Duration;
import java.time.Instant;

/** The wall clock that UserSigs are judged by. A test can set it; it runs on from there. */
final class ServerClock {
    private volatile Duration offset = Duration.ZERO;

    Instant now() {
        return Instant.now().plus(offset);
    }

    /** A monotonic clock that goes with this one when it is set; for spans, not for dates. */
    long nanos() {
        return System.nanoTime() + offset.toNanos();
    }

    void set(Instant now) {
        offset = Duration.between(Instant.now(), now);
    }

    void advance(Duration by) {
        offset = offset.plus(by);
    }

    void reset() {
        offset = Duration.ZERO;
    }
}
