/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

/** Why the server ends a session. */
public enum KickCause {
    /** Another instance of the user logged in, and the login policy has no place for both. */
    OTHER_INSTANCE(MqttReason.SESSION_TAKEN_OVER, 6208, "kicked offline: the user logged in on another instance"),
    /** An administrator asked for it. */
    REST(MqttReason.ADMINISTRATIVE_ACTION, 0, "kicked offline by an administrator"),
    /** The UserSig has expired. */
    USER_SIG_EXPIRED(MqttReason.MAXIMUM_CONNECT_TIME, 70001, "the UserSig has expired"),
    /** An administrator made the user's UserSigs invalid. */
    USER_SIG_INVALID(MqttReason.NOT_AUTHORIZED, 70052, "the UserSig is no longer valid"),
    /** The same instance connected again; no kick, only the end of the old connection. */
    TAKEN_OVER(MqttReason.SESSION_TAKEN_OVER, 0, "the same instance connected again");

    private final int reason;
    private final int code;
    private final String text;

    KickCause(int reason, int code, String text) {
        this.reason = reason;
        this.code = code;
        this.text = text;
    }

    /** The reason code of the DISCONNECT. */
    int reason() {
        return reason;
    }

    /** The user property {@code tim-code} of the DISCONNECT; 0 for none. */
    int code() {
        return code;
    }

    String text() {
        return text;
    }
}
