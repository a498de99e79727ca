/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.login.Refusal;

/** The MQTT 5 reason codes that a login server uses, as unsigned bytes. */
final class MqttReason {
    static final int SUCCESS = 0x00;
    static final int UNSPECIFIED = 0x80;
    static final int MALFORMED = 0x81;
    static final int PROTOCOL_ERROR = 0x82;
    /** The packet is valid, but this server does not process it. */
    static final int IMPLEMENTATION_SPECIFIC = 0x83;

    static final int UNSUPPORTED_VERSION = 0x84;
    static final int CLIENT_ID_NOT_VALID = 0x85;
    static final int BAD_USER_NAME_OR_PASSWORD = 0x86;
    static final int NOT_AUTHORIZED = 0x87;
    static final int SERVER_UNAVAILABLE = 0x88;
    static final int SERVER_BUSY = 0x89;
    static final int BANNED = 0x8A;
    static final int SHUTTING_DOWN = 0x8B;
    static final int BAD_AUTHENTICATION_METHOD = 0x8C;
    static final int KEEP_ALIVE_TIMEOUT = 0x8D;
    static final int SESSION_TAKEN_OVER = 0x8E;
    static final int PACKET_TOO_LARGE = 0x95;
    static final int MESSAGE_RATE_TOO_HIGH = 0x96;
    static final int QUOTA_EXCEEDED = 0x97;
    static final int ADMINISTRATIVE_ACTION = 0x98;
    static final int CONNECTION_RATE_EXCEEDED = 0x9F;
    static final int MAXIMUM_CONNECT_TIME = 0xA0;

    private MqttReason() {}

    /** The reason code of the CONNACK that refuses a login for this reason. */
    static int of(Refusal refusal) {
        return switch (refusal.code()) {
            case Refusal.INVALID_CLIENT -> CLIENT_ID_NOT_VALID;
            case Refusal.INVALID_USER_ID, 70002, 70003, 70005 -> BAD_USER_NAME_OR_PASSWORD;
            case 70051 -> BANNED;
            case Refusal.CONNECT_LIMIT, 70398 -> QUOTA_EXCEEDED;
            case Refusal.FREQ_LIMIT, Refusal.OVERLOAD, -10113 -> CONNECTION_RATE_EXCEEDED;
            case Refusal.INTERNAL_ERROR, 70169 -> SERVER_UNAVAILABLE;
            default -> NOT_AUTHORIZED;
        };
    }

    /** The reason code of the DISCONNECT that ends a session for this cause. */
    static int of(KickCause cause) {
        return switch (cause) {
            case OTHER_INSTANCE, TAKEN_OVER -> SESSION_TAKEN_OVER;
            case REST -> ADMINISTRATIVE_ACTION;
            case USER_SIG_EXPIRED -> MAXIMUM_CONNECT_TIME;
            case USER_SIG_INVALID -> NOT_AUTHORIZED;
        };
    }
}
