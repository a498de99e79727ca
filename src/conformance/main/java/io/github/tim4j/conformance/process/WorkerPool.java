/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Worker processes, started ahead: each is given out once and never comes back. */
public final class WorkerPool implements AutoCloseable {
    private final int ahead;
    /** All under this lock. */
    private final Deque<WorkerProcess> waiting = new ArrayDeque<>();

    private int leftToStart;
    private boolean closed;

    /**
     * @param ahead how many to have ready
     * @param count how many will be asked for at least; more are started when they are
     */
    public WorkerPool(int ahead, int count) {
        this.ahead = ahead;
        this.leftToStart = count;
        fill();
    }

    public WorkerProcess take() {
        WorkerProcess worker;
        synchronized (this) {
            worker = waiting.isEmpty() ? start() : waiting.poll();
        }
        fill();
        worker.awaitReady();
        return worker;
    }

    private synchronized void fill() {
        while (!closed && waiting.size() < ahead && leftToStart-- > 0) {
            waiting.add(start());
        }
    }

    private static WorkerProcess start() {
        try {
            return new WorkerProcess();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start a worker process", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        waiting.forEach(WorkerProcess::close);
        waiting.clear();
    }
}
