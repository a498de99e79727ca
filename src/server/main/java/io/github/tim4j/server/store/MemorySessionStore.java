/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.Admission;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.login.Refusal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Accounts and sessions in the memory of this process. An {@link Account} is only touched inside {@link ConcurrentHashMap#compute} of its
 * key, which makes every decision atomic; holders are called outside of it.
 */
public final class MemorySessionStore implements SessionStore {
    /** How many kicks of instances that were not connected are remembered for a user; the oldest is dropped. */
    private static final int MAX_UNTOLD = 32;
    /** How long a login waits until it is known whether its instance has been told of a kick: it may log in again on that very message. */
    private static final int PATIENCE_MS = 250;

    private record Key(long sdkAppId, String userId) {}

    private record Device(Platform platform, String deviceId) {
        static Device of(Session session) {
            return new Device(session.platform(), session.deviceId());
        }
    }

    private static final class Held {
        private final Session session;
        private final SigStamp sig;
        private boolean connected = true;
        /** Of a victim: completes when it is known whether it has been told. */
        private @Nullable CompletableFuture<Boolean> told;

        Held(Session session, SigStamp sig) {
            this.session = session;
            this.sig = sig;
        }

        /** Once it is out of its account. */
        CompletableFuture<Boolean> told() {
            if (told == null) {
                told = new CompletableFuture<>();
            }
            return told;
        }

        boolean holds(Session other) {
            return session.id() == other.id() && session.server().equals(other.server());
        }
    }

    private record Revocation(int code, long second, List<SigStamp> seen) {
        boolean covers(SigStamp sig) {
            return sig.issuedAt() < second || seen.contains(sig);
        }
    }

    private static final class Account {
        /** In the order of their logins. */
        private final List<Held> held = new ArrayList<>(1);
        /** Who was kicked and does not know it, as far as is known; null for none. */
        private @Nullable Map<Device, Untold> untold;

        private @Nullable SigStamp lastSig;

        List<Session> sessions() {
            return held.stream().map(one -> one.session).toList();
        }

        void mark(Held victim, @Nullable Platform by) {
            if (untold == null) {
                untold = new LinkedHashMap<>();
            }
            Session session = victim.session;
            untold.remove(Device.of(session));
            victim.told();
            untold.put(Device.of(session), new Untold(victim, by == null ? session.platform() : by));
            if (untold.size() > MAX_UNTOLD) {
                untold.remove(untold.keySet().iterator().next());
            }
        }

        /** The victim has been told; a mark of a later kick stays. */
        void unmark(Held victim) {
            if (untold != null) {
                untold.values().removeIf(mark -> mark.victim == victim);
                if (untold.isEmpty()) {
                    untold = null;
                }
            }
        }

        /** Takes out those that match, and marks them if that is the cause to. */
        List<Held> take(Predicate<Session> victim, KickCause cause, @Nullable Platform by) {
            List<Held> taken = new ArrayList<>();
            for (Iterator<Held> all = held.iterator(); all.hasNext(); ) {
                Held one = all.next();
                if (victim.test(one.session)) {
                    all.remove();
                    taken.add(one);
                    if (cause == KickCause.OTHER_INSTANCE) {
                        mark(one, by);
                    }
                }
            }
            return taken;
        }

        @Nullable
        Untold untold(Session session) {
            return untold == null ? null : untold.get(Device.of(session));
        }
    }

    /** A mark; its token is the victim itself. */
    private record Untold(Held victim, Platform by) {}

    private record Refused(int code, @Nullable Platform by) {}

    /** What a login decided inside the account, to be carried out outside. */
    private static final class Decision {
        private @Nullable CompletableFuture<Boolean> open;
        private @Nullable Refused refused;
        private @Nullable Session session;
        private @Nullable Held takenOver;
        private List<Held> victims = List.of();
    }

    private final Map<Key, Account> accounts = new ConcurrentHashMap<>();
    /** Of accounts that are there, that are not any more, and that are not yet. Set inside the compute of the account's key. */
    private final Map<Key, List<Revocation>> revocations = new ConcurrentHashMap<>();

    private final Map<String, Holder> holders = new ConcurrentHashMap<>();

    @Override
    public void join(String server, Holder holder) {
        holders.put(server, holder);
    }

    @Override
    public void leave(String server) {
        holders.remove(server);
        accounts.keySet()
                .forEach(user -> accounts.computeIfPresent(user, (key, account) -> {
                    account.held.stream()
                            .filter(one -> one.session.server().equals(server))
                            .forEach(one -> one.connected = false);
                    return account;
                }));
    }

    @Override
    public CompletionStage<Admission> login(Session session, SigStamp sig, LoginPolicy policy) {
        return login(session, sig, policy, true);
    }

    /** @param patient whether to wait if it is still open whether this instance has been told of a kick */
    private CompletionStage<Admission> login(Session session, SigStamp sig, LoginPolicy policy, boolean patient) {
        Decision decision = new Decision();
        accounts.compute(keyOf(session), (key, known) -> {
            Account account = known == null ? new Account() : known;
            decide(decision, account, session, sig, policy, patient);
            return account;
        });
        if (decision.open != null) {
            return decision.open
                    .copy()
                    .completeOnTimeout(false, PATIENCE_MS, TimeUnit.MILLISECONDS)
                    .thenCompose(known -> login(session, sig, policy, false));
        }
        if (decision.refused != null) {
            return CompletableFuture.completedFuture(
                    new Admission.Refused(decision.refused.code(), decision.refused.by()));
        }
        if (decision.takenOver != null) {
            evict(decision.takenOver, KickCause.TAKEN_OVER, null);
        }
        decision.victims.forEach(victim -> evict(victim, KickCause.OTHER_INSTANCE, session.platform()));
        return CompletableFuture.completedFuture(new Admission.Admitted(
                Objects.requireNonNull(decision.session, "decided"),
                decision.takenOver != null,
                decision.victims.stream().map(victim -> victim.session).toList()));
    }

    private void decide(
            Decision decision, Account account, Session session, SigStamp sig, LoginPolicy policy, boolean patient) {
        int revoked = revocationOf(keyOf(session), sig);
        if (revoked != 0) {
            decision.refused = new Refused(revoked, null);
            return;
        }
        Untold mark = account.untold(session);
        if (mark != null && patient && !mark.victim.told().isDone()) {
            decision.open = mark.victim.told();
            return;
        }
        if (mark != null) {
            account.unmark(mark.victim);
            decision.refused = new Refused(Refusal.KICKED, mark.by);
            return;
        }
        account.lastSig = sig;
        for (int i = 0; i < account.held.size(); i++) {
            Held before = account.held.get(i);
            if (before.session.sameInstance(session)) {
                decision.takenOver = before;
                decision.session = session.withLoggedInAt(before.session.loggedInAt());
                account.held.set(i, new Held(decision.session, sig));
                return;
            }
        }
        if (!account.held.isEmpty()) {
            List<Session> victims = policy.victims(account.sessions(), session.platform());
            decision.victims = account.take(victims::contains, KickCause.OTHER_INSTANCE, session.platform());
        }
        decision.session = session;
        account.held.add(new Held(session, sig));
    }

    /** Tells a session that is out of its account already; nobody waits for it. */
    private void evict(Held victim, KickCause cause, @Nullable Platform by) {
        Holder holder = holders.get(victim.session.server());
        if (!victim.connected || holder == null) {
            victim.told().complete(false);
            return;
        }
        holder.evict(victim.session, cause, by).whenComplete((told, failure) -> {
            boolean wasTold = failure == null && told;
            if (wasTold) {
                accounts.computeIfPresent(keyOf(victim.session), (key, account) -> {
                    account.unmark(victim);
                    return account;
                });
            }
            victim.told().complete(wasTold);
        });
    }

    @Override
    public CompletionStage<Boolean> end(Session session, boolean loggedOut) {
        boolean[] found = new boolean[1];
        accounts.computeIfPresent(keyOf(session), (key, account) -> {
            account.held.stream().filter(one -> one.holds(session)).findFirst().ifPresent(one -> {
                found[0] = true;
                one.connected = false;
                if (loggedOut) {
                    account.held.remove(one);
                }
            });
            return account;
        });
        return CompletableFuture.completedFuture(found[0]);
    }

    @Override
    public CompletionStage<List<Session>> kick(
            long sdkAppId, String userId, @Nullable Platform platform, @Nullable String deviceId, KickCause cause) {
        List<Held> taken = new ArrayList<>();
        accounts.computeIfPresent(new Key(sdkAppId, userId), (key, account) -> {
            taken.addAll(account.take(
                    session -> (platform == null || session.platform() == platform)
                            && (deviceId == null || session.deviceId().equals(deviceId)),
                    cause,
                    null));
            return account;
        });
        taken.forEach(victim -> evict(victim, cause, null));
        return CompletableFuture.completedFuture(
                taken.stream().map(victim -> victim.session).toList());
    }

    @Override
    public CompletionStage<Void> revoke(long sdkAppId, String userId, long second, int code) {
        Key user = new Key(sdkAppId, userId);
        accounts.compute(user, (key, account) -> {
            List<SigStamp> seen = new ArrayList<>();
            if (account != null) {
                account.held.stream()
                        .map(one -> one.sig)
                        .filter(sig -> sig.issuedAt() >= second)
                        .forEach(seen::add);
                if (account.lastSig != null && account.lastSig.issuedAt() >= second) {
                    seen.add(account.lastSig);
                }
            }
            revocations.compute(user, (same, known) -> with(known, second, code, seen));
            return account;
        });
        return CompletableFuture.completedFuture(null);
    }

    private static List<Revocation> with(@Nullable List<Revocation> known, long second, int code, List<SigStamp> seen) {
        List<Revocation> all = new ArrayList<>();
        if (known != null) {
            for (Revocation old : known) {
                if (old.code() != code) {
                    all.add(old);
                } else {
                    old.seen().stream().filter(sig -> sig.issuedAt() >= second).forEach(seen::add);
                }
            }
        }
        all.add(0, new Revocation(code, second, List.copyOf(seen)));
        return List.copyOf(all);
    }

    @Override
    public CompletionStage<Integer> revocation(long sdkAppId, String userId, SigStamp sig) {
        return CompletableFuture.completedFuture(revocationOf(new Key(sdkAppId, userId), sig));
    }

    /** @return the code; 0 for none */
    private int revocationOf(Key user, SigStamp sig) {
        for (Revocation revocation : revocations.getOrDefault(user, List.of())) {
            if (revocation.covers(sig)) {
                return revocation.code();
            }
        }
        return 0;
    }

    @Override
    public CompletionStage<@Nullable List<Instance>> instances(long sdkAppId, String userId) {
        List<List<Instance>> found = new ArrayList<>(1);
        accounts.computeIfPresent(new Key(sdkAppId, userId), (key, account) -> {
            found.add(account.held.stream()
                    .map(one -> new Instance(one.session, one.connected))
                    .toList());
            return account;
        });
        return CompletableFuture.completedFuture(found.isEmpty() ? null : found.get(0));
    }

    @Override
    public CompletionStage<Boolean> register(long sdkAppId, String userId) {
        return CompletableFuture.completedFuture(
                accounts.putIfAbsent(new Key(sdkAppId, userId), new Account()) == null);
    }

    @Override
    public CompletionStage<Boolean> delete(long sdkAppId, String userId) {
        Account account = accounts.remove(new Key(sdkAppId, userId));
        if (account == null) {
            return CompletableFuture.completedFuture(false);
        }
        List.copyOf(account.held).forEach(one -> evict(one, KickCause.REST, null));
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public void clear() {
        accounts.clear();
        revocations.clear();
    }

    private static Key keyOf(Session session) {
        return new Key(session.sdkAppId(), session.userId());
    }
}
