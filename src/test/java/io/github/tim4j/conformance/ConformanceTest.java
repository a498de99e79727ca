/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.CCompiler;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** timshim conforms, a library that does not is found out, and the catalogue is in order. */
class ConformanceTest {
    @Test
    void timshimDoesWhatIsWritten() {
        Report report = Conformance.of(null).run();
        assertThat(report.results()).filteredOn(result -> result.verdict().isFault()).isEmpty();
        assertThat(report.results()).hasSameSizeAs(Catalogue.scenarios()).noneMatch(result -> result.verdict() == Verdict.SKIPPED);
    }

    @Test
    void aHostileLibraryIsFoundOut() {
        Path hostile = CCompiler.library("hostile", List.of("src/test/native/hostile.c"));
        Report report = Conformance.of(hostile).select(scenario -> List.of("offline.login-before-init", "offline.uninit-answers-requests",
                "offline.init-app-id-0", "offline.init-bad-json", "offline.user-data").contains(scenario.id())).run();
        assertThat(report.results()).extracting(Result::id, Result::verdict).contains(
                org.assertj.core.groups.Tuple.tuple("offline.init-app-id-0", Verdict.FAIL),
                org.assertj.core.groups.Tuple.tuple("offline.init-bad-json", Verdict.FAIL));
    }

    @Test
    void everyScenarioSaysWhatItIsAbout() {
        assertThat(Catalogue.scenarios()).extracting(Scenario::id).doesNotHaveDuplicates();
        assertThat(Catalogue.scenarios()).allSatisfy(scenario -> {
            assertThat(scenario.title()).isNotBlank();
            assertThat(scenario.sources()).isNotEmpty();
            assertThat(scenario.does()).isNotBlank();
            assertThat(scenario.expects()).isNotBlank();
        });
    }
}
