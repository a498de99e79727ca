// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands as a user types them: what they print, where, and with which exit code they end. */
class CommandLineIT {
    private static final String SECRET = "a-secret-for-tests";

    @TempDir
    private Path folder;

    private String secretKeyFile() throws IOException {
        return Files.writeString(folder.resolve("key"), SECRET + "\n").toString();
    }

    private static List<String> succeeds(Map<String, String> environment, String input, String... arguments) {
        try (Cli cli = Cli.start(environment, input, arguments)) {
            assertThat(cli.exitCode()).as(cli.toString()).isZero();
            assertThat(cli.err()).isEmpty();
            return cli.out();
        }
    }

    /** @return the one line on standard error */
    private static String fails(int exitCode, Map<String, String> environment, String input, String... arguments) {
        try (Cli cli = Cli.start(environment, input, arguments)) {
            assertThat(cli.exitCode()).as(cli.toString()).isEqualTo(exitCode);
            assertThat(cli.err()).hasSize(1);
            assertThat(cli.toString()).doesNotContain(SECRET);
            return cli.err().get(0);
        }
    }

    private static String fails(int exitCode, String... arguments) {
        return fails(exitCode, Map.of(), "", arguments);
    }

    @Test
    void withoutACommandItSaysWhatToDoNext() {
        assertThat(succeeds(Map.of(), "")).anyMatch(line -> line.contains("java -jar tim4j-all.jar demo"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "serve", "exec", "usersig", "login", "export", "import", "conformance"})
    void everyCommandHasHelp(String command) {
        assertThat(succeeds(Map.of(), "", command, "--help"))
                .first()
                .asString()
                .startsWith("Usage: tim4j " + command + " ");
    }

    @Test
    void theVersionIsThatOfTheJar() {
        assertThat(succeeds(Map.of(), "", "--version"))
                .singleElement()
                .asString()
                .matches("tim4j \\d+\\.\\d+\\.\\d+.*");
    }

    @Test
    void wrongUsage() {
        assertThat(fails(2, "dmeo")).contains("dmeo").contains("--help");
        assertThat(fails(2, "conformanc")).contains("did you mean conformance");
        assertThat(fails(2, "serve", "--htpp-port", "3")).contains("did you mean --http-port?");
        assertThat(fails(2, "login", "--user", "alice")).contains("--server").contains("--sdkappid");
        assertThat(fails(2, "serve", "--port", "65536")).contains("port 65536").contains("0 to 65535");
    }

    @Test
    void aUserSigIsMadeAndChecked() throws IOException {
        List<String> made = succeeds(
                Map.of(), "", "usersig", "--sdkappid", "7", "--user", "alice", "--secret-key-file", secretKeyFile());
        assertThat(made).singleElement().asString().matches("[A-Za-z0-9*_-]{50,}");
        assertThat(succeeds(Map.of(), made.get(0) + "\n", "usersig", "--check"))
                .contains("user        alice", "SDKAppID    7", "valid       yes")
                .anyMatch(line -> line.startsWith("expires ") && line.matches(".*, in 8(6400|639\\d) s"))
                .anyMatch(line -> line.startsWith("signature   not checked"));
        assertThat(succeeds(Map.of("TIM_SECRET_KEY", SECRET), made.get(0), "usersig", "--check", "--user", "alice"))
                .contains("signature   right", "valid       yes");
    }

    @Test
    void aUserSigThatIsNotValidIsCalledSo() {
        String made = succeeds(Map.of("TIM_SECRET_KEY", SECRET), "", "usersig", "--sdkappid", "7", "--user", "alice")
                .get(0);
        assertThat(fails(1, Map.of(), made.substring(9), "usersig", "--check")).contains("not valid: 70003");
        try (Cli other = Cli.start(Map.of("TIM_SECRET_KEY", "another"), made, "usersig", "--check")) {
            assertThat(other.exitCode()).isEqualTo(1);
            assertThat(other.out())
                    .contains("signature   wrong")
                    .last()
                    .asString()
                    .startsWith("valid       no: 70009");
        }
        try (Cli other = Cli.start(Map.of(), made, "usersig", "--check", "--user", "bob")) {
            assertThat(other.exitCode()).isEqualTo(1);
            assertThat(other.out()).last().asString().startsWith("valid       no: 70013");
        }
    }

    @Test
    void aUserSigThatCannotBeMade() throws IOException {
        assertThat(fails(2, "usersig", "--secret-key-file", secretKeyFile()))
                .contains("--sdkappid")
                .contains("--user");
        assertThat(fails(2, "usersig", "--sdkappid", "7", "--user", "alice"))
                .contains("TIM_SECRET_KEY")
                .contains("--secret-key-file");
        assertThat(fails(
                        2,
                        "usersig",
                        "--sdkappid",
                        "7",
                        "--user",
                        "x".repeat(33),
                        "--secret-key-file",
                        secretKeyFile()))
                .contains("32");
        assertThat(fails(2, "usersig", "--sdkappid", "0", "--user", "a", "--secret-key-file", secretKeyFile()))
                .contains("SDKAppID 0");
        assertThat(fails(
                        2,
                        "usersig",
                        "--sdkappid",
                        "7",
                        "--user",
                        "a",
                        "--validity",
                        "0",
                        "--secret-key-file",
                        secretKeyFile()))
                .contains("validity");
    }

    @Test
    void aSecretKeyThatCannotBeRead() throws IOException {
        String missing = folder.resolve("nothing").toString();
        assertThat(fails(2, "serve", "--port", "0", "--secret-key-file", missing))
                .contains(missing)
                .contains("no such file");
        assertThat(fails(2, "serve", "--port", "0", "--secret-key-file", folder.toString()))
                .contains(folder.toString())
                .contains("folder");
        String empty = Files.writeString(folder.resolve("empty"), "\n").toString();
        assertThat(fails(2, "serve", "--port", "0", "--secret-key-file", empty))
                .contains(empty)
                .contains("empty");
        String large =
                Files.writeString(folder.resolve("large"), "x".repeat(5000)).toString();
        assertThat(fails(2, "serve", "--port", "0", "--secret-key-file", large))
                .contains(large)
                .contains("4096");
        assertThat(fails(2, Map.of("TIM_SECRET_KEY", " "), "", "serve", "--port", "0"))
                .contains("TIM_SECRET_KEY")
                .contains("empty");
    }

    @Test
    void aServerThatCannotStart() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = Integer.toString(taken.getLocalPort());
            assertThat(fails(1, "serve", "--port", port))
                    .contains("127.0.0.1:" + port)
                    .contains("in use")
                    .contains("another port");
        }
        assertThat(fails(1, "serve", "--port", "0", "--host", "no-such-host.invalid"))
                .contains("no-such-host.invalid");
        assertThat(fails(1, "serve", "--port", "0", "--host", "0.0.0.0"))
                .contains("0.0.0.0")
                .contains("--allow-plaintext");
        assertThat(fails(2, "serve", "--port", "0", "--sdkappid", "7", "--sdkappid", "7"))
                .contains("--sdkappid 7")
                .contains("twice");
    }

    @Test
    void aLoginThatCannotBegin() throws IOException {
        String[] login = {"login", "--server", "mqtt://127.0.0.1:1", "--sdkappid", "7", "--user", "alice"};
        assertThat(fails(2, login)).contains("standard input").contains("TIM_USER_SIG");
        assertThat(fails(2, Map.of("TIM_USER_SIG", ""), "", login)).contains("TIM_USER_SIG is empty");
        assertThat(fails(2, Map.of(), "sig", with(login, "--folder", "/proc"))).contains("--folder /proc");
        assertThat(fails(2, Map.of(), "sig", with(login, "--folder", secretKeyFile())))
                .contains("not an existing folder");
        assertThat(fails(2, Map.of(), "sig", with(login, "--ca-file", "/nothing.pem")))
                .contains("--ca-file /nothing.pem");
        assertThat(fails(2, Map.of(), "sig", with(login, "--platform", "Amiga")))
                .contains("Amiga")
                .contains("Windows, Mac, Linux");
        assertThat(fails(2, Map.of(), "sig", with(login, "--timeout", "0")))
                .contains("--timeout 0")
                .contains("1 to 600");
        assertThat(fails(
                        2,
                        Map.of(),
                        "sig",
                        "login",
                        "--server",
                        "http://127.0.0.1",
                        "--sdkappid",
                        "7",
                        "--user",
                        "alice"))
                .contains("http://127.0.0.1")
                .contains("mqtt://");
    }

    @Test
    void aLoginThatFails() throws IOException {
        String port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = Integer.toString(free.getLocalPort());
        }
        assertThat(fails(
                        1,
                        Map.of(),
                        "sig",
                        "login",
                        "--server",
                        "mqtt://127.0.0.1:" + port,
                        "--sdkappid",
                        "7",
                        "--user",
                        "alice",
                        "--timeout",
                        "1"))
                .contains("login failed: 9511")
                .contains(port);
        assertThat(fails(
                        1,
                        Map.of(),
                        "sig",
                        "login",
                        "--server",
                        "mqtt://no-such-host.invalid",
                        "--sdkappid",
                        "7",
                        "--user",
                        "alice",
                        "--timeout",
                        "1"))
                .contains("login failed: 9516")
                .contains("no-such-host.invalid");
    }

    private static String[] with(String[] arguments, String... more) {
        return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
    }
}
