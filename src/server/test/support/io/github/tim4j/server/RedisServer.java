/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A redis-server of a test's own, on loopback, that keeps nothing on disk. */
final class RedisServer implements AutoCloseable {
    private final int port;
    private final List<String> options;
    private Process process;

    private RedisServer(int port, List<String> options) {
        this.port = port;
        this.options = options;
    }

    static boolean isInstalled(String test) {
        try {
            Process process = new ProcessBuilder("redis-server", "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            return true;
        } catch (IOException e) {
            System.out.println(test + " is skipped: redis-server is not installed");
            return false;
        }
    }

    /** Skips the test, and says so, where there is none. */
    static void assumeInstalled(String test) {
        Assumptions.assumeTrue(isInstalled(test), "skipped: redis-server is not installed");
    }

    static RedisServer start(String... options) throws IOException {
        // It cannot choose a port itself; another program may take this one before.
        for (int attempt = 1; ; attempt++) {
            int free;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                free = socket.getLocalPort();
            }
            RedisServer server = new RedisServer(free, List.of(options));
            if (server.listen() || attempt == 5) {
                return server;
            }
        }
    }

    /** @param config a file that it may write to */
    static RedisServer sentinel(Path config) throws IOException {
        return start(config.toString(), "--sentinel");
    }

    private boolean listen() throws IOException {
        boolean sentinel = options.contains("--sentinel");
        List<String> command = new ArrayList<>(List.of("redis-server"));
        if (!sentinel) {
            command.addAll(List.of("--save", "", "--appendonly", "no"));
        }
        command.addAll(options);
        command.addAll(List.of("--bind", "127.0.0.1", "--port", "" + port));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        await().atMost(20, TimeUnit.SECONDS)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> !process.isAlive() || answers());
        return process.isAlive();
    }

    private boolean answers() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            int first = socket.getInputStream().read();
            return first == '+' || first == '-'; // It may want a password.
        } catch (IOException e) {
            return false;
        }
    }

    int port() {
        return port;
    }

    String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** At once; what it knew is forgotten. */
    void kill() throws Exception {
        process.destroyForcibly().waitFor();
    }

    /** On the same port, after a kill. */
    void startAgain() throws IOException {
        if (!listen()) {
            throw new IOException("redis-server does not start again on port " + port);
        }
    }

    /** It takes no notice of anything until it is sent SIGCONT. */
    void signal(String name) throws Exception {
        Processes.signal(process, name);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
