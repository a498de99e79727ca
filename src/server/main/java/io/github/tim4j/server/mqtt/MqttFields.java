/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the fields of one MQTT 5 packet. The buffer holds exactly the packet's remaining bytes, so a field that runs over is malformed. */
final class MqttFields {
    /** How many user properties are kept; more are read and dropped. */
    private static final int MAX_USER_PROPERTIES = 32;

    static final int SESSION_EXPIRY_INTERVAL = 0x11;
    static final int WILL_DELAY_INTERVAL = 0x18;
    static final int AUTHENTICATION_METHOD = 0x15;
    static final int AUTHENTICATION_DATA = 0x16;
    static final int REQUEST_PROBLEM_INFORMATION = 0x17;
    static final int REQUEST_RESPONSE_INFORMATION = 0x19;
    static final int REASON_STRING = 0x1F;
    static final int RECEIVE_MAXIMUM = 0x21;
    static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    static final int USER_PROPERTY = 0x26;
    static final int MAXIMUM_PACKET_SIZE = 0x27;

    /** The properties of a packet: numbers and texts by identifier, each at most once, and the user properties in order. */
    record Properties(Map<Integer, Object> values, List<Map.Entry<String, String>> user) {
        long number(int id, long absent) {
            return values.get(id) instanceof Long number ? number : absent;
        }

        /** The first user property of this name, or null. */
        String user(String name) {
            return user.stream()
                    .filter(property -> property.getKey().equals(name))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(null);
        }
    }

    private final ByteBuf in;

    MqttFields(ByteBuf in) {
        this.in = in;
    }

    int u8() throws MqttException {
        need(1);
        return in.readUnsignedByte();
    }

    int u16() throws MqttException {
        need(2);
        return in.readUnsignedShort();
    }

    long u32() throws MqttException {
        need(4);
        return in.readUnsignedInt();
    }

    byte[] binary() throws MqttException {
        int length = u16();
        need(length);
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    String text() throws MqttException {
        int length = u16();
        need(length);
        int start = in.readerIndex();
        in.skipBytes(length);
        for (int i = start; i < start + length; i++) {
            byte b = in.getByte(i);
            if (b == 0) {
                throw MqttException.malformed("a string holds U+0000");
            }
            if (b < 0) {
                return decoded(in.nioBuffer(start, length));
            }
        }
        return in.toString(start, length, StandardCharsets.US_ASCII);
    }

    private static String decoded(ByteBuffer bytes) throws MqttException {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            if (text.indexOf('\0') >= 0) {
                throw MqttException.malformed("a string holds U+0000");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw MqttException.malformed("a string is not UTF-8");
        }
    }

    int variableByteInteger() throws MqttException {
        int value = 0;
        for (int shift = 0; shift <= 21; shift += 7) {
            int digit = u8();
            value |= (digit & 0x7f) << shift;
            if ((digit & 0x80) == 0) {
                if (digit == 0 && shift > 0) {
                    throw MqttException.malformed("a variable byte integer has too many bytes");
                }
                return value;
            }
        }
        throw MqttException.malformed("a variable byte integer has more than 4 bytes");
    }

    /** Reads properties, of which only {@code allowed} and user properties may be there. */
    Properties properties(int... allowed) throws MqttException {
        int length = variableByteInteger();
        need(length);
        MqttFields fields = new MqttFields(in.readSlice(length));
        Map<Integer, Object> values = new HashMap<>();
        List<Map.Entry<String, String>> user = new ArrayList<>(4);
        while (!fields.atEnd()) {
            int id = fields.variableByteInteger();
            if (id == USER_PROPERTY) {
                Map.Entry<String, String> property = Map.entry(fields.text(), fields.text());
                if (user.size() < MAX_USER_PROPERTIES) {
                    user.add(property);
                }
            } else if (!contains(allowed, id)) {
                throw MqttException.malformed(String.format("property 0x%02x does not belong here", id));
            } else if (values.put(id, fields.value(id)) != null) {
                throw MqttException.protocolError(String.format("property 0x%02x is given twice", id));
            }
        }
        return new Properties(values, user);
    }

    private static boolean contains(int[] allowed, int id) {
        for (int one : allowed) {
            if (one == id) {
                return true;
            }
        }
        return false;
    }

    private Object value(int id) throws MqttException {
        return switch (id) {
            case REQUEST_PROBLEM_INFORMATION, REQUEST_RESPONSE_INFORMATION, 0x01 -> {
                long flag = u8();
                if (flag > 1) {
                    throw MqttException.protocolError(String.format("property 0x%02x is neither 0 nor 1", id));
                }
                yield flag;
            }
            case TOPIC_ALIAS_MAXIMUM -> (long) u16();
            case RECEIVE_MAXIMUM -> notZero(id, u16());
            case SESSION_EXPIRY_INTERVAL, WILL_DELAY_INTERVAL, 0x02 -> u32();
            case MAXIMUM_PACKET_SIZE -> notZero(id, u32());
            case AUTHENTICATION_DATA, 0x09 -> binary();
            default -> text();
        };
    }

    private static long notZero(int id, long value) throws MqttException {
        if (value == 0) {
            throw MqttException.protocolError(String.format("property 0x%02x is 0", id));
        }
        return value;
    }

    boolean atEnd() {
        return !in.isReadable();
    }

    void end() throws MqttException {
        if (!atEnd()) {
            throw MqttException.malformed(in.readableBytes() + " bytes after the last field");
        }
    }

    private void need(int bytes) throws MqttException {
        if (in.readableBytes() < bytes) {
            throw MqttException.malformed("a field runs over the end of the packet");
        }
    }
}
