/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

/** A run cannot begin; the message says why and what to do. */
public final class ConformanceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConformanceException(String message) {
        super(message);
    }
}
