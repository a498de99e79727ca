/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Worker processes, started ahead: each is given out once and never comes back. */
public final class WorkerPool implements AutoCloseable {
    private final int ahead;
    private final Wrapping wrapping;
    /** All under this lock. */
    private final Deque<WorkerProcess> waiting = new ArrayDeque<>();

    private int leftToStart;
    private boolean closed;

    /**
     * @param ahead    how many to have ready
     * @param count    how many will be asked for at least; more are started when they are
     * @param wrapping how they are run
     */
    public WorkerPool(int ahead, int count, Wrapping wrapping) {
        this.ahead = ahead;
        this.wrapping = wrapping;
        this.leftToStart = count;
        fill();
    }

    /** For a scenario: whoever waits for that is told of the process. */
    public WorkerProcess takeForScenario() {
        WorkerProcess worker = take();
        wrapping.started().accept(worker.id());
        return worker;
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

    private WorkerProcess start() {
        try {
            return new WorkerProcess(wrapping);
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
