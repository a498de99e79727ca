/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.server.Session;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last events of a server, oldest first; and the access log. Any thread. */
public final class EventLog implements Consumer<LoginEvent> {
    private static final Logger ACCESS = LoggerFactory.getLogger("io.github.tim4j.server.access");

    private final int capacity;
    private final Deque<ServerEvent> events = new ArrayDeque<>();
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();
    private long last;

    public EventLog(int capacity) {
        this.capacity = capacity;
    }

    @Override
    public void accept(LoginEvent event) {
        if (event instanceof LoginEvent.LoginAccepted e) {
            add(
                    e.time(),
                    e.reconnect() ? ServerEvent.Type.RECONNECT : ServerEvent.Type.LOGIN,
                    client(e.session()),
                    0,
                    "");
        } else if (event instanceof LoginEvent.LoginRefused e) {
            add(e.time(), ServerEvent.Type.LOGIN_REFUSED, e.client(), e.code(), e.text());
        } else if (event instanceof LoginEvent.SessionEnded e) {
            add(e.time(), ServerEvent.Type.valueOf(e.how().name()), client(e.session()), 0, "");
        } else if (event instanceof LoginEvent.SessionKicked e) {
            boolean expired = e.cause() == KickCause.USER_SIG_EXPIRED || e.cause() == KickCause.USER_SIG_INVALID;
            ServerEvent.Type type = expired ? ServerEvent.Type.USER_SIG_EXPIRED : ServerEvent.Type.KICKED;
            add(e.time(), type, client(e.session()), e.cause().code(), e.cause().text());
        } else if (event instanceof LoginEvent.ProtocolBroken e) {
            add(e.time(), ServerEvent.Type.PROTOCOL_ERROR, e.client(), 0, e.text());
        }
    }

    private static LoginEvent.Client client(Session session) {
        return new LoginEvent.Client(session.sdkAppId(), session.userId(), session.platform(), session.deviceId());
    }

    private void add(Instant time, ServerEvent.Type type, LoginEvent.Client client, int code, String text) {
        synchronized (this) {
            events.addLast(new ServerEvent(
                    ++last,
                    time,
                    type,
                    client.sdkAppId(),
                    client.userId(),
                    client.platform(),
                    client.deviceId(),
                    code,
                    text));
            if (events.size() > capacity) {
                events.removeFirst();
            }
        }
        watchers.forEach(Runnable::run);
        if (ACCESS.isInfoEnabled()) {
            ACCESS.info(
                    "{} sdkappid={} user={} platform={} device={} code={} {}",
                    type,
                    client.sdkAppId(),
                    field(client.userId()),
                    client.platform() == null ? "" : client.platform().text(),
                    field(client.deviceId()),
                    code,
                    text);
        }
    }

    /** A client sent it: with a blank or a quote in it, it could look like other fields. */
    private static String field(String text) {
        return text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '\\')
                ? text
                : '"'
                        + text.replaceAll("[^\\x20-\\x7e]", "?")
                                .replace("\\", "\\\\")
                                .replace("\"", "\\\"")
                        + '"';
    }

    public synchronized List<ServerEvent> after(long cursor) {
        List<ServerEvent> found = new ArrayList<>();
        for (Iterator<ServerEvent> newestFirst = events.descendingIterator(); newestFirst.hasNext(); ) {
            ServerEvent event = newestFirst.next();
            if (event.number() <= cursor) {
                break;
            }
            found.add(event);
        }
        Collections.reverse(found);
        return found;
    }

    /** @param watcher run after each event, on the thread that it happens on; it must be quick */
    public void watch(Runnable watcher) {
        watchers.add(watcher);
    }

    public void unwatch(Runnable watcher) {
        watchers.remove(watcher);
    }

    public synchronized void clear() {
        events.clear();
    }
}
