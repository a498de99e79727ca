/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The library's log on the SLF4J logger {@code io.github.tim4j.native}, by means that SLF4J 1.7 has as well. Levels are TIMLogLevel. Any thread. */
final class NativeLog {
    private static final Logger LOG = LoggerFactory.getLogger("io.github.tim4j.native");

    private NativeLog() {}

    static boolean wants(int level) {
        return switch (level) {
            case 1, 2 -> LOG.isTraceEnabled();
            case 3 -> LOG.isDebugEnabled();
            case 4 -> LOG.isInfoEnabled();
            case 5 -> LOG.isWarnEnabled();
            default -> LOG.isErrorEnabled();
        };
    }

    static void log(int level, String line) {
        String text = Redaction.redact(line);
        switch (level) {
            case 1, 2 -> LOG.trace(text);
            case 3 -> LOG.debug(text);
            case 4 -> LOG.info(text);
            case 5 -> LOG.warn(text);
            default -> LOG.error(text);
        }
    }

    /** The level of the least line that is wanted; 0 for none. */
    static int level() {
        for (int level = 2; level <= 6; level++) {
            if (wants(level)) {
                return level;
            }
        }
        return 0;
    }
}
