/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.store.Account.Decision;
import io.github.tim4j.server.store.Account.Key;
import io.github.tim4j.server.store.Account.Link;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accounts and sessions in Redis 6.2 or newer (Valkey too), alone, behind Sentinel or as a Cluster, shared by all login servers that use it; needs
 * {@code io.lettuce:lettuce-core} beside this library. How long Redis itself remembers is its own configuration's concern.
 *
 * <p>An account is one string. A change is made here and then put in place by a script, if the account is still as it was; if not, it is made again from
 * what is there. So a login costs one round trip to Redis where this process saw the account's last change, or there was none, and else two.
 *
 * <p>The process holds its connections under a lease of 15 seconds, which it renews every 5. When the lease of another one is over, its sessions
 * are taken for lost, by whichever process sees it first. A process that could not reach Redis for a moment takes a new lease and asks for each of its
 * sessions whether it is still there; those that are not are ended. Kicks of sessions that another process holds are published to it; what a
 * process missed meanwhile it finds out when it asks. Any thread; answers come on Redis' threads.
 */
public final class RedisSessionStore extends AccountStore {
    private static final Logger LOG = LoggerFactory.getLogger(RedisSessionStore.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final int GUESSES = 10_000;
    /** How long a caller waits who cannot do without an answer. */
    private static final long PATIENCE_SECONDS = 5;

    private static final String NODE = "node:";
    /** A message to all: whom a process has kicked just before it died has perhaps not heard of it. */
    private static final String SOMEBODY_IS_GONE = "*";
    /** Before the users, in a message to all. */
    private static final String UNSURE = "?";

    private static final Pattern LEASE_IN_TEXT = Pattern.compile("\"lease\":\"([^\"]+)\"");
    /** In the text of a user whose kicks are not all known to be known. */
    private static final String UNTOLD = "\"untold\"";

    private static final int AT_A_TIME = 500;

    private final Database database;
    private final String node;
    private final long leaseMillis;
    /** What accounts were when they were last seen here. */
    private final Map<Key, String> guesses = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, String> eldest) {
            return size() > GUESSES;
        }
    });
    /** What was last in force, by app. */
    private final Map<Long, LoginPolicy> policies = new ConcurrentHashMap<>();
    /** The sessions that this process has admitted, until they end or are told to. */
    private final Map<Link, Session> here = new ConcurrentHashMap<>();
    /** Whether Redis has ever forgotten everything, and sessions were put back. */
    private volatile boolean hasForgotten;
    /** Sessions of which it is not known yet whether they are admitted. */
    private final Set<Link> arriving = ConcurrentHashMap.newKeySet();
    /** What Redis could not be told, and is told when it is back: that sessions have ended, that somebody knows of a kick, that a lease is over. */
    private final Queue<Supplier<CompletionStage<?>>> untold = new ConcurrentLinkedQueue<>();
    /** Changes of these users may have come to pass or not, so somebody may be out and not know it. */
    private final Set<Key> unsure = ConcurrentHashMap.newKeySet();

    /** Changed by the renewal alone. */
    private volatile String lease;

    private int leases;
    /** Of the database, as far as it is known. */
    private @Nullable String name;

    /** Guarded by this, as the next three are: whether Redis may have been away since the last renewal. */
    private boolean away;

    private boolean renewing;
    private boolean closed;
    private @Nullable Future<?> timer;

    /** @param node the name of this process, its own */
    RedisSessionStore(Database database, String node, long leaseMillis) {
        this.database = database;
        this.node = node;
        this.lease = node + "#0";
        this.leaseMillis = leaseMillis;
    }

    /**
     * Connects.
     *
     * @param uri {@code redis://[[USER:]PASSWORD@]HOST[:PORT][/DATABASE]}, {@code rediss://} for TLS,
     *            {@code redis-sentinel://HOST[:PORT],…[/DATABASE]#MASTER} for Sentinel, {@code redis-cluster://HOST[:PORT],…} or {@code rediss-cluster://} for a Cluster
     * @return the store, to be closed by the caller
     * @throws io.github.tim4j.server.LoginServerException if the address is none, or there is no Redis
     */
    public static RedisSessionStore connect(String uri) {
        return connect(uri, LEASE);
    }

    /**
     * Connects.
     *
     * @param uri   as {@link #connect(String)} takes it
     * @param lease how long a server that is gone is waited for, 1 to 300 seconds; 15 unless said otherwise. The same for all servers that share a Redis
     * @return the store, to be closed by the caller
     * @throws io.github.tim4j.server.LoginServerException if the address is none, or there is no Redis
     */
    public static RedisSessionStore connect(String uri, Duration lease) {
        if (lease.compareTo(Duration.ofSeconds(1)) < 0 || lease.compareTo(Duration.ofSeconds(300)) > 0) {
            throw new IllegalArgumentException("lease " + lease + " is out of range: choose 1 to 300 seconds");
        }
        RedisSessionStore store =
                new RedisSessionStore(Redis.open(uri), UUID.randomUUID().toString(), lease.toMillis());
        try {
            await(store.open());
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    CompletionStage<?> open() {
        database.listen(NODE + node, new Database.Listener() {
            @Override
            public void heard(String channel, String message) {
                if (!channel.isEmpty()) {
                    heardThatOneIsOut(message);
                } else if (message.equals(SOMEBODY_IS_GONE)) {
                    askFor(session -> true, false);
                } else if (message.startsWith(UNSURE)) {
                    heardThatSomeMayBeOut(message);
                } else {
                    heardThatToldIsKnown(message);
                }
            }

            @Override
            public void connectedAgain() {
                mayHaveMissedSomething();
            }
        });
        return newLease().thenAccept(wait -> {
            schedule(wait);
            reap(node + "#0"); // And with it whatever nobody holds.
        });
    }

    /** Not on a thread that answers come on. */
    private static void await(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture()
                    .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw new LoginServerException("Redis did not do what was asked: " + messageOf(e), e);
        }
    }

    // ---- accounts

    @Override
    <T extends @Nullable Object> CompletionStage<T> update(Key user, Function<Account, T> change) {
        return update(user, guesses.getOrDefault(user, ""), change).whenComplete((answer, failure) -> {
            if (failure != null) {
                unsure.add(user);
            }
        });
    }

    private <T extends @Nullable Object> CompletionStage<T> update(
            Key user, String guess, Function<Account, T> change) {
        Account account = AccountText.read(user, guess.isEmpty() ? null : guess);
        T answer = change.apply(account);
        String text = AccountText.of(account);
        String after = text == null ? "" : text;
        return database.swap(user, guess, after).thenCompose(found -> {
            if (found != null) {
                return update(user, found, change);
            }
            if (after.isEmpty()) {
                guesses.remove(user);
            } else {
                guesses.put(user, after);
            }
            return CompletableFuture.completedFuture(answer);
        });
    }

    /** By the database's clock, which a test may set. */
    @Override
    CompletableFuture<Void> completedWithin(long millis, CompletableFuture<Void> future) {
        database.schedule(() -> future.complete(null), millis);
        return future;
    }

    /** Of several servers in one process each has its own part of the lease. */
    @Override
    String lease(String server) {
        return lease + "/" + server;
    }

    @Override
    CompletionStage<Decision> decide(Session session, SigStamp sig, LoginPolicy policy, boolean patient) {
        policies.put(session.sdkAppId(), policy);
        String before = lease;
        Link link = Link.of(session);
        arriving.add(link);
        return super.decide(session, sig, policy, patient)
                .whenComplete((decision, failure) -> {
                    if (decision instanceof Decision.Admitted admitted) {
                        // Whoever takes a new lease sees it here, or is seen below.
                        here.put(link, admitted.session());
                    }
                    arriving.remove(link);
                })
                .thenCompose(decision -> decision instanceof Decision.Admitted && !before.equals(lease)
                        ? ask(session, false).thenApply(done -> decision)
                        : CompletableFuture.completedFuture(decision));
    }

    @Override
    public CompletionStage<Boolean> end(Session session, boolean loggedOut, Instant at) {
        here.remove(Link.of(session));
        return super.end(session, loggedOut, at).whenComplete((found, failure) -> {
            if (failure != null) {
                untold.add(() -> end(session, loggedOut, at));
            }
        });
    }

    @Override
    CompletionStage<?> told(Session victim, KickCause cause, boolean told) {
        return super.told(victim, cause, told).whenComplete((done, failure) -> {
            if (failure != null) {
                untold.add(() -> told(victim, cause, told));
            }
        });
    }

    @Override
    CompletionStage<?> each(BiConsumer<Key, Account> action) {
        return database.each((user, text) -> {
            action.accept(user, AccountText.read(user, text));
            return CompletableFuture.completedFuture(null);
        });
    }

    @Override
    CompletionStage<?> count(long sdkAppId, LocalDate day) {
        return database.count(sdkAppId, day);
    }

    @Override
    public CompletionStage<Map<LocalDate, Integer>> dailyUsers(long sdkAppId) {
        return database.counts(sdkAppId).thenApply(AccountStore::lastDays);
    }

    @Override
    public void clear() {
        await(database.clear());
        guesses.clear();
        untold.clear();
        unsure.clear();
    }

    // ---- other processes

    @Override
    void evictElsewhere(Session session, String lease, KickCause cause, @Nullable Platform by) {
        String other = lease.substring(0, lease.lastIndexOf('#'));
        ObjectNode message = AccountText.of(session)
                .put("app", session.sdkAppId())
                .put("user", session.userId())
                .put("cause", cause.name());
        if (by != null) {
            message.put("by", by.text());
        }
        database.publish(NODE + other, message.toString()).whenComplete((heard, failure) -> {
            // Whoever has not heard it asks when it is back.
            if (failure != null) {
                unsure.add(Key.of(session));
            } else if (!heard) {
                told(session, cause, false);
            }
        });
    }

    @Override
    boolean evict(Session session, KickCause cause, @Nullable Platform by) {
        here.remove(Link.of(session));
        if (hasForgotten) {
            // It may have been put back since it went out.
            end(session, true);
        }
        return super.evict(session, cause, by);
    }

    @Override
    void known(Link link) {
        super.known(link);
        database.publishToAll(link.id() + " " + link.server());
    }

    private void heardThatToldIsKnown(String message) {
        int space = message.indexOf(' ');
        super.known(new Link(message.substring(space + 1), Long.parseLong(message.substring(0, space))));
    }

    private void heardThatSomeMayBeOut(String message) {
        Set<String> users =
                new HashSet<>(List.of(message.substring(UNSURE.length()).split("\n")));
        askFor(session -> users.contains(nameOf(Key.of(session))), false)
                .thenCompose(done -> all(users, user -> tidy(keyOf(user))));
    }

    /** Whoever has no connection here any more is not told on it, and is not connected. */
    private CompletionStage<?> tidy(Key user) {
        Predicate<Link> gone = link -> isHere(link.server()) && !here.containsKey(link) && !arriving.contains(link);
        return update(user, account -> {
            account.beingTold().stream().filter(gone).forEach(link -> account.told(link, false));
            account.held.stream()
                    .map(held -> Link.of(held.session()))
                    .filter(gone)
                    .toList()
                    .forEach(link -> account.end(link, false, Instant.now()));
            return null;
        });
    }

    private static Key keyOf(String name) {
        int colon = name.indexOf(':');
        return new Key(Long.parseLong(name.substring(0, colon)), name.substring(colon + 1));
    }

    private static String nameOf(Key user) {
        return user.sdkAppId() + ":" + user.userId();
    }

    private void heardThatOneIsOut(String message) {
        try {
            JsonNode node = JSON.readTree(message);
            Session session = AccountText.session(
                    new Key(node.required("app").asLong(), node.required("user").asText()), node);
            KickCause cause = KickCause.valueOf(node.required("cause").asText());
            Platform by = Platform.of(node.path("by").asText()).orElse(null);
            if (!evict(session, cause, by)) {
                told(session, cause, false);
            }
        } catch (JsonProcessingException | UnknownHostException | RuntimeException e) {
            LOG.warn("a message of another login server cannot be read: {}", e.getMessage());
        }
    }

    // ---- the lease

    /** Instead of what was planned before. */
    private synchronized void schedule(long millis) {
        if (timer != null) {
            timer.cancel(false);
        }
        timer = closed ? null : database.schedule(this::renew, millis);
    }

    /** A connection to Redis is new, so there was a time without it. */
    private void mayHaveMissedSomething() {
        boolean first;
        synchronized (this) {
            first = !away && !renewing;
            away = true;
        }
        if (first) {
            schedule(0);
        }
    }

    private void renew() {
        boolean again;
        synchronized (this) {
            if (renewing || closed) {
                return;
            }
            renewing = true;
            again = away;
            away = false;
        }
        (again ? takeAgain() : renewed()).whenComplete((wait, failure) -> {
            boolean missed;
            synchronized (this) {
                renewing = false;
                away |= failure != null;
                missed = away && failure == null;
            }
            if (failure != null) {
                LOG.warn("Redis cannot be reached: {}; logins are refused until it can be", messageOf(failure));
            }
            schedule(missed ? 0 : failure != null ? leaseMillis / 15 : wait);
        });
    }

    private static String messageOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return String.valueOf(cause.getMessage());
    }

    /** @return when to renew next, in milliseconds */
    private CompletionStage<Long> renewed() {
        String mine = lease;
        return database.renew(mine, leaseMillis, false).thenCompose(found -> {
            if (!found.held()) {
                return takeAgain();
            }
            found.over().stream().filter(over -> !over.equals(mine)).forEach(this::reap);
            return untold.isEmpty() && unsure.isEmpty()
                    ? CompletableFuture.completedFuture(next(found))
                    : tell().thenApply(done -> next(found));
        });
    }

    /** Another one's lease is looked at when it should be over. */
    private long next(Database.Lease found) {
        return found.next() > 0 ? Math.min(found.next() + 10, leaseMillis / 3) : leaseMillis / 3;
    }

    /** What is over meanwhile is found at the next renewal. */
    private CompletionStage<Long> newLease() {
        String mine = node + "#" + ++leases;
        return database.renew(mine, leaseMillis, true).thenApply(found -> {
            lease = mine;
            name = name == null ? found.name() : name;
            return next(found);
        });
    }

    /** Takes a new lease, and all sessions that are still there under it; what is left under the old one is lost. */
    private CompletionStage<Long> takeAgain() {
        String old = lease;
        String mine = node + "#" + ++leases;
        return database.renew(mine, leaseMillis, true).thenCompose(found -> {
            lease = mine;
            boolean forgotten = !found.name().equals(name);
            hasForgotten |= forgotten;
            LOG.info(
                    "Redis is there again{}; asking for the sessions of this server",
                    forgotten ? ", and has forgotten everything" : "");
            return askFor(session -> true, forgotten)
                    .thenCompose(done -> tell())
                    .thenCompose(done -> reaped(old))
                    .thenApply(done -> {
                        name = found.name();
                        return next(found);
                    });
        });
    }

    /** Whether sessions of this process are still in their accounts; those that are not are ended. Some at a time. */
    private CompletionStage<?> askFor(Predicate<Session> which, boolean forgotten) {
        return askFor(here.values().stream().filter(which).toList(), 0, forgotten);
    }

    private CompletionStage<?> askFor(List<Session> sessions, int from, boolean forgotten) {
        int to = Math.min(sessions.size(), from + AT_A_TIME);
        return from == to
                ? CompletableFuture.completedFuture(null)
                : all(sessions.subList(from, to), session -> ask(session, forgotten))
                        .thenCompose(done -> askFor(sessions, to, forgotten));
    }

    /** What could not be told before. */
    private CompletionStage<?> tell() {
        List<Supplier<CompletionStage<?>>> all = new ArrayList<>();
        for (Supplier<CompletionStage<?>> one = untold.poll(); one != null; one = untold.poll()) {
            all.add(one);
        }
        // Those that fail add themselves again.
        return all(all, one -> one.get().handle((done, failure) -> true)).thenAccept(done -> {
            List<Key> users = List.copyOf(unsure);
            users.forEach(unsure::remove);
            for (int i = 0; i < users.size(); i += AT_A_TIME) {
                List<Key> some = users.subList(i, Math.min(users.size(), i + AT_A_TIME));
                String names = some.stream().map(RedisSessionStore::nameOf).collect(Collectors.joining("\n"));
                database.publishToAll(UNSURE + names).whenComplete((heard, failure) -> {
                    if (failure != null) {
                        unsure.addAll(some);
                    }
                });
            }
        });
    }

    private CompletionStage<Boolean> ask(Session session, boolean forgotten) {
        String mine = lease(session.server());
        LoginPolicy policy = forgotten ? policies.get(session.sdkAppId()) : null;
        return update(Key.of(session), account -> account.hold(session, mine, policy))
                .thenCompose(hold -> {
                    hold.kicked().forEach(victim -> tell(victim, KickCause.OTHER_INSTANCE, session.platform()));
                    if (hold.found() == Account.Found.NOT_HERE) {
                        evict(session, KickCause.OTHER_INSTANCE, null);
                        return CompletableFuture.completedFuture(false);
                    }
                    if (!here.containsKey(Link.of(session))) {
                        // It has ended meanwhile, perhaps before it was taken under this lease.
                        return end(session, false);
                    }
                    if (hold.found() == Account.Found.LOST) {
                        holders().forEach(holder -> holder.found(session));
                    }
                    return mine.equals(lease(session.server()))
                            ? CompletableFuture.completedFuture(true)
                            : ask(session, false);
                });
    }

    private CompletionStage<?> reap(String over) {
        return reaped(over).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.warn("the sessions of a server that is gone could not be ended yet: {}", messageOf(failure));
                untold.add(() -> reap(over));
            }
        });
    }

    /** The sessions under a lease that is over are lost; so are those under one that nobody has, as after a login in the last moment of a process. */
    private CompletionStage<?> reaped(String over) {
        Map<Key, Set<String>> used = new ConcurrentHashMap<>();
        return database.each((user, text) -> {
                    Set<String> leases = new HashSet<>();
                    for (Matcher found = LEASE_IN_TEXT.matcher(text); found.find(); ) {
                        leases.add(found.group(1));
                    }
                    if (!leases.isEmpty()) {
                        used.put(user, leases);
                    }
                    if (text.contains(UNTOLD)) {
                        unsure.add(user);
                    }
                    return CompletableFuture.completedFuture(null);
                })
                // Looked at after the accounts: a lease is there before it is used.
                .thenCompose(done -> database.leases())
                .thenCompose(inForce -> {
                    used.values()
                            .forEach(leases -> leases.removeIf(
                                    lease -> !lease.startsWith(over + "/") && inForce.contains(processOf(lease))));
                    used.values().removeIf(Set::isEmpty);
                    return all(used.keySet(), user -> disconnect(user, used.getOrDefault(user, Set.of())::contains));
                })
                .thenCompose(done -> over.startsWith(node + "#")
                        ? CompletableFuture.completedFuture(null)
                        : database.publishToAll(SOMEBODY_IS_GONE))
                .thenCompose(done -> database.end(over));
    }

    /** Without the server. */
    private static String processOf(String lease) {
        return lease.substring(0, lease.indexOf('/'));
    }

    private CompletionStage<?> disconnect(Key user, Predicate<String> lease) {
        return update(user, account -> account.over(lease, Instant.now()))
                .thenAccept(lost -> holders().stream().findFirst().ifPresent(holder -> lost.forEach(holder::lost)));
    }

    @Override
    public void leave(String server) {
        super.leave(server);
        String part = "/" + server;
        database.each((user, text) -> text.contains(part)
                ? disconnect(user, lease -> lease.endsWith(part))
                : CompletableFuture.completedFuture(null));
    }

    private static <T> CompletionStage<?> all(Collection<T> things, Function<T, CompletionStage<?>> action) {
        return CompletableFuture.allOf(things.stream()
                .map(thing -> action.apply(thing).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    /** Gives the lease back. The store must not be used by a server any more. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        schedule(0);
        try {
            await(reaped(lease));
        } catch (LoginServerException e) {
            LOG.warn("the sessions of this server are known to be lost when its lease is over: {}", e.getMessage());
        }
        database.close();
    }
}
