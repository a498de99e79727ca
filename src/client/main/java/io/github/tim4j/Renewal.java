/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.UserSigRenewal.Step;
import io.github.tim4j.UserSigRenewal.Trigger;
import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigFormatException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Logins, and where their UserSigs come from: given, fetched from the provider, or renewed by it. Requests reach the library in the
 * order of the application's calls, although a UserSig may have to be fetched first. What the application asks for goes first: a renewal
 * is dropped once the application has called login or logout again. Unless it says otherwise, a field belongs to the inbox.
 */
final class Renewal {
    /** Fresh UserSigs in a row that are refused as expired, or expire at once, before it is given up: the signer's clock must be wrong. */
    private static final int MAX_REFUSED = 3;
    /** A session that ends sooner than this by expiry counts as refused at once. */
    private static final Duration SHORT_LIVED = Duration.ofSeconds(5);

    private static final Duration MAX_BACKOFF = Duration.ofSeconds(60);
    private static final Duration MAX_LEAD = Duration.ofHours(1);

    private final @Nullable Function<String, ? extends CompletionStage<String>> provider;
    private final NativeSession library;
    private final Inbox inbox;
    private final Listeners listeners;
    private final Duration timeout;
    private final Duration firstBackoff;

    /** Counts the application's calls of login and logout; any thread. */
    private final AtomicLong calls = new AtomicLong();
    /** Done when every request called for so far has reached the library; any thread. */
    private final AtomicReference<CompletableFuture<Void>> gate =
            new AtomicReference<>(CompletableFuture.completedFuture(null));
    /** Where the provider runs, which may block. */
    private final ExecutorService providerThread = DaemonThread.named("tim4j-provider");
    /** By user id; any thread. */
    private final Map<String, CompletableFuture<String>> fetching = new ConcurrentHashMap<>();

    private @Nullable Timer timer;
    /** Who logged in last, and when that UserSig expires, if it says so. */
    private @Nullable String sessionUser;

    private Optional<Instant> sessionExpiry = Optional.empty();
    private long loggedInAt = System.nanoTime();
    private boolean running;
    private int refused;

    /** @param provider null if there is none */
    Renewal(
            @Nullable Function<String, ? extends CompletionStage<String>> provider,
            NativeSession library,
            Inbox inbox,
            Listeners listeners,
            Duration timeout,
            Duration firstBackoff) {
        this.provider = provider;
        this.library = library;
        this.inbox = inbox;
        this.listeners = listeners;
        this.timeout = timeout;
        this.firstBackoff = firstBackoff;
    }

    CompletableFuture<LoginResult> login(@Nullable String userId) {
        if (provider == null) {
            return CompletableFuture.failedFuture(new IllegalStateException(
                    "login(userId) needs a UserSigProvider: give the builder one, or call login(userId, userSig)"));
        }
        if (userId == null) {
            return login(null, "");
        }
        long call = calls.incrementAndGet();
        return inOrder(() -> fetch(userId), userSig -> attempt(call, userId, userSig, 0));
    }

    CompletableFuture<LoginResult> login(@Nullable String userId, @Nullable String userSig) {
        long call = calls.incrementAndGet();
        return inOrder(Renewal::nothing, x -> attempt(call, userId, userSig, 0));
    }

    CompletableFuture<Void> logout() {
        calls.incrementAndGet();
        // By way of the inbox, like the result of a login: so each keeps its place.
        return inOrder(Renewal::nothing, x -> library.logout().whenCompleteAsync((done, failure) -> {}, inbox::put));
    }

    /** In the inbox: a session ended, or began. */
    void statusChanged(StatusChange change) {
        if (change.to() == LoginStatus.LOGGED_IN) {
            loggedInAt = System.nanoTime();
        } else if (change.to() == LoginStatus.LOGGED_OUT) {
            cancelTimer();
            if (change.cause() == StatusChange.Cause.USER_SIG_EXPIRED && provider != null) {
                long call = calls.get();
                String userId = change.userId().orElseThrow();
                inbox.put(() -> expiredOnline(call, userId));
            }
        }
    }

    void close() {
        calls.incrementAndGet();
        providerThread.shutdownNow();
        fetching.values().forEach(userSig -> userSig.completeExceptionally(TimException.clientClosed()));
        inbox.put(this::cancelTimer);
    }

    private static CompletableFuture<Void> nothing() {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * @param prepare begins when all earlier requests have reached the library
     * @param submit  makes the request itself; later ones wait for that
     */
    private <P, T> CompletableFuture<T> inOrder(
            Supplier<CompletableFuture<P>> prepare, Function<P, CompletableFuture<T>> submit) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<Void> mine = new CompletableFuture<>();
        CompletableFuture<Void> before = gate.getAndSet(mine);
        boolean alone = before.isDone();
        before.thenCompose(x -> prepare.get()).thenApply(submit).whenComplete((submitted, failure) -> {
            // Before the next request can be submitted, and even answered.
            passOn(failure == null ? submitted : CompletableFuture.failedFuture(failure), result);
            if (alone) {
                mine.complete(null);
            } else {
                // Through the inbox, or a long row of waiting requests would recurse.
                inbox.put(() -> mine.complete(null));
            }
        });
        return result;
    }

    private static <T> void passOn(CompletableFuture<T> from, CompletableFuture<T> to) {
        from.whenComplete((value, failure) -> {
            if (failure == null) {
                to.complete(value);
            } else {
                to.completeExceptionally(failure);
            }
        });
    }

    /** One call of the provider at a time for a user; whoever asks meanwhile gets the same UserSig. */
    private CompletableFuture<String> fetch(String userId) {
        CompletableFuture<String> mine = new CompletableFuture<>();
        CompletableFuture<String> other = fetching.putIfAbsent(userId, mine);
        if (other != null) {
            return other;
        }
        CompletableFuture.completedFuture(userId)
                .thenComposeAsync(
                        id -> (CompletionStage<String>)
                                Objects.requireNonNull(provider).apply(id),
                        this::runProvider)
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((userSig, failure) -> {
                    fetching.remove(userId);
                    if (failure != null) {
                        mine.completeExceptionally(Reply.cause(failure));
                    } else if (userSig == null || userSig.isEmpty()) {
                        mine.completeExceptionally(
                                new IllegalStateException("the UserSigProvider returned no UserSig for " + userId));
                    } else {
                        mine.complete(userSig);
                    }
                });
        return mine;
    }

    private void runProvider(Runnable call) {
        try {
            providerThread.execute(call);
        } catch (RejectedExecutionException e) {
            throw TimException.clientClosed();
        }
    }

    /** A login that the application called for; refused as expired, it is tried again with fresh UserSigs. */
    private CompletableFuture<LoginResult> attempt(
            long call, @Nullable String userId, @Nullable String userSig, int renewals) {
        if (userId == null || userSig == null) {
            return library.login(userId, userSig);
        }
        return library.login(userId, userSig)
                .handleAsync(
                        (result, failure) -> {
                            if (failure == null) {
                                if (renewals > 0) {
                                    tell(userId, Trigger.REFUSED, Step.SUCCEEDED, renewals, null, Duration.ZERO);
                                }
                                loggedIn(call, userId, userSig);
                                return CompletableFuture.completedFuture(result);
                            }
                            Throwable cause = Reply.cause(failure);
                            sessionStays(call);
                            if (!isExpired(cause) || provider == null || call != calls.get()) {
                                return CompletableFuture.<LoginResult>failedFuture(cause);
                            }
                            if (renewals == MAX_REFUSED) {
                                tell(userId, Trigger.REFUSED, Step.GAVE_UP, renewals, cause, Duration.ZERO);
                                return CompletableFuture.<LoginResult>failedFuture(cause);
                            }
                            return retry(call, userId, cause, renewals + 1);
                        },
                        inbox::put)
                .thenCompose(Function.identity());
    }

    private CompletableFuture<LoginResult> retry(long call, String userId, Throwable refusal, int renewals) {
        tell(userId, Trigger.REFUSED, Step.STARTED, renewals, null, Duration.ZERO);
        return fetch(userId)
                .whenCompleteAsync(
                        (userSig, failure) -> {
                            if (failure != null) {
                                tell(
                                        userId,
                                        Trigger.REFUSED,
                                        Step.GAVE_UP,
                                        renewals,
                                        Reply.cause(failure),
                                        Duration.ZERO);
                            }
                        },
                        inbox::put)
                .thenCompose(userSig -> inOrder(
                        Renewal::nothing,
                        x -> call == calls.get()
                                ? attempt(call, userId, userSig, renewals)
                                : CompletableFuture.failedFuture(refusal)));
    }

    private void expiredOnline(long call, String userId) {
        boolean atOnce = System.nanoTime() - loggedInAt < SHORT_LIVED.toNanos();
        refused = atOnce ? refused + 1 : 0;
        if (running || call != calls.get()) {
            return;
        }
        if (refused > MAX_REFUSED) {
            tell(userId, Trigger.EXPIRED_ONLINE, Step.GAVE_UP, refused, null, Duration.ZERO);
        } else if (refused > 1) {
            later(backoff(refused - 1), () -> renew(call, userId, Trigger.EXPIRED_ONLINE, 1));
        } else {
            renew(call, userId, Trigger.EXPIRED_ONLINE, 1);
        }
    }

    /** A login that nobody called for: with a fresh UserSig, tried until it succeeds, cannot succeed, or is overtaken by a call. */
    private void renew(long call, String userId, Trigger trigger, int attempt) {
        if (running || call != calls.get()) {
            return;
        }
        running = true;
        cancelTimer();
        tell(userId, trigger, Step.STARTED, attempt, null, Duration.ZERO);
        fetch(userId)
                .thenCompose(userSig -> inOrder(
                        Renewal::nothing,
                        x -> call == calls.get()
                                ? library.login(userId, userSig).thenApply(result -> userSig)
                                : CompletableFuture.<String>completedFuture(null)))
                .whenCompleteAsync(
                        (userSig, failure) -> {
                            running = false;
                            if (failure != null) {
                                renewalFailed(call, userId, trigger, attempt, Reply.cause(failure));
                            } else if (userSig != null) {
                                tell(userId, trigger, Step.SUCCEEDED, attempt, null, Duration.ZERO);
                                loggedIn(call, userId, userSig);
                            }
                        },
                        inbox::put);
    }

    private void renewalFailed(long call, String userId, Trigger trigger, int attempt, Throwable cause) {
        if (call != calls.get()) {
            return;
        }
        if (isExpired(cause)) {
            refused++;
        }
        boolean hopeless =
                cause instanceof TimException error && (isExpired(error) ? refused >= MAX_REFUSED : !canRetry(error));
        Duration delay = hopeless ? Duration.ZERO : backoff(attempt);
        tell(userId, trigger, hopeless ? Step.GAVE_UP : Step.FAILED, attempt, cause, delay);
        if (!hopeless) {
            later(delay, () -> renew(call, userId, trigger, attempt + 1));
        }
    }

    /** In the background, a user who logged in elsewhere meanwhile is never kicked: that is for the user to decide. */
    private static boolean canRetry(TimException error) {
        return error.code() != TimError.ERR_LOGIN_KICKED_OFF_BY_OTHER.code()
                && error.error().map(TimError::retryCanHelp).orElse(true);
    }

    private static boolean isExpired(Throwable cause) {
        return cause instanceof TimException error
                && (error.code() == TimError.ERR_USER_SIG_EXPIRED.code()
                        || error.code() == TimError.ERR_SVR_ACCOUNT_USERSIG_EXPIRED.code());
    }

    private void loggedIn(long call, String userId, String userSig) {
        sessionUser = userId;
        sessionExpiry = provider == null ? Optional.empty() : expiryOf(userSig);
        renewInTime(call);
    }

    /** The session that there was is still there, although the application asked for another. */
    private void sessionStays(long call) {
        if (sessionUser != null && library.loginUser().equals(Optional.of(sessionUser))) {
            renewInTime(call);
        }
    }

    private void renewInTime(long call) {
        cancelTimer();
        if (provider == null || call != calls.get()) {
            return;
        }
        String userId = Objects.requireNonNull(sessionUser, "logged in");
        sessionExpiry.ifPresent(expiry -> {
            // The server reports whole seconds: it may be almost one later than it says.
            Duration left = Duration.between(
                    library.serverTime().orElseGet(Instant::now).plusSeconds(1), expiry);
            Duration lead = left.dividedBy(5).compareTo(MAX_LEAD) < 0 ? left.dividedBy(5) : MAX_LEAD;
            if (left.compareTo(Duration.ZERO) > 0) {
                later(left.minus(lead), () -> renew(call, userId, Trigger.BEFORE_EXPIRY, 1));
            }
        });
    }

    /** Empty if it cannot be read: another format's expiry is simply not known beforehand. */
    private static Optional<Instant> expiryOf(String userSig) {
        try {
            return Optional.of(UserSig.parse(userSig).expiresAt());
        } catch (UserSigFormatException e) {
            return Optional.empty();
        }
    }

    private void later(Duration delay, Runnable task) {
        cancelTimer();
        timer = Timer.after(delay, () -> inbox.put(task));
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private Duration backoff(int attempt) {
        long doubled = firstBackoff.toMillis() << Math.min(attempt - 1, 16);
        double jitter = ThreadLocalRandom.current().nextDouble(0.8, 1.2);
        return Duration.ofMillis((long) (Math.min(doubled, MAX_BACKOFF.toMillis()) * jitter));
    }

    private void tell(
            String userId, Trigger trigger, Step step, int attempt, @Nullable Throwable failure, Duration retryIn) {
        UserSigRenewal renewal =
                new UserSigRenewal(userId, trigger, step, attempt, Optional.ofNullable(failure), retryIn);
        listeners.tell(listener -> listener.onUserSigRenewal(renewal));
    }
}
