// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The story that the README's first command tells. */
class DemoIT {
    @Test
    void everyStepGoesAsItShouldAndIsTimed() {
        try (Cli demo = Cli.start("demo")) {
            assertThat(demo.exitCode()).as(demo.toString()).isZero();
            List<String> out = demo.out();
            assertThat(out).filteredOn(line -> line.matches("\\d+\\. .*")).hasSize(11);
            assertThat(out).filteredOn(line -> line.matches(" {3}ok +\\d+ ms")).hasSize(11);
            assertThat(out)
                    .containsSubsequence(
                            "   future   LoginResult[userId=alice, repeatLogin=false]",
                            "   future   LoginResult[userId=alice, repeatLogin=true]",
                            "   event    onKickedOffline OTHER_INSTANCE",
                            "   process  ended, exit code 1",
                            "   event    onReady bob",
                            "   event    onUserSigExpired bob",
                            "   server   gone",
                            "   event    onNetworkStatus CONNECTED (reconnect)",
                            "   status   LOGGED_OUT");
            assertThat(out).anyMatch(line -> line.startsWith("   future   TimException: 70009 "));
            assertThat(out.get(out.size() - 1)).as("where to go next").contains("docs/client.md");
            assertThat(demo.err()).as("neither warnings nor traces").isEmpty();
            assertThat(String.join("", out))
                    .as("no colour, this is no terminal")
                    .doesNotContain("\u001b");
        }
    }

    @Test
    void whatTheUserHasSetForLoginsOfHisOwnDoesNotDisturbIt() {
        Map<String, String> environment = Map.of(
                "TIM_USER_SIG",
                "x",
                "TIM_SECRET_KEY",
                "y",
                "TIM_SHIM_DEVICE_ID",
                "mine",
                "TIM_SHIM_SERVER",
                "mqtt://127.0.0.1:1");
        try (Cli demo = Cli.start(environment, "", "demo")) {
            assertThat(demo.exitCode()).as(demo.toString()).isZero();
        }
    }
}
