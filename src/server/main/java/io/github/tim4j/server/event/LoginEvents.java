/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Publishes what happens to logins and sessions. Whoever publishes does not know who listens. Subscribers are called one after another on the
 * thread that publishes, most often an event loop, so they do not block. Any thread.
 */
public final class LoginEvents {
    private final List<Consumer<LoginEvent>> subscribers = new CopyOnWriteArrayList<>();

    public void subscribe(Consumer<LoginEvent> subscriber) {
        subscribers.add(subscriber);
    }

    public void publish(LoginEvent event) {
        for (Consumer<LoginEvent> subscriber : subscribers) {
            subscriber.accept(event);
        }
    }
}
