/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.Admission;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.store.Account.Decision;
import io.github.tim4j.server.store.Account.Held;
import io.github.tim4j.server.store.Account.Key;
import io.github.tim4j.server.store.Account.Link;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the stores of this package do: each operation is one change at one account, and afterwards those are told who are out. Where accounts are, and how one
 * change at a time is let at each, is the concern of the store itself. Holders are never called inside a change. Any thread.
 */
public abstract class AccountStore implements SessionStore, AutoCloseable {
    /** How long a login waits until it is known whether its instance has been told of a kick: it may log in again on that very message. */
    private static final int PATIENCE_MS = 250;

    /** On how many days users are counted. */
    static final int DAYS_KEPT = 31;

    private final Map<String, Holder> holders = new ConcurrentHashMap<>();
    /** Logins wait until it is known whether these have been told; completed and removed then. */
    private final Map<Link, CompletableFuture<Void>> waitedFor = new ConcurrentHashMap<>();

    AccountStore() {}

    /**
     * Changes an account; nobody else changes it meanwhile.
     *
     * @param change is given the account, a new one if there is none, and changes it. It may be called again, with another state of the account, if what
     *               it did came too late; so it has no effect but on its argument
     * @return what the last call answered, when the change is as lasting as the store makes it
     */
    abstract <T extends @Nullable Object> CompletionStage<T> update(Key user, Function<Account, T> change);

    /** Shows every user of whom something is known, one at a time; nobody changes an account while it is shown. */
    abstract CompletionStage<?> each(BiConsumer<Key, Account> action);

    /** One more user of an app has logged in on a day. */
    abstract CompletionStage<?> count(long sdkAppId, LocalDate day);

    /** The days that are kept, of those that there are. */
    static Map<LocalDate, Integer> lastDays(Map<LocalDate, Integer> days) {
        TreeMap<LocalDate, Integer> kept = new TreeMap<>(days);
        while (kept.size() > DAYS_KEPT) {
            kept.pollFirstEntry();
        }
        return kept;
    }

    /** Under which this server holds its connections now. */
    String lease(String server) {
        return server;
    }

    /** Ends a connection that no server has that has joined here; it was held under this lease. */
    void evictElsewhere(Session session, String lease, KickCause cause, @Nullable Platform by) {
        told(session, cause, false);
    }

    /** Completes a future after a while, if it is not complete by then; and returns it. */
    CompletableFuture<Void> completedWithin(long millis, CompletableFuture<Void> future) {
        return future.completeOnTimeout(null, millis, TimeUnit.MILLISECONDS);
    }

    /** It is known whether a kick was told. */
    void known(Link link) {
        CompletableFuture<Void> waiting = waitedFor.remove(link);
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    @Override
    public void join(String server, Holder holder) {
        holders.put(server, holder);
    }

    @Override
    public void leave(String server) {
        holders.remove(server);
    }

    final boolean isHere(String server) {
        return holders.containsKey(server);
    }

    Collection<Holder> holders() {
        return holders.values();
    }

    @Override
    public CompletionStage<Admission> login(Session session, SigStamp sig, LoginPolicy policy) {
        return decide(session, sig, policy, true).thenCompose(decision -> {
            if (!(decision instanceof Decision.Open open)) {
                return carriedOut(decision);
            }
            CompletableFuture<Void> known = waitedFor.computeIfAbsent(open.link(), link -> new CompletableFuture<>());
            // It may have become known before anybody waited for it.
            return decide(session, sig, policy, true)
                    .thenCompose(again -> again instanceof Decision.Open
                            ? completedWithin(PATIENCE_MS, known)
                                    .copy()
                                    .thenCompose(done -> decide(session, sig, policy, false))
                            : CompletableFuture.completedFuture(again))
                    .whenComplete((last, failure) -> waitedFor.remove(open.link(), known))
                    .thenCompose(this::carriedOut);
        });
    }

    CompletionStage<Decision> decide(Session session, SigStamp sig, LoginPolicy policy, boolean patient) {
        String lease = lease(session.server());
        return update(Key.of(session), account -> account.login(session, sig, policy, lease, patient));
    }

    private CompletionStage<Admission> carriedOut(Decision decision) {
        if (decision instanceof Decision.Refused refused) {
            return CompletableFuture.completedFuture(new Admission.Refused(refused.code(), refused.by()));
        }
        Decision.Admitted admitted = (Decision.Admitted) decision;
        Held takenOver = admitted.takenOver();
        if (takenOver != null) {
            tell(takenOver, KickCause.TAKEN_OVER, null);
        }
        Platform by = admitted.session().platform();
        admitted.kicked().forEach(victim -> tell(victim, KickCause.OTHER_INSTANCE, by));
        Admission admission = new Admission.Admitted(
                admitted.session(),
                takenOver != null,
                admitted.kicked().stream().map(Held::session).toList());
        LocalDate day = admitted.firstOfDay();
        return day == null
                ? CompletableFuture.completedFuture(admission)
                : count(admitted.session().sdkAppId(), day)
                        .handle((counted, failure) -> admission); // Who is logged in is not refused for it.
    }

    /** Ends the connection of an instance that is out of its account already; nobody waits for it. */
    final void tell(Held victim, KickCause cause, @Nullable Platform by) {
        String lease = victim.lease();
        if (lease != null && !evict(victim.session(), cause, by)) {
            evictElsewhere(victim.session(), lease, cause, by);
        }
    }

    /** @return false if the connection's server has not joined here */
    boolean evict(Session session, KickCause cause, @Nullable Platform by) {
        Holder holder = holders.get(session.server());
        if (holder == null) {
            return false;
        }
        holder.evict(session, cause, by).whenComplete((told, failure) -> told(session, cause, failure == null && told));
        return true;
    }

    /** Whether a victim has been told; remembered where that matters. */
    CompletionStage<?> told(Session victim, KickCause cause, boolean told) {
        if (cause != KickCause.OTHER_INSTANCE) {
            return CompletableFuture.completedFuture(null);
        }
        Link link = Link.of(victim);
        return update(Key.of(victim), account -> {
                    account.told(link, told);
                    return told;
                })
                .whenComplete((done, failure) -> known(link));
    }

    @Override
    public final CompletionStage<Boolean> end(Session session, boolean loggedOut) {
        return end(session, loggedOut, Instant.now());
    }

    @Override
    public CompletionStage<Boolean> end(Session session, boolean loggedOut, Instant at) {
        return update(Key.of(session), account -> account.end(Link.of(session), loggedOut, at));
    }

    @Override
    public CompletionStage<List<Session>> kick(
            long sdkAppId, String userId, @Nullable Platform platform, @Nullable String deviceId, KickCause cause) {
        return update(
                        new Key(sdkAppId, userId),
                        account -> account.take(
                                session -> (platform == null || session.platform() == platform)
                                        && (deviceId == null
                                                || session.deviceId().equals(deviceId)),
                                cause,
                                null))
                .thenApply(taken -> {
                    taken.forEach(victim -> tell(victim, cause, null));
                    return taken.stream().map(Held::session).toList();
                });
    }

    @Override
    public CompletionStage<@Nullable Void> revoke(long sdkAppId, String userId, long second, int code) {
        return revoke(sdkAppId, userId, second, code, List.of());
    }

    @Override
    public CompletionStage<@Nullable Void> revoke(
            long sdkAppId, String userId, long second, int code, Collection<SigStamp> made) {
        return update(new Key(sdkAppId, userId), account -> {
            account.revoke(second, code, made);
            return null;
        });
    }

    @Override
    public CompletionStage<Integer> revocation(long sdkAppId, String userId, SigStamp sig) {
        return update(new Key(sdkAppId, userId), account -> account.revocationOf(sig));
    }

    @Override
    public CompletionStage<@Nullable List<Instance>> instances(long sdkAppId, String userId) {
        return update(new Key(sdkAppId, userId), Account::instances);
    }

    @Override
    public CompletionStage<Boolean> register(long sdkAppId, String userId) {
        return update(new Key(sdkAppId, userId), account -> {
            boolean isNew = !account.registered;
            account.registered = true;
            return isNew;
        });
    }

    /**
     * Tells all accounts and revocations, but not who is logged in.
     *
     * @param lines given a JSON object for each user, without a line break; by one thread at a time
     * @return a stage that completes after the last one
     */
    public CompletionStage<?> exportTo(Consumer<String> lines) {
        return each((user, account) -> lines.accept(AccountText.exported(user, account)));
    }

    /**
     * Adds an account, or revocations, to what is here.
     *
     * @param line as {@link #exportTo} tells it
     * @return a stage that completes when it is done
     * @throws IllegalArgumentException if it is anything else; the message says what
     */
    public CompletionStage<?> importFrom(String line) {
        AccountText.Imported imported = AccountText.imported(line);
        return update(imported.user(), account -> {
            account.add(imported.account());
            return null;
        });
    }

    /**
     * Looks at a line without taking it in.
     *
     * @param line the line
     * @throws IllegalArgumentException if it is not what {@link #exportTo} tells; the message says what is wrong
     */
    public static void checkExported(String line) {
        AccountText.imported(line);
    }

    /** Lets go of what the store needs; no server may use it any more. */
    @Override
    public void close() {}

    @Override
    public CompletionStage<Boolean> delete(long sdkAppId, String userId) {
        return update(new Key(sdkAppId, userId), Account::delete).thenApply(ended -> {
            if (ended == null) {
                return false;
            }
            ended.forEach(one -> tell(one, KickCause.REST, null));
            return true;
        });
    }
}
