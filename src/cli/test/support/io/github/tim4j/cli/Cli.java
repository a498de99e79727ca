// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.testing.Project;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that runs the finished {@code tim4j-all.jar}, or any other program, with what it has printed so far. */
final class Cli implements AutoCloseable {
    static final Path PROJECT = Project.ROOT;
    static final Path JAR = PROJECT.resolve("target/tim4j-all.jar");
    static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Text out;
    private final Text err;

    private Cli(List<String> command, Map<String, String> environment, String input) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).directory(PROJECT.toFile());
            builder.environment().keySet().removeIf(name -> name.matches("(TIM|JAVA|JDK)_.*"));
            builder.environment().putAll(environment);
            process = builder.start();
            out = new Text(process.getInputStream());
            err = new Text(process.getErrorStream());
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command, e);
        }
    }

    /** Starts a command of the jar. */
    static Cli start(Map<String, String> environment, String input, String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(JAVA.toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", JAR.toString()));
        command.addAll(List.of(arguments));
        return new Cli(command, environment, input);
    }

    static Cli start(String... arguments) {
        return start(Map.of(), "", arguments);
    }

    /** Starts any program. */
    static Cli program(List<String> command, Map<String, String> environment) {
        return new Cli(command, environment, "");
    }

    /** Waits for its end. */
    int exitCode() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("still running after " + PATIENCE.toSeconds() + " s: " + this);
            }
            out.awaitEnd();
            err.awaitEnd();
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for a line on standard output that begins like this, and returns the rest of it. */
    String await(String beginning) {
        return out.await(beginning).substring(beginning.length());
    }

    List<String> out() {
        return out.lines();
    }

    List<String> err() {
        return err.lines();
    }

    /** SIGTERM, where there is such a thing. By the handle, since {@code Process.destroy} closes the streams too. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGHUP. */
    void hangUp() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
    }

    /** Waits for a line on standard error that begins like this, and returns it. */
    String awaitError(String beginning) {
        return err.await(beginning);
    }

    /** The arguments, as every user of the machine can see them. */
    String arguments() {
        return String.join(" ", process.info().arguments().map(List::of).orElse(List.of()));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    @Override
    public String toString() {
        return "standard output: " + out() + ", standard error: " + err();
    }

    /** Lines of one stream, read by a thread of its own. */
    private final class Text {
        private final List<String> lines = new ArrayList<>();
        private final Thread reader;

        Text(InputStream in) {
            reader = new Thread(() -> {
                try (var stream = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                    stream.lines().forEach(this::add);
                } catch (IOException | UncheckedIOException e) {
                    add("(cannot be read: " + e + ")");
                }
            });
            reader.setDaemon(true);
            reader.start();
        }

        private synchronized void add(String line) {
            lines.add(line);
            notifyAll();
        }

        synchronized List<String> lines() {
            return List.copyOf(lines);
        }

        void awaitEnd() throws InterruptedException {
            reader.join(PATIENCE.toMillis());
        }

        synchronized String await(String beginning) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                for (String line : lines) {
                    if (line.startsWith(beginning)) {
                        return line;
                    }
                }
                long left = deadline - System.nanoTime();
                if (left <= 0 || !process.isAlive() && !reader.isAlive()) {
                    throw new AssertionError("no line begins with \"" + beginning + "\": " + lines);
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, 100_000_000));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }
}
