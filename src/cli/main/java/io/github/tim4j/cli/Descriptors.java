// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import java.lang.management.ManagementFactory;
import java.util.OptionalInt;
import javax.management.JMException;
import javax.management.ObjectName;

/** How many file descriptors this process may have: each connection is one. */
final class Descriptors {
    /** For everything that is no connection of a client: jars, logs, the event loops, HTTP. */
    private static final int OTHERS = 200;

    private Descriptors() {}

    /** How many connections there is room for; empty where the system does not say, as Windows. */
    static OptionalInt connections() {
        try {
            Object limit = ManagementFactory.getPlatformMBeanServer()
                    .getAttribute(
                            new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), "MaxFileDescriptorCount");
            return limit instanceof Long count && count > 0
                    ? OptionalInt.of((int) Math.max(1, Math.min(count - OTHERS, Integer.MAX_VALUE)))
                    : OptionalInt.empty();
        } catch (JMException e) {
            return OptionalInt.empty();
        }
    }
}
