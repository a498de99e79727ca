/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;

/** A redis-server of a test's own, on loopback, that keeps nothing on disk. */
public final class RedisServer implements AutoCloseable {
    private final int port;
    private final List<String> options;
    private Process process;

    private RedisServer(int port, List<String> options) {
        this.port = port;
        this.options = options;
    }

    public static boolean isInstalled(String test) {
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
    public static void assumeInstalled(String test) {
        Assumptions.assumeTrue(isInstalled(test), "skipped: redis-server is not installed");
    }

    public static RedisServer start(String... options) throws IOException {
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

    /**
     * Starts a sentinel.
     *
     * @param config a file that it may write to
     */
    public static RedisServer sentinel(Path config) throws IOException {
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
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (process.isAlive() && !answers()) {
            if (System.nanoTime() > end) {
                throw new IOException("redis-server does not answer on port " + port);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        return process.isAlive();
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            int first = socket.getInputStream().read();
            return first == '+' || first == '-'; // It may want a password.
        } catch (IOException e) {
            return false;
        }
    }

    public int port() {
        return port;
    }

    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** At once; what it knew is forgotten. */
    public void kill() throws Exception {
        process.destroyForcibly().waitFor();
    }

    /** On the same port, after a kill. */
    public void startAgain() throws IOException {
        if (!listen()) {
            throw new IOException("redis-server does not start again on port " + port);
        }
    }

    /** It takes no notice of anything until it is sent SIGCONT. */
    public void signal(String name) throws Exception {
        Processes.signal(process, name);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
