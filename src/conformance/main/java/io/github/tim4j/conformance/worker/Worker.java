/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.Pointer;
import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.MessageLine;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Broken;
import io.github.tim4j.conformance.message.WorkerMessage.Loaded;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The process that a library under test runs in. It decides nothing: it makes the calls that it is told on its standard input, one by
 * one on the thread that each names, and reports every return and every callback on its standard output. See {@link WorkerProcess} for the
 * other end.
 */
public final class Worker {
    /** How long a callback that is told to block does so at most. */
    private static final long BLOCK_SECONDS = 30;

    private static final ThreadGroup APPLICATION = new ThreadGroup("application");

    private final String word;
    private final PrintStream out =
            new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.US_ASCII);
    private final Map<Integer, ExecutorService> threads = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
    private volatile Functions functions;

    private Worker(String word) {
        this.word = word;
    }

    public static void main(String[] args) throws IOException {
        // What every scenario needs is made ready before one begins.
        Callbacks.load();
        new Worker(args[0]).obey();
    }

    private void obey() throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        Callbacks.reportTo(this);
        ResourceLimit.watch();
        report(new Returned(0, ProcessHandle.current().pid(), null));
        try {
            while (true) {
                long id = in.readLong();
                Call call = Call.read(in);
                if (call.function().equals("release")) {
                    gate(call.text(0)).countDown();
                } else {
                    thread(call.thread()).execute(() -> report(make(id, call)));
                }
            }
        } catch (EOFException e) {
            // The parent has gone: nothing of what the library still does matters.
            Runtime.getRuntime().halt(0);
        }
    }

    private ExecutorService thread(int number) {
        return threads.computeIfAbsent(number, n -> Executors.newSingleThreadExecutor(task -> applicationThread(task)));
    }

    /** A thread that calls the library; it is told from the library's own by its group. */
    static Thread applicationThread(Runnable task) {
        Thread thread = new Thread(APPLICATION, task);
        thread.setDaemon(true);
        return thread;
    }

    static boolean isApplicationThread() {
        return Thread.currentThread().getThreadGroup() == APPLICATION;
    }

    void report(WorkerMessage message) {
        byte[] line = ("\n" + word + MessageLine.of(message) + "\n").getBytes(StandardCharsets.US_ASCII);
        synchronized (out) {
            out.write(line, 0, line.length);
            out.flush();
        }
    }

    /** Makes a call; a failure of the kit itself, such as a function that is missing, becomes {@link Broken}. */
    WorkerMessage make(long id, Call call) {
        try {
            return switch (call.function()) {
                case "load" -> load(id, call);
                case "block" -> block(id, call);
                case "exit" -> exit();
                case "memory has" -> new Returned(id, Memories.has(call.args().get(0)), null);
                case "resources" ->
                    new Returned(id, 0, ResourceMeter.now().toString().getBytes(StandardCharsets.US_ASCII));
                case "process" -> new Returned(id, 0, ProcessState.now().getBytes(StandardCharsets.UTF_8));
                case "environment" -> new Returned(id, Environment.set(call.text(0), call.text(1)), null);
                case "storm" -> Storm.run(id, call, this);
                case "watch" -> Storm.watch(id, call, this, gate(call.text(1)));
                default -> functions.call(id, call);
            };
        } catch (Throwable e) {
            return new Broken(id, e.toString());
        }
    }

    /** Makes a call for what it returns; one that cannot be made is -1, which no function returns on success. */
    long number(Call call) {
        return make(0, call) instanceof Returned returned ? returned.number() : -1;
    }

    byte[] text(Call call) {
        return make(0, call) instanceof Returned returned ? returned.text() : null;
    }

    private WorkerMessage load(long id, Call call) {
        Path path = call.text(1).isEmpty() ? null : Path.of(call.text(1));
        if (call.text(0).equals("classic")) {
            functions = new ClassicFunctions(path);
            return new Returned(id, 0, null);
        }
        CurrentFunctions current = CurrentFunctions.load(path);
        functions = current;
        return new Loaded(id, current.isShim(), current.version(), current.missing());
    }

    private WorkerMessage block(long id, Call call) {
        try {
            boolean released = gate(call.text(0)).await(BLOCK_SECONDS, TimeUnit.SECONDS);
            return new Returned(id, released ? 0 : 1, null);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private CountDownLatch gate(String name) {
        return gates.computeIfAbsent(name, n -> new CountDownLatch(1));
    }

    private static WorkerMessage exit() {
        ResourceLimit.check();
        System.exit(0);
        throw new IllegalStateException();
    }

    Functions functions() {
        return functions;
    }

    /** The native thread that runs this, by name and number; "" where the system does not tell. */
    static String nativeThread() {
        Path self = Path.of("/proc/thread-self");
        try {
            return Files.readString(self.resolve("comm")).strip() + " "
                    + Files.readSymbolicLink(self).getFileName();
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }

    /** The functions of one of the two APIs. */
    interface Functions {
        /** Makes a call. Texts are the caller's only until it returns: they are overwritten then. */
        WorkerMessage call(long id, Call call);

        /** TIMGetLoginStatus, or 0 where there is none. */
        int status();
    }

    static Pointer userData(long tag) {
        return Pointer.createConstant(tag);
    }
}
