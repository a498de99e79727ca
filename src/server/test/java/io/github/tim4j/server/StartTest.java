/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Socket;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a server says when it cannot start, and what it leaves behind when it is closed. */
class StartTest {
    private static LoginServerConfig.Builder config() {
        return LoginServerConfig.builder().app(RawClient.APP, "the secret key");
    }

    @Test
    void aTakenPortIsNamedWithTheRemedy() {
        try (LoginServer first = LoginServer.start(config().build())) {
            assertThat(first.uri()).hasToString("mqtt://127.0.0.1:" + first.port());
            LoginServerConfig second = config().port(first.port()).build();
            assertThatThrownBy(() -> LoginServer.start(second))
                    .isInstanceOf(LoginServerException.class)
                    .hasMessageContaining("127.0.0.1:" + first.port())
                    .hasMessageContaining("in use")
                    .hasMessageContaining("another port");
        }
    }

    @Test
    void anUnknownHostIsNamed() {
        LoginServerConfig unknown = config().host("no-such-host.invalid").build();
        assertThatThrownBy(() -> LoginServer.start(unknown))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void anAddressThatIsNotLoopbackNeedsTlsOrPermission() {
        LoginServerConfig open = config().host("0.0.0.0").build();
        assertThatThrownBy(() -> LoginServer.start(open))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("0.0.0.0")
                .hasMessageContaining("--allow-plaintext");
        LoginServer.start(config().host("0.0.0.0").allowPlaintext(true).build()).close();
    }

    @Test
    void listensOnIpv6() throws Exception {
        LoginServerConfig ipv6 = config().host("::1").build();
        LoginServer server;
        try {
            server = LoginServer.start(ipv6);
        } catch (LoginServerException e) {
            System.out.println("StartTest.listensOnIpv6 is skipped: " + e.getMessage());
            assumeTrue(false, "this machine has no IPv6 loopback");
            return;
        }
        try (server;
                RawClient client = new RawClient(new Socket("::1", server.port()))) {
            assertThat(server.uri()).hasToString("mqtt://[::1]:" + server.port());
            assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                    .isZero();
        }
    }

    @Test
    void aConfigurationOutOfRangeIsRefusedAtOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config().port(65_536))
                .withMessageContaining("65536");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config().maxKeepAlive(0))
                .withMessageContaining("65535");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoginServerConfig.builder().build())
                .withMessageContaining("SDKAppID");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config().app(1, ""))
                .withMessageContaining("empty");
    }

    @Test
    void aClosedServerLeavesNoThread() {
        Set<Thread> before = serverThreads();
        LoginServer server = LoginServer.start(config().httpPort(0).build());
        Set<Thread> own = serverThreads();
        own.removeAll(before);
        assertThat(own).isNotEmpty();
        server.close();
        await().untilAsserted(() -> assertThat(own).noneMatch(Thread::isAlive));
    }

    private static Set<Thread> serverThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("tim4j-"))
                .collect(Collectors.toSet());
    }
}
