/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.server.LoginServer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The servers of one test class: one, unless its methods run in parallel; then as many as methods run at a time, because no two of them may
 * see each other's state. Any thread.
 */
@SuppressWarnings("deprecation") // JUnit before 5.13 closes a CloseableResource only.
final class ServerPool implements AutoCloseable, ExtensionContext.Store.CloseableResource {
    private final ServerStarter starter;
    /** Guarded by this; what was given back last is taken first. */
    private final Deque<LoginServer> free = new ArrayDeque<>();
    /** Guarded by this. */
    private final List<LoginServer> all = new ArrayList<>();

    ServerPool(ServerStarter starter) {
        this.starter = starter;
    }

    /** The server that is there before the first method is. */
    synchronized LoginServer first() {
        if (all.isEmpty()) {
            free.push(started(starter.startOnTheSamePorts()));
        }
        return all.get(0);
    }

    /** A server in its initial state that nobody else has until it is given back. One that a test has closed is replaced. */
    LoginServer take() {
        LoginServer server;
        synchronized (this) {
            server = free.poll();
        }
        if (server != null) {
            server.testing().reset();
        }
        return server != null && server.isAccepting() ? server : started(starter.start());
    }

    private synchronized LoginServer started(LoginServer server) {
        all.add(server);
        return server;
    }

    synchronized void giveBack(LoginServer server) {
        free.push(server);
    }

    @Override
    public synchronized void close() {
        all.forEach(LoginServer::close);
    }
}
