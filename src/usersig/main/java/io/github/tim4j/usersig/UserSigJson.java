/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A strict reader for the flat JSON object inside a UserSig: members are strings, numbers, true, false or null. Nested values, members
 * named twice and anything after the object are errors.
 */
final class UserSigJson {
    private final String json;
    private int at;

    private UserSigJson(String json) {
        this.json = json;
    }

    /** Strings as String, integers that fit as Long, other values (other numbers, true, false, null) as {@link Other}. */
    static Map<String, Object> read(String json) throws UserSigFormatException {
        return new UserSigJson(json).object();
    }

    enum Other {
        VALUE
    }

    private Map<String, Object> object() throws UserSigFormatException {
        Map<String, Object> members = new LinkedHashMap<>();
        skipSpace();
        expect('{');
        skipSpace();
        if (peek() == '}') {
            at++;
        } else {
            do {
                skipSpace();
                String name = string();
                skipSpace();
                expect(':');
                skipSpace();
                if (members.put(name, value()) != null) {
                    throw bad("a member is named twice");
                }
                skipSpace();
            } while (more());
        }
        skipSpace();
        if (at != json.length()) {
            throw bad("text after the JSON object");
        }
        return members;
    }

    private boolean more() throws UserSigFormatException {
        char c = next();
        if (c != ',' && c != '}') {
            throw bad("',' or '}' expected");
        }
        return c == ',';
    }

    private Object value() throws UserSigFormatException {
        char c = peek();
        if (c == '"') {
            return string();
        }
        if (c == '-' || isDigit(c)) {
            return number();
        }
        for (String word : new String[] {"true", "false", "null"}) {
            if (json.startsWith(word, at)) {
                at += word.length();
                return Other.VALUE;
            }
        }
        throw bad("string, number, true, false or null expected");
    }

    private Object number() throws UserSigFormatException {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        int digits = at;
        skipDigits();
        if (json.charAt(digits) == '0' && at - digits > 1) {
            throw bad("a number starts with 0");
        }
        int end = at;
        if (at < json.length() && json.charAt(at) == '.') {
            at++;
            skipDigits();
        }
        if (at < json.length() && (json.charAt(at) == 'e' || json.charAt(at) == 'E')) {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            skipDigits();
        }
        if (at != end || end - digits > 18) {
            return Other.VALUE;
        }
        return Long.valueOf(json.substring(start, end));
    }

    private void skipDigits() throws UserSigFormatException {
        if (!isDigit(peek())) {
            throw bad("digit expected");
        }
        while (at < json.length() && isDigit(json.charAt(at))) {
            at++;
        }
    }

    private String string() throws UserSigFormatException {
        expect('"');
        StringBuilder text = new StringBuilder();
        for (char c = next(); c != '"'; c = next()) {
            if (c < 0x20) {
                throw bad("control character in a string");
            }
            text.append(c == '\\' ? escaped() : c);
        }
        return text.toString();
    }

    private char escaped() throws UserSigFormatException {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw bad("unknown escape in a string");
        };
    }

    private char unicode() throws UserSigFormatException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            char c = next();
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw bad("unknown escape in a string");
            }
            value = value * 16 + digit;
        }
        return (char) value;
    }

    private void skipSpace() {
        while (at < json.length() && " \t\r\n".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void expect(char wanted) throws UserSigFormatException {
        if (next() != wanted) {
            throw bad("'" + wanted + "' expected");
        }
    }

    private char peek() throws UserSigFormatException {
        if (at >= json.length()) {
            throw bad("the JSON ends early");
        }
        return json.charAt(at);
    }

    private char next() throws UserSigFormatException {
        char c = peek();
        at++;
        return c;
    }

    private static UserSigFormatException bad(String detail) {
        return new UserSigFormatException(UserSigProblem.UNREADABLE, detail);
    }
}
