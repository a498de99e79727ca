/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.conformance.report.Result;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.scenarios.Scenario;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/**
 * Every scenario as a JUnit 5 test, for people who test their own library: extend it and name the library.
 *
 * <pre>{@code
 * class MyLibraryTest extends ConformanceTests {
 *     @Override
 *     protected Path library() {
 *         return Path.of("build/libmine.so");
 *     }
 * }
 * }</pre>
 *
 * <p>A scenario that fails, crashes or hangs fails its test, with its transcript; one that cannot be run is skipped, with the reason; one
 * that diverges
 * passes. The scenarios run, several at a time, before the first of the tests is reported.
 */
public abstract class ConformanceTests {
    /** For subclasses. */
    protected ConformanceTests() {}

    /**
     * The library to test.
     *
     * @return its file; null for the timshim that comes with tim4j
     */
    protected abstract Path library();

    /**
     * The library with the classic API to test.
     *
     * @return its file; empty, the default, for none
     */
    protected Optional<Path> classicLibrary() {
        return Optional.empty();
    }

    /**
     * Whether to judge the library as timshim is judged.
     *
     * @return as {@link Conformance#strict()} does; by default false
     */
    protected boolean isStrict() {
        return false;
    }

    /**
     * Which scenarios to run.
     *
     * @param scenario one of them
     * @return whether to run it; by default true
     */
    protected boolean isSelected(Scenario scenario) {
        return true;
    }

    /**
     * Runs the scenarios; JUnit calls it.
     *
     * @return a container for each group with a test for each scenario
     */
    @TestFactory
    Stream<DynamicNode> conformance() {
        Conformance conformance = Conformance.of(library()).select(this::isSelected);
        classicLibrary().ifPresent(conformance::classic);
        if (isStrict()) {
            conformance.strict();
        }
        Map<String, List<DynamicTest>> groups = new LinkedHashMap<>();
        for (Result result : conformance.run().results()) {
            groups.computeIfAbsent(result.group(), group -> new java.util.ArrayList<>())
                    .add(DynamicTest.dynamicTest(result.id() + ": " + result.title(), () -> report(result)));
        }
        return groups.entrySet().stream()
                .map(group -> DynamicContainer.dynamicContainer(group.getKey(), group.getValue()));
    }

    private static void report(Result result) {
        if (result.verdict().isFault()) {
            throw new AssertionFailedError(result.verdict() + ": " + result.detail() + "\nexpected: " + result.expects()
                    + "\n" + String.join("\n", result.transcript()));
        }
        if (result.verdict() == Verdict.SKIPPED) {
            throw new TestAbortedException("skipped: " + result.detail());
        }
    }
}
