/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The application's listeners. An event goes to those that were there when it happened, unless removed before it is delivered. */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);

    private final List<TimListener> listeners = new CopyOnWriteArrayList<>();
    private final Dispatch dispatch;

    Listeners(Dispatch dispatch) {
        this.dispatch = dispatch;
    }

    /** @param replay what the listener gets first */
    void add(TimListener listener, Consumer<TimListener> replay) {
        if (!listeners.contains(listener)) {
            listeners.add(listener);
            dispatch.execute(() -> deliver(listener, replay));
        }
    }

    void remove(TimListener listener) {
        listeners.remove(listener);
    }

    void tell(Consumer<TimListener> event) {
        if (!listeners.isEmpty()) {
            dispatch.execute(delivery(event));
        }
    }

    /** For events that may be lost when far too many wait. */
    void tellIfRoom(Consumer<TimListener> event) {
        if (!listeners.isEmpty()) {
            dispatch.offer(delivery(event));
        }
    }

    private Runnable delivery(Consumer<TimListener> event) {
        TimListener[] present = listeners.toArray(new TimListener[0]);
        return () -> {
            for (TimListener listener : present) {
                deliver(listener, event);
            }
        };
    }

    private void deliver(TimListener listener, Consumer<TimListener> event) {
        if (!listeners.contains(listener)) {
            return;
        }
        try {
            event.accept(listener);
        } catch (Throwable e) {
            LOG.error("a listener failed: {}", listener.getClass().getName(), e);
        }
    }
}
