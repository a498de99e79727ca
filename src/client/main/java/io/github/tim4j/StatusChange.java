/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.Optional;

/**
 * The login status changed.
 *
 * @param from   what it was
 * @param to     what it is now; the same as {@code from} only with {@link Cause#REPLAY}, and with {@link Cause#RESYNC} if the library
 *               turned out to have another user logged in
 * @param cause  why
 * @param userId the user concerned: who logs in, is logged in, or was; empty if nobody ever was
 * @param error  why a login failed; empty with any other cause
 */
public record StatusChange(
        LoginStatus from, LoginStatus to, Cause cause, Optional<String> userId, Optional<TimException> error)
        implements TimEvent {
    /** Why the status changed. */
    public enum Cause {
        /** A login began, or succeeded. */
        LOGIN,
        /** A login began while another user was logged in, whose session is closed by it. */
        ACCOUNT_SWITCH,
        /** A login failed; {@link StatusChange#error()} says why. */
        LOGIN_FAILED,
        /** A logout began, or has ended. */
        LOGOUT,
        /** The server kicked the user offline. */
        KICKED_OFFLINE,
        /** The UserSig expired while the user was logged in. */
        USER_SIG_EXPIRED,
        /** {@link TimClient#close()} ended the session. */
        CLOSED,
        /** The library turned out to be in another state, without having said so: after a timeout, or used by other code as well. */
        RESYNC,
        /** Nothing changed: a listener that was just added gets the current status. */
        REPLAY
    }
}
