/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.net.InetSocketAddress;
import java.time.Instant;

/**
 * One instance of a user that is logged in.
 *
 * @param sdkAppId         the app
 * @param userId           the user
 * @param platform         what it runs on
 * @param deviceId         the installation; with the platform it names the instance
 * @param server           the id of the server that the instance is connected to
 * @param id               the number of the connection's session, unique within that server
 * @param address          where it connected from
 * @param loggedInAt       when the instance logged in; a reconnect keeps it
 * @param userSigExpiresAt when its UserSig expires
 */
public record Session(
        long sdkAppId,
        String userId,
        Platform platform,
        String deviceId,
        String server,
        long id,
        InetSocketAddress address,
        Instant loggedInAt,
        Instant userSigExpiresAt) {

    public boolean sameInstance(Session other) {
        return platform == other.platform && deviceId.equals(other.deviceId);
    }

    public Session withLoggedInAt(Instant instant) {
        return new Session(sdkAppId, userId, platform, deviceId, server, id, address, instant, userSigExpiresAt);
    }
}
