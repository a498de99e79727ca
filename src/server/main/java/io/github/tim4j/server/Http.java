/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP ports of a {@link LoginServer}: one for the server API, health and metrics, one for test control and the console.
 *
 * @param port         the TCP port of the server API; 0 takes any free one, -1 means that there is none
 * @param controlPort  the TCP port of test control; 0 takes any free one, -1 means that there is none
 * @param controlToken what test control and metrics ask for, or null
 * @param admins       by app, the users besides {@code administrator} who may use the server API
 */
public record Http(int port, int controlPort, @Nullable String controlToken, Map<Long, Set<String>> admins) {
    /**
     * Whether a user may use the server API.
     *
     * @param sdkAppId the app
     * @param userId   the user
     * @return whether the user is an administrator of the app
     */
    public boolean isAdmin(long sdkAppId, String userId) {
        return userId.equals("administrator")
                || admins.getOrDefault(sdkAppId, Set.of()).contains(userId);
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "Http[port=" + port + ", controlPort=" + controlPort + ", controlToken="
                + (controlToken == null ? "none" : "(secret)") + ", admins=" + admins + "]";
    }
}
