/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.Admission;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.event.LoginEvent;
import io.github.tim4j.server.event.LoginEvent.SessionEnded;
import io.github.tim4j.server.event.LoginEvents;
import io.github.tim4j.server.event.RareLog;
import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigFormatException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What a login server does, without its sockets: who may log in, who is logged in, who must go. Any thread. */
public final class LoginService implements SessionStore.Holder {
    private static final RareLog STORE_TROUBLE = new RareLog(LoggerFactory.getLogger(LoginService.class));

    /** How long a store may take to decide about a login. */
    private static final int STORE_SECONDS = 5;

    private final String id = UUID.randomUUID().toString();
    /** Changed as a whole. */
    private volatile LoginServerConfig config;

    private final ServerClock clock;
    private final Authenticator authenticator;
    private final SessionStore store;
    private final Faults faults = new Faults();
    private final LoginEvents events;
    private final LoginLimits limits;
    private final AtomicInteger onlineSessions = new AtomicInteger();
    private final IssueTimes issueTimes = new IssueTimes();
    private final Map<Long, LoginPolicy> policies = new ConcurrentHashMap<>();
    /** Of instances that were kicked: the connections that have not shown yet that they were told. */
    private final Map<ClientIdentity.Device, Connection> beingTold = new ConcurrentHashMap<>();

    private final Map<Long, Connection> connections = new ConcurrentHashMap<>();
    private final AtomicLong lastConnection = new AtomicLong();

    public LoginService(LoginServerConfig config, ServerClock clock, SessionStore store, LoginEvents events) {
        this.config = config;
        this.clock = clock;
        this.store = store;
        this.events = events;
        this.authenticator = new Authenticator(config.apps(), clock);
        this.limits = new LoginLimits(config.limits(), clock);
        store.join(id, this);
    }

    public void close() {
        store.leave(id);
    }

    public LoginServerConfig config() {
        return config;
    }

    /** Logins are decided as this says from now on; nobody who is logged in is touched. */
    public void configure(LoginServerConfig changed) {
        config = changed;
        authenticator.configure(changed.apps());
        limits.configure(changed.limits());
        policies.clear();
    }

    public ServerClock clock() {
        return clock;
    }

    public Authenticator authenticator() {
        return authenticator;
    }

    public SessionStore store() {
        return store;
    }

    /** Whether the store answers within a second. */
    public boolean storeAnswers() {
        try {
            store.revocation(0, "", new SigStamp(0, 0)).toCompletableFuture().get(1, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public Faults faults() {
        return faults;
    }

    public LoginLimits limits() {
        return limits;
    }

    public int onlineSessions() {
        return onlineSessions.get();
    }

    /** A connection has, or no longer has, a session. */
    public void online(boolean on) {
        onlineSessions.addAndGet(on ? 1 : -1);
    }

    public Collection<Connection> connections() {
        return connections.values();
    }

    public void policy(long sdkAppId, LoginPolicy policy) {
        policies.put(sdkAppId, policy);
    }

    /** As at the start, but for connections. */
    public void reset() {
        faults.clear();
        limits.clear();
        clock.reset();
        authenticator.reset();
        policies.clear();
        store.clear();
        issueTimes.clear();
    }

    /** A connection is open; its number is that of its session to come. */
    public long opened(Connection connection) {
        long number = lastConnection.incrementAndGet();
        connections.put(number, connection);
        return number;
    }

    public void closed(long number) {
        connections.remove(number);
    }

    /** Decides about a login. On success the session is in the store, and those it kicked are being told. */
    public CompletionStage<Outcome> login(long number, ClientIdentity who, byte[] password, InetSocketAddress address) {
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
            return refused(who, limits.failed(who, address.getAddress(), checked.refusal()));
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
                clock.instant(),
                sig.expiresAt());
        LoginPolicy policy = policies.getOrDefault(who.sdkAppId(), config.loginPolicy());
        Connection before = beingTold.get(ClientIdentity.Device.of(session));
        if (before != null) {
            before.cameAgain();
        }
        return decide(session, stamp(sig), policy).thenApply(admission -> outcome(who, admission));
    }

    /** Whatever the store does: a client is always answered, and a session that was never told to anybody does not stay. */
    private CompletionStage<Admission> decide(Session session, SigStamp sig, LoginPolicy policy) {
        long start = System.nanoTime();
        CompletableFuture<Admission> asked;
        try {
            asked = store.login(session, sig, policy).toCompletableFuture();
        } catch (RuntimeException e) {
            asked = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Admission> outcome = asked;
        return asked.copy()
                .orTimeout(STORE_SECONDS, TimeUnit.SECONDS)
                .whenComplete((admission, failure) -> events.publish(new LoginEvent.StoreDecided(
                        clock.instant(), Duration.ofNanos(System.nanoTime() - start), failure != null)))
                .exceptionally(failure -> {
                    outcome.whenComplete((late, unknown) -> end(session, true, () -> {}));
                    return storeFailed(failure);
                });
    }

    /** How a login ended: the session, or why there is none; exactly one of both. */
    public record Outcome(Session session, Refusal refusal) {}

    private CompletionStage<Outcome> refused(ClientIdentity who, Refusal refusal) {
        report(who, refusal);
        return CompletableFuture.completedFuture(new Outcome(null, refusal));
    }

    /** A login is refused. */
    public void report(ClientIdentity who, Refusal refusal) {
        refused(who.client(), refusal);
    }

    /** A login is refused whose client has not said, or not properly said, who it is. */
    public void refused(LoginEvent.Client client, Refusal refusal) {
        events.publish(new LoginEvent.LoginRefused(clock.instant(), client, refusal.code(), refusal.text()));
    }

    /** A CONNECT was answered: 0 for success. */
    public void answered(int code, Duration took) {
        events.publish(new LoginEvent.LoginAnswered(clock.instant(), code, took));
    }

    /** A client broke the protocol. */
    public void protocolBroken(LoginEvent.Client client, String text) {
        events.publish(new LoginEvent.ProtocolBroken(clock.instant(), client, text));
    }

    private Admission storeFailed(Throwable failure) {
        STORE_TROUBLE.error("the session store failed to decide about a login", failure);
        return new Admission.Refused(Refusal.INTERNAL_ERROR, null);
    }

    private Outcome outcome(ClientIdentity who, Admission admission) {
        if (admission instanceof Admission.Admitted admitted) {
            admitted.kicked().forEach(victim -> kicked(victim, KickCause.OTHER_INSTANCE));
            events.publish(new LoginEvent.LoginAccepted(
                    clock.instant(), admitted.session(), admitted.reconnect(), admitted.kicked()));
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

    /** A session is out of the store because of a kick. */
    private void kicked(Session victim, KickCause cause) {
        events.publish(new LoginEvent.SessionKicked(clock.instant(), victim, cause));
    }

    /** Ends sessions of a user, like {@link SessionStore#kick}. */
    public CompletionStage<List<Session>> kick(
            long sdkAppId, String userId, Platform platform, String deviceId, KickCause cause) {
        return store.kick(sdkAppId, userId, platform, deviceId, cause).thenApply(victims -> {
            victims.forEach(victim -> kicked(victim, cause));
            return victims;
        });
    }

    /** Makes the UserSigs of a user useless that were made until now, like {@link SessionStore#revoke}. */
    public CompletionStage<Void> revoke(long sdkAppId, String userId, int code) {
        long second = clock.instant().getEpochSecond();
        return store.revoke(sdkAppId, userId, second, code, issueTimes.revoked(sdkAppId, userId, second));
    }

    /** Why a UserSig that is valid is useless nevertheless; null if it is not. */
    public CompletionStage<@Nullable Refusal> revocation(long sdkAppId, String userId, UserSig sig) {
        return store.revocation(sdkAppId, userId, stamp(sig))
                .thenApply(code -> code == 0 ? null : new Refusal(code, revokedText(code)));
    }

    private static String revokedText(int code) {
        return code == Refusal.USER_SIG_EXPIRED ? KickCause.USER_SIG_EXPIRED.text() : KickCause.USER_SIG_INVALID.text();
    }

    private static SigStamp stamp(UserSig sig) {
        return new SigStamp(sig.issuedAt().getEpochSecond(), sig.hashCode());
    }

    /** Makes a UserSig, newer than the user's last revocation. */
    public String makeUserSig(long sdkAppId, String userId, Duration validity) {
        Instant at = issueTimes.next(sdkAppId, userId, clock.instant());
        String sig = authenticator.key(sdkAppId).make(userId, validity, at, null);
        try {
            issueTimes.made(sdkAppId, userId, stamp(UserSig.parse(sig)), clock.instant());
        } catch (UserSigFormatException e) {
            throw new IllegalStateException("a UserSig that was just made cannot be read", e);
        }
        return sig;
    }

    /** A connection with a session has ended without the server's doing. */
    public void ended(Session session, SessionEnded.How how) {
        end(
                session,
                how == SessionEnded.How.LOGOUT,
                () -> events.publish(new SessionEnded(clock.instant(), session, how)));
    }

    /** The UserSig of a connected session has expired. */
    public void expired(Session session) {
        end(session, true, () -> kicked(session, KickCause.USER_SIG_EXPIRED));
    }

    @Override
    public void lost(Session session) {
        events.publish(new SessionEnded(clock.instant(), session, SessionEnded.How.LINK_CLOSED));
    }

    @Override
    public void found(Session session) {
        events.publish(new LoginEvent.LoginAccepted(clock.instant(), session, true, List.of()));
    }

    private void end(Session session, boolean loggedOut, Runnable ifThere) {
        CompletionStage<Boolean> ended;
        try {
            ended = store.end(session, loggedOut, clock.instant());
        } catch (RuntimeException e) {
            ended = CompletableFuture.failedFuture(e);
        }
        ended.whenComplete((found, failure) -> {
            if (failure != null) {
                STORE_TROUBLE.error("the session store failed to end a session", failure);
            } else if (found) {
                ifThere.run();
            }
        });
    }

    @Override
    public CompletionStage<Boolean> evict(Session session, KickCause cause, Platform by) {
        Connection connection = connections.get(session.id());
        if (connection == null) {
            return CompletableFuture.completedFuture(false);
        }
        CompletionStage<Boolean> told = connection.evict(cause, by);
        if (cause == KickCause.OTHER_INSTANCE && !told.toCompletableFuture().isDone()) {
            ClientIdentity.Device device = ClientIdentity.Device.of(session);
            beingTold.put(device, connection);
            told.whenComplete((known, failure) -> beingTold.remove(device, connection));
        }
        return told;
    }
}
