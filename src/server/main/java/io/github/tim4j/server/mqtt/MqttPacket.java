/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.LoginServerConfig;
import io.netty.buffer.ByteBuf;

/**
 * A packet that a login server serves, cut out of a client's bytes. Type and size are checked as soon as the header is there, before the
 * body is waited for.
 *
 * @param type {@link #CONNECT}, {@link #PINGREQ} or {@link #DISCONNECT}
 * @param body what follows the header; valid until more bytes are read
 */
record MqttPacket(int type, ByteBuf body) {
    static final int CONNECT = 1;
    static final int PINGREQ = 12;
    static final int DISCONNECT = 14;

    private static final int PUBLISH = 3;
    private static final int PUBREL = 6;
    private static final int SUBSCRIBE = 8;
    private static final int UNSUBSCRIBE = 10;

    /**
     * Cuts off the next packet.
     *
     * @param in    at least 1 byte; read up to the end of the packet if there is one
     * @param first whether it is the connection's first packet, which must be a CONNECT; later ones must not
     * @return the packet, or null if it is not there completely
     */
    static MqttPacket cut(ByteBuf in, boolean first) throws MqttException {
        int start = in.readerIndex();
        int type = in.getUnsignedByte(start) >> 4;
        if (first && type != CONNECT) {
            throw new MqttException(MqttException.NO_ANSWER, "does not begin with a CONNECT, so does not speak MQTT");
        }
        int header = headerLength(in);
        if (header == 0) {
            return null;
        }
        int length = 0;
        for (int i = 1; i < header; i++) {
            length |= (in.getByte(start + i) & 0x7f) << 7 * (i - 1);
        }
        if (header + length > LoginServerConfig.MAX_PACKET) {
            throw new MqttException(
                    MqttReason.PACKET_TOO_LARGE,
                    "a packet of " + (header + length) + " bytes; at most " + LoginServerConfig.MAX_PACKET
                            + " are taken");
        }
        checkServed(type, in.getUnsignedByte(start) & 0x0f, first);
        if (in.readableBytes() < header + length) {
            return null;
        }
        in.skipBytes(header);
        return new MqttPacket(type, in.readSlice(length));
    }

    /** How many bytes type and remaining length take; 0 if they are not all there. */
    private static int headerLength(ByteBuf in) throws MqttException {
        int start = in.readerIndex();
        for (int i = 1; i <= 4; i++) {
            if (in.readableBytes() <= i) {
                return 0;
            }
            byte digit = in.getByte(start + i);
            if (digit >= 0) {
                if (digit == 0 && i > 1) {
                    throw MqttException.malformed("the remaining length has too many bytes");
                }
                return i + 1;
            }
        }
        throw MqttException.malformed("the remaining length has more than 4 bytes");
    }

    private static void checkServed(int type, int flags, boolean first) throws MqttException {
        boolean flagsFit = switch (type) {
            case PUBLISH -> (flags & 0x06) != 0x06;
            case PUBREL, SUBSCRIBE, UNSUBSCRIBE -> flags == 2;
            default -> flags == 0;
        };
        if (type == 0 || !flagsFit) {
            throw MqttException.malformed("packet type " + type + " with flags " + flags);
        }
        switch (type) {
            case CONNECT -> {
                if (!first) {
                    throw MqttException.protocolError("a second CONNECT");
                }
            }
            case PINGREQ, DISCONNECT -> {}
            case PUBLISH, SUBSCRIBE, UNSUBSCRIBE ->
                throw new MqttException(
                        MqttReason.IMPLEMENTATION_SPECIFIC,
                        "a login server serves neither PUBLISH nor SUBSCRIBE nor UNSUBSCRIBE");
            default -> throw MqttException.protocolError("packet type " + type + " does not belong here");
        }
    }
}
