/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** The secret key of one app: makes UserSigs and checks them. Belongs on a server or in a test, never in an application given to users. */
public final class UserSigKey {
    /** How long a UserSig is valid by default: 180 days, as in the vendor's tools. */
    public static final Duration DEFAULT_VALIDITY = Duration.ofDays(180);

    private static final String ALGORITHM = "HmacSHA256";

    private final long sdkAppId;
    private final SecretKeySpec key;

    /**
     * The key of an app.
     *
     * @param sdkAppId the SDKAppID, at least 1
     * @param secret   the secret key as the console shows it; its UTF-8 bytes are the key. Not empty
     * @throws IllegalArgumentException if one of them is out of range
     */
    public UserSigKey(long sdkAppId, String secret) {
        if (sdkAppId < 1) {
            throw new IllegalArgumentException("SDKAppID " + sdkAppId + " is not at least 1");
        }
        if (secret == null || secret.isBlank()) {
            throw new IllegalArgumentException("the secret key of SDKAppID " + sdkAppId + " is empty");
        }
        this.sdkAppId = sdkAppId;
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /**
     * The app that this is the key of.
     *
     * @return the SDKAppID, at least 1
     */
    public long sdkAppId() {
        return sdkAppId;
    }

    /**
     * Makes a UserSig that is valid from now on for 180 days.
     *
     * @param userId the user id, 1 to 32 characters of printable ASCII
     * @return the UserSig, a text of base64-like characters
     * @throws IllegalArgumentException if it is not a user id
     */
    public String make(String userId) {
        return make(userId, DEFAULT_VALIDITY);
    }

    /**
     * Makes a UserSig that is valid from now on.
     *
     * @param userId   the user id, 1 to 32 characters of printable ASCII
     * @param validity how long, at least 1 second; fractions of a second are cut off
     * @return the UserSig
     * @throws IllegalArgumentException if an argument is out of range
     */
    public String make(String userId, Duration validity) {
        return make(userId, validity, Instant.now(), null);
    }

    /**
     * Makes a UserSig.
     *
     * @param userId   the user id, 1 to 32 characters of printable ASCII
     * @param validity how long from {@code issuedAt} on, at least 1 second; fractions of a second are cut off
     * @param issuedAt when it was made, 1970 to 9999; fractions of a second are cut off
     * @param userbuf  bytes to put in, for a purpose of the caller's own, at most 1024; null for none
     * @return the UserSig
     * @throws IllegalArgumentException if an argument is out of range
     */
    public String make(String userId, Duration validity, Instant issuedAt, byte @Nullable [] userbuf) {
        if (!UserId.isValid(userId)) {
            throw new IllegalArgumentException(
                    "user id \"" + userId + "\" is not 1 to 32 characters of printable ASCII");
        }
        if (validity.toSeconds() < 1 || validity.toSeconds() > UserSig.MAX_SECONDS) {
            throw new IllegalArgumentException(
                    "validity " + validity + " is not at least 1 second and at most 8000 years");
        }
        if (issuedAt.getEpochSecond() < 0 || issuedAt.getEpochSecond() > UserSig.MAX_SECONDS) {
            throw new IllegalArgumentException("time " + issuedAt + " is not from 1970 to 9999");
        }
        if (userbuf != null && userbuf.length > 1024) {
            throw new IllegalArgumentException("userbuf of " + userbuf.length + " bytes is longer than 1024");
        }
        @Nullable
        String encodedUserbuf = userbuf == null ? null : Base64.getEncoder().encodeToString(userbuf);
        UserSig unsigned = new UserSig(
                userId, sdkAppId, issuedAt.getEpochSecond(), validity.toSeconds(), encodedUserbuf, new byte[0]);
        return UserSigText.wrap(json(unsigned, encodedUserbuf, sign(unsigned)));
    }

    private static String json(UserSig sig, @Nullable String userbuf, byte[] signature) {
        String identifier = sig.userId().replace("\\", "\\\\").replace("\"", "\\\"");
        return "{\"TLS.ver\":\"2.0\",\"TLS.identifier\":\"" + identifier + "\",\"TLS.sdkappid\":" + sig.sdkAppId()
                + ",\"TLS.expire\":" + sig.validity().toSeconds() + ",\"TLS.time\":"
                + sig.issuedAt().getEpochSecond()
                + (userbuf == null ? "" : ",\"TLS.userbuf\":\"" + userbuf + "\"")
                + ",\"TLS.sig\":\"" + Base64.getEncoder().encodeToString(signature) + "\"}";
    }

    /**
     * Whether a UserSig is for this app and signed with this key. Takes the same time wherever the signatures differ.
     *
     * @param userSig a UserSig that was read
     * @return whether app and signature are right; user and time are not looked at
     */
    public boolean signed(UserSig userSig) {
        return userSig.sdkAppId() == sdkAppId && MessageDigest.isEqual(sign(userSig), userSig.signature());
    }

    /**
     * Checks a UserSig in this order: it can be read, app, user, signature, time.
     *
     * @param text   the UserSig, or null
     * @param userId the user id that wants to log in with it
     * @param now    the time to judge by
     * @return the outcome, with the first problem if there is one
     */
    public UserSigCheck check(String text, String userId, Instant now) {
        UserSig userSig;
        try {
            userSig = UserSig.parse(text);
        } catch (UserSigFormatException e) {
            return new UserSigCheck(Optional.empty(), Optional.of(e.problem()), String.valueOf(e.getMessage()));
        }
        if (userSig.sdkAppId() != sdkAppId) {
            return bad(userSig, UserSigProblem.WRONG_APP, "made for " + userSig.sdkAppId() + ", used for " + sdkAppId);
        }
        if (!userSig.userId().equals(userId)) {
            return bad(
                    userSig,
                    UserSigProblem.WRONG_USER,
                    "made for \"" + userSig.userId() + "\", used for \"" + userId + "\"");
        }
        if (!signed(userSig)) {
            return bad(userSig, UserSigProblem.WRONG_SIGNATURE, "SDKAppID " + sdkAppId);
        }
        if (userSig.isExpiredAt(now)) {
            return bad(userSig, UserSigProblem.EXPIRED, "at " + userSig.expiresAt());
        }
        return new UserSigCheck(Optional.of(userSig), Optional.empty(), "");
    }

    private static UserSigCheck bad(UserSig userSig, UserSigProblem problem, String detail) {
        return new UserSigCheck(Optional.of(userSig), Optional.of(problem), problem.text() + ": " + detail);
    }

    private byte[] sign(UserSig userSig) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(userSig.signedText().getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "UserSigKey[sdkAppId=" + sdkAppId + "]";
    }
}
