/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.store.Account.Key;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.Value;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.util.concurrent.EventExecutorGroup;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Redis as a {@link Database}: keys, scripts, and two connections, one for commands, one for what is published. A command fails at once while there is no
 * connection, and after two seconds without an answer.
 */
final class Redis implements Database {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
    /** How soon a connection that is gone is tried again. */
    private static final Delay TRY_AGAIN =
            Delay.exponential(Duration.ofMillis(20), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS);

    private static final int SCAN_COUNT = 500;

    private static final String PREFIX = "tim4j:";
    private static final String ACCOUNTS = PREFIX + "{*";
    private static final String LEASES = PREFIX + "leases";
    private static final String ALL = PREFIX + "all";
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

    private interface Command<T extends @Nullable Object> {
        CompletionStage<T> on(RedisClusterAsyncCommands<String, String> redis);
    }

    private final ClientResources resources;
    private final AbstractRedisClient client;
    private final RedisClusterAsyncCommands<String, String> commands;
    private final StatefulRedisPubSubConnection<String, String> published;
    /** The digests of scripts. */
    private final Map<String, String> digests = new ConcurrentHashMap<>();

    private Redis(ClientResources resources, URI uri) {
        this.resources = resources;
        ClientOptions options = ClientOptions.builder()
                // In a Cluster a node is connected to by the first command for it.
                .disconnectedBehavior(
                        isCluster(uri)
                                ? ClientOptions.DisconnectedBehavior.DEFAULT
                                : ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                .socketOptions(socketOptions())
                .build();
        if (isCluster(uri)) {
            RedisClusterClient cluster =
                    RedisClusterClient.create(resources, RedisClusterURIUtil.toRedisURIs(withoutCluster(uri)));
            client = cluster;
            cluster.setOptions(ClusterClientOptions.builder(options)
                    .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                            .enablePeriodicRefresh(Duration.ofSeconds(15))
                            .build())
                    .build());
            commands = cluster.connect().async();
            published = cluster.connectPubSub();
        } else {
            RedisURI address = RedisURI.create(uri);
            address.setTimeout(TIMEOUT);
            RedisClient single = RedisClient.create(resources, address);
            client = single;
            single.setOptions(options);
            commands = single.connect().async();
            published = single.connectPubSub();
        }
    }

    /** A network that is gone is noticed also by whoever only listens: in seconds, where the system and the runtime (jdk.net) can be told so. */
    private static SocketOptions socketOptions() {
        SocketOptions.Builder options = SocketOptions.builder().connectTimeout(TIMEOUT);
        return (canSetTimes()
                        ? options.keepAlive(SocketOptions.KeepAliveOptions.builder()
                                .enable()
                                .idle(Duration.ofSeconds(5))
                                .interval(Duration.ofSeconds(2))
                                .count(3)
                                .build())
                        : options.keepAlive(true))
                .build();
    }

    private static boolean canSetTimes() {
        try (Socket socket = new Socket()) {
            return socket.supportedOptions().stream()
                    .anyMatch(option -> option.name().equals("TCP_KEEPIDLE"));
        } catch (IOException e) {
            return false;
        }
    }

    /** A LoginServerException if the address is none, or nothing answers there as Redis does. */
    static Redis open(String text) {
        URI uri = parse(text);
        ClientResources resources = ClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .reconnectDelay(TRY_AGAIN)
                .build();
        try {
            return new Redis(resources, uri);
        } catch (RedisException | IllegalArgumentException e) {
            resources.shutdown(0, 0, TimeUnit.SECONDS);
            throw new LoginServerException(
                    "cannot use Redis at " + withoutPassword(uri) + ": "
                            + innermost(e).getMessage()
                            + ". Is it running there, and is the address one of redis://, rediss://, redis-sentinel://, redis-cluster://,"
                            + " rediss-cluster:// with the password it asks for?",
                    e);
        }
    }

    private static URI parse(String text) {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            // Not its text: there may be a password in it.
            throw new LoginServerException(
                    "the address of Redis is not a URI; an example is redis://127.0.0.1:6379", e);
        }
        if (uri.getScheme() == null
                || !uri.getScheme().matches("redis|rediss|redis-sentinel|redis-cluster|rediss-cluster")) {
            throw new LoginServerException(
                    "the address of Redis must begin with redis://, rediss://, redis-sentinel://,"
                            + " redis-cluster:// or rediss-cluster://; an example is redis://127.0.0.1:6379");
        }
        return uri;
    }

    private static boolean isCluster(URI uri) {
        return uri.getScheme().endsWith("-cluster");
    }

    private static URI withoutCluster(URI uri) {
        return URI.create(uri.toString().replaceFirst("-cluster:", ":"));
    }

    private static String withoutPassword(URI uri) {
        return uri.toString().replaceFirst("//.*@", "//");
    }

    private static Throwable innermost(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private <T extends @Nullable Object> CompletionStage<T> send(Command<T> command) {
        try {
            return command.on(commands);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Runs a script, which Redis knows already but for the first time. */
    private <T extends @Nullable Object> CompletionStage<T> run(
            String script, ScriptOutputType type, String key, String... arguments) {
        String[] keys = {key};
        String digest = digests.computeIfAbsent(script, commands::digest);
        return this.<T>send(redis -> redis.evalsha(digest, type, keys, arguments))
                .exceptionallyCompose(failure -> isUnknown(failure)
                        ? send(redis -> redis.eval(script, type, keys, arguments))
                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean isUnknown(Throwable failure) {
        return failure instanceof RedisNoScriptException
                || failure instanceof CompletionException && failure.getCause() instanceof RedisNoScriptException;
    }

    @Override
    public void listen(String channel, Listener listener) {
        published.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String from, String message) {
                listener.heard(from.equals(ALL) ? "" : from.substring(PREFIX.length()), message);
            }
        });
        published.sync().subscribe(PREFIX + channel, ALL);
        client.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
                listener.connectedAgain();
            }
        });
    }

    private static String keyOf(Key user) {
        return PREFIX + "{" + user.sdkAppId() + ":" + user.userId() + "}";
    }

    private static Key userOf(String key) {
        String name = key.substring(PREFIX.length() + 1, key.length() - 1);
        int colon = name.indexOf(':');
        return new Key(Long.parseLong(name.substring(0, colon)), name.substring(colon + 1));
    }

    @Override
    public CompletionStage<@Nullable String> swap(Key user, String expected, String next) {
        return run(SWAP, ScriptOutputType.VALUE, keyOf(user), expected, next);
    }

    @Override
    public CompletionStage<?> each(BiFunction<Key, String, CompletionStage<?>> action) {
        return scan(
                ACCOUNTS,
                keys -> send(to -> to.mget(keys.toArray(String[]::new)))
                        .thenCompose(found -> CompletableFuture.allOf(found.stream()
                                .filter(Value::hasValue)
                                .map(one -> action.apply(userOf(one.getKey()), one.getValue())
                                        .toCompletableFuture())
                                .toArray(CompletableFuture[]::new))));
    }

    /** Does something with all keys of a pattern, some at a time. */
    private CompletionStage<@Nullable Void> scan(String pattern, Function<List<String>, CompletionStage<?>> action) {
        return scan(ScanCursor.INITIAL, pattern, action);
    }

    private CompletionStage<@Nullable Void> scan(
            ScanCursor from, String pattern, Function<List<String>, CompletionStage<?>> action) {
        return send(to -> to.scan(from, ScanArgs.Builder.limit(SCAN_COUNT).match(pattern)))
                .thenCompose(page -> (page.getKeys().isEmpty()
                                ? CompletableFuture.<@Nullable Object>completedFuture(null)
                                : action.apply(page.getKeys()))
                        .thenCompose(done -> page.isFinished()
                                ? CompletableFuture.<@Nullable Void>completedFuture(null)
                                : scan(page, pattern, action)));
    }

    @Override
    public CompletionStage<?> count(long sdkAppId, LocalDate day) {
        String counts = COUNTS + sdkAppId;
        return send(to -> to.hincrby(counts, day.toString(), 1))
                .thenCompose(count -> count > 1
                        ? CompletableFuture.completedFuture(count)
                        : send(to -> to.hdel(
                                counts, day.minusDays(AccountStore.DAYS_KEPT).toString())));
    }

    @Override
    public CompletionStage<Map<LocalDate, Integer>> counts(long sdkAppId) {
        return send(to -> to.hgetall(COUNTS + sdkAppId)).thenApply(found -> {
            Map<LocalDate, Integer> days = new HashMap<>();
            found.forEach((day, count) -> days.put(LocalDate.parse(day), Integer.parseInt(count)));
            return days;
        });
    }

    @Override
    public CompletionStage<?> clear() {
        Function<List<String>, CompletionStage<?>> delete = keys -> send(to -> to.unlink(keys.toArray(String[]::new)));
        return scan(ACCOUNTS, delete).thenCompose(done -> scan(COUNTS + "*", delete));
    }

    @Override
    public CompletionStage<Lease> renew(String lease, long millis, boolean isNew) {
        return this.<List<Object>>run(
                        RENEW,
                        ScriptOutputType.MULTI,
                        LEASES,
                        lease,
                        Long.toString(millis),
                        isNew ? "new" : "",
                        UUID.randomUUID().toString())
                .thenApply(answer -> new Lease(
                        (Long) answer.get(0) == 1,
                        (String) answer.get(1),
                        (Long) answer.get(2),
                        answer.stream().skip(3).map(String.class::cast).toList()));
    }

    @Override
    public CompletionStage<?> end(String lease) {
        return send(to -> to.zrem(LEASES, lease, "over:" + lease));
    }

    @Override
    public CompletionStage<Set<String>> leases() {
        return send(to -> to.zrange(LEASES, 0, -1))
                .thenApply(all ->
                        all.stream().filter(lease -> !lease.startsWith("over:")).collect(Collectors.toSet()));
    }

    @Override
    public CompletionStage<Boolean> publish(String channel, String message) {
        // In a Cluster the number is that of those who listen at the same node of it.
        return send(to -> to.publish(PREFIX + channel, message))
                .thenApply(heard -> heard > 0 || client instanceof RedisClusterClient);
    }

    @Override
    public CompletionStage<?> publishToAll(String message) {
        return send(to -> to.publish(ALL, message));
    }

    @Override
    public Future<?> schedule(Runnable action, long millis) {
        EventExecutorGroup timers = resources.eventExecutorGroup();
        return timers.schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        client.shutdown(0, CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        resources
                .shutdown(0, CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_WITHIN.toMillis());
    }
}
