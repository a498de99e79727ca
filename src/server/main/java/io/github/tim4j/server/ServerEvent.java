/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened on a login server.
 *
 * @param number   counts up from 1; the cursor for {@link LoginServer#events(long)}
 * @param time     when, by the server's clock
 * @param type     what
 * @param sdkAppId the app, or 0 if unknown
 * @param userId   the user, or "" if unknown
 * @param platform the instance's platform, or null if unknown
 * @param deviceId the instance's device id, or "" if unknown
 * @param code     the code that the client was given, 0 for none
 * @param text     more, for people; never a secret
 */
public record ServerEvent(
        long number,
        Instant time,
        Type type,
        long sdkAppId,
        String userId,
        @Nullable Platform platform,
        String deviceId,
        int code,
        String text) {
    /** What happened. */
    public enum Type {
        /** An instance logged in that was not logged in. */
        LOGIN,
        /** An instance that was logged in connected again. */
        RECONNECT,
        /** A login was refused. */
        LOGIN_REFUSED,
        /** An instance logged out. */
        LOGOUT,
        /** An instance lost its connection; it is still logged in. */
        LINK_CLOSED,
        /** An instance was silent for too long, and its connection was given up; it is still logged in. */
        TIMED_OUT,
        /** An instance was kicked, connected or not. */
        KICKED,
        /** An instance's UserSig expired or was made invalid while it was logged in. */
        USER_SIG_EXPIRED,
        /** A client broke the protocol, and its connection was closed. */
        PROTOCOL_ERROR
    }
}
