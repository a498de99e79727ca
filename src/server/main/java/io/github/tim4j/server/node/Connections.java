/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.node;

import io.github.tim4j.server.Session;
import io.github.tim4j.server.login.Connection;
import io.github.tim4j.server.login.LoginService;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** All connections of a server: what is done to each of them, and waited for. Any thread but the event loops. */
final class Connections {
    /** A client that takes no bytes must not hold up whoever waits. */
    static final long PATIENCE_SECONDS = 5;

    private final LoginService service;
    private final EventLoopGroup loops;

    Connections(LoginService service, EventLoopGroup loops) {
        this.service = service;
        this.loops = loops;
    }

    /** Those that have a session. */
    Map<Connection, Session> sessions() {
        Map<Connection, CompletableFuture<Session>> asked = new LinkedHashMap<>();
        service.connections()
                .forEach(
                        connection -> asked.put(connection, connection.session().toCompletableFuture()));
        await(List.copyOf(asked.values()));
        Map<Connection, Session> sessions = new LinkedHashMap<>();
        asked.forEach((connection, answer) -> {
            if (answer.getNow(null) != null) {
                sessions.put(connection, answer.join());
            }
        });
        return sessions;
    }

    void each(Function<Connection, CompletionStage<?>> action) {
        each(service.connections(), action);
    }

    void each(long sdkAppId, String userId, Function<Connection, CompletionStage<?>> action) {
        Map<Connection, Session> sessions = sessions();
        sessions.values()
                .removeIf(session ->
                        session.sdkAppId() != sdkAppId || !session.userId().equals(userId));
        each(sessions.keySet(), action);
    }

    private static void each(Iterable<Connection> connections, Function<Connection, CompletionStage<?>> action) {
        List<CompletableFuture<?>> all = new ArrayList<>();
        connections.forEach(connection -> all.add(action.apply(connection).toCompletableFuture()));
        await(all);
    }

    /** Lets the clients go one after another, evenly over a time, and returns when they are gone; when interrupted, at once. */
    void shutDownOver(Duration time) {
        List<Connection> left = new ArrayList<>(service.connections());
        long start = System.nanoTime();
        int all = left.size();
        for (int gone = 0; gone < all && !Thread.currentThread().isInterrupted(); ) {
            double share = time.isZero() ? 1 : (System.nanoTime() - start) / (double) time.toNanos();
            int due = (int) Math.min(all, Math.ceil(share * all));
            if (due > gone) {
                each(left.subList(gone, due), Connection::shutDown);
                gone = due;
            } else {
                LockSupport.parkNanos((long) (start + (gone + 0.5) / all * time.toNanos() - System.nanoTime()));
            }
        }
    }

    /** Until every loop is through with what it is doing now: a connection that has just closed may not have reported it yet. */
    void settle() {
        List<CompletableFuture<?>> done = new ArrayList<>();
        loops.forEach(loop -> done.add(CompletableFuture.runAsync(() -> {}, loop)));
        await(done);
    }

    private static void await(List<CompletableFuture<?>> all) {
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }
}
