/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logins through real proxies, tinyproxy and microsocks, with and without TLS and passwords; and through what is no proxy. */
@Timeout(60)
class ProxyTest {
    private enum Kind {
        HTTP(Proxy.Type.HTTP, "tinyproxy"),
        SOCKS5(Proxy.Type.SOCKS, "microsocks");

        private final Proxy.Type type;
        private final String program;

        Kind(Proxy.Type type, String program) {
            this.type = type;
            this.program = program;
        }

        Proxy at(int port) {
            return new Proxy(type, new InetSocketAddress("127.0.0.1", port));
        }
    }

    @TempDir
    private Path folder;

    private final List<Process> proxies = new ArrayList<>();
    private final List<TimClient> clients = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        clients.forEach(TimClient::close);
        for (Process proxy : proxies) {
            proxy.destroyForcibly().waitFor();
        }
    }

    /** @param user "" for a proxy without authentication */
    private int start(Kind kind, String user, String password) throws IOException {
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(kind.program));
        if (kind == Kind.HTTP) {
            String authentication = user.isEmpty() ? "" : "BasicAuth " + user + " " + password + "\n";
            Path configuration = Files.writeString(
                    folder.resolve("tinyproxy.conf"), "Port " + port + "\nListen 127.0.0.1\n" + authentication);
            command.addAll(List.of("-d", "-c", configuration.toString()));
        } else {
            command.addAll(List.of("-i", "127.0.0.1", "-p", Integer.toString(port)));
            if (!user.isEmpty()) {
                command.addAll(List.of("-u", user, "-P", password));
            }
        }
        try {
            proxies.add(new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve(kind + ".log").toFile())
                    .start());
        } catch (IOException e) {
            System.out.println("ProxyTest: skipped: " + kind.program + " is not installed");
            assumeTrue(false, "skipped: " + kind.program + " is not installed");
        }
        await().ignoreExceptions().until(() -> {
            new Socket(InetAddress.getByName("127.0.0.1"), port).close();
            return true;
        });
        return port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private TimClient open(TimClient.Builder builder) {
        TimClient client = builder.build();
        clients.add(client);
        return client;
    }

    @ParameterizedTest
    @EnumSource
    void logsInThroughAProxy(Kind kind) throws Exception {
        try (TestServer server = new TestServer()) {
            TimClient tim = open(server.client().proxy(kind.at(start(kind, "", ""))));
            tim.login("alice", server.userSig("alice")).get(20, TimeUnit.SECONDS);
            tim.logout().get(20, TimeUnit.SECONDS);
        }
        assertThat(Files.readString(folder.resolve(kind + ".log"))).contains("127.0.0.1");
    }

    @ParameterizedTest
    @EnumSource
    void logsInOverTlsThroughAProxyWithAPassword(Kind kind) throws Exception {
        int port = start(kind, "me", "s3cret");
        Path ca = folder.resolve("ca.pem");
        try (LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(TestServer.APP, TestServer.SECRET)
                .tlsSelfSigned(0, ca)
                .build())) {
            TimClient tim = open(TimClient.builder()
                    .sdkAppId(TestServer.APP)
                    .server(server.tlsUri().toString())
                    .caFile(ca)
                    .loginTimeout(Duration.ofSeconds(10))
                    .proxy(kind.at(port), "me", "s3cret"));
            tim.login("alice", server.userSig(TestServer.APP, "alice")).get(20, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWrongPasswordEndsTheLogin(Kind kind) throws Exception {
        try (TestServer server = new TestServer()) {
            int port = start(kind, "me", "s3cret");
            TimClient tim = open(server.client().proxy(kind.at(port), "me", "guessed"));
            TimException failure = TestServer.failureOf(tim.login("alice", server.userSig("alice")));
            assertThat(failure.code()).isEqualTo(9503);
            assertThat(failure)
                    .hasMessageContaining("the proxy 127.0.0.1 port " + port)
                    .hasMessageContaining("does not accept the user name and password");
            assertThat(failure.getMessage()).doesNotContain("guessed");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProxyThatWantsAPasswordIsNamed(Kind kind) throws Exception {
        try (TestServer server = new TestServer()) {
            TimClient tim = open(server.client().proxy(kind.at(start(kind, "me", "s3cret"))));
            TimException failure = TestServer.failureOf(tim.login("alice", server.userSig("alice")));
            assertThat(failure.code()).isEqualTo(9503);
            assertThat(failure).hasMessageContaining("wants a user name and a password");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProxyThatHangsIsNamed(Kind kind) throws Exception {
        try (TestServer server = new TestServer();
                ServerSocket silent = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            TimClient tim =
                    open(server.client().loginTimeout(Duration.ofSeconds(6)).proxy(kind.at(silent.getLocalPort())));
            TimException failure = TestServer.failureOf(tim.login("alice", server.userSig("alice")));
            assertThat(failure.code()).isEqualTo(9510);
            assertThat(failure)
                    .hasMessageContaining(
                            "the proxy 127.0.0.1 port " + silent.getLocalPort() + " did not answer in time");
        }
    }

    @ParameterizedTest
    @EnumSource
    void noProxyThereIsNamed(Kind kind) throws Exception {
        try (TestServer server = new TestServer()) {
            int port = freePort();
            TimClient tim =
                    open(server.client().loginTimeout(Duration.ofSeconds(2)).proxy(kind.at(port)));
            TimException failure = TestServer.failureOf(tim.login("alice", server.userSig("alice")));
            assertThat(failure.code()).isEqualTo(9511);
            assertThat(failure).hasMessageContaining("the proxy 127.0.0.1 port " + port + " refused the connection");
        }
    }

    @Test
    void plaintextGoesThroughAProxyToLoopbackOnly() throws Exception {
        try (ServerSocket proxy = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
                TestServer server = new TestServer()) {
            TimClient tim = open(server.client()
                    .server("mqtt://im.invalid:1883")
                    .proxy(new Proxy(Proxy.Type.HTTP, proxy.getLocalSocketAddress())));
            TimException failure = TestServer.failureOf(tim.login("alice", server.userSig("alice")));
            assertThat(failure.code()).isEqualTo(6017);
            assertThat(failure).hasMessageContaining("in plaintext");
        }
    }

    @Test
    void theNextClientHasNoProxy() throws Exception {
        try (TestServer server = new TestServer()) {
            Proxy nobody = Kind.HTTP.at(freePort());
            server.client().proxy(nobody).build().close();
            assertThatThrownBy(() -> server.client()
                            .proxy(nobody)
                            .config("shim_heartbeat_s", "wrong")
                            .build())
                    .isInstanceOf(TimException.class);
            TimClient tim = open(server.client());
            tim.login("alice", server.userSig("alice")).get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatCannotBeAProxyIsRefused() {
        TimClient.Builder builder = TimClient.builder().sdkAppId(TestServer.APP);
        assertThatThrownBy(() -> builder.proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("proxy", 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no host and port");
        assertThatThrownBy(() -> builder.proxy(Kind.SOCKS5.at(1080), "u".repeat(256), "secret")
                        .build())
                .isInstanceOf(TimException.class)
                .hasMessageContaining("255 bytes")
                .message()
                .doesNotContain("secret");
        builder.proxy(Proxy.NO_PROXY).build().close();
    }
}
