/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.netty.buffer.ByteBuf;

/**
 * A CONNECT of MQTT 5.
 *
 * @param clientId  the client id, possibly empty
 * @param userName  the user name, or null
 * @param password  the password, or null
 * @param keepAlive seconds, 0 for none
 * @param will      whether it has a will message
 * @param properties the properties
 */
record ConnectPacket(
        String clientId,
        String userName,
        byte[] password,
        int keepAlive,
        boolean will,
        MqttFields.Properties properties) {
    /** A CONNECT of an older MQTT, whose sender does not understand an answer of MQTT 5. */
    static final class OlderVersion extends Exception {
        private static final long serialVersionUID = 1L;

        OlderVersion() {
            super("MQTT 3", null, false, false);
        }
    }

    /** Reads what follows the fixed header. */
    static ConnectPacket read(ByteBuf body) throws MqttException, OlderVersion {
        MqttFields fields = new MqttFields(body);
        checkVersion(fields.text(), fields.u8());
        int flags = fields.u8();
        int keepAlive = fields.u16();
        boolean will = (flags & 0x04) != 0;
        if ((flags & 0x01) != 0 || !will && (flags & 0x38) != 0 || (flags & 0x18) == 0x18) {
            throw MqttException.malformed(String.format("CONNECT flags 0x%02x", flags));
        }
        MqttFields.Properties properties = fields.properties(
                MqttFields.SESSION_EXPIRY_INTERVAL,
                MqttFields.RECEIVE_MAXIMUM,
                MqttFields.MAXIMUM_PACKET_SIZE,
                MqttFields.TOPIC_ALIAS_MAXIMUM,
                MqttFields.REQUEST_RESPONSE_INFORMATION,
                MqttFields.REQUEST_PROBLEM_INFORMATION,
                MqttFields.AUTHENTICATION_METHOD,
                MqttFields.AUTHENTICATION_DATA);
        String clientId = fields.text();
        if (will) {
            fields.properties(MqttFields.WILL_DELAY_INTERVAL, 0x01, 0x02, 0x03, 0x08, 0x09);
            fields.text();
            fields.binary();
        }
        String userName = (flags & 0x80) != 0 ? fields.text() : null;
        byte[] password = (flags & 0x40) != 0 ? fields.binary() : null;
        fields.end();
        return new ConnectPacket(clientId, userName, password, keepAlive, will, properties);
    }

    private static void checkVersion(String protocol, int level) throws MqttException, OlderVersion {
        if (protocol.equals("MQIsdp") && level == 3 || protocol.equals("MQTT") && level == 4) {
            throw new OlderVersion();
        }
        if (!protocol.equals("MQTT") || level != 5) {
            throw new MqttException(MqttReason.UNSUPPORTED_VERSION, "not MQTT 5");
        }
    }
}
