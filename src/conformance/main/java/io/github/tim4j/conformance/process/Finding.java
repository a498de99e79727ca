/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import io.github.tim4j.conformance.report.Verdict;

/** Ends a scenario with a verdict other than pass; the message says why. */
public final class Finding extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Verdict verdict;

    public Finding(Verdict verdict, String why) {
        super(why, null, false, false);
        this.verdict = verdict;
    }

    public Verdict verdict() {
        return verdict;
    }
}
