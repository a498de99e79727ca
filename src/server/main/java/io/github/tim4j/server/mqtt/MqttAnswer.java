/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Writes the packets that a login server sends: CONNACK, PINGRESP and DISCONNECT. */
final class MqttAnswer {
    /** CONNACK of MQTT 3 with return code 1, unacceptable protocol version. */
    private static final byte[] OLDER_VERSION = {0x20, 0x02, 0x00, 0x01};

    private static final byte[] PINGRESP = {(byte) 0xD0, 0x00};

    private static final int ASSIGNED_CLIENT_IDENTIFIER = 0x12;
    private static final int SERVER_KEEP_ALIVE = 0x13;

    private final ByteBuf properties;

    private MqttAnswer(ByteBufAllocator allocator) {
        this.properties = allocator.buffer(128);
    }

    static MqttAnswer with(ByteBufAllocator allocator) {
        return new MqttAnswer(allocator);
    }

    static ByteBuf olderVersion() {
        return Unpooled.wrappedBuffer(OLDER_VERSION);
    }

    static ByteBuf pingResponse() {
        return Unpooled.wrappedBuffer(PINGRESP);
    }

    MqttAnswer user(String name, String value) {
        properties.writeByte(MqttFields.USER_PROPERTY);
        text(name);
        text(value);
        return this;
    }

    MqttAnswer user(String name, long value) {
        return user(name, Long.toString(value));
    }

    MqttAnswer reasonString(String reason) {
        properties.writeByte(MqttFields.REASON_STRING);
        text(reason);
        return this;
    }

    MqttAnswer serverKeepAlive(int seconds) {
        properties.writeByte(SERVER_KEEP_ALIVE).writeShort(seconds);
        return this;
    }

    MqttAnswer maximumPacketSize(int bytes) {
        properties.writeByte(MqttFields.MAXIMUM_PACKET_SIZE).writeInt(bytes);
        return this;
    }

    MqttAnswer noSessionExpiry() {
        properties.writeByte(MqttFields.SESSION_EXPIRY_INTERVAL).writeInt(0);
        return this;
    }

    MqttAnswer assignedClientId(String clientId) {
        properties.writeByte(ASSIGNED_CLIENT_IDENTIFIER);
        text(clientId);
        return this;
    }

    private void text(String text) {
        properties.writeShort(ByteBufUtil.utf8Bytes(text));
        properties.writeCharSequence(text, java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Ends this answer. The properties are left out of a packet that would exceed what the client takes. */
    ByteBuf connack(int reason, long clientMaximum) {
        return packet(0x20, new byte[] {0, (byte) reason}, clientMaximum);
    }

    /** Ends this answer, like {@link #connack}. */
    ByteBuf disconnect(int reason, long clientMaximum) {
        return packet(0xE0, new byte[] {(byte) reason}, clientMaximum);
    }

    private ByteBuf packet(int type, byte[] header, long clientMaximum) {
        int worstCase = 1 + 4 + header.length + 4 + properties.readableBytes();
        if (worstCase > clientMaximum) {
            properties.clear();
        }
        int length = properties.readableBytes();
        ByteBuf packet = properties.alloc().buffer(worstCase);
        packet.writeByte(type);
        variableByteInteger(packet, header.length + variableByteIntegerSize(length) + length);
        packet.writeBytes(header);
        variableByteInteger(packet, length);
        packet.writeBytes(properties);
        properties.release();
        return packet;
    }

    private static int variableByteIntegerSize(int value) {
        return value < 128 ? 1 : value < 16384 ? 2 : 3;
    }

    private static void variableByteInteger(ByteBuf out, int value) {
        int rest = value;
        while (rest >= 128) {
            out.writeByte(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }
}
