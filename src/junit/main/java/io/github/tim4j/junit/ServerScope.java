/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.usersig.UserSigKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What one test method has: a server to itself, and clients of it. What a class has before its methods run: the server alone. Closed by JUnit when the
 * method or the class has ended. Any thread.
 */
@SuppressWarnings("deprecation") // JUnit before 5.13 closes a CloseableResource only.
final class ServerScope implements AutoCloseable, ExtensionContext.Store.CloseableResource {
    /** Long enough for a slow machine, and a third of what a client waits by default: a test of a dead server shall not take long. */
    private static final Duration LOGIN_TIMEOUT = Duration.ofSeconds(10);

    private final LoginServer server;
    private final UserSigMaker userSigs;
    private final long sdkAppId;
    private final Consumer<ServerScope> end;
    /** What closes the clients, the latest first; guarded by this. */
    private final Deque<Runnable> atEnd = new ArrayDeque<>();

    private int clients;
    private boolean closed;

    /** Whether it is a method's. */
    final boolean ofMethod;

    /** @param end what becomes of the server when the clients are closed */
    ServerScope(boolean ofMethod, LoginServer server, UserSigKey key, Consumer<ServerScope> end) {
        this.ofMethod = ofMethod;
        this.server = server;
        this.userSigs = new UserSigMaker(server, key);
        this.sdkAppId = key.sdkAppId();
        this.end = end;
    }

    LoginServer server() {
        return server;
    }

    UserSigMaker userSigs() {
        return userSigs;
    }

    /** Each client is an installation of its own on this machine's platform, unless the caller changes that. */
    synchronized TimClient client(Consumer<TimClient.Builder> change) {
        if (!ofMethod) {
            throw new IllegalStateException(
                    "no test method runs, and a client lives for one: open it in the test method or in @BeforeEach");
        }
        if (closed) {
            throw new IllegalStateException(
                    "the test has ended, and its clients have been closed: open a client while the test runs");
        }
        LibraryCopy library = LibraryCopy.take();
        atEnd.push(library::close);
        clients++;
        TimClient.Builder builder = TimClient.builder()
                .sdkAppId(sdkAppId)
                .server(server.uri().toString())
                .library(library.file())
                .deviceId("device-" + clients)
                .userSigProvider(userSigs)
                .loginTimeout(LOGIN_TIMEOUT);
        change.accept(builder);
        TimClient client = builder.build();
        atEnd.push(client::close);
        return client;
    }

    /** Adds what the server saw to the failure of the test, or of one of its dynamic tests; to each only once, at the first occasion. */
    synchronized void explain(Throwable failure) {
        if (Stream.of(failure.getSuppressed()).noneMatch(WhatTheServerSaw.class::isInstance)) {
            failure.addSuppressed(WhatTheServerSaw.of(server));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        atEnd.forEach(Runnable::run);
        end.accept(this);
    }
}
