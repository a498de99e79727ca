/* SPDX-License-Identifier: Apache-2.0 */

/** The command line. */
module io.github.tim4j.cli {
    requires io.github.tim4j.conformance;
    requires io.github.tim4j;
    requires io.github.tim4j.server;
    requires info.picocli;
    requires java.management;
    requires ch.qos.logback.classic;
    requires ch.qos.logback.core;
    requires org.slf4j;

    provides ch.qos.logback.classic.spi.Configurator with
            io.github.tim4j.cli.LogConfiguration;

    opens io.github.tim4j.cli to
            info.picocli;
}
