/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.jna.LoadedLibrary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The one book of a client's requests. A login or logout waits, perhaps for its UserSig, until those before it have been sent to the library; it is
 * sent; it is answered, or given up by all who waited. Whoever takes a request out of the book ends it: so each is ended once. Everything
 * here belongs to the loop, unless it says otherwise; what the application is to see goes to the dispatch, in this order: events of a request,
 * its futures, events of the next.
 */
final class Core {
    /** As many as the C API lets wait: so many late answers can still matter. */
    private static final int MAX_LATE = 1000;

    private final Loop loop;
    private final Dispatch dispatch;
    private final Listeners listeners;
    private final NativeApi api;
    private final Session session = new Session();
    private final @Nullable Provider provider;
    private final Renewals renewals;

    /** Logins and logouts in the order of the calls: those that the library does not have yet, and before them those that it has. */
    private final Deque<Request<?>> waiting = new ArrayDeque<>();

    private final Deque<Request<?>> sent = new ArrayDeque<>();
    /** Other functions' calls. */
    private final Set<Request<?>> calls = new LinkedHashSet<>();
    /** Sent, and given up by all who waited: their answers still say something. */
    private final Deque<Request<?>> late = new ArrayDeque<>();

    private final Callers callers;
    private volatile boolean closed;

    Core(TimClient.Builder builder, LoadedLibrary library, Dispatch dispatch, Timer timer) {
        this.loop = new Loop(timer, dispatch::flush);
        this.dispatch = dispatch;
        this.listeners = new Listeners(dispatch);
        this.provider = builder.provider == null
                ? null
                : new Provider(
                        builder.provider,
                        loop,
                        builder.userSigTimeout == null ? builder.requestTimeout : builder.userSigTimeout);
        this.callers = new Callers(this, loop, dispatch, builder.requestTimeout);
        this.api = new NativeApi(
                library,
                builder.sdkAppId,
                Json.object(builder.config),
                builder.proxy,
                new LibraryEvents(loop, session, () -> closed, this::report));
        this.renewals = new Renewals(
                this, loop, listeners, session, api, builder.renewal ? provider : null, builder.renewalBackoff);
        api.open();
    }

    NativeApi api() {
        return api;
    }

    // What the application calls, on any thread.

    CompletableFuture<LoginResult> login(String userId, @Nullable String userSig) {
        Reply<LoginResult> reply = new Reply<>(dispatch);
        loop.call(() -> {
            Request<?> last = waiting.isEmpty() ? sent.peekLast() : waiting.peekLast();
            if (last != null && !closed && last.isSameLogin(userId, userSig)) {
                @SuppressWarnings("unchecked") // A login's.
                Request<LoginResult> same = (Request<LoginResult>) last;
                callers.add(same, reply);
            } else {
                enter(Request.login(userId, userSig), reply);
            }
        });
        return orClosed(reply);
    }

    CompletableFuture<Void> logout() {
        Reply<Void> reply = new Reply<>(dispatch);
        loop.call(() -> enter(Request.logout(), reply));
        return orClosed(reply);
    }

    CompletableFuture<String> call(Request.NativeCall call) {
        Reply<String> reply = new Reply<>(dispatch);
        loop.call(() -> {
            if (!closed) {
                Request<String> request = Request.call(call);
                callers.add(request, reply);
                send(request);
            }
        });
        return orClosed(reply);
    }

    private <T> Reply<T> orClosed(Reply<T> reply) {
        if (closed) {
            reply.end(null, TimException.clientClosed());
        }
        return reply;
    }

    Subscription listen(TimListener listener) {
        Listeners.Entry entry = new Listeners.Entry(listener);
        loop.call(() -> listeners.add(entry, session.replay()));
        return () -> listeners.remove(entry);
    }

    void unlisten(TimListener listener) {
        loop.call(() -> listeners.remove(listener));
    }

    NetworkStatus networkStatus() {
        return session.network();
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends the session as the end of the process would: the library stops, and what it has not answered fails with 7009, on this thread. */
    void close() {
        List<Reply<?>> open = new ArrayList<>();
        loop.call(() -> {
            if (closed) {
                return;
            }
            closed = true;
            renewals.forget();
            try {
                api.close();
            } finally {
                if (provider != null) {
                    provider.close();
                }
                sent.forEach(Request::forget);
                calls.forEach(Request::forget);
                late.forEach(Request::forget);
                open.addAll(callers.removeAll());
                waiting.clear();
                sent.clear();
                calls.clear();
                late.clear();
                report(session.closed());
            }
        });
        TimException reason = new TimException(TimError.ERR_SDK_COMM_INTERRUPT.code(), "");
        dispatch.settle();
        open.forEach(reply -> reply.end(null, reason));
    }

    // The way down.

    private <T> void enter(Request<T> request, Reply<T> reply) {
        if (closed) {
            return;
        }
        if (request.kind == Request.Kind.LOGIN && request.userSig == null) {
            renewals.forget(); // The provider is asked for this one now.
        }
        Request<?> retried = waiting.peek();
        if (retried != null && retried.refusal != null) {
            // What the application asks for goes first.
            dropWaiting(retried);
            callers.finish(retried, null, retried.refusal);
        }
        waiting.add(request);
        callers.add(request, reply);
        advance();
    }

    /** Sends what can be sent; asks for the UserSig that the next one lacks; and when nothing is left, plans the next renewal. */
    private void advance() {
        for (Request<?> next = waiting.peek(); next != null; next = waiting.peek()) {
            if (next.kind == Request.Kind.LOGIN && next.userSig == null) {
                Provider asked = Objects.requireNonNull(provider);
                if (!asked.isAsking()) {
                    Request<?> request = next;
                    asked.fetch(
                            Objects.requireNonNull(request.userId),
                            (userSig, failure) -> fetched(request, userSig, failure));
                }
                return;
            }
            waiting.remove();
            send(next);
        }
        if (sent.isEmpty()) {
            renewals.plan();
        }
    }

    private void fetched(Request<?> request, @Nullable String userSig, @Nullable Throwable failure) {
        if (failure == null) {
            request.userSig = userSig;
        } else {
            waiting.remove(request);
            if (request.refusal != null) {
                renewals.gaveUp(request, failure);
            }
            callers.finish(request, null, failure);
        }
        request.refusal = null;
        advance();
    }

    private void send(Request<?> request) {
        long[] id = new long[1];
        id[0] = Callbacks.expect(
                (code, description, json) -> loop.put(() -> answered(request, id[0], code, description, json)));
        request.id = id[0];
        Throwable refusal = null;
        try {
            int returned = api.request(request);
            if (returned != 0) {
                refusal = new TimException(returned, "");
            }
        } catch (RuntimeException | Error e) {
            refusal = e;
        }
        if (refusal != null) {
            request.forget();
            callers.finish(request, null, refusal);
            renewals.ended(request, refusal);
        } else if (request.kind == Request.Kind.CALL) {
            calls.add(request);
        } else {
            if (request.renewal == null) {
                renewals.forget();
            }
            sent.add(request);
            report(session.accepted(request));
        }
    }

    // The way up.

    private void answered(Request<?> request, long id, int code, String description, String json) {
        if (request.id != id || closed) {
            return;
        }
        request.id = 0;
        TimException failure = code == 0 ? null : new TimException(code, description);
        if (late.remove(request)) {
            if (failure == null && request.kind == Request.Kind.LOGIN) {
                renewals.remember(request);
            }
            resync();
        } else if (request.kind == Request.Kind.CALL) {
            calls.remove(request);
            callers.finish(request, json, failure);
        } else if (request.kind == Request.Kind.LOGOUT) {
            sent.remove(request);
            report(session.logoutEnded(failure));
            callers.finish(request, null, failure);
            report(session.next(request));
            if (failure != null) {
                resync();
            }
        } else {
            loginAnswered(request, failure);
        }
        abortNext();
        advance();
    }

    private void loginAnswered(Request<?> request, @Nullable TimException failure) {
        sent.remove(request);
        boolean repeat = session.isLoggedIn(request.userId);
        // While the library has another request, what it says may be of that one already.
        boolean settled = sent.isEmpty();
        report(session.loginEnded(request, failure, failure != null && settled ? api.loginUser() : Optional.empty()));
        if (failure == null) {
            renewals.succeeded(request);
        } else if (provider != null
                && settled
                && waiting.isEmpty()
                && !request.callers.isEmpty()
                && renewals.retry(request, failure)) {
            report(session.next(request));
            waiting.add(request);
            return;
        }
        callers.finish(request, new LoginResult(Objects.requireNonNull(request.userId), repeat), failure);
        report(session.next(request));
        renewals.ended(request, failure);
    }

    // Who waits no longer.

    void timedOut(List<Request<?>> requests) {
        requests.forEach(this::giveUp);
        advance();
    }

    private void giveUp(Request<?> request) {
        if (waiting.contains(request)) {
            dropWaiting(request);
        } else if (calls.remove(request)) {
            request.forget();
        } else if (sent.remove(request)) {
            late.add(request);
            if (late.size() > MAX_LATE) {
                late.remove().forget();
            }
            report(session.next(request));
            resync();
        }
    }

    void cancelled(Request<?> request) {
        if (request.kind == Request.Kind.LOGIN && sent.contains(request)) {
            request.aborted = true;
            if (api.canAbort()) {
                // It will be answered; if not, it has been.
                api.abort(request);
            } else {
                abortNext();
            }
        } else if (request.kind != Request.Kind.LOGOUT || !sent.contains(request)) {
            giveUp(request);
        }
        advance();
    }

    private void dropWaiting(Request<?> request) {
        if (waiting.peek() == request && provider != null) {
            provider.cancel();
        }
        waiting.remove(request);
    }

    /** A login that is under way in a library that cannot abort it ends by restarting the library; the other requests are sent again. */
    private void abortNext() {
        Request<?> running = sent.peek();
        if (running == null || !running.aborted || api.canAbort() || api.status() != LoginStatus.LOGGING_IN) {
            return;
        }
        TimException reason = new TimException(TimError.ERR_SDK_COMM_INTERRUPT.code(), "");
        sent.remove();
        sent.forEach(Request::forget);
        running.forget();
        calls.forEach(call -> {
            call.forget();
            callers.finish(call, null, reason);
        });
        calls.clear();
        report(session.loginEnded(running, reason, Optional.empty()));
        session.restarted();
        for (Request<?> again = sent.pollLast(); again != null; again = sent.pollLast()) {
            if (!again.aborted) {
                waiting.addFirst(again);
            }
        }
        try {
            api.restart();
        } catch (RuntimeException | Error e) {
            for (Request<?> next = waiting.poll(); next != null; next = waiting.poll()) {
                callers.finish(next, null, e);
            }
        }
    }

    /** Whether the application waits for no login or logout. */
    boolean isIdle() {
        return waiting.isEmpty() && sent.isEmpty();
    }

    /** Sends a login that nobody called for. */
    void renew(Request<LoginResult> login) {
        send(login);
    }

    // What is reported.

    private void resync() {
        report(session.resync(api.state()));
    }

    private void report(List<TimEvent> events) {
        for (TimEvent event : events) {
            listeners.report(event);
            if (event instanceof StatusChange change) {
                renewals.statusChanged(change);
            }
        }
    }
}
