/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/** What {@link TimClient#status()} returns: the {@code TIMLoginStatus} of the C API. */
public enum LoginStatus {
    /** A user is logged in, also while a lost connection is being restored. */
    LOGGED_IN(1),
    /** A login is under way. */
    LOGGING_IN(2),
    /** Nobody is logged in. */
    LOGGED_OUT(3),
    /** A logout is under way. */
    LOGGING_OUT(4);

    private static final LoginStatus[] BY_VALUE = {LOGGED_OUT, LOGGED_IN, LOGGING_IN, LOGGED_OUT, LOGGING_OUT};

    private final int value;

    LoginStatus(int value) {
        this.value = value;
    }

    /** The number in the C API, 1 to 4. */
    public int value() {
        return value;
    }

    /** The status with this number; {@link #LOGGED_OUT} for a number that the C API does not define. */
    static LoginStatus of(int value) {
        return value >= 0 && value < BY_VALUE.length ? BY_VALUE[value] : LOGGED_OUT;
    }
}
