/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients behind a balancer, which says who they are in a header before everything else. */
@Timeout(60)
class ProxyProtocolTest {
    private static final long APP = RawClient.APP;
    private static final String V2 = "0D0A0D0A000D0A515549540A";

    @TempDir
    private Path folder;

    private LoginServer server;

    @AfterEach
    void stop() {
        server.close();
    }

    private static LoginServerConfig.Builder config() {
        return LoginServerConfig.builder().app(APP, "secret").proxyProtocol(true);
    }

    private RawClient behind(byte[] header) throws IOException {
        RawClient client = new RawClient(server.port());
        byte[] connect =
                client.encode(RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(header);
        all.writeBytes(connect);
        client.send(all.toByteArray());
        return client;
    }

    private static byte[] text(String header) {
        return header.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] binary(String hex) {
        return HexFormat.of().parseHex(V2 + hex);
    }

    private String seen(byte[] header) throws IOException {
        try (RawClient client = behind(header)) {
            assertThat(RawClient.reason(client.next())).isZero();
            InetSocketAddress address = server.sessions().get(0).address();
            client.logout();
            return address.getAddress().getHostAddress() + " " + address.getPort();
        }
    }

    @Test
    void theAddressIsThatOfTheHeader() throws IOException {
        server = LoginServer.start(config().build());
        assertThat(seen(text("PROXY TCP4 192.0.2.7 127.0.0.1 5000 1883\r\n"))).isEqualTo("192.0.2.7 5000");
        assertThat(seen(text("PROXY TCP6 2001:db8::1 ::1 5001 1883\r\n"))).isEqualTo("2001:db8:0:0:0:0:0:1 5001");
        assertThat(seen(binary("2111000CC00002087F0000011388075B"))).isEqualTo("192.0.2.8 5000");
        String v6 = "20010DB8000000000000000000000002" + "00000000000000000000000000000001";
        assertThat(seen(binary("21210024" + v6 + "1389075B"))).isEqualTo("2001:db8:0:0:0:0:0:2 5001");
        assertThat(server.events(0))
                .filteredOn(event -> event.type() == ServerEvent.Type.LOGIN)
                .hasSize(4);
    }

    /** The balancer's own check, an address family that says nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"20000000", "21000000"})
    void aHeaderWithoutAClientsAddressStandsForTheBalancer(String header) throws IOException {
        server = LoginServer.start(config().build());
        assertThat(seen(binary(header))).startsWith("127.0.0.1 ");
    }

    @Test
    void theLimitForAnAddressIsTheClientsNotTheBalancers() throws IOException {
        server = LoginServer.start(config().maxConnectionsPerAddress(1).build());
        for (int client = 1; client <= 5; client++) {
            RawClient one = behind(text("PROXY TCP4 192.0.2." + client + " 127.0.0.1 5000 1883\r\n"));
            assertThat(RawClient.reason(one.next())).isZero();
        }
        RawClient second = behind(text("PROXY TCP4 192.0.2.1 127.0.0.1 5009 1883\r\n"));
        assertThat(RawClient.code(second.next())).isEqualTo("-302");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "PROXY TCP4 192.0.2.7 127.0.0.1 99999 1883\r\n",
                "PROXY TCP4 nonsense 127.0.0.1 5000 1883\r\n",
                "GET / HTTP/1.1\r\n"
            })
    void withoutAGoodHeaderTheConnectionIsClosed(String header) throws IOException {
        server = LoginServer.start(config().build());
        assertThat(behind(text(header)).rest()).isEmpty();
        assertThat(server.events(0)).isEmpty();
    }

    @Test
    void aHeaderThatNeverComesIsGivenUp() throws IOException {
        server = LoginServer.start(
                config().connectTimeout(Duration.ofMillis(200)).build());
        RawClient silent = new RawClient(server.port());
        silent.send(text("PROXY TC"));
        assertThat(silent.rest()).isEmpty();
    }

    @Test
    void behindHaproxyWithAndWithoutTls() throws Exception {
        assumeTrue(isInstalled(), "skipped: haproxy is not installed");
        Path ca = folder.resolve("ca.pem");
        server = LoginServer.start(config().tlsSelfSigned(0, ca).build());
        int plain = free();
        int tls = free();
        Path file = Files.writeString(
                folder.resolve("haproxy.cfg"), """
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                listen plain
                  bind 127.0.0.1:%d
                  source 127.0.0.1
                  server one 127.0.0.1:%d send-proxy-v2 check check-send-proxy inter 20ms
                listen tls
                  bind 127.0.0.1:%d
                  server one 127.0.0.1:%d send-proxy
                """.formatted(plain, server.port(), tls, server.tlsPort()));
        Process haproxy = new ProcessBuilder("haproxy", "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("haproxy.txt").toFile())
                .start();
        try {
            await().atMost(20, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
                new RawClient(plain).close();
                return true;
            });
            InetAddress from = InetAddress.getByName("127.0.0.9");
            try (RawClient client = new RawClient(from, plain)) {
                assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                        .isZero();
                assertThat(server.sessions().get(0).address().getAddress()).isEqualTo(from);
            }
            try (RawClient client = new RawClient(TlsTest.connect(tls, TlsTest.read(ca), "localhost"))) {
                assertThat(RawClient.reason(client.login(server, "bob", Platform.LINUX, "d1")))
                        .isZero();
            }
        } finally {
            haproxy.destroy();
            haproxy.waitFor();
        }
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean isInstalled() {
        try {
            new ProcessBuilder(List.of("haproxy", "-v"))
                    .redirectErrorStream(true)
                    .start()
                    .getInputStream()
                    .readAllBytes();
            return true;
        } catch (IOException e) {
            System.out.println("ProxyProtocolTest is skipped in part: haproxy is not installed");
            return false;
        }
    }
}
