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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Accounts and sessions in the memory of this process. An {@link Account} is only touched inside {@link ConcurrentHashMap#compute} of its
 * key, which makes every decision atomic; holders are called outside of it.
 */
public final class MemorySessionStore implements SessionStore {
    /** How many kicks of instances that were not connected are remembered for a user; the oldest is dropped. */
    private static final int MAX_UNTOLD = 32;

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

        Held(Session session, SigStamp sig) {
            this.session = session;
            this.sig = sig;
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
        /** Who was kicked without knowing it, with the platform that kicked; null for none. */
        private @Nullable Map<Device, Platform> untold;

        private @Nullable SigStamp lastSig;

        List<Session> sessions() {
            return held.stream().map(one -> one.session).toList();
        }

        void rememberKick(Session victim, @Nullable Platform by) {
            if (untold == null) {
                untold = new LinkedHashMap<>();
            }
            untold.put(Device.of(victim), by == null ? victim.platform() : by);
            if (untold.size() > MAX_UNTOLD) {
                untold.remove(untold.keySet().iterator().next());
            }
        }

        /** Takes out those that match. Who is not connected is remembered, if that is the cause to. */
        List<Held> take(Predicate<Session> victim, KickCause cause, @Nullable Platform by) {
            List<Held> taken = new ArrayList<>();
            for (Iterator<Held> all = held.iterator(); all.hasNext(); ) {
                Held one = all.next();
                if (victim.test(one.session)) {
                    all.remove();
                    taken.add(one);
                    if (!one.connected && cause == KickCause.OTHER_INSTANCE) {
                        rememberKick(one.session, by);
                    }
                }
            }
            return taken;
        }

        @Nullable
        Refused refusal(Session session) {
            Device device = Device.of(session);
            if (untold != null && untold.containsKey(device)) {
                return new Refused(Refusal.KICKED, untold.remove(device));
            }
            return null;
        }
    }

    private record Refused(int code, @Nullable Platform by) {}

    /** What a login decided inside the account, to be carried out outside. */
    private static final class Decision {
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
        Decision decision = new Decision();
        accounts.compute(keyOf(session), (key, known) -> {
            Account account = known == null ? new Account() : known;
            decide(decision, account, session, sig, policy);
            return account;
        });
        if (decision.refused != null) {
            return CompletableFuture.completedFuture(
                    new Admission.Refused(decision.refused.code(), decision.refused.by()));
        }
        List<CompletableFuture<?>> told = new ArrayList<>();
        if (decision.takenOver != null) {
            evict(told, decision.takenOver, KickCause.TAKEN_OVER, null);
        }
        decision.victims.forEach(victim -> evict(told, victim, KickCause.OTHER_INSTANCE, session.platform()));
        Admission admission = new Admission.Admitted(
                Objects.requireNonNull(decision.session, "decided"),
                decision.takenOver != null,
                decision.victims.stream().map(victim -> victim.session).toList());
        return all(told, admission);
    }

    private void decide(Decision decision, Account account, Session session, SigStamp sig, LoginPolicy policy) {
        int revoked = revocationOf(keyOf(session), sig);
        decision.refused = revoked != 0 ? new Refused(revoked, null) : account.refusal(session);
        if (decision.refused != null) {
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

    /** Tells a session that is out of its account already. */
    private void evict(List<CompletableFuture<?>> told, Held victim, KickCause cause, @Nullable Platform by) {
        Holder holder = holders.get(victim.session.server());
        if (!victim.connected || holder == null) {
            return;
        }
        told.add(holder.evict(victim.session, cause, by)
                .thenAccept(wasTold -> {
                    if (!wasTold && cause == KickCause.OTHER_INSTANCE) {
                        accounts.computeIfPresent(keyOf(victim.session), (key, account) -> {
                            account.rememberKick(victim.session, by);
                            return account;
                        });
                    }
                })
                .toCompletableFuture());
    }

    private static <T> CompletionStage<T> all(List<CompletableFuture<?>> told, T result) {
        if (told.isEmpty()) {
            return CompletableFuture.completedFuture(result);
        }
        return CompletableFuture.allOf(told.toArray(CompletableFuture[]::new)).thenApply(nothing -> result);
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
        List<CompletableFuture<?>> told = new ArrayList<>();
        taken.forEach(victim -> evict(told, victim, cause, null));
        return all(told, taken.stream().map(victim -> victim.session).toList());
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
        List<CompletableFuture<?>> told = new ArrayList<>();
        List.copyOf(account.held).forEach(one -> evict(told, one, KickCause.REST, null));
        return all(told, true);
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
