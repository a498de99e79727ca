/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.UserSigRenewal.Step;
import io.github.tim4j.UserSigRenewal.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A login that nobody called for: with a fresh UserSig, tried until it succeeds or cannot succeed. It exists or it does not: they forget
 * it when the application calls for anything, and when the session ends, and then nothing comes of it. Belongs to the loop.
 */
final class Renewal {
    /** Fresh UserSigs in a row that are refused as expired before it is given up: the signer's clock must be wrong. */
    static final int MAX_REFUSED = 3;

    private static final Duration MAX_BACKOFF = Duration.ofSeconds(60);

    private final Renewals renewals;
    private final Loop loop;
    private final String userId;
    private final Trigger trigger;
    private final Duration firstBackoff;
    private int attempt = 1;
    private int refused;
    private @Nullable Future<?> timer;

    Renewal(Renewals renewals, Loop loop, String userId, Trigger trigger, Duration firstBackoff) {
        this.renewals = renewals;
        this.loop = loop;
        this.userId = userId;
        this.trigger = trigger;
        this.firstBackoff = firstBackoff;
    }

    void begin() {
        timer = null;
        report(Step.STARTED, null, Duration.ZERO);
        renewals.fetchFor(this, userId);
    }

    void beginAfter(Duration delay) {
        timer = loop.later(delay, () -> {
            if (renewals.isCurrent(this)) {
                begin();
            }
        });
    }

    /**
     * Begins some time before the UserSig expires, unless the computer slept through that: then the session is gone, and the library asks the server
     * what it is now. Another login could kick whoever has logged in meanwhile.
     *
     * @param lead how long before the end
     */
    void beginBefore(Duration left, Duration lead) {
        Duration delay = left.minus(lead);
        Instant planned = Instant.now();
        timer = loop.later(delay, () -> {
            if (renewals.isCurrent(this)
                    && Duration.between(planned, Instant.now()).compareTo(left) < 0) {
                begin();
            }
        });
    }

    void drop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    void succeeded() {
        report(Step.SUCCEEDED, null, Duration.ZERO);
    }

    /** @return whether it goes on */
    boolean failed(Throwable cause) {
        boolean expired = isExpired(cause);
        if (expired) {
            refused++;
        }
        boolean hopeless = cause instanceof TimException error && (expired ? refused >= MAX_REFUSED : !canRetry(error));
        Duration delay = hopeless ? Duration.ZERO : backoff(firstBackoff, attempt);
        report(hopeless ? Step.GAVE_UP : Step.FAILED, cause, delay);
        if (!hopeless) {
            attempt++;
            beginAfter(delay);
        }
        return !hopeless;
    }

    static Duration backoff(Duration first, int attempt) {
        long doubled = first.toMillis() << Math.min(attempt - 1, 16);
        double jitter = ThreadLocalRandom.current().nextDouble(0.8, 1.2);
        return Duration.ofMillis((long) (Math.min(doubled, MAX_BACKOFF.toMillis()) * jitter));
    }

    static boolean isExpired(Throwable cause) {
        return cause instanceof TimException error
                && (error.code() == TimError.ERR_USER_SIG_EXPIRED.code()
                        || error.code() == TimError.ERR_SVR_ACCOUNT_USERSIG_EXPIRED.code());
    }

    /** In the background, a user who logged in elsewhere meanwhile is never kicked: that is for the user to decide. */
    private static boolean canRetry(TimException error) {
        return error.code() != TimError.ERR_LOGIN_KICKED_OFF_BY_OTHER.code()
                && error.error().map(TimError::retryCanHelp).orElse(true);
    }

    private void report(Step step, @Nullable Throwable failure, Duration retryIn) {
        renewals.report(userId, trigger, step, attempt, failure, retryIn);
    }
}
