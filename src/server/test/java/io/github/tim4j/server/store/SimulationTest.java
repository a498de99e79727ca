/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Login servers that share a database, through whatever can happen to them: see {@link Simulation}. */
class SimulationTest {
    /** More of them: {@code mvn test -Dtest=SimulationTest -Dtim4j.simulations=100000 -Dtim4j.seed=1}. */
    @Test
    void nobodyIsOnlineWhoIsOutAndNothingStaysOpen() {
        long first = Long.getLong("tim4j.seed", 1);
        int runs = Integer.getInteger("tim4j.simulations", 1_000);
        for (long seed = first; seed < first + runs; seed++) {
            assertThat(Simulation.run(seed)).isEmpty();
        }
    }
}
