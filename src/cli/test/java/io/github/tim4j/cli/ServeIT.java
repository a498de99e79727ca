// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server and its clients, each a process. */
class ServeIT {
    @TempDir
    private Path folder;

    private String keyFile(String name, String secret) throws IOException {
        return Files.writeString(folder.resolve(name), secret).toString();
    }

    private static String[] login(String server, String app, String user, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("login", "--server", server, "--sdkappid", app, "--user", user));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    @Test
    void loginsOfSeveralAppsAndALogout() throws IOException {
        String one = keyFile("one", "secret-of-7");
        String two = keyFile("two", "secret-of-8");
        try (Cli serve = Cli.start(
                "serve",
                "--port",
                "0",
                "--sdkappid",
                "7",
                "--secret-key-file",
                one,
                "--sdkappid",
                "8",
                "--secret-key-file",
                two)) {
            String server = serve.await("listening ");
            assertThat(server).matches("mqtt://127\\.0\\.0\\.1:\\d+");
            try (Cli right = Cli.start(login(server, "7", "alice", "--secret-key-file", one))) {
                assertThat(right.exitCode()).as(right.toString()).isZero();
                assertThat(right.out())
                        .containsSubsequence(
                                "event   onReady alice", "logged in", "event   onNotReady alice", "logged out");
                assertThat(right.err()).isEmpty();
            }
            try (Cli wrong = Cli.start(login(server, "8", "alice", "--secret-key-file", one))) {
                assertThat(wrong.exitCode()).isEqualTo(1);
                assertThat(wrong.err()).singleElement().asString().contains("login failed: 70009");
            }
            try (Cli unknown = Cli.start(login(server, "9", "alice", "--secret-key-file", one))) {
                assertThat(unknown.exitCode()).isEqualTo(1);
                assertThat(unknown.err()).singleElement().asString().contains("login failed: 70020");
            }
            assertThat(serve.out())
                    .as("secrets that were given are not printed")
                    .hasSize(1);
        }
    }

    @Test
    void aKeyForDevelopmentIsMadeAndPrintedOnce() {
        try (Cli serve = Cli.start("serve", "--port", "0")) {
            String server = serve.await("listening ");
            assertThat(serve.out())
                    .hasSize(2)
                    .first()
                    .asString()
                    .contains("SDKAppID 1400000000")
                    .contains("for development only");
            String key = serve.out().get(0).replaceAll(".*: ", "");
            assertThat(key).matches("[0-9a-f]{64}");
            try (Cli login = Cli.start(Map.of("TIM_SECRET_KEY", key), "", login(server, "1400000000", "alice"))) {
                assertThat(login.exitCode()).as(login.toString()).isZero();
            }
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGHUP")
    void sighupReadsTheSettingsAgain() throws Exception {
        String one = keyFile("one", "first secret");
        Path config = folder.resolve("serve.properties");
        Files.writeString(config, "port = 0\napp.7.secret-key-file = " + one + "\n");
        try (Cli serve = Cli.start("serve", "--config", config.toString())) {
            String server = serve.await("listening ");
            String two = keyFile("two", "second secret");
            Files.writeString(config, "port = 0\napp.7.secret-key-file = " + two + "\n");
            serve.hangUp();
            serve.await("reloaded");
            try (Cli login = Cli.start(login(server, "7", "alice", "--secret-key-file", two))) {
                assertThat(login.exitCode()).as(login.toString()).isZero();
            }
            Files.writeString(config, "prot = 0\n");
            serve.hangUp();
            assertThat(serve.awaitError("tim4j serve: not reloaded")).contains("unknown key prot");
            try (Cli login = Cli.start(login(server, "7", "alice", "--secret-key-file", two))) {
                assertThat(login.exitCode()).as(login.toString()).isZero();
            }
        }
    }

    @Test
    void theLogIsJsonAndWhatIsOrderedIsWrittenDown() throws Exception {
        Path audit = folder.resolve("audit.jsonl");
        List<String> arguments = List.of(
                "serve", "-v", "--port", "0", "--control=0", "--log-format", "json", "--audit-log", audit.toString());
        for (int start = 1; start <= 2; start++) {
            try (Cli serve = Cli.start(Map.of("TIM_SECRET_KEY", "secret"), "", arguments.toArray(String[]::new))) {
                HttpRequest kick = HttpRequest.newBuilder(URI.create(serve.await("test control ") + "kick"))
                        .POST(HttpRequest.BodyPublishers.ofString("{\"sdkAppId\":1400000000,\"userId\":\"alice\"}"))
                        .build();
                HttpClient.newHttpClient().send(kick, HttpResponse.BodyHandlers.discarding());
                serve.terminate();
                assertThat(serve.exitCode()).isZero();
                assertThat(serve.err())
                        .isNotEmpty()
                        .allMatch(line -> line.startsWith("{\"timestamp\":") && line.endsWith("}"))
                        .anyMatch(line -> line.contains("\"formattedMessage\":\"listening mqtt"));
            }
            assertThat(Files.readAllLines(audit))
                    .hasSize(start)
                    .allSatisfy(line -> assertThat(line)
                            .startsWith("{\"time\":\"")
                            .endsWith("\"by\":\"control\",\"from\":\"127.0.0.1\",\"command\":\"kick\",\"code\":0,"
                                    + "\"request\":{\"sdkAppId\":1400000000,\"userId\":\"alice\"}}"));
        }
        assertThat(Files.getPosixFilePermissions(audit)).hasSize(2);
        try (Cli serve = Cli.start("serve", "--audit-log", folder.toString())) {
            assertThat(serve.exitCode()).isEqualTo(2);
            assertThat(serve.err()).singleElement().asString().contains("--audit-log " + folder);
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no ulimit")
    void moreConnectionsThanDescriptorsAreWarnedOfIfAskedFor() {
        String serve = "ulimit -n 1000; exec " + Cli.JAVA + " -jar " + Cli.JAR + " serve --port 0 --http-port 0";
        for (String more : List.of("", " --max-connections 800")) {
            try (Cli quiet = Cli.program(List.of("sh", "-c", serve + more), Map.of())) {
                quiet.await("listening ");
                assertThat(quiet.err()).isEmpty();
            }
        }
        try (Cli warned = Cli.program(List.of("sh", "-c", serve + " --max-connections 801"), Map.of())) {
            warned.await("listening ");
            assertThat(warned.err())
                    .singleElement()
                    .asString()
                    .contains("800 connections")
                    .contains("ulimit -n");
        }
    }

    @Test
    void clientsAreLetGoOverATime() {
        Map<String, String> secret = Map.of("TIM_SECRET_KEY", "secret");
        try (Cli serve = Cli.start(secret, "", "serve", "--port", "0", "--sdkappid", "7", "--drain-seconds", "1")) {
            String server = serve.await("listening ");
            try (Cli client = Cli.start(secret, "", login(server, "7", "alice", "--hold"))) {
                client.await("logged in");
                serve.terminate();
                serve.await("draining for 1 s");
                client.await("event   onNetworkStatus DISCONNECTED (reconnect) 9508 the server shuts down");
                assertThat(serve.exitCode()).as(serve.toString()).isZero();
            }
        }
        try (Cli serve = Cli.start("serve", "--drain-seconds", "4000")) {
            assertThat(serve.exitCode()).isEqualTo(2);
            assertThat(serve.err()).singleElement().asString().contains("--drain-seconds 4000");
        }
    }

    @Test
    void sigtermTellsTheClientsAndEndsWithZero() {
        Map<String, String> secret = Map.of("TIM_SECRET_KEY", "secret");
        try (Cli serve = Cli.start(secret, "", "serve", "--port", "0", "--sdkappid", "7")) {
            String server = serve.await("listening ");
            try (Cli client = Cli.start(secret, "", login(server, "7", "alice", "--hold"))) {
                client.await("logged in");
                serve.terminate();
                assertThat(serve.exitCode()).as(serve.toString()).isZero();
                assertThat(serve.out()).last().isEqualTo("stopped");
                assertThat(serve.err()).isEmpty();
                client.await("event   onNetworkStatus DISCONNECTED (reconnect) 9508 the server shuts down");
                client.terminate();
                assertThat(client.exitCode())
                        .as("without a server a logout succeeds too: " + client)
                        .isZero();
                assertThat(client.out()).last().isEqualTo("logged out");
            }
        }
    }

    @Test
    void aHeldLoginTellsThatItIsKickedAndEnds() throws IOException {
        Map<String, String> secret = Map.of("TIM_SECRET_KEY", "secret");
        try (Cli serve = Cli.start(secret, "", "serve", "--port", "0", "--sdkappid", "7")) {
            String server = serve.await("listening ");
            String sig = userSig(secret);
            try (Cli first = Cli.start(Map.of(), sig, login(server, "7", "alice", "--hold"));
                    Cli otherPlatform = Cli.start(
                            Map.of("TIM_USER_SIG", sig),
                            "",
                            login(server, "7", "alice", "--hold", "--platform", "Web"))) {
                first.await("logged in");
                otherPlatform.await("logged in");
                assertThat(first.arguments() + otherPlatform.arguments()).doesNotContain(sig);
                try (Cli second = Cli.start(Map.of(), sig, login(server, "7", "alice"))) {
                    assertThat(second.exitCode()).as(second.toString()).isZero();
                }
                assertThat(first.exitCode()).isEqualTo(1);
                assertThat(first.out()).contains("event   onKickedOffline OTHER_INSTANCE");
                assertThat(first.err()).singleElement().asString().contains("kicked offline");
                otherPlatform.terminate();
                assertThat(otherPlatform.exitCode())
                        .as("another platform is not kicked: " + otherPlatform)
                        .isZero();
                assertThat(first.toString() + otherPlatform).doesNotContain(sig);
            }
        }
    }

    @Test
    void verboseLogsOnStandardErrorAndWithoutSecrets() {
        Map<String, String> secret = Map.of("TIM_SECRET_KEY", "the-secret-key");
        try (Cli serve = Cli.start(secret, "", "serve", "--port", "0", "--sdkappid", "7", "-vv")) {
            String server = serve.await("listening ");
            String sig = userSig(secret);
            try (Cli login = Cli.start(Map.of(), sig, login(server, "7", "alice", "-vv"))) {
                assertThat(login.exitCode()).as(login.toString()).isZero();
                assertThat(login.err())
                        .anyMatch(line -> line.contains("INFO") && line.contains("io.github.tim4j.native"));
                assertThat(login.toString()).doesNotContain(sig);
            }
            assertThat(serve.err()).anyMatch(line -> line.contains("INFO") && line.contains("listening"));
            assertThat(serve.toString()).doesNotContain(sig).doesNotContain("the-secret-key");
        }
    }

    private static String userSig(Map<String, String> secret) {
        try (Cli usersig = Cli.start(secret, "", "usersig", "--sdkappid", "7", "--user", "alice")) {
            assertThat(usersig.exitCode()).isZero();
            return usersig.out().get(0);
        }
    }

    @Test
    void aLoginOverTlsTrustsTheCaFileOnly() throws IOException {
        String key = keyFile("key", "secret");
        String ca = folder.resolve("ca.pem").toString();
        try (Cli serve = Cli.start(
                "serve",
                "--port",
                "0",
                "--tls-port",
                "0",
                "--tls-self-signed=" + ca,
                "--sdkappid",
                "7",
                "--secret-key-file",
                key)) {
            String server = serve.await("listening with TLS ");
            try (Cli login = Cli.start(login(server, "7", "alice", "--secret-key-file", key, "--ca-file", ca))) {
                int exitCode = login.exitCode();
                assumeFalse(login.err().toString().contains("needs OpenSSL"), "skipped: no OpenSSL on this machine");
                assertThat(exitCode).as(login.toString()).isZero();
            }
            try (Cli login = Cli.start(login(server, "7", "alice", "--secret-key-file", key))) {
                assertThat(login.exitCode()).isEqualTo(1);
                assertThat(login.err()).singleElement().asString().contains("login failed: 950");
            }
        }
    }

    @Test
    void theHttpPortsAndTheDailyActiveUsers() throws Exception {
        String key = keyFile("key", "secret");
        try (Cli serve = Cli.start(
                "serve",
                "--port",
                "0",
                "--http-port",
                "0",
                "--control=0",
                "--sdkappid",
                "7",
                "--secret-key-file",
                key)) {
            String http = serve.await("server API ").replaceAll("/v4/.*", "");
            String control = serve.await("test control ");
            String server = serve.await("listening ");
            assertThat(URI.create(control).getPort())
                    .isNotEqualTo(URI.create(http).getPort());
            try (Cli login = Cli.start(login(server, "7", "alice", "--secret-key-file", key))) {
                assertThat(login.exitCode()).as(login.toString()).isZero();
            }
            HttpResponse<String> events = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(control + "events"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(events.body())
                    .contains("\"LOGIN\"")
                    .contains("\"LOGOUT\"")
                    .contains("\"alice\"");
            serve.terminate();
            assertThat(serve.exitCode()).as(serve.toString()).isZero();
            assertThat(serve.out()).anyMatch(line -> line.matches("daily active users of SDKAppID 7 on .*: 1"));
        }
    }
}
