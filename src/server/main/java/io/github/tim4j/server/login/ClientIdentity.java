/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.event.LoginEvent;
import org.jspecify.annotations.Nullable;

/**
 * Who a client says it is.
 *
 * @param sdkAppId         the app, at least 0; whether it is served is still to be checked
 * @param assignedClientId the client id that the server chose for a client that gave none, or null
 */
public record ClientIdentity(
        long sdkAppId,
        String userId,
        Platform platform,
        String deviceId,
        @Nullable String assignedClientId) {
    /** An instance of a user, whichever connection it has. */
    record Device(long sdkAppId, String userId, Platform platform, String deviceId) {
        static Device of(Session session) {
            return new Device(session.sdkAppId(), session.userId(), session.platform(), session.deviceId());
        }
    }

    LoginEvent.Client client() {
        return new LoginEvent.Client(sdkAppId, userId, platform, deviceId);
    }
}
