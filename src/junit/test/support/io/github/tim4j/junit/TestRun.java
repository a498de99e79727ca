/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs test classes as a build would, inside a test, and shows what became of them. */
final class TestRun {
    private final EngineExecutionResults results;

    private TestRun(EngineTestKit.Builder kit, Class<?>... classes) {
        results = kit.selectors(
                        Stream.of(classes).map(type -> selectClass(type)).toArray(ClassSelector[]::new))
                .execute();
    }

    static TestRun of(Class<?>... classes) {
        return new TestRun(EngineTestKit.engine("junit-jupiter"), classes);
    }

    /** Classes and methods run in parallel, four at a time. */
    static TestRun inParallel(Class<?>... classes) {
        return new TestRun(
                EngineTestKit.engine("junit-jupiter")
                        .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                        .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                        .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                        .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "4"),
                classes);
    }

    /** This many tests ran, and all of them, and everything around them, succeeded; else fails with what they failed with. */
    void succeeded(long tests) {
        List<Throwable> failures = failures();
        if (!failures.isEmpty()) {
            AssertionError error = new AssertionError(failures.size() + " failures inside", failures.get(0));
            failures.stream().skip(1).forEach(error::addSuppressed);
            throw error;
        }
        results.testEvents()
                .assertStatistics(statistics -> statistics.started(tests).succeeded(tests));
    }

    /** What tests and containers failed with. */
    List<Throwable> failures() {
        return results.allEvents().failed().stream().map(TestRun::throwable).toList();
    }

    Throwable onlyFailure() {
        List<Throwable> failures = failures();
        if (failures.size() != 1) {
            throw new AssertionError(failures.size() + " failures inside, not one: " + failures);
        }
        return failures.get(0);
    }

    /** Why the only test was aborted. */
    Throwable onlyAbort() {
        return results.testEvents().aborted().stream()
                .map(TestRun::throwable)
                .findFirst()
                .orElseThrow();
    }

    private static Throwable throwable(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .orElseThrow();
    }
}
