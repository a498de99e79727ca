/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.StatusChange.Cause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the application learns of the login status. The C API reports no status changes, so they follow from what it does report:
 * requests run one after another, each is answered, and kicks and expiries end a session. It takes what happened and returns what is to be
 * reported. Belongs to the loop; no native calls, no locks, no thread.
 */
final class Session {
    private static final long NOT_LOST = Long.MIN_VALUE;

    private final Deque<Request<?>> requests = new ArrayDeque<>();
    private LoginStatus status = LoginStatus.LOGGED_OUT;
    private @Nullable String userId;
    /** Who was logged in last; null if nobody ever was. */
    private @Nullable String lastLoggedIn;
    /** Who was logged in when a switch to another user began, until it ends or he is kicked. */
    private @Nullable String replaced;

    private KickReason kickReason = KickReason.UNKNOWN;
    /** Written in the loop, read by any thread. */
    private volatile NetworkStatus network = NetworkStatus.DISCONNECTED;

    private boolean networkKnown;
    /** Whether a session ended in this step. */
    private boolean dark;

    private long lostAt = NOT_LOST;
    private List<TimEvent> events = new ArrayList<>();

    private List<TimEvent> take() {
        goDark();
        List<TimEvent> taken = events;
        events = new ArrayList<>();
        return taken;
    }

    /** Not every library says that the connection ends with the session. It comes last, but nothing comes after a close. */
    private void goDark() {
        if (dark && networkKnown && network != NetworkStatus.DISCONNECTED) {
            network = NetworkStatus.DISCONNECTED;
            events.add(new NetworkChange(network, 0, "", false, Duration.ZERO));
        }
        dark = false;
    }

    LoginStatus status() {
        return status;
    }

    /** Who is logged in, as far as has been reported. */
    Optional<String> loggedIn() {
        return status == LoginStatus.LOGGED_IN ? Optional.ofNullable(userId) : Optional.empty();
    }

    NetworkStatus network() {
        return network;
    }

    /** The library has accepted a login or a logout. */
    List<TimEvent> accepted(Request<?> request) {
        requests.add(request);
        if (requests.size() == 1) {
            started(request);
        }
        return take();
    }

    private void started(Request<?> request) {
        String user = request.userId;
        if (user == null) {
            if (status == LoginStatus.LOGGED_IN) {
                change(LoginStatus.LOGGING_OUT, Cause.LOGOUT, userId, null);
            }
        } else if (status == LoginStatus.LOGGED_IN && !user.equals(userId)) {
            replaced = userId;
            change(LoginStatus.LOGGING_IN, Cause.ACCOUNT_SWITCH, user, null);
        } else if (status != LoginStatus.LOGGED_IN) {
            change(LoginStatus.LOGGING_IN, Cause.LOGIN, user, null);
        }
    }

    /** Whether the user is logged in already, as far as has been reported. */
    boolean isLoggedIn(@Nullable String user) {
        return status == LoginStatus.LOGGED_IN && Objects.equals(userId, user);
    }

    /**
     * A login was answered. If it is not the one under way, it has been aborted before its turn, and its failure changes nothing.
     *
     * @param failure    null if it succeeded. A session of the same user, which was only to get another UserSig, stays.
     * @param actualUser who the library says is logged in, as some refusals come before the old session is touched; empty too if it is not
     *                   known
     */
    List<TimEvent> loginEnded(Request<?> request, @Nullable TimException failure, Optional<String> actualUser) {
        boolean repeat = isLoggedIn(request.userId);
        if (failure == null && !repeat) {
            change(LoginStatus.LOGGED_IN, Cause.LOGIN, request.userId, null);
        } else if (failure != null && requests.peek() == request && !repeat) {
            boolean stays = lastLoggedIn != null && actualUser.equals(Optional.of(lastLoggedIn));
            LoginStatus to = stays ? LoginStatus.LOGGED_IN : LoginStatus.LOGGED_OUT;
            change(to, Cause.LOGIN_FAILED, stays ? lastLoggedIn : request.userId, failure);
        }
        replaced = null;
        return take();
    }

    /** A logout was answered. */
    List<TimEvent> logoutEnded(@Nullable TimException failure) {
        if (failure == null) {
            change(LoginStatus.LOGGED_OUT, Cause.LOGOUT, userId, null);
        }
        return take();
    }

    /** The request is over, and its futures have their answer; or nobody waits for that any more. The next one begins. */
    List<TimEvent> next(Request<?> ended) {
        boolean wasRunning = requests.peek() == ended;
        requests.remove(ended);
        if (wasRunning && !requests.isEmpty()) {
            started(requests.peek());
        }
        return take();
    }

    /** The library has been restarted: it has no requests. */
    void restarted() {
        requests.clear();
    }

    /** Takes over the library's own view, unless a request under way is about to change it. */
    List<TimEvent> resync(LoginState actual) {
        String user = actual.userId().orElse(userId);
        boolean logged = actual.status() == LoginStatus.LOGGED_IN;
        if (requests.isEmpty()
                && !(logged && user == null)
                && (actual.status() != status || logged && !isLoggedIn(user))) {
            change(actual.status(), Cause.RESYNC, user, null);
        }
        return take();
    }

    /** Comes right before {@link #kickedOffline} or {@link #userSigExpired}, from libraries that know the reason. */
    void kickReason(KickReason reason) {
        kickReason = reason;
    }

    List<TimEvent> kickedOffline() {
        KickReason reason = kickReason;
        kickReason = KickReason.UNKNOWN;
        if (status == LoginStatus.LOGGED_IN && userId != null) {
            String kicked = userId;
            change(LoginStatus.LOGGED_OUT, Cause.KICKED_OFFLINE, kicked, null);
            events.add(new TimEvent.KickedOffline(kicked, reason));
        } else if (replaced != null) {
            // Kicked after the call of another login, and before its turn: the session ended earlier than it would
            // have.
            events.add(new TimEvent.KickedOffline(replaced, reason));
            replaced = null;
        }
        return take();
    }

    List<TimEvent> userSigExpired() {
        kickReason = KickReason.UNKNOWN;
        if (status == LoginStatus.LOGGED_IN && userId != null) {
            String expired = userId;
            change(LoginStatus.LOGGED_OUT, Cause.USER_SIG_EXPIRED, expired, null);
            events.add(new TimEvent.UserSigExpired(expired));
        } else if (replaced != null) {
            events.add(new TimEvent.UserSigExpired(replaced));
            replaced = null;
        }
        return take();
    }

    List<TimEvent> closed() {
        requests.clear();
        change(LoginStatus.LOGGED_OUT, Cause.CLOSED, userId, null);
        return take();
    }

    List<TimEvent> network(NetworkStatus now, int code, String description, long nanoTime) {
        if (now == NetworkStatus.DISCONNECTED && code == 0 && network == now && networkKnown) {
            return List.of();
        }
        boolean idle = requests.isEmpty();
        if (lostAt == NOT_LOST
                && status == LoginStatus.LOGGED_IN
                && (now == NetworkStatus.DISCONNECTED || idle && now != NetworkStatus.CONNECTED)) {
            lostAt = nanoTime;
        }
        boolean reconnect = lostAt != NOT_LOST;
        Duration outage = reconnect ? Duration.ofNanos(nanoTime - lostAt) : Duration.ZERO;
        if (now == NetworkStatus.CONNECTED) {
            lostAt = NOT_LOST;
        }
        network = now;
        networkKnown = true;
        events.add(new NetworkChange(now, code, description, reconnect, outage));
        return take();
    }

    /** What a listener gets first: where things stand. */
    List<TimEvent> replay() {
        events.add(new StatusChange(status, status, Cause.REPLAY, Optional.ofNullable(userId), Optional.empty()));
        loggedIn().ifPresent(user -> events.add(new TimEvent.Ready(user)));
        if (networkKnown) {
            events.add(new NetworkChange(network, 0, "", false, Duration.ZERO));
        }
        return take();
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
        dark |= to == LoginStatus.LOGGED_OUT;
        if (cause == Cause.CLOSED) {
            goDark();
        }
        events.add(new StatusChange(from, to, cause, Optional.ofNullable(user), Optional.ofNullable(error)));
        if (from == LoginStatus.LOGGED_IN && before != null) {
            events.add(new TimEvent.NotReady(before));
        }
        if (to == LoginStatus.LOGGED_IN && user != null) {
            events.add(new TimEvent.Ready(user));
        }
    }
}
