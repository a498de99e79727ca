/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The application's listeners, each known by its identity. An event goes to those that were there when it happened, unless removed before it is
 * delivered. Events come from the loop; listeners are removed on any thread.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(TimClient.class);

    /** One listener, until it is removed. */
    static final class Entry {
        private final TimListener listener;
        private volatile boolean removed;

        Entry(TimListener listener) {
            this.listener = listener;
        }
    }

    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private final Dispatch dispatch;

    Listeners(Dispatch dispatch) {
        this.dispatch = dispatch;
    }

    /**
     * In the loop.
     *
     * @param replay what the listener gets first
     */
    void add(Entry entry, List<TimEvent> replay) {
        if (entry.removed || entries.stream().anyMatch(present -> present.listener == entry.listener)) {
            return;
        }
        entries.add(entry);
        for (TimEvent event : replay) {
            dispatch.add(() -> deliver(entry, event));
        }
    }

    void remove(Entry entry) {
        entry.removed = true;
        entries.remove(entry);
    }

    void remove(TimListener listener) {
        for (Entry entry : entries) {
            if (entry.listener == listener) {
                remove(entry);
            }
        }
    }

    /** In the loop. Network events may be lost when far too many wait. */
    void report(TimEvent event) {
        if (entries.isEmpty()) {
            return;
        }
        Object[] present = entries.toArray();
        Runnable delivery = () -> {
            for (Object entry : present) {
                deliver((Entry) entry, event);
            }
        };
        if (event instanceof NetworkChange) {
            dispatch.offer(delivery);
        } else {
            dispatch.add(delivery);
        }
    }

    private static void deliver(Entry entry, TimEvent event) {
        if (entry.removed) {
            return;
        }
        try {
            call(entry.listener, event);
        } catch (Throwable e) {
            Contained.report(
                    LOG, "a listener failed: " + entry.listener.getClass().getName(), e);
        }
    }

    private static void call(TimListener listener, TimEvent event) {
        if (event instanceof StatusChange change) {
            listener.onStatusChanged(change);
        } else if (event instanceof TimEvent.Ready ready) {
            listener.onReady(ready.userId());
        } else if (event instanceof TimEvent.NotReady notReady) {
            listener.onNotReady(notReady.userId());
        } else if (event instanceof TimEvent.KickedOffline kicked) {
            listener.onKickedOffline(kicked.userId(), kicked.reason());
        } else if (event instanceof TimEvent.UserSigExpired expired) {
            listener.onUserSigExpired(expired.userId());
        } else if (event instanceof UserSigRenewal renewal) {
            listener.onUserSigRenewal(renewal);
        } else if (event instanceof NetworkChange network) {
            listener.onNetworkStatus(network);
        }
    }

    /** A listener that passes one kind of event on, and ignores the others. */
    static <E extends TimEvent> TimListener of(Class<E> kind, Consumer<? super E> handler) {
        return new TimListener() {
            private void pass(TimEvent event) {
                if (kind.isInstance(event)) {
                    handler.accept(kind.cast(event));
                }
            }

            @Override
            public void onStatusChanged(StatusChange change) {
                pass(change);
            }

            @Override
            public void onReady(String userId) {
                pass(new TimEvent.Ready(userId));
            }

            @Override
            public void onNotReady(String userId) {
                pass(new TimEvent.NotReady(userId));
            }

            @Override
            public void onKickedOffline(String userId, KickReason reason) {
                pass(new TimEvent.KickedOffline(userId, reason));
            }

            @Override
            public void onUserSigExpired(String userId) {
                pass(new TimEvent.UserSigExpired(userId));
            }

            @Override
            public void onUserSigRenewal(UserSigRenewal renewal) {
                pass(renewal);
            }

            @Override
            public void onNetworkStatus(NetworkChange change) {
                pass(change);
            }
        };
    }
}
