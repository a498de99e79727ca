/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import org.slf4j.Logger;

/** Reports a failure that must not spread, even if the logger fails as well. */
final class Contained {
    private Contained() {}

    static void report(Logger log, String what, Throwable failure) {
        try {
            log.error(what, failure);
        } catch (Throwable alsoThatFailed) {
            // There is nobody left to report it to; going on matters more.
        }
    }
}
