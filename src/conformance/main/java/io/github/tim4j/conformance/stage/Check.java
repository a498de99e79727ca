/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.process.Finding;
import io.github.tim4j.conformance.report.Divergence;
import io.github.tim4j.conformance.report.Verdict;
import java.util.function.Predicate;

/**
 * Judges one thing that was observed. What contradicts ends the scenario.
 *
 * @param <T> number, text or list
 */
public final class Check<T> {
    private final Stage stage;
    private final String what;
    private final T observed;

    public Check(Stage stage, String what, T observed) {
        this.stage = stage;
        this.what = what;
        this.observed = observed;
    }

    public void is(T expected) {
        if (!observed.equals(expected)) {
            fail(show(expected));
        }
    }

    public void isAnyOf(T one, T other) {
        if (!observed.equals(one) && !observed.equals(other)) {
            fail(show(one) + " or " + show(other));
        }
    }

    public void matches(Predicate<T> predicate, String expected) {
        if (!predicate.test(observed)) {
            fail(expected);
        }
    }

    /**
     * Judges what sources disagree about. A library with timshim's exports must do as timshim's headers say. Any other passes if it does as
     * the documentation, diverges if it does as another source, and fails if it does as none.
     *
     * @param documented what the documentation says, which timshim follows
     * @param vendor     what the vendor's library does
     */
    public void documentedOrVendor(T documented, T vendor) {
        judge(documented, documented, vendor);
    }

    /** The same where the documentation is silent: then no library passes, as there is no more to say than who does what. */
    public void shimOrVendor(T shim, T vendor) {
        judge(null, shim, vendor);
    }

    /** The same where a library may do as it likes: what it does is shown. */
    public void isFree(T shim, T vendor) {
        if (stage.subject().isShim()) {
            judge(null, shim, vendor);
        } else {
            diverges(null, shim, vendor);
        }
    }

    private void judge(T documented, T shim, T vendor) {
        if (stage.subject().isShim() && !observed.equals(shim)) {
            fail(show(shim) + ", as timshim's headers have it");
        }
        if (observed.equals(documented)) {
            return;
        }
        if (!observed.equals(shim) && !observed.equals(vendor)) {
            fail(show(shim) + " or " + show(vendor));
        }
        diverges(documented, shim, vendor);
    }

    private void diverges(T documented, T shim, T vendor) {
        stage.diverges(new Divergence(
                what, documented == null ? null : show(documented), show(shim), show(vendor), show(observed)));
    }

    private void fail(String expected) {
        throw new Finding(Verdict.FAIL, what + ": " + show(observed) + "; expected " + expected);
    }

    private static String show(Object value) {
        return value instanceof String text && !text.startsWith("returns ")
                ? "\"" + text + "\""
                : String.valueOf(value);
    }
}
