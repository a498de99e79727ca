/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.regex.Pattern;

/** Takes UserSigs out of text that comes from a library: timshim puts none in, another library might. */
final class Redaction {
    /** Longest description that is kept, in characters: a library or a server says how long it is. */
    static final int MAX_DESCRIPTION = 1024;

    /** base64 of a zlib header (0x78 and the level), then the body in the UserSig's alphabet or plain base64. */
    private static final Pattern USER_SIG = Pattern.compile("e[AFJN][A-Za-z0-9*_+/=-]{60,}");

    private Redaction() {}

    static String redact(String text) {
        return text.length() > 60 ? USER_SIG.matcher(text).replaceAll("<UserSig>") : text;
    }

    /** @param text null counts as "" */
    static String description(String text) {
        String redacted = text == null ? "" : redact(text);
        return redacted.length() <= MAX_DESCRIPTION ? redacted : redacted.substring(0, MAX_DESCRIPTION) + "…";
    }
}
