/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailureLimitTest {
    @Test
    void failuresOfEverNewUsersDoNotGrowMemory() {
        FailureLimit<String> limit = new FailureLimit<>(2, System::nanoTime);
        for (int i = 0; i < FailureLimit.MAX_KEYS * 2; i++) {
            limit.failed("user" + i);
        }
        assertThat(limit.size()).isEqualTo(FailureLimit.MAX_KEYS);
        limit.failed("last");
        limit.failed("last");
        assertThat(limit.isLocked("last")).isTrue();
        assertThat(limit.isLocked("user1")).isFalse();
    }
}
