/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs tasks later, by the monotonic clock, on a thread of the client's own: nothing that an application does to the JDK's common pool
 * delays them. The thread lives from the construction to {@link #close}; tasks must be short.
 */
final class Timer {
    private final Thread thread;
    private final ScheduledThreadPoolExecutor executor;

    Timer(String threadName) {
        Thread[] made = new Thread[1];
        executor = new ScheduledThreadPoolExecutor(1, work -> {
            // Only the first is ever needed: tasks do not throw.
            Thread daemon = new Thread(work, threadName);
            daemon.setDaemon(true);
            made[0] = daemon;
            return daemon;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.prestartCoreThread();
        thread = made[0];
    }

    /** @return cancel it, and the task will not run unless it has begun; after {@link #close} nothing runs */
    Future<?> after(Duration delay, Runnable task) {
        return executor.schedule(task, Math.max(1, nanos(delay)), TimeUnit.NANOSECONDS);
    }

    /** A duration of any length as nanoseconds: what is longer than a century counts as one. */
    static long nanos(Duration duration) {
        Duration century = Duration.ofDays(36_525);
        return duration.compareTo(century) < 0 ? duration.toNanos() : century.toNanos();
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Ends the thread, and waits for that unless called by it or interrupted. */
    void close() {
        executor.shutdownNow();
        if (Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
