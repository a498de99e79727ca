/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.util.Locale;

/** What a scenario found out about a library. */
public enum Verdict {
    /** The library does what is written. */
    PASS("does what is written"),
    /** The documentation is silent or two sources disagree, and the library does as one of them. */
    DIVERGES("sources disagree or are silent; the library does as one of them"),
    /** The library contradicts the documentation, or a callback was lost. */
    FAIL("contradicts the documentation"),
    /** The library's process ended, by a signal or by itself. */
    CRASHED("the process ended"),
    /** A call did not return, or the process could not end. */
    HUNG("a call did not return"),
    /** The scenario could not be run; the detail says why. */
    SKIPPED("not run");

    private final String meaning;

    Verdict(String meaning) {
        this.meaning = meaning;
    }

    /**
     * What it says, in a few words.
     *
     * @return a phrase
     */
    public String meaning() {
        return meaning;
    }

    /**
     * Whether the library is at fault.
     *
     * @return true for {@link #FAIL}, {@link #CRASHED} and {@link #HUNG}
     */
    public boolean isFault() {
        return this == FAIL || this == CRASHED || this == HUNG;
    }

    /** Grows with what a reader has to know first. */
    int severity() {
        return switch (this) {
            case PASS -> 0;
            case SKIPPED -> 1;
            case DIVERGES -> 2;
            case FAIL -> 3;
            case CRASHED -> 4;
            case HUNG -> 5;
        };
    }

    /** In lower case, as reports show it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
