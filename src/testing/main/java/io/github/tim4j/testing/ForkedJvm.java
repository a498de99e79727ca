/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A JVM of its own for a program of the test class path: for what may end a JVM, or depends on how it was started. */
public final class ForkedJvm {
    /** How it ended. The output is standard output and standard error together. */
    public record Result(int exitCode, String output) {}

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final String mainClass;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();
    private String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

    private ForkedJvm(String mainClass) {
        this.mainClass = mainClass;
    }

    public static ForkedJvm of(Class<?> mainClass, Object... arguments) {
        ForkedJvm jvm = new ForkedJvm(mainClass.getName());
        Arrays.stream(arguments).map(Object::toString).forEach(jvm.arguments::add);
        return jvm;
    }

    /** A command that is to start the JVM. */
    public ForkedJvm under(String... command) {
        prefix.addAll(List.of(command));
        return this;
    }

    public ForkedJvm option(String option) {
        options.add(option);
        return this;
    }

    public ForkedJvm environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public ForkedJvm classPath(String path) {
        classPath = path;
        return this;
    }

    /** The entries of the test class path. */
    public static List<String> testClassPath() {
        return List.of(new ForkedJvm("").classPath.split(File.pathSeparator));
    }

    public Process start(Path folder) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-XX:ErrorFile=" + folder.resolve("hs_err_pid%p.log"),
                "-cp",
                classPath));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(options);
        command.add(mainClass);
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).directory(folder.toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Waits for it; fails if it takes longer than a minute or crashes. */
    public Result run(Path folder) {
        return run(folder, PATIENCE);
    }

    /** Waits for it; fails if it takes longer than that or crashes. */
    public Result run(Path folder, Duration patience) {
        try {
            Process process = start(folder);
            return await(process, folder, patience);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Result await(Process process, Path folder) throws IOException {
        return await(process, folder, PATIENCE);
    }

    private static Result await(Process process, Path folder, Duration patience) throws IOException {
        Path dump = folder.resolve("threads-" + process.pid() + ".txt");
        Thread watchdog = new Thread(() -> {
            try {
                if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    new ProcessBuilder("jstack", Long.toString(process.pid()))
                            .redirectOutput(dump.toFile())
                            .start()
                            .waitFor();
                    process.destroyForcibly();
                }
            } catch (IOException | InterruptedException e) {
                process.destroyForcibly();
            }
        });
        watchdog.setDaemon(true);
        watchdog.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode;
        try {
            exitCode = process.waitFor();
            watchdog.interrupt();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (Files.exists(dump)) {
            throw new AssertionError("the JVM hung\n" + output + "\n" + Files.readString(dump));
        }
        Path crash = folder.resolve("hs_err_pid" + process.pid() + ".log");
        if (Files.exists(crash)) {
            throw new AssertionError("the JVM crashed\n" + output + "\n"
                    + Files.readString(crash).lines().limit(80).toList());
        }
        return new Result(exitCode, output);
    }
}
