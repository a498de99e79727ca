/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

/** A packet that ends its connection, with the reason code to answer. */
final class MqttException extends Exception {
    private static final long serialVersionUID = 1L;

    /** In place of a reason code: the connection is closed without an answer. */
    static final int NO_ANSWER = -1;

    private final int reason;

    MqttException(int reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    static MqttException malformed(String message) {
        return new MqttException(MqttReason.MALFORMED, message);
    }

    static MqttException protocolError(String message) {
        return new MqttException(MqttReason.PROTOCOL_ERROR, message);
    }

    int reason() {
        return reason;
    }
}
