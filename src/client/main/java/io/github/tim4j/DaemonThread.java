/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread that works off a queue, from the first task until the shutdown, and keeps no JVM alive. */
final class DaemonThread {
    private DaemonThread() {}

    static ExecutorService named(String name) {
        // Without an idle timeout: a wait with a timer costs each hand-over several microseconds.
        return new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
