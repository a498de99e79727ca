/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the library reports to a client, worked off one item at a time, in order, by whichever thread comes by. So what the items touch
 * needs no lock. While held, items only wait: a request is entered before any answer to it is looked at, even if the library
 * answers before the call returns.
 */
final class Inbox {
    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);

    private final Queue<Runnable> items = new ArrayDeque<>();
    private int holders;
    private boolean running;

    void put(Runnable item) {
        synchronized (this) {
            items.add(item);
        }
        run();
    }

    synchronized void hold() {
        holders++;
    }

    void release() {
        synchronized (this) {
            holders--;
        }
        run();
    }

    private void run() {
        for (Runnable item = take(false); item != null; item = take(true)) {
            try {
                item.run();
            } catch (Throwable e) {
                LOG.error("an event of the library could not be handled", e);
            }
        }
    }

    /** @param mine whether this thread is the one that runs items, and asks for its next */
    private synchronized @Nullable Runnable take(boolean mine) {
        if (running && !mine) {
            return null;
        }
        Runnable item = holders == 0 ? items.poll() : null;
        running = item != null;
        return item;
    }
}
