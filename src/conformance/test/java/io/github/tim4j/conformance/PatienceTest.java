/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.conformance.stage.Patience;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A library that loses callbacks does not keep the kit waiting, and one that is slow is not taken for one. */
class PatienceTest {
    @Test
    void endsAfterTheFirstWaitInVain() {
        Patience patience = new Patience(Patience.LONG);
        patience.waited(Duration.ofMillis(20), false);
        assertThat(patience.now()).isEqualTo(Patience.LONG);
        patience.waited(Patience.LONG, true);
        assertThat(patience.now()).isEqualTo(Patience.USUAL);
    }

    @Test
    void isTwiceWhatTheLibraryEverTookButNeverMoreThanAtFirst() {
        Patience patience = new Patience(Patience.LONG);
        patience.waited(Patience.LONG, true);
        patience.waited(Duration.ofSeconds(12), false);
        patience.waited(Duration.ofSeconds(1), false);
        assertThat(patience.now()).isEqualTo(Duration.ofSeconds(24));
        patience.waited(Duration.ofSeconds(31), false);
        assertThat(patience.now()).isEqualTo(Patience.LONG);
    }
}
