/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.usersig.UserSig;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a login server does, without its sockets: who may log in, who is logged in, who must go. Any thread. */
final class LoginService implements SessionStore.Holder {
    private static final Logger LOG = LoggerFactory.getLogger(LoginService.class);

    private final String id = UUID.randomUUID().toString();
    private final LoginServerConfig config;
    private final ServerClock clock = new ServerClock();
    private final Authenticator authenticator;
    private final SessionStore store;
    private final Faults faults = new Faults();
    private final EventLog events;
    private final LoginLimits limits;
    private final DauMeter dau;
    private final LoginMetrics metrics = new LoginMetrics();
    private final Map<Long, StateWebhook> webhooks = new HashMap<>();
    private final AtomicInteger onlineSessions = new AtomicInteger();
    /** UserSigs that this server makes are newer than this second. */
    private final AtomicLong lastRevocation = new AtomicLong();

    private final Map<Long, LoginPolicy> policies = new ConcurrentHashMap<>();
    private final Map<Long, MqttConnection> connections = new ConcurrentHashMap<>();
    private final AtomicLong lastConnection = new AtomicLong();

    LoginService(LoginServerConfig config, EventExecutorGroup timers) {
        this.config = config;
        this.authenticator = new Authenticator(config.apps(), clock);
        this.store = config.sessionStore() == null ? new MemorySessionStore() : config.sessionStore();
        this.events = new EventLog(config.eventsKept(), clock);
        this.limits = new LoginLimits(config, clock);
        this.dau = new DauMeter(clock);
        config.stateWebhooks()
                .forEach((app, url) ->
                        webhooks.put(app, new StateWebhook(app, url, config.disconnectGrace(), clock, timers)));
        store.join(id, this);
    }

    void close() {
        store.leave(id);
        webhooks.values().forEach(StateWebhook::close);
    }

    LoginServerConfig config() {
        return config;
    }

    ServerClock clock() {
        return clock;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    SessionStore store() {
        return store;
    }

    Faults faults() {
        return faults;
    }

    EventLog events() {
        return events;
    }

    LoginLimits limits() {
        return limits;
    }

    DauMeter dau() {
        return dau;
    }

    LoginMetrics metrics() {
        return metrics;
    }

    int onlineSessions() {
        return onlineSessions.get();
    }

    /** A connection has, or no longer has, a session. */
    void online(boolean on) {
        onlineSessions.addAndGet(on ? 1 : -1);
    }

    Collection<MqttConnection> connections() {
        return connections.values();
    }

    void policy(long sdkAppId, LoginPolicy policy) {
        policies.put(sdkAppId, policy);
    }

    /** As at the start, but for connections and events. */
    void reset() {
        faults.clear();
        limits.clear();
        dau.clear();
        clock.reset();
        authenticator.reset();
        policies.clear();
        store.clear();
        lastRevocation.set(0);
    }

    /** A connection is open; its number is that of its session to come. */
    long opened(MqttConnection connection) {
        long number = lastConnection.incrementAndGet();
        connections.put(number, connection);
        return number;
    }

    void closed(long number) {
        connections.remove(number);
    }

    /** Decides about a login. On success the session is in the store and the sessions it kicked have been told. */
    CompletionStage<Outcome> login(long number, ClientIdentity who, byte[] password, InetSocketAddress address) {
        int ordered = faults.refusal(who.sdkAppId(), who.userId());
        if (ordered != 0) {
            return refused(who, new Refusal(ordered, "refused on request of a test"));
        }
        Refusal limit = limits.refusal(who, address.getAddress());
        if (limit != null) {
            return refused(who, limit);
        }
        Authenticator.Result checked = authenticator.check(who.sdkAppId(), who.userId(), password);
        if (checked.refusal() != null) {
            limits.failed(who, address.getAddress(), checked.refusal().code());
            return refused(who, checked.refusal());
        }
        limits.succeeded(who);
        UserSig sig = checked.userSig();
        Session session = new Session(
                who.sdkAppId(),
                who.userId(),
                who.platform(),
                who.deviceId(),
                id,
                number,
                address,
                clock.now(),
                sig.expiresAt());
        LoginPolicy policy = policies.getOrDefault(who.sdkAppId(), config.loginPolicy());
        return store.login(session, new SigStamp(sig.issuedAt().getEpochSecond(), sig.hashCode()), policy)
                .exceptionally(this::storeFailed)
                .thenApply(admission -> outcome(who, admission));
    }

    /** How a login ended: the session, or why there is none; exactly one of both. */
    record Outcome(Session session, Refusal refusal) {}

    private CompletionStage<Outcome> refused(ClientIdentity who, Refusal refusal) {
        report(who, refusal);
        return CompletableFuture.completedFuture(new Outcome(null, refusal));
    }

    void report(ClientIdentity who, Refusal refusal) {
        events.add(
                ServerEvent.Type.LOGIN_REFUSED,
                who.sdkAppId(),
                who.userId(),
                who.platform(),
                who.deviceId(),
                refusal.code(),
                refusal.text());
    }

    private Admission storeFailed(Throwable failure) {
        LOG.error("the session store failed to decide about a login", failure);
        return new Admission.Refused(Refusal.INTERNAL_ERROR, null);
    }

    private Outcome outcome(ClientIdentity who, Admission admission) {
        if (admission instanceof Admission.Admitted admitted) {
            admitted.kicked().forEach(victim -> kicked(victim, KickCause.OTHER_INSTANCE));
            dau.loggedIn(who.sdkAppId(), who.userId());
            webhook(who.sdkAppId(), hook -> hook.loggedIn(admitted.session(), admitted.kicked()));
            events.add(
                    admitted.reconnect() ? ServerEvent.Type.RECONNECT : ServerEvent.Type.LOGIN,
                    admitted.session(),
                    0,
                    "");
            return new Outcome(admitted.session(), null);
        }
        Admission.Refused refused = (Admission.Refused) admission;
        Refusal refusal = new Refusal(
                refused.code(),
                switch (refused.code()) {
                    case Refusal.KICKED -> "this instance was kicked offline while it was not connected; log in again";
                    case Refusal.USER_SIG_EXPIRED -> KickCause.USER_SIG_EXPIRED.text();
                    case Refusal.USER_SIG_INVALID -> KickCause.USER_SIG_INVALID.text();
                    default -> "the server cannot decide about logins now";
                },
                refused.kickedBy());
        report(who, refusal);
        return new Outcome(null, refusal);
    }

    private void webhook(long sdkAppId, Consumer<StateWebhook> what) {
        StateWebhook webhook = webhooks.get(sdkAppId);
        if (webhook != null) {
            what.accept(webhook);
        }
    }

    /** A session is out of the store because of a kick. */
    private void kicked(Session victim, KickCause cause) {
        boolean expired = cause == KickCause.USER_SIG_EXPIRED || cause == KickCause.USER_SIG_INVALID;
        metrics.kick(cause);
        events.add(
                expired ? ServerEvent.Type.USER_SIG_EXPIRED : ServerEvent.Type.KICKED,
                victim,
                cause.code(),
                cause.text());
        if (cause != KickCause.OTHER_INSTANCE) {
            webhook(victim.sdkAppId(), hook -> hook.kicked(victim));
        }
    }

    /** Ends sessions of a user, like {@link SessionStore#kick}. */
    CompletionStage<List<Session>> kick(
            long sdkAppId, String userId, Platform platform, String deviceId, KickCause cause) {
        return store.kick(sdkAppId, userId, platform, deviceId, cause).thenApply(victims -> {
            victims.forEach(victim -> kicked(victim, cause));
            return victims;
        });
    }

    /** Makes the UserSigs of a user useless that were made until now, like {@link SessionStore#revoke}. */
    CompletionStage<Void> revoke(long sdkAppId, String userId, int code) {
        long second = clock.now().getEpochSecond();
        lastRevocation.accumulateAndGet(second, (last, now) -> Math.max(last + 1, now));
        return store.revoke(sdkAppId, userId, second, code);
    }

    /** When a UserSig made now says it was made: a UserSig tells seconds, and must be newer than the last revocation. */
    Instant issueTime() {
        Instant now = clock.now();
        Instant newer = Instant.ofEpochSecond(lastRevocation.get() + 1);
        return now.isBefore(newer) ? newer : now;
    }

    /** A connection with a session has ended for this reason: a logout, a lost link or silence. */
    void ended(Session session, ServerEvent.Type how) {
        end(session, how == ServerEvent.Type.LOGOUT, () -> {
            events.add(how, session, 0, "");
            webhook(session.sdkAppId(), hook -> {
                if (how == ServerEvent.Type.LOGOUT) {
                    hook.loggedOut(session);
                } else {
                    hook.lost(session, how == ServerEvent.Type.TIMED_OUT);
                }
            });
        });
    }

    /** The UserSig of a connected session has expired. */
    void expired(Session session) {
        end(session, true, () -> kicked(session, KickCause.USER_SIG_EXPIRED));
    }

    private void end(Session session, boolean loggedOut, Runnable ifThere) {
        store.end(session, loggedOut).whenComplete((found, failure) -> {
            if (failure != null) {
                LOG.error("the session store failed to end a session", failure);
            } else if (found) {
                ifThere.run();
            }
        });
    }

    @Override
    public CompletionStage<Boolean> evict(Session session, KickCause cause, Platform by) {
        MqttConnection connection = connections.get(session.id());
        return connection == null ? CompletableFuture.completedFuture(false) : connection.evict(cause, by);
    }
}
