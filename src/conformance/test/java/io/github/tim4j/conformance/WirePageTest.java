/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.conformance.scenarios.Catalogue;
import io.github.tim4j.conformance.scenarios.Scenario;
import io.github.tim4j.conformance.scenarios.Source;
import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page about the wire contract and the scenarios that name it as their source belong together. */
class WirePageTest {
    private static final Pattern ID = Pattern.compile("`((?:login|devices|faults|bad-input)\\.[A-Za-z0-9-]+)`");

    private static Set<String> named() throws IOException {
        return ID.matcher(Files.readString(Project.ROOT.resolve("docs/wire.md")))
                .results()
                .map(MatchResult::group)
                .map(id -> id.replace("`", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Scenario> scenarios() {
        return Catalogue.scenarios();
    }

    @Test
    void eachScenarioThatThePageNamesIsThere() throws IOException {
        assertThat(scenarios().stream().map(Scenario::id)).containsAll(named());
    }

    /** The codes that a login is refused with are a table, and one of its scenarios stands for all. */
    @Test
    void eachScenarioWhoseSourceIsTheWireContractIsOnThePage() throws IOException {
        Set<String> named = named();
        assertThat(scenarios().stream()
                        .filter(scenario -> scenario.sources().contains(Source.WIRE))
                        .map(Scenario::id)
                        .filter(id -> !id.startsWith("login.refused-")))
                .isNotEmpty()
                .allSatisfy(id -> assertThat(named).contains(id));
        assertThat(named).contains("login.refused-70002");
    }
}
