/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns run one at a time, in the order in which they were given, by whichever thread comes by. What belongs to the loop needs no other
 * lock. A turn may call the native library; it never runs code of the application's: what it has for that, it leaves to the dispatch, which is
 * flushed when the loop has been left.
 */
final class Loop {
    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);

    private final Queue<Runnable> turns = new ConcurrentLinkedQueue<>();
    private final ReentrantLock running = new ReentrantLock();
    private final Timer timer;
    private final Runnable afterwards;

    /** @param afterwards run, outside of the loop, when a thread has left it */
    Loop(Timer timer, Runnable afterwards) {
        this.timer = timer;
        this.afterwards = afterwards;
    }

    /** Never waits: if another thread is in the loop, that one runs the turn. For threads of the library and of timers. */
    void put(Runnable turn) {
        turns.add(turn);
        if (!running.isHeldByCurrentThread()) {
            runAll();
        }
    }

    /** @return cancel it, and the turn will not run unless it has been put; none runs after the timer has been closed */
    Future<?> later(Duration delay, Runnable turn) {
        try {
            return timer.after(delay, () -> put(turn));
        } catch (RejectedExecutionException closed) {
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Returns when the turn has run, which is on this thread; inside of a turn it is put behind it. For calls of the application's. */
    void call(Runnable turn) {
        if (running.isHeldByCurrentThread()) {
            turns.add(turn);
            return;
        }
        running.lock();
        try {
            drain();
            run(turn);
            drain();
        } finally {
            running.unlock();
        }
        runAll();
    }

    private void runAll() {
        // Looked at again after each unlock: a turn may have been put when this thread had seen its last one.
        while (!turns.isEmpty() && running.tryLock()) {
            try {
                drain();
            } finally {
                running.unlock();
            }
        }
        afterwards.run();
    }

    private void drain() {
        for (Runnable turn = turns.poll(); turn != null; turn = turns.poll()) {
            run(turn);
        }
    }

    private static void run(Runnable turn) {
        try {
            turn.run();
        } catch (Throwable e) {
            Contained.report(LOG, "an event of the library could not be handled", e);
        }
    }
}
