/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happened to a login or a session. {@link LoginEvents} publishes it; {@link #time()} is the server's clock. */
public sealed interface LoginEvent {
    Instant time();

    /**
     * Who it happened to, as far as a client has said who it is.
     *
     * @param sdkAppId the app, or 0 if unknown
     * @param userId   the user, or "" if unknown
     * @param platform null if unknown
     * @param deviceId "" if unknown
     */
    record Client(long sdkAppId, String userId, @Nullable Platform platform, String deviceId) {
        public static final Client UNKNOWN = new Client(0, "", null, "");
    }

    /**
     * An instance is logged in.
     *
     * @param reconnect whether it was logged in already
     * @param kicked    the sessions that had to go for it, connected or not
     */
    record LoginAccepted(Instant time, Session session, boolean reconnect, List<Session> kicked)
            implements LoginEvent {}

    /** A login was refused with this code. */
    record LoginRefused(Instant time, Client client, int code, String text) implements LoginEvent {}

    /**
     * A CONNECT was answered.
     *
     * @param code 0 for success
     * @param took the time since the CONNECT arrived
     */
    record LoginAnswered(Instant time, int code, Duration took) implements LoginEvent {}

    /**
     * The session store decided about a login.
     *
     * @param failed whether it did not, but failed or did not answer in time
     */
    record StoreDecided(Instant time, Duration took, boolean failed) implements LoginEvent {}

    /** A session's connection ended without the server's doing. */
    record SessionEnded(Instant time, Session session, How how) implements LoginEvent {
        /** How it ended; after anything but a logout the instance is still logged in. */
        public enum How {
            LOGOUT,
            LINK_CLOSED,
            TIMED_OUT
        }
    }

    /** The server ended a session, connected or not. */
    record SessionKicked(Instant time, Session session, KickCause cause) implements LoginEvent {}

    /** A client broke the protocol, and its connection was closed. */
    record ProtocolBroken(Instant time, Client client, String text) implements LoginEvent {}
}
