/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.server.store.RedisSessionStore;
import io.github.tim4j.testing.ForkedJvm;
import io.github.tim4j.testing.Processes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** A login server in a JVM of its own, with its accounts in Redis. */
final class NodeProcess implements AutoCloseable {
    private final Process process;
    private final int port;

    private NodeProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static NodeProcess start(Path folder, String redis, Duration lease) throws IOException {
        Process process =
                ForkedJvm.of(NodeProcess.class, redis, lease.toMillis()).start(folder);
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("port ")) {
                return new NodeProcess(process, Integer.parseInt(line.substring(5)));
            }
            said.append(line).append('\n');
        }
        throw new IOException("the login server did not start:\n" + said);
    }

    public static void main(String[] arguments) throws Exception {
        RedisSessionStore store =
                RedisSessionStore.connect(arguments[0], Duration.ofMillis(Long.parseLong(arguments[1])));
        LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(RawClient.APP, "secret")
                .sessionStore(store)
                .build());
        System.out.println("port " + server.port());
        Thread.currentThread().join();
    }

    int port() {
        return port;
    }

    void signal(String name) throws Exception {
        Processes.signal(process, name);
    }

    /** As kill -9. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
