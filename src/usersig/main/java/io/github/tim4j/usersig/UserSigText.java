/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** The outer layers of a UserSig: JSON, zlib, base64 with another alphabet. */
final class UserSigText {
    /** The longest UserSig that is read, in characters. One without a userbuf has fewer than 400. */
    static final int MAX_TEXT = 8192;
    /** The longest JSON inside, in bytes: a limit on what a small deflated text can grow to. */
    static final int MAX_JSON = 16384;

    private UserSigText() {}

    static String wrap(String json) {
        Deflater deflater = new Deflater();
        try {
            deflater.setInput(json.getBytes(StandardCharsets.UTF_8));
            deflater.finish();
            ByteArrayOutputStream deflated = new ByteArrayOutputStream();
            byte[] part = new byte[1024];
            while (!deflater.finished()) {
                deflated.write(part, 0, deflater.deflate(part));
            }
            return Base64.getEncoder()
                    .encodeToString(deflated.toByteArray())
                    .replace('+', '*')
                    .replace('/', '-')
                    .replace('=', '_');
        } finally {
            deflater.end();
        }
    }

    static String unwrap(@Nullable String text) throws UserSigFormatException {
        if (text == null || text.isEmpty()) {
            throw new UserSigFormatException(UserSigProblem.EMPTY, "0 characters");
        }
        if (text.length() > MAX_TEXT) {
            throw unreadable(text.length() + " characters are more than the limit of " + MAX_TEXT);
        }
        byte[] json = inflate(fromBase64(text));
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unreadable("not UTF-8");
        }
    }

    private static byte[] fromBase64(String text) throws UserSigFormatException {
        byte[] standard = new byte[text.length()];
        for (int i = 0; i < standard.length; i++) {
            char c = text.charAt(i);
            standard[i] = switch (c) {
                case '*' -> '+';
                case '-' -> '/';
                case '_' -> '=';
                default -> {
                    if (c < '0' || c > 'z' || c == '=') {
                        throw unreadable("not base64: a character at position " + i);
                    }
                    yield (byte) c;
                }
            };
        }
        try {
            return Base64.getDecoder().decode(standard);
        } catch (IllegalArgumentException e) {
            throw unreadable("not base64");
        }
    }

    private static byte[] inflate(byte[] deflated) throws UserSigFormatException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(deflated);
            byte[] json = new byte[Math.min(MAX_JSON, Math.max(512, deflated.length * 2))];
            int length = 0;
            while (true) {
                length += inflater.inflate(json, length, json.length - length);
                if (inflater.finished()) {
                    break;
                }
                if (length < json.length) {
                    throw unreadable("the compressed data end early");
                }
                if (length >= MAX_JSON) {
                    throw unreadable("more than " + MAX_JSON + " bytes when decompressed");
                }
                json = java.util.Arrays.copyOf(json, Math.min(MAX_JSON, length * 2));
            }
            if (inflater.getRemaining() > 0) {
                throw unreadable("data after the compressed data");
            }
            return java.util.Arrays.copyOf(json, length);
        } catch (DataFormatException e) {
            throw unreadable("not compressed with zlib");
        } finally {
            inflater.end();
        }
    }

    private static UserSigFormatException unreadable(String detail) {
        return new UserSigFormatException(UserSigProblem.UNREADABLE, detail);
    }
}
