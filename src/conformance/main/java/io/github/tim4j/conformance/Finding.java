/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

/** Ends a scenario with a verdict other than pass; the message says why. */
final class Finding extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Verdict verdict;

    Finding(Verdict verdict, String why) {
        super(why, null, false, false);
        this.verdict = verdict;
    }

    Verdict verdict() {
        return verdict;
    }
}
