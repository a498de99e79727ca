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
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
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
    private static final int SCAN_COUNT = 500;

    private static final String PREFIX = "tim4j:";
    private static final String ACCOUNTS = PREFIX + "{*";
    private static final String LEASES = PREFIX + "leases";
    private static final String TOLD = PREFIX + "told";
    private static final String NODE = PREFIX + "node:";
    /** How many users logged in on each day, by app. */
    private static final String COUNTS = PREFIX + "counts:";

    /** The account, if it is not as expected; else it is put in place. An account that is not there is the empty text. */
    private static final String SWAP = """
            local found = redis.call('GET', KEYS[1]) or ''
            if found ~= ARGV[1] then return found end
            if ARGV[2] == '' then
              redis.call('DEL', KEYS[1])
            elseif ARGV[2] ~= found then
              redis.call('SET', KEYS[1], ARGV[2])
            end
            return false
            """;

    /**
     * Leases are a sorted set by the time of their end. One that is over is given to whoever renews its own next, and again ten seconds later, if it is
     * still there. What has no end is the name of this database: another name means that everything is forgotten.
     */
    private static final String RENEW = """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
            local held = ends and tonumber(ends) > now
            if held or ARGV[3] == 'new' then redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) end
            local name = redis.call('ZRANGEBYSCORE', KEYS[1], '+inf', '+inf')[1]
            if not name then
              name = ARGV[4]
              redis.call('ZADD', KEYS[1], '+inf', name)
            end
            local next = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
            local answer = { held and 1 or 0, name, next and math.floor(next - now) or 0 }
            for _, over in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
              local lease = string.gsub(over, '^over:', '')
              redis.call('ZREM', KEYS[1], over)
              redis.call('ZADD', KEYS[1], now + 10000, 'over:' .. lease)
              answer[#answer + 1] = lease
            end
            return answer
            """;

    private final RedisLink redis;
    private final String node = UUID.randomUUID().toString();
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
    /** Ends that Redis could not be told of, and whether they were logouts. */
    private final Map<Session, Boolean> unended = new ConcurrentHashMap<>();

    /** Changed by the renewal alone. */
    private volatile String lease = node + "#0";

    private int leases;
    private @Nullable String database;

    /** Guarded by this, as the next three are: whether Redis may have been away since the last renewal. */
    private boolean away;

    private boolean renewing;
    private boolean closed;
    private @Nullable ScheduledFuture<?> timer;

    private RedisSessionStore(RedisLink redis, long leaseMillis) {
        this.redis = redis;
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
        RedisSessionStore store = new RedisSessionStore(RedisLink.open(uri), lease.toMillis());
        try {
            store.open();
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private void open() {
        redis.listen(
                new RedisPubSubAdapter<>() {
                    @Override
                    public void message(String channel, String message) {
                        heard(channel, message);
                    }
                },
                NODE + node,
                TOLD);
        redis.onConnected(new RedisConnectionStateListener() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
                mayHaveMissedSomething();
            }
        });
        RedisLink.await(newLease());
        schedule(leaseMillis / 3);
    }

    // ---- accounts

    private static String keyOf(Key user) {
        return PREFIX + "{" + user.sdkAppId() + ":" + user.userId() + "}";
    }

    private static Key userOf(String key) {
        String name = key.substring(PREFIX.length() + 1, key.length() - 1);
        int colon = name.indexOf(':');
        return new Key(Long.parseLong(name.substring(0, colon)), name.substring(colon + 1));
    }

    @Override
    <T extends @Nullable Object> CompletionStage<T> update(Key user, Function<Account, T> change) {
        return update(user, guesses.getOrDefault(user, ""), change);
    }

    private <T extends @Nullable Object> CompletionStage<T> update(
            Key user, String guess, Function<Account, T> change) {
        Account account = AccountText.read(user, guess.isEmpty() ? null : guess);
        T answer = change.apply(account);
        String text = AccountText.of(account);
        String after = text == null ? "" : text;
        return redis.<@Nullable String>run(SWAP, ScriptOutputType.VALUE, keyOf(user), guess, after)
                .thenCompose(found -> {
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

    /** Of several servers in one process each has its own part of the lease. */
    @Override
    String lease(String server) {
        return lease + "/" + server;
    }

    /** A lease that was taken meanwhile knows nothing of this login yet. */
    @Override
    CompletionStage<Decision> decide(Session session, SigStamp sig, LoginPolicy policy, boolean patient) {
        policies.put(session.sdkAppId(), policy);
        String before = lease;
        return super.decide(session, sig, policy, patient)
                .thenCompose(decision -> decision instanceof Decision.Admitted && !before.equals(lease)
                        ? hold(session, false).thenApply(found -> decision)
                        : CompletableFuture.completedFuture(decision));
    }

    /** An end that Redis cannot be told of is not forgotten. */
    @Override
    public CompletionStage<Boolean> end(Session session, boolean loggedOut) {
        return super.end(session, loggedOut).whenComplete((found, failure) -> {
            if (failure != null) {
                unended.put(session, loggedOut);
            }
        });
    }

    @Override
    CompletionStage<?> each(BiConsumer<Key, Account> action) {
        return scan(
                ACCOUNTS,
                keys -> redis.send(to -> to.mget(keys.toArray(String[]::new)))
                        .thenAccept(values -> values.forEach(value -> value.ifHasValue(text -> {
                            Key user = userOf(value.getKey());
                            action.accept(user, AccountText.read(user, text));
                        }))));
    }

    @Override
    CompletionStage<?> count(long sdkAppId, LocalDate day) {
        String counts = COUNTS + sdkAppId;
        return redis.send(to -> to.hincrby(counts, day.toString(), 1))
                .thenCompose(count -> count > 1
                        ? CompletableFuture.completedFuture(count)
                        : redis.send(
                                to -> to.hdel(counts, day.minusDays(DAYS_KEPT).toString())));
    }

    @Override
    public CompletionStage<Map<LocalDate, Integer>> dailyUsers(long sdkAppId) {
        return redis.send(to -> to.hgetall(COUNTS + sdkAppId)).thenApply(found -> {
            Map<LocalDate, Integer> days = new HashMap<>();
            found.forEach((day, count) -> days.put(LocalDate.parse(day), Integer.parseInt(count)));
            return lastDays(days);
        });
    }

    @Override
    public void clear() {
        Function<List<String>, CompletionStage<?>> delete =
                keys -> redis.send(to -> to.unlink(keys.toArray(String[]::new)));
        RedisLink.await(scan(ACCOUNTS, delete).thenCompose(done -> scan(COUNTS + "*", delete)));
        guesses.clear();
        unended.clear();
    }

    /** Does something with all keys of a pattern, some at a time. */
    private CompletionStage<@Nullable Void> scan(String pattern, Function<List<String>, CompletionStage<?>> action) {
        return scan(ScanCursor.INITIAL, pattern, action);
    }

    private CompletionStage<@Nullable Void> scan(
            ScanCursor from, String pattern, Function<List<String>, CompletionStage<?>> action) {
        return redis.send(to -> to.scan(from, ScanArgs.Builder.limit(SCAN_COUNT).match(pattern)))
                .thenCompose(page -> (page.getKeys().isEmpty()
                                ? CompletableFuture.<@Nullable Object>completedFuture(null)
                                : action.apply(page.getKeys()))
                        .thenCompose(done -> page.isFinished()
                                ? CompletableFuture.<@Nullable Void>completedFuture(null)
                                : scan(page, pattern, action)));
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
        redis.send(to -> to.publish(NODE + other, message.toString())).whenComplete((heard, failure) -> {
            // In a Cluster it may have been heard elsewhere. Whoever has not heard it asks when it is back.
            if (failure == null && heard == 0 && !redis.isCluster()) {
                told(session, cause, false);
            }
        });
    }

    @Override
    void known(Link link) {
        super.known(link);
        redis.send(to -> to.publish(TOLD, link.id() + " " + link.server()));
    }

    private void heard(String channel, String message) {
        if (channel.equals(TOLD)) {
            int space = message.indexOf(' ');
            super.known(new Link(message.substring(space + 1), Long.parseLong(message.substring(0, space))));
            return;
        }
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
        timer = closed ? null : redis.schedule(this::renew, millis);
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
        (again ? takeAgain() : renewed(lease, "")).whenComplete((wait, failure) -> {
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
    private CompletionStage<Long> renewed(String mine, String isNew) {
        return redis.<List<Object>>run(
                        RENEW,
                        ScriptOutputType.MULTI,
                        LEASES,
                        mine,
                        Long.toString(leaseMillis),
                        isNew,
                        UUID.randomUUID().toString())
                .thenCompose(answer -> {
                    database = database == null ? (String) answer.get(1) : database;
                    if (isNew.isEmpty() && (Long) answer.get(0) == 0) {
                        return takeAgain();
                    }
                    answer.stream()
                            .skip(3)
                            .map(String.class::cast)
                            .filter(over -> !over.startsWith(node))
                            .forEach(this::reap);
                    long next = (Long) answer.get(2);
                    // Another one's lease is looked at when it should be over.
                    return CompletableFuture.completedFuture(
                            next > 0 ? Math.min(next + 10, leaseMillis / 3) : leaseMillis / 3);
                });
    }

    private CompletionStage<Long> newLease() {
        String mine = node + "#" + ++leases;
        return renewed(mine, "new").thenApply(wait -> {
            lease = mine;
            return wait;
        });
    }

    /** Takes a new lease, and all sessions that are still there under it; what is left under the old one is lost. */
    private CompletionStage<Long> takeAgain() {
        String old = lease;
        @Nullable String known = database;
        database = null;
        return newLease()
                .whenComplete((wait, failure) -> database = failure == null ? database : known)
                .thenCompose(wait -> {
                    boolean forgotten = known != null && !known.equals(database);
                    LOG.info(
                            "Redis is there again{}; asking for the sessions of this server",
                            forgotten ? ", and has forgotten everything" : "");
                    return all(
                                    holders(),
                                    holder -> holder.sessions()
                                            .thenCompose(sessions -> all(sessions, session -> ask(session, forgotten))))
                            .thenCompose(done -> all(List.copyOf(unended.keySet()), this::endAtLast))
                            .thenCompose(done -> reaped(old))
                            .thenApply(done -> wait);
                });
    }

    private CompletionStage<?> ask(Session session, boolean forgotten) {
        return hold(session, forgotten).thenAccept(found -> {
            if (found == Account.Found.NOT_HERE) {
                evict(session, KickCause.OTHER_INSTANCE, null);
            } else if (found == Account.Found.LOST) {
                holders().forEach(holder -> holder.found(session));
            }
        });
    }

    private CompletionStage<Account.Found> hold(Session session, boolean forgotten) {
        String mine = lease(session.server());
        LoginPolicy policy = forgotten ? policies.get(session.sdkAppId()) : null;
        return update(Key.of(session), account -> account.hold(session, mine, policy));
    }

    private CompletionStage<?> endAtLast(Session session) {
        Boolean loggedOut = unended.remove(session);
        return loggedOut == null ? CompletableFuture.completedFuture(false) : end(session, loggedOut);
    }

    private void reap(String over) {
        reaped(over).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.warn("the sessions of a server that is gone could not be ended yet: {}", messageOf(failure));
            }
        });
    }

    /** The sessions under a lease that is over are lost. */
    private CompletionStage<?> reaped(String over) {
        return disconnected(held -> held.startsWith(over + "/"), over)
                .thenCompose(done -> redis.send(to -> to.zrem(LEASES, over, "over:" + over)));
    }

    /** @param part of each text of an account that it is about */
    private CompletionStage<?> disconnected(Predicate<String> lease, String part) {
        return scan(
                ACCOUNTS,
                keys -> redis.send(to -> to.mget(keys.toArray(String[]::new)))
                        .thenCompose(values -> all(
                                values.stream()
                                        .filter(value ->
                                                value.getValueOrElse("").contains(part))
                                        .toList(),
                                value -> update(userOf(value.getKey()), account -> account.over(lease))
                                        .thenAccept(lost -> holders().stream()
                                                .findFirst()
                                                .ifPresent(holder -> lost.forEach(holder::lost))))));
    }

    @Override
    public void leave(String server) {
        super.leave(server);
        String part = "/" + server;
        disconnected(held -> held.endsWith(part), part);
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
            RedisLink.await(reaped(lease));
        } catch (LoginServerException e) {
            LOG.warn("the sessions of this server are known to be lost when its lease is over: {}", e.getMessage());
        }
        redis.close();
    }
}
