// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A command with a login server around it. */
class ExecIT {
    private static String[] exec(String... command) {
        return Stream.concat(Stream.of("exec"), Stream.of(command)).toArray(String[]::new);
    }

    @Test
    void theCommandFindsTheServerAndItsKeyInItsEnvironment() {
        String login = Cli.JAVA + " -jar " + Cli.JAR
                + " login --sdkappid $TIM_SDKAPPID --server $TIM_SHIM_SERVER --user alice";
        try (Cli cli =
                Cli.start(exec("sh", "-c", login + " && curl=$TIM_CONTROL_URL && echo \"control ${curl%:*}\""))) {
            assertThat(cli.exitCode()).as(cli.toString()).isZero();
            assertThat(cli.out()).contains("logged in").contains("control http://127.0.0.1");
            assertThat(cli.err()).isEmpty();
        }
    }

    @Test
    void itsExitCodeIsTheCommandsAndWhatTheServerSawIsShown() {
        String wrong = "TIM_SECRET_KEY=another " + Cli.JAVA + " -jar " + Cli.JAR
                + " login --sdkappid $TIM_SDKAPPID --server $TIM_SHIM_SERVER --user alice; exit 7";
        try (Cli cli = Cli.start(exec("--", "sh", "-c", wrong))) {
            assertThat(cli.exitCode()).isEqualTo(7);
            assertThat(cli.err())
                    .anyMatch(line -> line.equals("tim4j exec: the command ended with 7; the server saw 1 event:"))
                    .anyMatch(line -> line.matches(".*LOGIN_REFUSED alice .* 70009 .*"));
        }
    }

    @Test
    void optionsAfterTheCommandAreTheCommands() {
        try (Cli cli = Cli.start(exec("--sdkappid", "7", "sh", "-c", "echo app=$TIM_SDKAPPID $0", "--help"))) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out()).isEqualTo(List.of("app=7 --help"));
        }
    }

    @Test
    void aCommandThatCannotBeStartedIsNamed() {
        try (Cli cli = Cli.start(exec("no-such-command-here"))) {
            assertThat(cli.exitCode()).isEqualTo(127);
            assertThat(cli.err())
                    .isEqualTo(List.of("tim4j exec: cannot run no-such-command-here: there is no such command"));
        }
        try (Cli cli = Cli.start("exec")) {
            assertThat(cli.exitCode()).isEqualTo(2);
        }
    }
}
