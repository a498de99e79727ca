/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.Platform;
import io.github.tim4j.server.login.ClientIdentity;
import io.github.tim4j.server.login.Refusal;
import io.github.tim4j.usersig.UserId;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads who a CONNECT says it is. The user properties {@code sdkappid}, {@code platform} and {@code device-id} say it, or the client id
 * {@code {sdkAppId}:{userId}:{platform}:{deviceId}}; where both do, they agree. The user id is the user name.
 */
final class ClientIdentityReader {
    /** A user id may hold colons; the other parts do not. */
    private static final Pattern CLIENT_ID = Pattern.compile("([^:]*):(.*):([^:]*):([^:]*)", Pattern.DOTALL);

    private static final Pattern DEVICE_ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private ClientIdentityReader() {}

    /** An identity, or why there is none: exactly one of both. */
    record Reading(
            @Nullable ClientIdentity identity, @Nullable Refusal refusal) {}

    static Reading read(ConnectPacket connect) {
        String userId = connect.userName() == null ? "" : connect.userName();
        if (!UserId.isValid(userId)) {
            return new Reading(
                    null,
                    new Refusal(
                            Refusal.INVALID_USER_ID,
                            "a user id is 1 to 32 bytes of printable ASCII, this one has " + userId.length()
                                    + " characters or others"));
        }
        String app = connect.properties().user("sdkappid");
        String platform = connect.properties().user("platform");
        String device = connect.properties().user("device-id");
        String assigned = null;
        if (connect.clientId().isEmpty()) {
            device = device == null ? UUID.randomUUID().toString() : device;
            assigned = app + ":" + userId + ":" + platform + ":" + device;
        } else {
            Matcher parts = CLIENT_ID.matcher(connect.clientId());
            if (!parts.matches()
                    || contradicts(userId, parts.group(2))
                    || contradicts(app, parts.group(1))
                    || contradicts(platform, parts.group(3))
                    || contradicts(device, parts.group(4))) {
                return refused(
                        "the client id is not {sdkAppId}:{userId}:{platform}:{deviceId} with the values of the user properties");
            }
            app = parts.group(1);
            platform = parts.group(3);
            device = parts.group(4);
        }
        return checked(app, userId, platform, device, assigned);
    }

    private static boolean contradicts(String property, String part) {
        return property != null && !property.equals(part);
    }

    private static Reading checked(String app, String userId, String platformName, String device, String assigned) {
        Optional<Platform> platform = Platform.of(platformName);
        if (platform.isEmpty()) {
            return refused("the platform is not one of Windows, Mac, Linux, Android, iPhone, iPad, Web");
        }
        if (!DEVICE_ID.matcher(device).matches()) {
            return refused("the device id is not 1 to 64 letters, digits, - and _");
        }
        if (app == null || !NUMBER.matcher(app).matches()) {
            return new Reading(
                    null, new Refusal(Refusal.APP_NOT_FOUND, "the SDKAppID is not a number of 1 to 18 digits"));
        }
        return new Reading(new ClientIdentity(Long.parseLong(app), userId, platform.get(), device, assigned), null);
    }

    private static Reading refused(String text) {
        return new Reading(null, new Refusal(Refusal.INVALID_CLIENT, text));
    }
}
