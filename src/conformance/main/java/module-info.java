/* SPDX-License-Identifier: Apache-2.0 */

/** Scenarios for any library with the C API: {@link io.github.tim4j.conformance.Conformance}. */
module io.github.tim4j.conformance {
    exports io.github.tim4j.conformance;

    requires transitive io.github.tim4j.usersig;
    requires com.fasterxml.jackson.databind;
    requires io.github.tim4j;
    requires io.github.tim4j.server;
    requires java.xml;
    requires static org.junit.jupiter.api;
    requires static org.jspecify;
}
