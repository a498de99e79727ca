/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

/** What can be wrong with a UserSig; each with the code that a login with it earns. */
public enum UserSigProblem {
    /** No UserSig at all. */
    EMPTY(70002, "the UserSig is empty"),
    /** It cannot be decoded: not base64, not zlib, not JSON, too long, or cut off. */
    UNREADABLE(70003, "the UserSig cannot be decoded; often it has been truncated"),
    /** It can be decoded, but a field is missing or has no sensible value. */
    INCOMPLETE(70005, "the UserSig can be decoded, but a field is missing or wrong"),
    /** It was made for another user. */
    WRONG_USER(70013, "the UserSig was made for another user id"),
    /** It was made for another app. */
    WRONG_APP(70014, "the UserSig was made for another SDKAppID"),
    /** The signature is not that of the app's secret key. */
    WRONG_SIGNATURE(70009, "the UserSig was not signed with the secret key of this SDKAppID"),
    /** Its time is over. */
    EXPIRED(70001, "the UserSig has expired; make a new one");

    private final int code;
    private final String text;

    UserSigProblem(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /**
     * The error code of a login with such a UserSig.
     *
     * @return one of 70001, 70002, 70003, 70005, 70009, 70013, 70014
     */
    public int code() {
        return code;
    }

    /**
     * What is wrong, in words.
     *
     * @return a sentence without a full stop; it names no value
     */
    public String text() {
        return text;
    }
}
