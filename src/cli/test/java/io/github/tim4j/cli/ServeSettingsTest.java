/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Where the settings of {@code serve} come from, and what is said about wrong ones. */
class ServeSettingsTest {
    @TempDir
    Path folder;

    private static ServeSettings settings(Path file, Map<String, String> environment, String... options) {
        CommandLine command = new CommandLine(new ServeCommand());
        command.parseArgs(options);
        return new ServeSettings(file, environment, command.getCommandSpec());
    }

    private static LoginServer start(ServeSettings settings) {
        settings.builder().app(7, "secret");
        LoginServerConfig config = settings.config(Set.of(7L));
        return LoginServer.start(config);
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("serve.properties"), content);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void kubernetesVariablesAndAByteOrderMarkAreNoMistake() throws IOException {
        Map<String, String> environment = Map.of(
                "TIM_SERVE_SERVICE_HOST", "10.0.0.1",
                "TIM_SERVE_SERVICE_PORT", "1883",
                "TIM_SERVE_SERVICE_PORT_MQTT", "1883",
                "TIM_SERVE_PORT", "tcp://10.0.0.1:1883",
                "TIM_SERVE_PORT_1883_TCP_ADDR", "10.0.0.1");
        Path file = file("\uFEFFport = 0\nhttp-port = 0\n");
        try (LoginServer server = start(settings(file, environment))) {
            assertThat(server.httpPort()).isPositive();
        }
    }

    @Test
    void anOptionCountsBeforeAVariableAndAVariableBeforeTheFile() throws IOException {
        int inFile = freePort();
        Path file = file("port = " + inFile + "\nhttp-port = 0\n");
        try (LoginServer server = start(settings(file, Map.of()))) {
            assertThat(server.port()).isEqualTo(inFile);
            assertThat(server.httpPort()).isPositive();
        }
        int inVariable = freePort();
        Map<String, String> environment = Map.of("TIM_SERVE_PORT", "" + inVariable, "OTHER", "x");
        try (LoginServer server = start(settings(file, environment))) {
            assertThat(server.port()).isEqualTo(inVariable);
        }
        int inOption = freePort();
        try (LoginServer server = start(settings(file, environment, "--port", "" + inOption))) {
            assertThat(server.port()).isEqualTo(inOption);
        }
    }

    @Test
    void tlsForDevelopmentWritesItsCaFile() throws IOException {
        Path ca = folder.resolve("ca.pem");
        try (LoginServer server =
                start(settings(null, Map.of(), "--port", "0", "--tls-port", "0", "--tls-self-signed=" + ca))) {
            assertThat(server.tlsPort()).isPositive();
            assertThat(ca).content().contains("BEGIN CERTIFICATE");
        }
    }

    @Test
    void appsAndTheirKeysAreInTheFile() throws IOException {
        ServeSettings settings =
                settings(file("app.7.secret-key-file = new.key\napp.7.older-secret-key-file = old.key\n"), Map.of());
        assertThat(settings.keyFiles()).containsExactly(Map.entry(7L, Path.of("new.key")));
        assertThat(settings.olderKeyFiles()).containsExactly(Map.entry(7L, Path.of("old.key")));
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOf(CliException.class).message().contains(parts);
    }

    @Test
    void whatIsWrongIsNamedWithItsPlaceTheValueAndTheRemedy() throws IOException {
        Path unknown = file("prot = 1\n");
        assertRefused(() -> settings(unknown, Map.of()), "prot", "serve.properties", "choose from", "port");
        assertRefused(() -> settings(null, Map.of("TIM_SERVE_PROT", "1")), "TIM_SERVE_PROT", "TIM_SERVE_PORT");
        assertRefused(
                () -> settings(null, Map.of("TIM_SERVE_PORT", "x")),
                "variable TIM_SERVE_PORT",
                "\"x\"",
                "whole number");
        Path tooLong = file("max-keep-alive = 99999\n");
        assertRefused(() -> settings(tooLong, Map.of()), "max-keep-alive in", "99999", "choose 1 to 65535");
        assertRefused(() -> settings(folder.resolve("no.properties"), Map.of()), "no.properties", "no such file");
        assertRefused(
                () -> settings(null, Map.of(), "--allow-plaintext=maybe"),
                "--allow-plaintext",
                "neither true nor false");
        assertRefused(() -> settings(null, Map.of(), "--tls-port", "1"), "--tls-cert", "--tls-self-signed");
        assertRefused(() -> settings(null, Map.of(), "--tls-cert", "x"), "--tls-key");
        assertRefused(
                () -> settings(null, Map.of(), "--tls-cert", "x", "--tls-key", "y", "--tls-self-signed"), "choose one");
        assertRefused(
                () -> start(settings(null, Map.of(), "--login-policy", "NONE")),
                "--login-policy NONE",
                "DUAL_PLATFORM");
        assertRefused(
                () -> start(settings(null, Map.of(), "--instances", "Windows=9")), "--instances Windows=9", "1 to 3");
        assertRefused(
                () -> start(settings(null, Map.of(), "--instances", "Windows")), "--instances Windows", "whole number");
        assertRefused(() -> start(settings(null, Map.of(), "--state-webhook", "ftp://x")), "--state-webhook", "http");
    }
}
