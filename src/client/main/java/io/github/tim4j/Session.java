/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.StatusChange.Cause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the application learns of the login status. The C API reports no status changes, so they follow from what it does report:
 * requests run one after another, each is answered, and kicks and expiries end a session. Belongs to the inbox; no native calls, no locks.
 */
final class Session {
    /** A login or a logout; entered once the library has accepted it. */
    static final class Request {
        private final @Nullable String userId;
        private boolean accepted;

        private Request(@Nullable String userId) {
            this.userId = userId;
        }

        static Request login(String userId) {
            return new Request(userId);
        }

        static Request logout() {
            return new Request(null);
        }
    }

    /** Receives each change; then each event, in a form that fits a listener. */
    interface Audience {
        void changed(StatusChange change);

        void event(Consumer<TimListener> event);

        void network(NetworkChange change);
    }

    private static final long NOT_LOST = Long.MIN_VALUE;

    private final Audience audience;
    private final Deque<Request> requests = new ArrayDeque<>();
    private LoginStatus status = LoginStatus.LOGGED_OUT;
    private @Nullable String userId;
    /** Who was logged in last; null if nobody ever was. */
    private @Nullable String lastLoggedIn;

    private KickReason kickReason = KickReason.UNKNOWN;
    private long lostAt = NOT_LOST;

    Session(Audience audience) {
        this.audience = audience;
    }

    void accepted(Request request) {
        request.accepted = true;
        requests.add(request);
        if (requests.size() == 1) {
            started(request);
        }
    }

    private void started(Request request) {
        if (request.userId == null) {
            if (status == LoginStatus.LOGGED_IN) {
                change(LoginStatus.LOGGING_OUT, Cause.LOGOUT, userId, null);
            }
        } else if (status == LoginStatus.LOGGED_IN && !request.userId.equals(userId)) {
            change(LoginStatus.LOGGING_IN, Cause.ACCOUNT_SWITCH, request.userId, null);
        } else if (status != LoginStatus.LOGGED_IN) {
            change(LoginStatus.LOGGING_IN, Cause.LOGIN, request.userId, null);
        }
    }

    /**
     * @param failure    null if it succeeded. With {@link TimException} a session of the same user, which was only to get another
     *                   UserSig, stays. Any other failure does not settle the status, and {@link #resync} should follow.
     * @param actualUser asked after a login of another user that failed, as some refusals come before the old session is touched; empty
     *                   too if it is not known
     * @return whether the user had been logged in already
     */
    boolean loginEnded(Request request, @Nullable Throwable failure, Supplier<Optional<String>> actualUser) {
        boolean repeat = isLoggedIn(request.userId);
        if (failure == null && !repeat) {
            change(LoginStatus.LOGGED_IN, Cause.LOGIN, request.userId, null);
        } else if (failure instanceof TimException error && request.accepted && !repeat) {
            boolean stays = lastLoggedIn != null && actualUser.get().equals(Optional.of(lastLoggedIn));
            LoginStatus to = stays ? LoginStatus.LOGGED_IN : LoginStatus.LOGGED_OUT;
            change(to, Cause.LOGIN_FAILED, stays ? lastLoggedIn : request.userId, error);
        }
        next(request);
        return repeat;
    }

    /** @param failure null if it succeeded; else {@link #resync} should follow */
    void logoutEnded(Request request, Throwable failure) {
        if (failure == null) {
            change(LoginStatus.LOGGED_OUT, Cause.LOGOUT, userId, null);
        }
        next(request);
    }

    /** It was not answered because the client is being closed: {@link #closed} reports the end, once for all. */
    void interrupted(Request request) {
        requests.remove(request);
    }

    private void next(Request ended) {
        boolean wasRunning = requests.peek() == ended;
        requests.remove(ended);
        if (wasRunning && !requests.isEmpty()) {
            started(requests.peek());
        }
    }

    /** Takes over the library's own view, unless a request under way is about to change it. */
    void resync(LoginStatus actual, Optional<String> actualUser) {
        String user = actualUser.isPresent() ? actualUser.get() : userId;
        if (requests.isEmpty() && (actual != status || actual == LoginStatus.LOGGED_IN && !isLoggedIn(user))) {
            change(actual, Cause.RESYNC, user, null);
        }
    }

    /** Comes right before {@link #kickedOffline} or {@link #userSigExpired}, from libraries that know the reason. */
    void kickReason(KickReason reason) {
        kickReason = reason;
    }

    void kickedOffline() {
        KickReason reason = kickReason;
        kickReason = KickReason.UNKNOWN;
        if (status == LoginStatus.LOGGED_IN) {
            change(LoginStatus.LOGGED_OUT, Cause.KICKED_OFFLINE, userId, null);
            audience.event(listener -> listener.onKickedOffline(reason));
        }
    }

    void userSigExpired() {
        kickReason = KickReason.UNKNOWN;
        if (status == LoginStatus.LOGGED_IN) {
            String expired = Objects.requireNonNull(userId, "logged in");
            change(LoginStatus.LOGGED_OUT, Cause.USER_SIG_EXPIRED, expired, null);
            audience.event(listener -> listener.onUserSigExpired(expired));
        }
    }

    void closed() {
        requests.clear();
        change(LoginStatus.LOGGED_OUT, Cause.CLOSED, userId, null);
    }

    void network(NetworkStatus network, int code, String description, long nanoTime) {
        boolean idle = requests.isEmpty();
        if (lostAt == NOT_LOST
                && status == LoginStatus.LOGGED_IN
                && (network == NetworkStatus.DISCONNECTED || idle && network != NetworkStatus.CONNECTED)) {
            lostAt = nanoTime;
        }
        boolean reconnect = lostAt != NOT_LOST;
        Duration outage = reconnect ? Duration.ofNanos(nanoTime - lostAt) : Duration.ZERO;
        if (network == NetworkStatus.CONNECTED) {
            lostAt = NOT_LOST;
        }
        audience.network(new NetworkChange(network, code, description, reconnect, outage));
    }

    /** Reports to a late listener where things stand. */
    void replayTo(TimListener listener, StatusChange current) {
        listener.onStatusChanged(current);
        if (current.to() == LoginStatus.LOGGED_IN) {
            current.userId().ifPresent(listener::onReady);
        }
    }

    StatusChange current() {
        return new StatusChange(status, status, Cause.REPLAY, Optional.ofNullable(userId), Optional.empty());
    }

    private boolean isLoggedIn(@Nullable String user) {
        return status == LoginStatus.LOGGED_IN && Objects.equals(userId, user);
    }

    private void change(LoginStatus to, Cause cause, @Nullable String user, @Nullable TimException error) {
        LoginStatus from = status;
        String before = userId;
        status = to;
        userId = user;
        if (from == to && !(to == LoginStatus.LOGGED_IN && !Objects.equals(user, before))) {
            return;
        }
        if (to == LoginStatus.LOGGED_IN) {
            lastLoggedIn = user;
        } else {
            lostAt = NOT_LOST;
        }
        audience.changed(new StatusChange(from, to, cause, Optional.ofNullable(user), Optional.ofNullable(error)));
        if (from == LoginStatus.LOGGED_IN && before != null) {
            audience.event(listener -> listener.onNotReady(before));
        }
        if (to == LoginStatus.LOGGED_IN) {
            audience.event(listener -> listener.onReady(Objects.requireNonNull(user)));
        }
    }
}
