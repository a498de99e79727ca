/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Stage;
import java.util.List;

/**
 * One thing that a library with this C API must do.
 *
 * @param id      unique, {@code group.name}; what {@code --scenario} takes
 * @param group   what it is about
 * @param title   the rule, in one line
 * @param sources where the rule comes from
 * @param does    what is done
 * @param expects what must come of it
 * @param why     where sources disagree: why timshim does what it does; "" elsewhere
 * @param need    what it cannot be run without
 * @param body    does it, on a stage of its own
 */
public record Scenario(
        String id,
        Group group,
        String title,
        List<Source> sources,
        String does,
        String expects,
        String why,
        Need need,
        Body body) {
    /** What a scenario does. Ends normally if all was as it should be; a check that fails ends it. */
    @FunctionalInterface
    public interface Body {
        /**
         * Runs the scenario.
         *
         * @param stage its processes, its server and its checks
         * @throws Exception anything; what the checks throw becomes the verdict
         */
        void run(Stage stage) throws Exception;
    }

    @Override
    public String toString() {
        return id;
    }
}
