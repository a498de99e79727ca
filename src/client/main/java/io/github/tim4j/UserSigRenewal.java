/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.Optional;

/**
 * A step of renewing a UserSig with the {@link UserSigProvider}.
 *
 * @param userId  the user whose UserSig is renewed
 * @param trigger why it is renewed
 * @param step    how far it is
 * @param attempt 1 for the first attempt since the last success
 * @param failure why the attempt failed; empty with {@code STARTED} and {@code SUCCEEDED}
 * @param retryIn when the next attempt follows; zero if none does
 */
public record UserSigRenewal(
        String userId, Trigger trigger, Step step, int attempt, Optional<Throwable> failure, Duration retryIn)
        implements TimEvent {
    /** Why a UserSig is renewed. */
    public enum Trigger {
        /** It is about to expire. */
        BEFORE_EXPIRY,
        /** It expired while the user was logged in. */
        EXPIRED_ONLINE,
        /** A login was refused because it had expired. */
        REFUSED
    }

    /** How far a renewal is. */
    public enum Step {
        /** The provider is asked. */
        STARTED,
        /** The user is logged in with the new UserSig. */
        SUCCEEDED,
        /** The provider failed, or the login with the new UserSig did. */
        FAILED,
        /** No further attempt: fresh UserSigs are refused as expired, or the login failed for a reason that a new UserSig cannot mend. */
        GAVE_UP
    }
}
