/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Judges one thing that was observed. What contradicts ends the scenario.
 *
 * @param <T> number, text or list
 */
final class Check<T> {
    private final Stage stage;
    private final String what;
    private final T observed;

    Check(Stage stage, String what, T observed) {
        this.stage = stage;
        this.what = what;
        this.observed = observed;
    }

    void is(T expected) {
        if (!observed.equals(expected)) {
            fail(show(expected));
        }
    }

    void isAnyOf(T one, T other) {
        if (!observed.equals(one) && !observed.equals(other)) {
            fail(show(one) + " or " + show(other));
        }
    }

    void matches(Predicate<T> predicate, String expected) {
        if (!predicate.test(observed)) {
            fail(expected);
        }
    }

    /**
     * Judges what sources disagree about or are silent about. A library with timshim's exports must do as timshim's headers say. Any other
     * passes if it does as the documentation, and diverges if it does as another source.
     */
    void judge(Claim<T> one, Claim<T> other) {
        List<Claim<T>> all = List.of(one, other);
        Optional<Claim<T>> documented = by(all, Claim.Who.DOCUMENTATION);
        Claim<T> shim = by(all, Claim.Who.TIMSHIM).or(() -> documented).or(() -> by(all, Claim.Who.VENDOR)).orElseThrow();
        boolean asDocumented = documented.isPresent() && observed.equals(documented.get().value());
        if (stage.subject().isShim() && !observed.equals(shim.value())) {
            fail(show(shim.value()) + " (" + shim.who().title + ")");
        }
        if (asDocumented || documented.isEmpty() && one.value().equals(other.value()) && observed.equals(one.value())) {
            return;
        }
        if (all.stream().noneMatch(claim -> observed.equals(claim.value()))) {
            fail(inWords(all));
        }
        stage.diverges(what + ": " + (documented.isEmpty() ? "the documentation is silent; " : "") + inWords(all) + "; this library: "
                + show(observed));
    }

    private static <T> Optional<Claim<T>> by(List<Claim<T>> claims, Claim.Who who) {
        return claims.stream().filter(claim -> claim.who() == who).findFirst();
    }

    private static <T> String inWords(List<Claim<T>> claims) {
        return String.join("; ", claims.stream().map(claim -> claim.who().title + ": " + show(claim.value())).toList());
    }

    private void fail(String expected) {
        throw new Finding(Verdict.FAIL, what + ": " + show(observed) + "; expected " + expected);
    }

    private static String show(Object value) {
        return value instanceof String text && !text.startsWith("returns ") ? "\"" + text + "\"" : String.valueOf(value);
    }
}
