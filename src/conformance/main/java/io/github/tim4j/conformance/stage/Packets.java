/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** MQTT 5 packets that a server sends, for {@link ScriptedServer}, and the fields of a CONNECT. */
public final class Packets {
    private static final int REASON_STRING = 0x1F;
    private static final int USER_PROPERTY = 0x26;
    private static final int SERVER_KEEP_ALIVE = 0x13;

    private Packets() {}

    public static byte[] connack(int reason, byte[]... properties) {
        byte[] all = join(properties);
        return packet(0x20, join(new byte[] {0, (byte) reason}, length(all.length), all));
    }

    public static byte[] disconnect(int reason, byte[]... properties) {
        byte[] all = join(properties);
        return packet(0xE0, join(new byte[] {(byte) reason}, length(all.length), all));
    }

    public static byte[] reasonString(byte[] text) {
        return join(new byte[] {REASON_STRING}, string(text));
    }

    public static byte[] userProperty(String name, String value) {
        return join(
                new byte[] {USER_PROPERTY},
                string(name.getBytes(StandardCharsets.UTF_8)),
                string(value.getBytes(StandardCharsets.UTF_8)));
    }

    public static byte[] serverKeepAlive(int seconds) {
        return new byte[] {SERVER_KEEP_ALIVE, (byte) (seconds >> 8), (byte) seconds};
    }

    public static byte[] packet(int type, byte[] body) {
        return join(new byte[] {(byte) type}, length(body.length), body);
    }

    private static byte[] length(int number) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int left = number;
        do {
            out.write(left % 128 | (left > 127 ? 0x80 : 0));
            left /= 128;
        } while (left > 0);
        return out.toByteArray();
    }

    private static byte[] string(byte[] text) {
        return join(new byte[] {(byte) (text.length >> 8), (byte) text.length}, text);
    }

    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** The texts of a CONNECT in their order: user properties as name=value, then client id, user name and password. */
    public static List<String> connectTexts(byte[] packet) {
        List<String> texts = new ArrayList<>();
        int at = 1 + 2 + 4 + 1 + 1 + 2; // type, "MQTT", version, flags, keep alive
        int[] next = {at};
        int end = readLength(packet, next);
        end += next[0];
        while (next[0] < end) {
            int id = packet[next[0]++] & 0xff;
            if (id == USER_PROPERTY) {
                texts.add(readString(packet, next) + "=" + readString(packet, next));
            } else {
                next[0] += id == 0x11 || id == 0x27 ? 4 : id == 0x21 || id == 0x22 ? 2 : 1;
            }
        }
        while (next[0] < packet.length) {
            texts.add(readString(packet, next));
        }
        return texts;
    }

    private static int readLength(byte[] packet, int[] next) {
        int value = 0;
        int shift = 0;
        int digit;
        do {
            digit = packet[next[0]++] & 0xff;
            value |= (digit & 0x7f) << shift;
            shift += 7;
        } while (digit >= 0x80);
        return value;
    }

    private static String readString(byte[] packet, int[] next) {
        int length = (packet[next[0]] & 0xff) << 8 | packet[next[0] + 1] & 0xff;
        String text = new String(packet, next[0] + 2, length, StandardCharsets.UTF_8);
        next[0] += 2 + length;
        return text;
    }
}
