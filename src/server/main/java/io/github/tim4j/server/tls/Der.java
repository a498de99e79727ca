/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.tls;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes DER (ITU-T X.690), as far as a certificate needs it: the JDK can read X.509 but not write it. */
final class Der {
    private Der() {}

    static byte[] extension(byte[] oid, boolean critical, byte[] value) {
        byte[] octets = der(0x04, value);
        return critical ? sequence(oid, der(0x01, new byte[] {(byte) 0xff}), octets) : sequence(oid, octets);
    }

    static byte[] name(String commonName) {
        return sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0C, commonName.getBytes(StandardCharsets.UTF_8)))));
    }

    static byte[] time(Instant instant) {
        boolean shortYear = instant.atOffset(ZoneOffset.UTC).getYear() < 2050;
        DateTimeFormatter format = DateTimeFormatter.ofPattern(shortYear ? "yyMMddHHmmss'Z'" : "yyyyMMddHHmmss'Z'");
        String text = format.withZone(ZoneOffset.UTC).format(instant);
        return der(shortYear ? 0x17 : 0x18, text.getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] oid(int... arcs) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(arcs[0] * 40 + arcs[1]);
        for (int i = 2; i < arcs.length; i++) {
            for (int shift = 28; shift > 0; shift -= 7) {
                if (arcs[i] >>> shift != 0) {
                    bytes.write(arcs[i] >>> shift & 0x7f | 0x80);
                }
            }
            bytes.write(arcs[i] & 0x7f);
        }
        return der(0x06, bytes.toByteArray());
    }

    static byte[] sequence(byte[]... parts) {
        return der(0x30, parts);
    }

    static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        if (body.size() < 0x80) {
            all.write(body.size());
        } else if (body.size() < 0x100) {
            all.write(0x81);
            all.write(body.size());
        } else {
            all.write(0x82);
            all.write(body.size() >> 8);
            all.write(body.size());
        }
        all.writeBytes(body.toByteArray());
        return all.toByteArray();
    }
}
