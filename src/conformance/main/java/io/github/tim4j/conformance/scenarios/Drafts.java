/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import io.github.tim4j.conformance.report.Group;
import java.util.ArrayList;
import java.util.List;

/** Collects the scenarios of a group as they are written down. */
final class Drafts {
    private final Group group;
    private final Need usualNeed;
    private final List<Scenario> scenarios = new ArrayList<>();

    /** @param usualNeed what a scenario of this group needs unless it says otherwise */
    Drafts(Group group, Need usualNeed) {
        this.group = group;
        this.usualNeed = usualNeed;
    }

    /** @param name unique in the group */
    Draft scenario(String name, String title) {
        return new Draft(group + "." + name, title);
    }

    List<Scenario> all() {
        return List.copyOf(scenarios);
    }

    final class Draft {
        private final String id;
        private final String title;
        private List<Source> sources = List.of();
        private Need need = usualNeed;
        private String does = "";
        private String why = "";

        private Draft(String id, String title) {
            this.id = id;
            this.title = title;
        }

        Draft from(Source... from) {
            sources = List.of(from);
            return this;
        }

        Draft needs(Need what) {
            need = what;
            return this;
        }

        Draft does(String what) {
            does = what;
            return this;
        }

        /** Where sources disagree: why timshim does what it does. */
        Draft why(String reason) {
            why = reason;
            return this;
        }

        /** Ends the draft. */
        void expects(String what, Scenario.Body body) {
            scenarios.add(new Scenario(id, group, title, sources, does, what, why, need, body));
        }
    }
}
