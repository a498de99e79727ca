/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

/** Why the server ends a session. */
public enum KickCause {
    /** Another instance of the user logged in, and the login policy has no place for both. */
    OTHER_INSTANCE(6208, "kicked offline: the user logged in on another instance"),
    /** An administrator asked for it. */
    REST(0, "kicked offline by an administrator"),
    /** The UserSig has expired. */
    USER_SIG_EXPIRED(70001, "the UserSig has expired"),
    /** An administrator made the user's UserSigs invalid. */
    USER_SIG_INVALID(70052, "the UserSig is no longer valid"),
    /** The same instance connected again; no kick, only the end of the old connection. */
    TAKEN_OVER(0, "the same instance connected again");

    private final int code;
    private final String text;

    KickCause(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /**
     * The code that the client is given.
     *
     * @return the user property {@code tim-code} of the DISCONNECT; 0 for none
     */
    public int code() {
        return code;
    }

    /**
     * A sentence for people.
     *
     * @return the reason string of the DISCONNECT
     */
    public String text() {
        return text;
    }
}
