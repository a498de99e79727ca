/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a UserSig says: for whom and for which app it was made, when, for how long. Reading proves nothing; a {@link UserSigKey} does. */
public final class UserSig {
    /** The latest second that a UserSig may name: the end of the year 9999. Keeps every sum of two within {@link Instant}. */
    static final long MAX_SECONDS = 253_402_300_799L;

    private final String userId;
    private final long sdkAppId;
    private final long issuedAt;
    private final long validity;
    private final @Nullable String userbuf;
    private final byte[] signature;

    UserSig(String userId, long sdkAppId, long issuedAt, long validity, @Nullable String userbuf, byte[] signature) {
        this.userId = userId;
        this.sdkAppId = sdkAppId;
        this.issuedAt = issuedAt;
        this.validity = validity;
        this.userbuf = userbuf;
        this.signature = signature;
    }

    /**
     * Reads a UserSig, without a key and so without checking the signature or the time.
     *
     * @param text the UserSig; null counts as empty
     * @return what it says
     * @throws UserSigFormatException if it is empty (70002), cannot be decoded (70003) or lacks a field or has a wrong one (70005)
     */
    public static UserSig parse(@Nullable String text) throws UserSigFormatException {
        Map<String, Object> members = UserSigJson.read(UserSigText.unwrap(text));
        String version = string(members, "TLS.ver");
        if (!version.equals("2.0")) {
            throw incomplete("TLS.ver is not 2.0");
        }
        String userId = string(members, "TLS.identifier");
        if (!UserId.isValid(userId)) {
            throw incomplete("TLS.identifier is not 1 to 32 characters of printable ASCII");
        }
        String userbuf = members.containsKey("TLS.userbuf") ? string(members, "TLS.userbuf") : null;
        if (userbuf != null) {
            bytes("TLS.userbuf", userbuf);
        }
        return new UserSig(
                userId,
                number(members, "TLS.sdkappid", 1, Long.MAX_VALUE),
                number(members, "TLS.time", 0, MAX_SECONDS),
                number(members, "TLS.expire", 0, MAX_SECONDS),
                userbuf,
                bytes("TLS.sig", string(members, "TLS.sig")));
    }

    private static String string(Map<String, Object> members, String name) throws UserSigFormatException {
        if (members.get(name) instanceof String text) {
            return text;
        }
        throw incomplete(name + (members.containsKey(name) ? " is not a string" : " is missing"));
    }

    private static long number(Map<String, Object> members, String name, long min, long max)
            throws UserSigFormatException {
        if (members.get(name) instanceof Long number && number >= min && number <= max) {
            return number;
        }
        throw incomplete(
                name + (members.containsKey(name) ? " is not an integer from " + min + " to " + max : " is missing"));
    }

    private static byte[] bytes(String name, String base64) throws UserSigFormatException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw incomplete(name + " is not base64");
        }
    }

    private static UserSigFormatException incomplete(String detail) {
        return new UserSigFormatException(UserSigProblem.INCOMPLETE, detail);
    }

    /**
     * For whom it was made.
     *
     * @return a user id, 1 to 32 characters of printable ASCII
     */
    public String userId() {
        return userId;
    }

    /**
     * For which app it was made.
     *
     * @return the SDKAppID, at least 1
     */
    public long sdkAppId() {
        return sdkAppId;
    }

    /**
     * When it was made, by the clock of its maker.
     *
     * @return whole seconds
     */
    public Instant issuedAt() {
        return Instant.ofEpochSecond(issuedAt);
    }

    /**
     * How long it is valid from {@link #issuedAt()} on.
     *
     * @return whole seconds, at least 0
     */
    public Duration validity() {
        return Duration.ofSeconds(validity);
    }

    /**
     * When it expires: the first instant at which it is no longer valid.
     *
     * @return {@link #issuedAt()} plus {@link #validity()}
     */
    public Instant expiresAt() {
        return Instant.ofEpochSecond(issuedAt + validity);
    }

    /**
     * Whether its time is over.
     *
     * @param now the time to judge by
     * @return whether {@code now} is {@link #expiresAt()} or later
     */
    public boolean isExpiredAt(Instant now) {
        return !now.isBefore(expiresAt());
    }

    /**
     * The bytes that its maker added for a purpose of its own.
     *
     * @return a copy, or empty if there are none
     */
    public Optional<byte[]> userbuf() {
        return Optional.ofNullable(userbuf).map(Base64.getDecoder()::decode);
    }

    /** The text that the signature is over. */
    String signedText() {
        return "TLS.identifier:" + userId + "\nTLS.sdkappid:" + sdkAppId + "\nTLS.time:" + issuedAt + "\nTLS.expire:"
                + validity + "\n" + (userbuf == null ? "" : "TLS.userbuf:" + userbuf + "\n");
    }

    /** The signature, not to be changed. */
    byte[] signature() {
        return signature;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UserSig that
                && signedText().equals(that.signedText())
                && Arrays.equals(signature, that.signature);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(signature);
    }

    /** Without the signature, so that it may stand in a log. */
    @Override
    public String toString() {
        return "UserSig[userId=" + userId + ", sdkAppId=" + sdkAppId + ", issuedAt=" + issuedAt() + ", expiresAt="
                + expiresAt() + "]";
    }
}
