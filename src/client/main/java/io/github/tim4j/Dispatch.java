/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs what the application is to see, listeners and completions of futures, one at a time and in order, on the application's executor. */
final class Dispatch {
    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);
    /** So many tasks in a row, then the executor's other work has a turn. */
    private static final int BATCH = 1000;
    /** Events that may be lost are dropped while so many tasks wait: a library or a listener has run wild. */
    private static final int MAX_WAITING = 10_000;
    /** How long the executor may stand still before a thread that waits is let go without it. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);

    private final Executor executor;
    private final @Nullable ExecutorService own;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean scheduled;
    /** How many tasks have begun. */
    private long progress;
    /** Whether a timer runs that looks whether the executor stands still. */
    private boolean looking;

    private final Set<Reply<?>> waitedFor = ConcurrentHashMap.newKeySet();
    private boolean dropping;
    /** Whether it has been logged that the executor refuses work. */
    private volatile boolean refused;

    /** @param executor the application's; null for a daemon thread of our own */
    Dispatch(@Nullable Executor executor) {
        ExecutorService thread = executor == null ? DaemonThread.named("tim4j-callbacks") : null;
        this.own = thread;
        this.executor = thread == null ? Objects.requireNonNull(executor) : thread;
    }

    /** Whether the calling thread is running a callback of any client: then waiting for a future could last for ever. */
    static boolean isInside() {
        return INSIDE.get();
    }

    void execute(Runnable task) {
        execute(task, () -> false);
    }

    /** @param handOver asked if nothing is queued before the task, or under way: whether another thread will run it, by {@link #runNext} */
    void execute(Runnable task, BooleanSupplier handOver) {
        synchronized (this) {
            tasks.add(task);
            if (scheduled) {
                return;
            }
            scheduled = true;
        }
        if (!handOver.getAsBoolean()) {
            schedule();
        }
    }

    /** Runs the task that was handed over; the executor does the rest. */
    void runNext() {
        runContained(take());
        synchronized (this) {
            scheduled = !tasks.isEmpty();
            if (!scheduled) {
                return;
            }
        }
        schedule();
    }

    /** @return null if there is none, and then the next one is to be scheduled */
    private synchronized Runnable take() {
        Runnable task = tasks.poll();
        scheduled = task != null;
        if (scheduled) {
            progress++;
        }
        return task;
    }

    /** Like {@link #execute}, but the task is dropped if too many wait already. */
    void offer(Runnable task) {
        synchronized (this) {
            if (tasks.size() >= MAX_WAITING) {
                if (!dropping) {
                    dropping = true;
                    LOG.warn(
                            "{} callbacks are waiting: network events are dropped until the callback executor catches up",
                            MAX_WAITING);
                }
                return;
            }
            dropping = false;
        }
        execute(task);
    }

    /**
     * A thread begins to wait for this future. It may be the application's executor's own, Swing's for example, and then nothing would
     * ever complete the future: so if the executor stands still for a while, it is completed without it.
     */
    void watch(Reply<?> reply) {
        if (own == null) {
            waitedFor.add(reply);
            lookAgain();
        }
    }

    void unwatch(Reply<?> reply) {
        waitedFor.remove(reply);
    }

    private synchronized void lookAgain() {
        if (!looking && !waitedFor.isEmpty()) {
            looking = true;
            long before = progress;
            Timer.after(PATIENCE, () -> look(before));
        }
    }

    private void look(long before) {
        boolean stuck;
        synchronized (this) {
            looking = false;
            stuck = progress == before;
        }
        if (stuck) {
            waitedFor.forEach(Reply::help);
        }
        lookAgain();
    }

    /** Ends the own thread, if any, after what is queued; waits a little for it, unless called by it. */
    void close() {
        if (own == null) {
            return;
        }
        own.shutdown();
        if (!isInside()) {
            try {
                own.awaitTermination(2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void schedule() {
        try {
            executor.execute(this::run);
        } catch (RuntimeException e) {
            if (own == null && !refused) {
                refused = true;
                LOG.warn("the callback executor refuses work; callbacks run on the common pool instead", e);
            }
            ForkJoinPool.commonPool().execute(this::run);
        }
    }

    private void run() {
        boolean outer = INSIDE.get();
        INSIDE.set(true);
        try {
            for (int i = 0; i < BATCH; i++) {
                Runnable task = take();
                if (task == null) {
                    return;
                }
                runContained(task);
            }
        } finally {
            INSIDE.set(outer);
        }
        schedule();
    }

    private static void runContained(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LOG.error("a callback failed", e);
        }
    }
}
