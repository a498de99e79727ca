/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import java.time.Duration;

/**
 * How long the library may take to do something. One that has let a scenario wait in vain, with all this time, is given less from then on,
 * but twice as long as it ever took: else a library that loses callbacks would keep the kit waiting for an hour. Any thread.
 */
public final class Patience {
    /** Of a library that logs in where it is told to, within the time that it is told. */
    public static final Duration USUAL = Duration.ofSeconds(15);
    /** The vendor's library tries for 30 s to log in without a network; a request that waits behind a login takes as long. */
    public static final Duration LONG = Duration.ofSeconds(60);

    private final Duration whole;
    /** Both under this lock. */
    private Duration longest = Duration.ZERO;

    private boolean wasInVain;

    public Patience(Duration whole) {
        this.whole = whole;
    }

    public synchronized Duration now() {
        if (!wasInVain) {
            return whole;
        }
        Duration enough = longest.multipliedBy(2).compareTo(USUAL) > 0 ? longest.multipliedBy(2) : USUAL;
        return enough.compareTo(whole) < 0 ? enough : whole;
    }

    /** A wait is over. */
    public synchronized void waited(Duration time, boolean inVain) {
        wasInVain |= inVain;
        if (!inVain && time.compareTo(longest) > 0) {
            longest = time;
        }
    }
}
