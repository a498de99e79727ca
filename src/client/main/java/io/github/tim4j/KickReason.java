/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/** Why the server ended the session. */
public enum KickReason {
    /** The same user logged in on the same platform. */
    OTHER_INSTANCE(1),
    /** The same user logged in on another platform, and the login policy allows only one of the two. */
    OTHER_PLATFORM(2),
    /** An administrator kicked, or invalidated the UserSig. */
    REST(3),
    /** The UserSig expired. Told by {@link TimListener#onUserSigExpired}, not by {@link TimListener#onKickedOffline}. */
    USER_SIG_EXPIRED(4),
    /** The library does not say; the vendor's never does. */
    UNKNOWN(0);

    private final int value;

    KickReason(int value) {
        this.value = value;
    }

    /** The number in {@code TIMShim.h}, 1 to 4; 0 for {@link #UNKNOWN}. */
    public int value() {
        return value;
    }

    static KickReason of(int value) {
        for (KickReason reason : values()) {
            if (reason.value == value) {
                return reason;
            }
        }
        return UNKNOWN;
    }
}
