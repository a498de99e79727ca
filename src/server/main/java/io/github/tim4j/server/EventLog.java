/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last events of a server, oldest first; and the access log. Any thread. */
final class EventLog {
    private static final Logger ACCESS = LoggerFactory.getLogger("io.github.tim4j.server.access");

    private final int capacity;
    private final ServerClock clock;
    private final Deque<ServerEvent> events = new ArrayDeque<>();
    private long last;

    EventLog(int capacity, ServerClock clock) {
        this.capacity = capacity;
        this.clock = clock;
    }

    void add(ServerEvent.Type type, Session session, int code, String text) {
        add(type, session.sdkAppId(), session.userId(), session.platform(), session.deviceId(), code, text);
    }

    void add(
            ServerEvent.Type type,
            long sdkAppId,
            String userId,
            Platform platform,
            String deviceId,
            int code,
            String text) {
        Instant now = clock.now();
        synchronized (this) {
            events.addLast(new ServerEvent(++last, now, type, sdkAppId, userId, platform, deviceId, code, text));
            if (events.size() > capacity) {
                events.removeFirst();
            }
        }
        if (ACCESS.isInfoEnabled()) {
            ACCESS.info(
                    "{} sdkappid={} user={} platform={} device={} code={} {}",
                    type,
                    sdkAppId,
                    userId,
                    platform == null ? "" : platform.text(),
                    deviceId,
                    code,
                    text);
        }
    }

    synchronized List<ServerEvent> after(long cursor) {
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

    synchronized void clear() {
        events.clear();
    }
}
