/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.server.Session;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Goes with a test's failure as a suppressed exception, since that is shown by everything that shows a failure. Has no stack trace: its
 * message is what matters. It holds neither UserSigs nor secret keys, because events and sessions do not.
 */
final class WhatTheServerSaw extends Exception {
    private static final long serialVersionUID = 1L;
    private static final int MAX_EVENTS = 100;

    private WhatTheServerSaw(String message) {
        super(message, null, false, false);
    }

    static WhatTheServerSaw of(LoginServer server) {
        List<ServerEvent> events = server.events(0);
        List<ServerEvent> last = events.subList(Math.max(0, events.size() - MAX_EVENTS), events.size());
        List<Session> sessions = server.sessions();
        StringBuilder text = new StringBuilder(server.uri() + " in this test, times by its clock");
        text.append("\n  events: ").append(events.isEmpty() ? "none, so nothing reached it" : events.size());
        text.append(last.size() < events.size() ? ", the last " + MAX_EVENTS + " of which are" : "");
        text.append(last.stream().map(event -> "\n    " + line(event)).collect(Collectors.joining()));
        text.append("\n  connected sessions: ").append(sessions.isEmpty() ? "none" : sessions.size());
        text.append(sessions.stream().map(session -> "\n    " + line(session)).collect(Collectors.joining()));
        return new WhatTheServerSaw(text.toString());
    }

    private static String line(ServerEvent event) {
        String answer =
                (event.code() == 0 ? "" : " " + event.code()) + (event.text().isEmpty() ? "" : " " + event.text());
        return millis(event.time()) + " " + event.type() + " "
                + who(event.userId(), event.platform(), event.deviceId(), event.sdkAppId())
                + (answer.isEmpty() ? "" : ":" + printable(answer));
    }

    private static String line(Session session) {
        return who(session.userId(), session.platform(), session.deviceId(), session.sdkAppId()) + ", since "
                + millis(session.loggedInAt()) + ", UserSig until " + session.userSigExpiresAt();
    }

    private static Instant millis(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS);
    }

    private static String who(String userId, @Nullable Platform platform, String deviceId, long sdkAppId) {
        return (userId.isEmpty() ? "(nobody)" : printable(userId)) + " on "
                + (platform == null ? "(no platform)" : platform.text()) + " " + printable(deviceId) + " of app "
                + sdkAppId;
    }

    /** A client sent it, so it may be anything. */
    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
