/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

/**
 * Why a login is refused.
 *
 * @param code     the code that the application gets, the user property {@code tim-code}
 * @param text     a sentence for people, without secrets
 * @param kickedBy with 6208, the platform of the instance that kicked, or null
 */
record Refusal(int code, String text, Platform kickedBy) {
    static final int INVALID_CLIENT = 6017;
    static final int KICKED = 6208;
    static final int INVALID_USER_ID = 7003;
    static final int CONNECT_LIMIT = -302;
    static final int OVERLOAD = -10114;
    static final int USER_SIG_EXPIRED = 70001;
    static final int KEY_NOT_FOUND = 70016;
    static final int APP_NOT_FOUND = 70020;
    static final int FREQ_LIMIT = 70050;
    static final int USER_SIG_INVALID = 70052;
    static final int INTERNAL_ERROR = 70500;

    Refusal(int code, String text) {
        this(code, text, null);
    }

    static Refusal kicked(Platform by) {
        return new Refusal(KICKED, KickCause.OTHER_INSTANCE.text(), by);
    }

    /** The reason code of the CONNACK that says so. */
    int reason() {
        return switch (code) {
            case INVALID_CLIENT -> MqttReason.CLIENT_ID_NOT_VALID;
            case INVALID_USER_ID, 70002, 70003, 70005 -> MqttReason.BAD_USER_NAME_OR_PASSWORD;
            case 70051 -> MqttReason.BANNED;
            case CONNECT_LIMIT, 70398 -> MqttReason.QUOTA_EXCEEDED;
            case FREQ_LIMIT, OVERLOAD, -10113 -> MqttReason.CONNECTION_RATE_EXCEEDED;
            case INTERNAL_ERROR, 70169 -> MqttReason.SERVER_UNAVAILABLE;
            default -> MqttReason.NOT_AUTHORIZED;
        };
    }
}
