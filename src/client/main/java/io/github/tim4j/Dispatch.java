/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what the application is to see, listeners, completions and stages of futures, in order and one at a time, on the application's
 * executor: any thread may give tasks, and none of the library's ever runs one.
 *
 * <p>A submission to the executor works off everything that is queued. While a task runs, the next one is submitted on its own: if the executor
 * runs that on the same thread, the task has opened an event loop there (a modal dialog), and what is queued must not wait for its end. On another
 * thread, or inline, it is left to the one that runs already.
 */
final class Dispatch implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);
    /** So many tasks in a row, then the executor's other work has a turn. */
    private static final int BATCH = 1000;
    /** Events that may be lost are dropped while so many tasks wait: a library or a listener has run wild. */
    private static final int MAX_WAITING = 10_000;
    /** How long the executor may stand still before it is looked at. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final int MAX_DOUBLINGS = 6;

    private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);

    /** The answer to a request: may complete its future without the executor if that one waits for it. */
    record Completion(Runnable end) implements Runnable {
        @Override
        public void run() {
            end.run();
        }
    }

    private final ThreadPoolExecutor own = DaemonThread.named("tim4j-callbacks");
    private final Executor executor;
    private final @Nullable Timer timer;
    /** Threads of the executor: where tasks have run. */
    private final ThreadLocal<Boolean> executors = ThreadLocal.withInitial(() -> false);

    // Guarded by this.
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    /** Whether the executor has a submission that has not begun. */
    private boolean submitted;
    /** Who runs tasks now. */
    private @Nullable Thread runner;
    /** Who did so last; null if the executor has never run anything. */
    private @Nullable Thread lastRunner;
    /** How many tasks have begun. */
    private long progress;
    /** Whether the timer will look whether the executor stands still. */
    private boolean looking;

    private boolean dropping;
    /** Whether the executor refuses work, or its thread has ended. */
    private boolean gone;

    /** Without a timer, nobody looks whether the executor stands still. */
    Dispatch(@Nullable Executor executor) {
        this(executor, null);
    }

    /** @param executor the application's; null for a daemon thread of our own */
    Dispatch(@Nullable Executor executor, @Nullable Timer timer) {
        this.executor = executor == null ? own : executor;
        this.timer = timer;
    }

    /** Whether the calling thread is running a callback of any client: then waiting for a future could last for ever. */
    static boolean isInside() {
        return INSIDE.get();
    }

    @Override
    public void execute(Runnable task) {
        add(task);
        flush();
    }

    /** Queues a task; {@link #flush} must follow, outside of the loop. */
    void add(Runnable task) {
        synchronized (this) {
            tasks.add(task);
            notifyAll();
            if (!looking) {
                lookLater(0);
            }
        }
    }

    /** Like {@link #add}, but the task is dropped if too many wait already. */
    void offer(Runnable task) {
        boolean full;
        boolean first;
        synchronized (this) {
            full = tasks.size() >= MAX_WAITING;
            first = full && !dropping;
            dropping = full;
        }
        if (first) {
            LOG.warn(
                    "{} callbacks are waiting: network events are dropped until the callback executor catches up",
                    MAX_WAITING);
        }
        if (!full) {
            add(task);
        }
    }

    /** Makes sure that the executor has a submission for what is queued. */
    void flush() {
        synchronized (this) {
            if (submitted || tasks.isEmpty()) {
                return;
            }
            submitted = true;
        }
        submit();
    }

    private void submit() {
        Submission submission = new Submission();
        boolean useOwn;
        synchronized (this) {
            useOwn = gone;
        }
        try {
            if (!useOwn) {
                executor.execute(submission);
            }
        } catch (Throwable e) {
            synchronized (this) {
                useOwn = true;
                gone = true;
            }
            warn("the callback executor refuses work; callbacks run on a thread of the client's own instead", e);
        } finally {
            submission.returned = true;
        }
        if (useOwn) {
            own.execute(submission);
        }
    }

    private static void warn(String what, Throwable e) {
        try {
            LOG.warn(what, e);
        } catch (Throwable loggerFailed) {
            // Going on matters more.
        }
    }

    /** One visit of the executor. */
    private final class Submission implements Runnable {
        private final Thread by = Thread.currentThread();
        private volatile boolean returned;

        @Override
        public void run() {
            boolean inline = by == Thread.currentThread() && !returned;
            if (inline && (Callbacks.isInside() || timer != null && timer.isCurrent())) {
                // An executor that runs in the caller would run code of the application's on a thread of the library,
                // or hold up the timer.
                own.execute(new Submission());
            } else {
                work(inline);
            }
        }
    }

    private void work(boolean inline) {
        Thread me = Thread.currentThread();
        Thread outer;
        synchronized (this) {
            submitted = false;
            outer = runner;
            if (outer != null && (outer != me || inline)) {
                return;
            }
            runner = me;
            lastRunner = me;
        }
        executors.set(true);
        boolean wasInside = INSIDE.get();
        INSIDE.set(true);
        try {
            while (runBatch(outer)) {
                flush();
                if (leave(outer)) {
                    return;
                }
            }
        } finally {
            INSIDE.set(wasInside);
        }
    }

    /** @return whether tasks are left; if not, this thread is the runner no more */
    private boolean runBatch(@Nullable Thread outer) {
        for (int i = 0; i < BATCH; i++) {
            Runnable task;
            synchronized (this) {
                task = tasks.poll();
                if (task == null) {
                    runner = outer;
                    notifyAll();
                    return false;
                }
                progress++;
            }
            try {
                task.run();
            } catch (Throwable e) {
                Contained.report(LOG, "a callback failed", e);
            }
        }
        return true;
    }

    /** After a batch: unless the submission for the rest has come already, and found this thread at work. */
    private synchronized boolean leave(@Nullable Thread outer) {
        if (submitted || tasks.isEmpty()) {
            runner = outer;
            notifyAll();
            return true;
        }
        return false;
    }

    void awaitUninterruptibly(Reply<?> reply) {
        boolean interrupted = false;
        while (true) {
            try {
                await(reply, Long.MAX_VALUE);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * A thread is about to wait for the reply. If it is one of the executor's, it runs here what is queued, or nothing would ever complete it.
     *
     * @throws IllegalStateException inside a callback
     */
    void await(Reply<?> reply, long nanos) throws InterruptedException {
        if (reply.isDone()) {
            return;
        }
        if (isInside()) {
            throw new IllegalStateException(
                    "waiting for a TimClient future inside a callback would wait for ever: "
                            + "its completion is queued behind this callback; use thenAccept or whenComplete instead of join or get");
        }
        boolean known;
        synchronized (this) {
            known = lastRunner != null;
        }
        if (!executors.get()) {
            if (known || timer == null || executor == own) {
                return;
            }
            // It has never run anything: this may be its thread. Only time tells.
            synchronized (this) {
                waitForChange(reply, Math.min(nanos, PATIENCE.toNanos()), () -> lastRunner != null);
                if (lastRunner != null) {
                    return;
                }
            }
        }
        runUntilDone(reply, nanos);
    }

    private void runUntilDone(Reply<?> reply, long nanos) throws InterruptedException {
        long end = System.nanoTime() + Math.min(nanos, Long.MAX_VALUE / 2);
        while (!reply.isDone() && System.nanoTime() - end < 0) {
            boolean work;
            synchronized (this) {
                waitForChange(reply, end - System.nanoTime(), () -> !tasks.isEmpty() && runner == null);
                work = !tasks.isEmpty() && runner == null;
            }
            if (work && !reply.isDone()) {
                work(false);
            }
        }
    }

    /** The caller holds the lock. Returns when the reply is done, the condition holds, or the time is over. */
    private void waitForChange(Reply<?> reply, long nanos, BooleanSupplier condition) throws InterruptedException {
        reply.wakeWhenDone(this);
        long end = System.nanoTime() + nanos;
        while (!reply.isDone() && !condition.getAsBoolean()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return;
            }
            wait(Math.min(left / 1_000_000 + 1, Integer.MAX_VALUE));
        }
    }

    /** A reply that is waited for here is done. */
    synchronized void wake() {
        notifyAll();
    }

    private synchronized void lookLater(int doublings) {
        if (timer != null) {
            looking = true;
            long before = progress;
            try {
                timer.after(PATIENCE.multipliedBy(1L << doublings), () -> look(before, doublings));
            } catch (RejectedExecutionException closed) {
                looking = false;
            }
        }
    }

    /** The executor had something to do, a while ago. If it has done nothing since, it may wait for us, be busy, or be gone. */
    private void look(long before, int doublings) {
        boolean stuck;
        synchronized (this) {
            if (tasks.isEmpty()) {
                looking = false;
                return;
            }
            Thread thread = runner == null ? lastRunner : runner;
            stuck = progress == before && mayWaitForUs(thread);
            if (stuck && runner == null) {
                // It may have dropped the submission.
                gone |= thread != null && thread.getState() == Thread.State.TERMINATED;
                submitted = false;
            }
            lookLater(stuck ? Math.min(doublings + 1, MAX_DOUBLINGS) : 0);
        }
        if (stuck) {
            settle();
        }
        flush();
    }

    /** Completes here, without the executor, every future that has its answer. Their stages still run there. */
    void settle() {
        List<Runnable> queued;
        synchronized (this) {
            queued = List.copyOf(tasks);
        }
        for (Runnable task : queued) {
            if (task instanceof Completion completion) {
                completion.run();
            }
        }
    }

    /** A thread that sleeps, or works, will come back; one that waits may do so for a future whose completion is queued. */
    private static boolean mayWaitForUs(@Nullable Thread thread) {
        if (thread == null) {
            return true;
        }
        Thread.State state = thread.getState();
        if (state == Thread.State.WAITING || state == Thread.State.TERMINATED) {
            return true;
        }
        Object blocker = LockSupport.getBlocker(thread);
        return blocker != null && blocker.getClass().getEnclosingClass() == CompletableFuture.class;
    }

    /** Waits a little until the own thread, if it is used, has delivered what is queued, unless called inside a callback. */
    void close() {
        if (executor == own && !isInside()) {
            CountDownLatch delivered = new CountDownLatch(1);
            execute(delivered::countDown);
            try {
                delivered.await(2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        DaemonThread.retire(own);
    }
}
