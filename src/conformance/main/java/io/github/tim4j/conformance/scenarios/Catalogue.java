/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import java.util.List;
import java.util.stream.Stream;

/** Every scenario there is. */
public final class Catalogue {
    private static final List<Scenario> ALL = Stream.of(
                    OfflineScenarios.all(),
                    LoginScenarios.all(),
                    DeviceScenarios.all(),
                    FaultScenarios.all(),
                    ThreadScenarios.all(),
                    BadInputScenarios.all(),
                    ClassicScenarios.all())
            .flatMap(List::stream)
            .toList();

    private Catalogue() {}

    /**
     * All scenarios.
     *
     * @return group by group
     */
    public static List<Scenario> scenarios() {
        return ALL;
    }
}
