/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.Optional;

/** A request failed, with the code and the words of the library or the server. The message holds both, and what to do about it. */
public final class TimException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;
    private final String description;

    /**
     * @param code        a code of {@link TimError} or any other that the library gave
     * @param description what the library said; null counts as "", and more than 1024 characters are cut
     */
    public TimException(int code, String description) {
        super(message(code, Redaction.description(description)));
        this.code = code;
        this.description = Redaction.description(description);
    }

    /** What a request fails with that is made when the client is closed. */
    static TimException clientClosed() {
        return new TimException(TimError.TIM_ERR_SDKUNINIT.code(), "the client is closed");
    }

    /** The code, never 0. */
    public int code() {
        return code;
    }

    /** What the library said; never null, may be empty. */
    public String description() {
        return description;
    }

    /** What is known about the code; empty for one that is not documented. */
    public Optional<TimError> error() {
        return TimError.of(code);
    }

    private static String message(int code, String description) {
        String name = TimError.of(code).map(error -> " " + error.name()).orElse("");
        String advice =
                TimError.of(code).map(error -> " (" + error.advice() + ")").orElse("");
        return code + name + (description.isEmpty() ? "" : ": " + description) + advice;
    }
}
