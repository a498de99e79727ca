/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

import java.util.Objects;
import java.util.Optional;

/**
 * The outcome of checking a UserSig.
 *
 * @param userSig what it says, if it could be read
 * @param problem the first thing that is wrong, or empty if it is valid
 * @param detail  what is wrong in words, without the UserSig; empty if it is valid
 */
public record UserSigCheck(Optional<UserSig> userSig, Optional<UserSigProblem> problem, String detail) {
    /** Checks that no component is null. */
    public UserSigCheck {
        Objects.requireNonNull(userSig);
        Objects.requireNonNull(problem);
        Objects.requireNonNull(detail);
    }

    /**
     * Whether a login with it would be accepted.
     *
     * @return whether there is no problem
     */
    public boolean isValid() {
        return problem.isEmpty();
    }

    /**
     * The code of a login with it.
     *
     * @return 0 if it is valid, else the code of the problem
     */
    public int code() {
        return problem.map(UserSigProblem::code).orElse(0);
    }
}
