/* SPDX-License-Identifier: Apache-2.0 */

/** Scenarios for any library with the C API: {@link io.github.tim4j.conformance.Conformance}. */
@SuppressWarnings("module") // the command line is compiled later
module io.github.tim4j.conformance {
    exports io.github.tim4j.conformance;
    exports io.github.tim4j.conformance.process to
            io.github.tim4j.cli;
    exports io.github.tim4j.conformance.report;
    exports io.github.tim4j.conformance.scenarios;

    requires transitive io.github.tim4j.usersig;
    requires com.fasterxml.jackson.databind;
    requires io.github.tim4j;
    requires io.github.tim4j.server;
    requires java.xml;
    requires org.slf4j;
    requires static org.junit.jupiter.api;
    requires static org.jspecify;
}
