/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A {@link Worker} as its parent sees it: calls go in, returns and callbacks come out, and its end is noticed. It has a folder of its own,
 * which
 * goes with it.
 */
final class WorkerProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration END = Duration.ofSeconds(20);
    private static final int OUTPUT_LINES = 50;
    private static final AtomicLong WORDS = new AtomicLong(System.nanoTime());

    private final Path folder;
    private final Process process;
    private final DataOutputStream in;
    private final String word = "tim4j-" + Long.toHexString(WORDS.incrementAndGet() * 0x9E3779B97F4A7C15L) + ":";
    private final Map<Long, CompletableFuture<News>> returns = new ConcurrentHashMap<>();
    private final AtomicLong calls = new AtomicLong();
    private final CompletableFuture<News> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    /** Under this lock, like the last lines of output. Callbacks in the order in which they came. */
    private final List<News> callbacks = new ArrayList<>();

    private final List<String> output = new ArrayList<>();
    private volatile Consumer<News> observer = news -> {};

    WorkerProcess() throws IOException {
        folder = Files.createTempDirectory("tim4j-conformance");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx128m",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("hs_err.log")));
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", absolute(System.getProperty("java.class.path")), Worker.class.getName(), word));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(folder.resolve("stderr").toFile());
        // What a user has set for programs of his own must not change what a scenario does.
        builder.environment()
                .keySet()
                .removeIf(
                        name -> name.startsWith("TIM_") || name.startsWith("JAVA_TOOL") || name.startsWith("JDK_JAVA"));
        process = builder.start();
        in = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        Thread reader = new Thread(this::read, "conformance-worker");
        reader.setDaemon(true);
        reader.start();
    }

    private static String absolute(String classPath) {
        return String.join(
                File.pathSeparator,
                Stream.of(classPath.split(File.pathSeparator))
                        .map(entry -> new File(entry).getAbsolutePath())
                        .toList());
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int begin = line.indexOf(word);
                if (begin >= 0) {
                    take(News.ofLine(line.substring(begin + word.length())));
                } else if (!line.isEmpty()) {
                    printed(line);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            printed("(cannot be read any more: " + e.getMessage() + ")");
        }
        ended.complete(null);
        synchronized (this) {
            notifyAll();
        }
    }

    private synchronized void printed(String line) {
        output.add(line);
        if (output.size() > OUTPUT_LINES) {
            output.remove(0);
        }
    }

    private void take(News news) {
        if (news.kind() == News.Kind.RETURNED || news.kind() == News.Kind.BROKEN) {
            CompletableFuture<News> waiting = news.id() == 0 ? ready : returns.remove(news.id());
            waiting.complete(news);
            return;
        }
        observer.accept(news);
        synchronized (this) {
            callbacks.add(news);
            notifyAll();
        }
    }

    void awaitReady() {
        get(ready, START, "the start of the worker process");
    }

    /** @param each is given every callback when it comes */
    void observe(Consumer<News> each) {
        observer = each;
    }

    Path folder() {
        return folder;
    }

    /** Makes a call and waits for its return. */
    News call(Call call, Duration patience) {
        return get(send(call), patience, call.function());
    }

    /** Makes a call without waiting. */
    CompletableFuture<News> send(Call call) {
        long id = calls.incrementAndGet();
        CompletableFuture<News> returned = new CompletableFuture<>();
        returns.put(id, returned);
        try {
            synchronized (in) {
                in.writeLong(id);
                call.write(in);
                in.flush();
            }
        } catch (IOException e) {
            // It has ended; whoever waits is told how.
            returns.remove(id);
        }
        return returned;
    }

    News get(CompletableFuture<News> returned, Duration patience, String what) {
        try {
            CompletableFuture.anyOf(returned, ended).get(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (!returned.isDone()) {
                throw crashed(what);
            }
            News news = returned.get();
            if (news.kind() == News.Kind.BROKEN) {
                throw new Finding(
                        Verdict.FAIL,
                        what + " could not be called: " + new String(news.text(), StandardCharsets.UTF_8));
            }
            return news;
        } catch (TimeoutException e) {
            throw new Finding(Verdict.HUNG, what + " did not return within " + patience.toSeconds() + " s");
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The processor time it has used; zero where the system does not tell. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** The memory that it has in RAM, in bytes; zero where the system does not tell. */
    long residentMemory() {
        try {
            String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
            return Long.parseLong(status.replaceFirst("(?s).*VmRSS:\\s*(\\d+) kB.*", "$1")) << 10;
        } catch (IOException e) {
            return 0;
        }
    }

    /** What has been called back so far. */
    synchronized List<News> callbacks() {
        return List.copyOf(callbacks);
    }

    /** Waits until the callbacks satisfy something. @return whether they did in time */
    synchronized boolean await(Predicate<List<News>> satisfied, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (!satisfied.test(callbacks)) {
            if (ended.isDone()) {
                throw crashed("a callback was awaited");
            }
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return true;
    }

    private Finding crashed(String when) {
        waitForEnd();
        return new Finding(
                Verdict.CRASHED, CrashReport.of(process.exitValue(), folder, lastWords()) + " (" + when + ")");
    }

    private boolean waitForEnd() {
        try {
            return process.waitFor(END.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets the process end by itself, as an application does, and waits for it. */
    void exit() {
        if (ended.isDone()) {
            throw crashed("a scenario was over");
        }
        send(Call.of("exit"));
        if (!waitForEnd()) {
            throw new Finding(Verdict.HUNG, "the process did not end within " + END.toSeconds() + " s after exit()");
        }
        if (process.exitValue() != 0) {
            throw crashed("exit()");
        }
    }

    /** Ends it without warning, like a power cut. */
    void kill() {
        process.destroyForcibly();
        waitForEnd();
    }

    /** All that the library has printed or written to files of its folder, for a search. */
    String written() {
        StringBuilder all = new StringBuilder(String.join("\n", lastWords()));
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append('\n').append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all.toString();
    }

    private synchronized List<String> lastWords() {
        return List.copyOf(output);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // Something still writes there; the system's cleaning of its temporary folder will get it.
        }
    }
}
