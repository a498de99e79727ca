/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

/** A login server cannot start. The message names what is wrong, the value, and the remedy: fit to be shown without a stack trace. */
public final class LoginServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * For the server.
     *
     * @param message what is wrong, the value, and the remedy
     */
    public LoginServerException(String message) {
        super(message);
    }

    /**
     * For the server.
     *
     * @param message what is wrong, the value, and the remedy
     * @param cause   what led to it
     */
    public LoginServerException(String message, Throwable cause) {
        super(message, cause);
    }
}
