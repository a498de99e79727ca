/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.LoginServerException;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections to Redis: one for commands, one for what is published. A command fails at once while there is no connection, and after two seconds
 * without an answer. Any thread.
 */
final class RedisLink {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
    /** How soon a connection that is gone is tried again. */
    private static final Delay TRY_AGAIN =
            Delay.exponential(Duration.ofMillis(20), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS);

    /** A command, sent. */
    interface Command<T extends @Nullable Object> {
        CompletionStage<T> on(RedisClusterAsyncCommands<String, String> redis);
    }

    private final ClientResources resources;
    private final AbstractRedisClient client;
    private final RedisClusterAsyncCommands<String, String> commands;
    private final StatefulRedisPubSubConnection<String, String> published;
    /** The digests of scripts. */
    private final Map<String, String> digests = new ConcurrentHashMap<>();

    private RedisLink(ClientResources resources, URI uri) {
        this.resources = resources;
        ClientOptions options = ClientOptions.builder()
                // In a Cluster a node is connected to by the first command for it.
                .disconnectedBehavior(
                        isCluster(uri)
                                ? ClientOptions.DisconnectedBehavior.DEFAULT
                                : ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(TIMEOUT)
                        // A network that is gone is noticed also by whoever only listens.
                        .keepAlive(SocketOptions.KeepAliveOptions.builder()
                                .enable()
                                .idle(Duration.ofSeconds(5))
                                .interval(Duration.ofSeconds(2))
                                .count(3)
                                .build())
                        .build())
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

    /** A LoginServerException if the address is none, or nothing answers there as Redis does. */
    static RedisLink open(String text) {
        URI uri = parse(text);
        ClientResources resources = ClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .reconnectDelay(TRY_AGAIN)
                .build();
        try {
            return new RedisLink(resources, uri);
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

    boolean isCluster() {
        return client instanceof RedisClusterClient;
    }

    <T extends @Nullable Object> CompletionStage<T> send(Command<T> command) {
        try {
            return command.on(commands);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Runs a script, which Redis knows already but for the first time. */
    <T extends @Nullable Object> CompletionStage<T> run(
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

    void listen(RedisPubSubListener<String, String> listener, String... channels) {
        published.addListener(listener);
        published.sync().subscribe(channels);
    }

    /** Told of each connection from now on. */
    void onConnected(RedisConnectionStateListener listener) {
        client.addListener(listener);
    }

    ScheduledFuture<?> schedule(Runnable action, long millis) {
        EventExecutorGroup timers = resources.eventExecutorGroup();
        return timers.schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    /** For what cannot go on without an answer; not on a thread of Redis. */
    static void await(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture()
                    .orTimeout(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            throw new LoginServerException("Redis did not do what was asked: " + innermost(e), e);
        }
    }

    void close() {
        client.shutdown(0, CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        resources
                .shutdown(0, CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_WITHIN.toMillis());
    }
}
