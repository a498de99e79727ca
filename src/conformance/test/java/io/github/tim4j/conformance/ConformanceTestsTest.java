/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.conformance.scenarios.Scenario;
import io.github.tim4j.testing.CCompiler;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The scenarios as JUnit tests: of a right library they pass, of a wrong one they fail. */
class ConformanceTestsTest {
    static class OfTimshim extends ConformanceTests {
        @Override
        protected Path library() {
            return null;
        }

        @Override
        protected boolean isSelected(Scenario scenario) {
            return Set.of("offline.init-app-id-0", "login.success").contains(scenario.id());
        }
    }

    static class OfHostile extends ConformanceTests {
        @Override
        protected Path library() {
            return CCompiler.library("hostile", List.of("src/client/test/native/hostile.c"));
        }

        @Override
        protected boolean isSelected(Scenario scenario) {
            return Set.of("offline.init-app-id-0", "classic.init").contains(scenario.id());
        }
    }

    private static EngineExecutionResults run(Class<?> tests) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(DiscoverySelectors.selectClass(tests))
                .execute();
    }

    @Test
    void aRightLibraryPasses() {
        run(OfTimshim.class)
                .testEvents()
                .assertStatistics(
                        stats -> stats.dynamicallyRegistered(2).succeeded(2).failed(0));
    }

    @Test
    void aWrongOneFailsAndWhatCannotRunIsSkipped() {
        EngineExecutionResults results = run(OfHostile.class);
        results.testEvents().assertStatistics(stats -> stats.failed(1).aborted(1));
        assertThat(results.testEvents().failed().stream()
                        .findFirst()
                        .orElseThrow()
                        .toString())
                .contains("TIMInit: 0; expected -4");
    }
}
