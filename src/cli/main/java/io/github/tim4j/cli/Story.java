// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Help.Ansi;

/**
 * Shows what happens, step by step, on the terminal. What is checked is what is printed: a step expects lines and fails if one does not
 * appear. Lines come from any thread.
 */
final class Story {
    /** What one step does. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    /** A step did not go as it should. */
    static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        Failure(String message) {
            super(message);
        }
    }

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final PrintWriter out;
    private final Ansi ansi;
    /** All below guarded by this. */
    private final List<String> lines = new ArrayList<>();

    private int steps;

    Story(PrintWriter out, Ansi ansi) {
        this.out = out;
        this.ansi = ansi;
    }

    /** Shows one step, and how long it took. */
    void step(String title, Action action) throws Exception {
        synchronized (this) {
            lines.clear();
            steps++;
            print("");
            print(ansi.string("@|bold " + steps + ". " + title + "|@"));
        }
        long start = System.nanoTime();
        try {
            action.run();
        } catch (Failure e) {
            throw new Failure("step " + steps + ", \"" + title + "\": " + e.getMessage());
        }
        print(ansi.string("   @|green ok|@       ")
                + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms");
    }

    synchronized void print(String line) {
        out.println(line);
        out.flush();
    }

    /** Shows one line; the source is who shows it, in a word. */
    synchronized void see(String source, String text) {
        lines.add(source + " " + text);
        print(ansi.string("   @|faint " + String.format("%-8s", source) + "|@ ") + text);
        notifyAll();
    }

    /** Waits until lines that begin like these have been seen in this step, in this order; others may come between them. */
    synchronized void expect(String... beginnings) throws Failure, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int next = 0;
        for (String beginning : beginnings) {
            while (next == lines.size() || !lines.get(next++).startsWith(beginning)) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new Failure("\"" + beginning + "\" was not seen within " + PATIENCE.toSeconds() + " s");
                }
                if (next == lines.size()) {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                }
            }
        }
    }
}
