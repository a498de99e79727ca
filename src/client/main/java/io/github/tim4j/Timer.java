/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;

/** Runs a task later, by the monotonic clock and without a thread of our own: the JDK's timer for futures wakes, its common pool runs. */
final class Timer {
    private final CompletableFuture<Boolean> due = new CompletableFuture<>();

    private Timer() {}

    static Timer after(Duration delay, Runnable task) {
        Timer timer = new Timer();
        timer.due.thenAccept(run -> {
            if (run) {
                ForkJoinPool.commonPool().execute(task);
            }
        });
        timer.due.completeOnTimeout(true, Math.max(1, delay.toNanos()), TimeUnit.NANOSECONDS);
        return timer;
    }

    /** The task will not run, unless it has begun. */
    void cancel() {
        due.complete(false);
    }
}
