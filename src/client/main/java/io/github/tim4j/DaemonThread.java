/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread that works off a queue and keeps no JVM alive. It starts with the first task. */
final class DaemonThread {
    private DaemonThread() {}

    static ThreadPoolExecutor named(String name) {
        // Without an idle timeout: a wait with a timer costs each hand-over several microseconds.
        return new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Lets the thread end as soon as it has nothing to do; a later task starts another. */
    static void retire(ThreadPoolExecutor thread) {
        thread.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
        thread.allowCoreThreadTimeOut(true);
    }
}
