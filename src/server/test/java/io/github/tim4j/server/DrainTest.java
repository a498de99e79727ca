/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that are let go one after another. */
class DrainTest {
    private static final long APP = RawClient.APP;
    private static final int CLIENTS = 20;

    private final LoginServer server =
            LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build());
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void stop() {
        server.close();
    }

    private void connect() throws Exception {
        for (int i = 0; i < CLIENTS; i++) {
            RawClient client = new RawClient(server.port());
            assertThat(RawClient.reason(client.login(server, "user" + i, Platform.LINUX, "d1")))
                    .isZero();
            clients.add(client);
        }
    }

    private List<Instant> gone() {
        return server.events(0).stream()
                .filter(event -> event.type() == ServerEvent.Type.LINK_CLOSED)
                .map(ServerEvent::time)
                .toList();
    }

    @Test
    void theyAreToldOneAfterAnotherOverTheTime() throws Exception {
        connect();
        server.drain(Duration.ofSeconds(2));
        assertThat(server.isAccepting()).isFalse();
        assertThatThrownBy(() -> new RawClient(server.port())).isInstanceOf(ConnectException.class);
        for (RawClient client : clients) {
            assertThat(RawClient.reason(client.next())).isEqualTo(0x8B);
            assertThat(client.next()).isNull();
        }
        assertThat(gone()).hasSize(CLIENTS);
        assertThat(Duration.between(gone().get(0), gone().get(CLIENTS - 1)))
                .as("none goes before its time, whatever the machine does")
                .isGreaterThan(Duration.ofMillis(500));
    }

    @Test
    void withoutATimeAllGoAtOnceAndWithoutClientsNothingIsWaitedFor() throws Exception {
        connect();
        server.drain(Duration.ZERO);
        assertThat(gone()).hasSize(CLIENTS);
        server.drain(Duration.ofHours(1));
        server.close();
        try (LoginServer empty =
                LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build())) {
            empty.drain(Duration.ofHours(1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> empty.drain(Duration.ofHours(2)))
                    .withMessageContaining("PT2H");
        }
    }

    @Test
    void aThreadThatIsInterruptedReturnsAtOnce() throws Exception {
        connect();
        Thread draining = new Thread(() -> server.drain(Duration.ofHours(1)));
        draining.start();
        while (server.isAccepting()) {
            Thread.onSpinWait();
        }
        draining.interrupt();
        draining.join(10_000);
        assertThat(draining.isAlive()).isFalse();
        server.close();
        assertThat(gone()).hasSize(CLIENTS);
    }
}
