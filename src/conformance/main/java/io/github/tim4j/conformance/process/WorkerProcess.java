/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import com.sun.jna.Native;
import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.MessageLine;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Broken;
import io.github.tim4j.conformance.message.WorkerMessage.Loaded;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.worker.ResourceLimit;
import io.github.tim4j.conformance.worker.Worker;
import io.github.tim4j.jna.ImSdk;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataOutputStream;
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
import org.slf4j.Logger;

/**
 * A {@link Worker} as its parent sees it: calls go in, returns and callbacks come out, and its end is noticed. It has a folder of its own,
 * which
 * goes with it.
 */
public final class WorkerProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration LOAD = Duration.ofSeconds(30);
    private static final Duration END = Duration.ofSeconds(20);
    private static final int OUTPUT_LINES = 50;
    private static final AtomicLong WORDS = new AtomicLong(System.nanoTime());

    private final Wrapping wrapping;
    private final Path folder;
    private final Process process;
    private final DataOutputStream in;
    private final String word = "tim4j-" + Long.toHexString(WORDS.incrementAndGet() * 0x9E3779B97F4A7C15L) + ":";
    private final Map<Long, CompletableFuture<WorkerMessage>> returns = new ConcurrentHashMap<>();
    private final AtomicLong calls = new AtomicLong();
    private final CompletableFuture<WorkerMessage> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    /** Under this lock, like the last lines of output. Callbacks in the order in which they came. */
    private final List<WorkerMessage> callbacks = new ArrayList<>();

    private final List<String> output = new ArrayList<>();
    private volatile Consumer<WorkerMessage> observer = message -> {};

    WorkerProcess(Wrapping wrapping) throws IOException {
        folder = Files.createTempDirectory("tim4j-conformance");
        this.wrapping = wrapping;
        List<String> command = new ArrayList<>(wrapping.command());
        command.addAll(ChildJvm.command(
                Worker.class,
                List.of(
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-Xmx128m",
                        "-XX:-UsePerfData",
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + folder.resolve("hs_err.log")),
                ImSdk.class,
                Native.class,
                Logger.class));
        command.add(word);
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

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int begin = line.indexOf(word);
                if (begin >= 0) {
                    take(MessageLine.read(line.substring(begin + word.length())));
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

    /** The last lines on standard output that were not the kit's. */
    public synchronized List<String> output() {
        return List.copyOf(output);
    }

    private void take(WorkerMessage message) {
        if (message instanceof Returned returned) {
            returned(returned.call(), message);
        } else if (message instanceof Loaded loaded) {
            returned(loaded.call(), message);
        } else if (message instanceof Broken broken) {
            returned(broken.call(), message);
        } else {
            calledBack(message);
        }
    }

    private void returned(long call, WorkerMessage message) {
        CompletableFuture<WorkerMessage> waiting = call == 0 ? ready : returns.remove(call);
        if (waiting != null) {
            waiting.complete(message);
        }
    }

    private void calledBack(WorkerMessage message) {
        observer.accept(message);
        synchronized (this) {
            callbacks.add(message);
            notifyAll();
        }
    }

    void awaitReady() {
        get(ready, wrapping.slowly() ? START.multipliedBy(10) : START, "the start of the worker process");
    }

    /** Of the process that has the library, which may be a child of what it was wrapped in. */
    long id() {
        return ((Returned) ready.join()).number();
    }

    /** @param each is given every callback when it comes */
    public void observe(Consumer<WorkerMessage> each) {
        observer = each;
    }

    public Path folder() {
        return folder;
    }

    /** Makes a call and waits for its return. */
    public Returned call(Call call, Duration patience) {
        return (Returned) get(send(call), patience, call.function());
    }

    /** Loads a library with the current API; an empty path is the bundled one. */
    public Loaded load(String path) {
        return (Loaded) get(send(Call.of("load", "current", path)), LOAD, "load");
    }

    /** Loads a library with the classic API; an empty path is the bundled one. */
    public void loadClassic(String path) {
        get(send(Call.of("load", "classic", path)), LOAD, "load");
    }

    /** Makes a call without waiting. */
    public CompletableFuture<WorkerMessage> send(Call call) {
        long id = calls.incrementAndGet();
        CompletableFuture<WorkerMessage> returned = new CompletableFuture<>();
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

    public WorkerMessage get(CompletableFuture<WorkerMessage> returned, Duration patience, String what) {
        try {
            CompletableFuture.anyOf(returned, ended).get(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (!returned.isDone()) {
                throw crashed(what);
            }
            WorkerMessage message = returned.get();
            if (message instanceof Broken broken) {
                throw new Finding(Verdict.FAIL, what + " could not be called: " + broken.why());
            }
            return message;
        } catch (TimeoutException e) {
            throw new Finding(Verdict.HUNG, what + " did not return within " + patience.toSeconds() + " s");
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The processor time it has used; zero where the system does not tell. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** The memory that it has in RAM, in bytes; zero where the system does not tell. */
    public long residentMemory() {
        try {
            String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
            return Long.parseLong(status.replaceFirst("(?s).*VmRSS:\\s*(\\d+) kB.*", "$1")) << 10;
        } catch (IOException e) {
            return 0;
        }
    }

    /** What has been called back so far, and what calls inside callbacks have returned, in order. */
    public synchronized List<WorkerMessage> callbacks() {
        return List.copyOf(callbacks);
    }

    /** Waits until the callbacks satisfy something. @return whether they did in time */
    public synchronized boolean await(Predicate<List<WorkerMessage>> satisfied, Duration patience) {
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
        if (!process.isAlive() && process.exitValue() == ResourceLimit.EXIT_CODE) {
            return new Finding(Verdict.FAIL, "the library takes too much: " + limit() + " (" + when + ")");
        }
        return new Finding(
                Verdict.CRASHED, CrashReport.of(process.exitValue(), folder, lastWords()) + " (" + when + ")");
    }

    /** What it was ended for. */
    private String limit() {
        try (Stream<String> lines = Files.lines(folder.resolve("stderr"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith(ResourceLimit.LINE))
                    .findFirst()
                    .map(line -> line.substring(ResourceLimit.LINE.length()))
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean waitForEnd() {
        try {
            return process.waitFor(END.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets the process end by itself, as an application does, and waits for it. */
    public void exit() {
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
    public void kill() {
        process.destroyForcibly();
        waitForEnd();
    }

    /** All that the library has printed or written to files of its folder, for a search. */
    public String written() {
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
