/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.UserSigRenewal.Step;
import io.github.tim4j.UserSigRenewal.Trigger;
import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigFormatException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whose UserSig is to be renewed, and when: there is at most one {@link Renewal}, made when the application waits for nothing and a session has a UserSig
 * that expires or has expired, and forgotten when the application calls for anything or the session ends. Belongs to the loop.
 */
final class Renewals {
    /** A session that ends sooner than this by expiry counts as refused at once. */
    private static final Duration SHORT_LIVED = Duration.ofSeconds(5);

    private static final Duration MAX_LEAD = Duration.ofHours(1);

    private final Core core;
    private final Loop loop;
    private final Listeners listeners;
    private final Session session;
    private final NativeApi api;
    private final @Nullable Provider provider;
    private final Duration firstBackoff;

    private @Nullable Renewal current;
    /** Who logged in last, and when that UserSig expires, if it says so. */
    private @Nullable String sessionUser;

    private @Nullable Instant sessionExpiry;
    private long loggedInAt = System.nanoTime();
    /** How many sessions in a row ended by expiry as soon as they had begun. */
    private int shortLived;

    /** @param provider null if nothing is to be renewed */
    Renewals(
            Core core,
            Loop loop,
            Listeners listeners,
            Session session,
            NativeApi api,
            @Nullable Provider provider,
            Duration firstBackoff) {
        this.core = core;
        this.loop = loop;
        this.listeners = listeners;
        this.session = session;
        this.api = api;
        this.provider = provider;
        this.firstBackoff = firstBackoff;
    }

    /**
     * A login that the application waits for has failed: if that is because its UserSig has expired, it is to be tried with a fresh one.
     *
     * @return false if it is not, or has been tried often enough
     */
    boolean retry(Request<?> login, TimException failure) {
        if (!Renewal.isExpired(failure)) {
            return false;
        }
        if (login.renewals == Renewal.MAX_REFUSED) {
            report(login, Step.GAVE_UP, failure);
            return false;
        }
        login.renewals++;
        login.refusal = failure;
        login.userSig = null;
        report(login, Step.STARTED, null);
        return true;
    }

    /** There is no fresh UserSig for the login that is to be tried again. */
    void gaveUp(Request<?> login, Throwable failure) {
        report(login, Step.GAVE_UP, failure);
    }

    /** A login has succeeded. */
    void succeeded(Request<?> login) {
        if (login.renewals > 0) {
            report(login, Step.SUCCEEDED, null);
        }
        remember(login);
    }

    /** Whoever waited for it: this login has succeeded. */
    void remember(Request<?> login) {
        sessionUser = login.userId;
        sessionExpiry = provider == null ? null : expiryOf(Objects.requireNonNull(login.userSig));
    }

    /** Null if it cannot be read: another format's expiry is simply not known beforehand. */
    private static @Nullable Instant expiryOf(String userSig) {
        try {
            return UserSig.parse(userSig).expiresAt();
        } catch (UserSigFormatException e) {
            return null;
        }
    }

    /** The application waits for nothing: whoever is logged in is renewed in time. */
    void plan() {
        if (provider == null
                || current != null
                || sessionExpiry == null
                || sessionUser == null
                || core.isClosed()
                || !session.isLoggedIn(sessionUser)) {
            return;
        }
        // The server reports whole seconds: it may be almost one later than it says.
        Instant now = api.serverTime().orElseGet(Instant::now).plusSeconds(1);
        Duration left = Duration.between(now, sessionExpiry);
        Duration lead = left.dividedBy(5).compareTo(MAX_LEAD) < 0 ? left.dividedBy(5) : MAX_LEAD;
        if (left.compareTo(Duration.ZERO) > 0) {
            current = new Renewal(this, loop, sessionUser, Trigger.BEFORE_EXPIRY, firstBackoff);
            current.beginBefore(left, lead);
        }
    }

    void statusChanged(StatusChange change) {
        if (change.to() == LoginStatus.LOGGED_IN) {
            loggedInAt = System.nanoTime();
        } else if (change.to() == LoginStatus.LOGGED_OUT) {
            if (change.cause() != StatusChange.Cause.LOGIN_FAILED) {
                forget();
            }
            if (change.cause() == StatusChange.Cause.USER_SIG_EXPIRED) {
                // After what else this turn reports.
                change.userId().ifPresent(user -> loop.put(() -> expiredOnline(user)));
            }
        }
    }

    private void expiredOnline(String userId) {
        boolean atOnce = System.nanoTime() - loggedInAt < SHORT_LIVED.toNanos();
        shortLived = atOnce ? shortLived + 1 : 0;
        if (provider == null
                || current != null
                || core.isClosed()
                || !core.isIdle()
                || session.status() != LoginStatus.LOGGED_OUT) {
            return;
        }
        if (shortLived > Renewal.MAX_REFUSED) {
            report(userId, Trigger.EXPIRED_ONLINE, Step.GAVE_UP, shortLived, null, Duration.ZERO);
            return;
        }
        current = new Renewal(this, loop, userId, Trigger.EXPIRED_ONLINE, firstBackoff);
        if (shortLived > 1) {
            current.beginAfter(Renewal.backoff(firstBackoff, shortLived - 1));
        } else {
            current.begin();
        }
    }

    /** Asks for the UserSig of a renewal, and logs in with it, unless it is forgotten meanwhile. */
    void fetchFor(Renewal owner, String userId) {
        Objects.requireNonNull(provider).fetch(userId, (userSig, failure) -> {
            if (isCurrent(owner)) {
                if (failure != null) {
                    ended(owner, failure);
                } else {
                    Request<LoginResult> login = Request.login(userId, userSig);
                    login.renewal = owner;
                    core.renew(login);
                }
            }
        });
    }

    boolean isCurrent(Renewal candidate) {
        return current == candidate;
    }

    /** A login is over, which may have been a renewal's. */
    void ended(Request<?> login, @Nullable Throwable failure) {
        if (login.renewal != null && isCurrent(login.renewal)) {
            ended(login.renewal, failure);
        }
    }

    private void ended(Renewal renewal, @Nullable Throwable failure) {
        if (failure == null) {
            current = null;
            renewal.succeeded();
        } else if (!renewal.failed(failure)) {
            current = null;
        }
    }

    void forget() {
        if (current != null) {
            current.drop();
            current = null;
            Objects.requireNonNull(provider).cancel();
        }
    }

    private void report(Request<?> login, Step step, @Nullable Throwable failure) {
        report(Objects.requireNonNull(login.userId), Trigger.REFUSED, step, login.renewals, failure, Duration.ZERO);
    }

    void report(String userId, Trigger trigger, Step step, int attempt, @Nullable Throwable failure, Duration retryIn) {
        listeners.report(new UserSigRenewal(userId, trigger, step, attempt, Optional.ofNullable(failure), retryIn));
    }
}
