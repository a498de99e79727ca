/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

/** A text is not a UserSig. The message says what is wrong and never quotes the text. */
public final class UserSigFormatException extends Exception {
    private static final long serialVersionUID = 1L;

    private final UserSigProblem problem;

    UserSigFormatException(UserSigProblem problem, String detail) {
        super(problem.text() + ": " + detail);
        this.problem = problem;
    }

    /**
     * What is wrong.
     *
     * @return {@link UserSigProblem#EMPTY}, {@link UserSigProblem#UNREADABLE} or {@link UserSigProblem#INCOMPLETE}
     */
    public UserSigProblem problem() {
        return problem;
    }
}
