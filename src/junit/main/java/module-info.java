/* SPDX-License-Identifier: Apache-2.0 */

/** A JUnit extension that gives tests a login server, clients and UserSigs. */
module io.github.tim4j.junit {
    exports io.github.tim4j.junit;

    requires transitive io.github.tim4j;
    requires transitive io.github.tim4j.server;
    requires transitive org.junit.jupiter.api;
    requires static org.jspecify;
}
