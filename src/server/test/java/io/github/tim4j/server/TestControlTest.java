/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.MemorySessionStore;
import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigKey;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a test can order: faults, time, and the server's own coming and going. */
class TestControlTest {
    private static final long APP = RawClient.APP;

    private LoginServer server;

    @BeforeEach
    void start() {
        server =
                LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawClient online(String user) throws IOException {
        RawClient client = new RawClient(server.port());
        assertThat(RawClient.reason(client.login(server, user, Platform.LINUX, "d1")))
                .isZero();
        return client;
    }

    private String code(String user) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return RawClient.code(client.login(server, user, Platform.LINUX, "d1"));
        }
    }

    @Test
    void aUserCountsOnceOnEachDayHoweverTheClockIsSet() throws IOException {
        Instant noon = Instant.parse("2030-06-15T12:00:00Z");
        for (int day : new int[] {0, 0, 1, 0, -3, 1, 31, 1, -3, 300, 300}) {
            server.testing().setClock(noon.plus(Duration.ofDays(day)));
            try (RawClient client = new RawClient(server.port())) {
                assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                        .isZero();
            }
        }
        assertThat(server.dailyActiveUsers(APP))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        LocalDate.parse("2030-06-12"),
                                2, // Farther away than a month by then, so it is a new beginning; the 15th is
                        // forgotten.
                        LocalDate.parse("2030-06-16"), 1,
                        LocalDate.parse("2030-07-16"), 1,
                        LocalDate.parse("2031-04-11"), 1));
    }

    @Test
    void refusesTheNextLoginsOfAllOrOfAUser() throws IOException {
        server.testing().refuseLogins(2, 70500);
        server.testing().refuseLogins(APP, "bob", 1, 70051);
        assertThat(code("alice")).isEqualTo("70500");
        assertThat(code("bob")).isEqualTo("70500");
        assertThat(code("alice")).isNull();
        assertThat(code("bob")).isEqualTo("70051");
        assertThat(code("bob")).isNull();
    }

    /** Whoever connects at that moment is gone when it returns, or never gets in. */
    @Test
    void nobodyIsConnectedAfterStopListening() throws Exception {
        AtomicBoolean go = new AtomicBoolean(true);
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String user = "user" + i;
            Thread thread = new Thread(() -> {
                while (go.get()) {
                    try {
                        code(user);
                    } catch (IOException | RuntimeException e) {
                        // The port is closed, or the connection was.
                    }
                }
            });
            thread.start();
            clients.add(thread);
        }
        for (int i = 0; i < 40; i++) {
            Thread.sleep(5);
            server.testing().stopListening();
            assertThat(server.sessions()).as("round %d", i).isEmpty();
            Thread.sleep(2);
            assertThat(server.sessions()).as("round %d, a moment later", i).isEmpty();
            server.testing().listenAgain();
        }
        go.set(false);
        for (Thread client : clients) {
            client.join();
        }
    }

    @Test
    void delaysLogins() throws IOException {
        server.testing().delayLogins(Duration.ofMillis(300));
        long start = System.nanoTime();
        assertThat(code("alice")).isNull();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        server.testing().delayLogins(Duration.ofDays(1));
        try (RawClient client = new RawClient(server.port())) {
            client.send(RawClient.connect(APP, "bob", Platform.LINUX, "d1", server.userSig(APP, "bob"), 60));
            client.socket().setSoTimeout(100);
            assertThatThrownBy(client::next).isInstanceOf(SocketTimeoutException.class);
        }
        assertThat(server.sessions()).extracting(Session::userId).doesNotContain("bob");
    }

    @Test
    void cutsConnectionsWithoutAWord() throws IOException {
        try (RawClient alice = online("alice");
                RawClient bob = online("bob")) {
            server.testing().cutConnections(APP, "alice");
            assertThat(alice.next()).isNull();
            assertThat(server.sessions()).extracting(Session::userId).containsExactly("bob");
            server.testing().cutConnections();
            assertThat(bob.next()).isNull();
            assertThat(server.sessions()).isEmpty();
        }
        assertThat(server.events(0))
                .extracting(ServerEvent::type)
                .containsExactly(
                        ServerEvent.Type.LOGIN,
                        ServerEvent.Type.LOGIN,
                        ServerEvent.Type.LINK_CLOSED,
                        ServerEvent.Type.LINK_CLOSED);
    }

    @Test
    void halfOpensConnections() throws IOException {
        try (RawClient alice = online("alice")) {
            server.testing().halfOpenConnections();
            alice.send(0xC0, 0x00);
            alice.socket().setSoTimeout(200);
            assertThatThrownBy(alice::next).isInstanceOf(SocketTimeoutException.class);
            assertThat(code("bob")).as("new connections are served").isNull();
            server.testing().cutConnections();
            alice.socket().setSoTimeout(20_000);
            assertThat(alice.next()).isNull();
        }
    }

    @Test
    void pausesAccepting() throws IOException {
        server.testing().pauseAccepting();
        try (RawClient client = new RawClient(server.port())) {
            client.send(RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
            client.socket().setSoTimeout(200);
            assertThatThrownBy(client::next).isInstanceOf(SocketTimeoutException.class);
            client.socket().setSoTimeout(20_000);
            server.testing().resumeAccepting();
            assertThat(RawClient.reason(client.next())).isZero();
        }
    }

    @Test
    void restartsOnTheSamePortWithTheSameSessions() throws IOException {
        int port = server.port();
        try (RawClient alice = online("alice")) {
            server.testing().stopListening();
            MqttMessage disconnect = alice.next();
            assertThat(RawClient.reason(disconnect)).isEqualTo(0x8B);
            assertThat(alice.next()).isNull();
        }
        assertThatThrownBy(() -> new RawClient(port)).isInstanceOf(ConnectException.class);
        server.testing().listenAgain();
        assertThat(server.port()).isEqualTo(port);
        online("alice").close();
        for (int i = 0; i < 20; i++) {
            server.testing().restart();
        }
        online("alice").close();
        assertThat(server.events(0))
                .filteredOn(event -> event.type() == ServerEvent.Type.LOGIN)
                .hasSize(1);
        assertThat(server.events(0))
                .filteredOn(event -> event.type() == ServerEvent.Type.RECONNECT)
                .hasSize(2);
    }

    @Test
    void setsTheClock() throws IOException {
        Instant wanted = Instant.parse("2031-05-05T12:00:00Z");
        server.testing().setClock(wanted);
        assertThat(server.now()).isBetween(wanted, wanted.plusSeconds(60));
        try (RawClient alice = new RawClient(server.port())) {
            String sig = server.userSig(APP, "alice", Duration.ofHours(1));
            MqttMessage connack = alice.login("alice", Platform.LINUX, "d1", sig);
            long serverTime = Long.parseLong(RawClient.user(connack, "server-time"));
            assertThat(serverTime).isBetween(wanted.getEpochSecond(), wanted.getEpochSecond() + 60);
            server.testing().advanceClock(Duration.ofDays(1));
            assertThat(RawClient.reason(alice.next())).isEqualTo(0xA0);
        }
    }

    @Test
    void theClockHasItsLimits() throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.testing().setClock(Instant.MAX))
                .withMessageContaining("9998");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.testing().advanceClock(Duration.ofDays(-100_000)))
                .withMessageContaining("1970");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.testing().advanceClock(Duration.ofSeconds(Long.MAX_VALUE)))
                .withMessageContaining("1970");
        server.testing().setClock(Instant.parse("9990-01-01T00:00:00Z"));
        assertThat(code("alice")).isNull();
        try (RawClient client = new RawClient(server.port())) {
            assertThat(RawClient.code(client.login("alice", Platform.LINUX, "d1", "wrong")))
                    .isEqualTo("70003");
        }
        server.testing().setClock(Instant.EPOCH);
        assertThat(code("alice")).isNull();
    }

    @Test
    void eventsHaveACursor() throws IOException {
        online("alice").close();
        await().until(() -> server.events(0).size() == 2);
        long cursor = server.events(0).get(1).number();
        assertThat(server.events(cursor)).isEmpty();
        online("bob").close();
        assertThat(server.events(cursor).get(0)).satisfies(event -> {
            assertThat(event.type()).isEqualTo(ServerEvent.Type.LOGIN);
            assertThat(event.userId()).isEqualTo("bob");
            assertThat(event.number()).isEqualTo(cursor + 1);
        });
    }

    @Test
    void resetBeginsAnew() throws Exception {
        try (RawClient alice = online("alice")) {
            server.invalidateUserSigs(APP, "bob");
            server.testing().refuseLogins(5, 70500);
            server.testing().delayLogins(Duration.ofHours(1));
            server.testing().advanceClock(Duration.ofDays(1000));
            server.invalidateUserSigs(APP, "carol");
            server.testing().stopListening();
            server.testing().reset();
            alice.rest();
            assertThat(server.events(0)).isEmpty();
            assertThat(server.sessions()).isEmpty();
            assertThat(server.now()).isBefore(Instant.now().plusSeconds(60));
            assertThat(UserSig.parse(server.userSig(APP, "alice")).issuedAt())
                    .isBefore(Instant.now().plusSeconds(60));
            online("alice").close();
            assertThat(server.events(0)).first().extracting(ServerEvent::type).isEqualTo(ServerEvent.Type.LOGIN);
        }
    }

    /** A store that is slow to answer for the end of a session, until it is cleared and beyond. */
    private static SessionStore slowToEnd(CountDownLatch ending, CountDownLatch cleared) {
        SessionStore memory = new MemorySessionStore();
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(),
                new Class<?>[] {SessionStore.class},
                (proxy, method, arguments) -> {
                    Object answer = method.invoke(memory, arguments);
                    if (method.getName().equals("end")) {
                        ending.countDown();
                        cleared.await(20, TimeUnit.SECONDS);
                        Thread.sleep(100);
                    } else if (method.getName().equals("clear")) {
                        cleared.countDown();
                    }
                    return answer;
                });
    }

    @Test
    void resetWaitsForWhatIsAboutToBeTold() throws Exception {
        CountDownLatch ending = new CountDownLatch(1);
        CountDownLatch cleared = new CountDownLatch(1);
        server.close();
        server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .sessionStore(slowToEnd(ending, cleared))
                .build());
        online("alice").close();
        assertThat(ending.await(20, TimeUnit.SECONDS)).isTrue();
        server.testing().reset();
        await().during(Duration.ofMillis(300)).until(() -> server.events(0).isEmpty());
    }

    @Test
    void resetBringsSecretKeysAndLoginPoliciesBack() throws IOException {
        server.rotateSecret(APP, "another secret", Duration.ZERO);
        server.rotateSecret(APP + 1, "an app of its own", Duration.ZERO);
        server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM).withInstances(Platform.LINUX, 3));
        server.testing().reset();
        try (RawClient first = new RawClient(server.port());
                RawClient second = online("alice")) {
            String oldSig = new UserSigKey(APP, "secret").make("alice");
            assertThat(RawClient.reason(first.login("alice", Platform.LINUX, "d2", oldSig)))
                    .isZero();
            assertThat(RawClient.reason(second.next()))
                    .as("one instance a platform again")
                    .isEqualTo(0x8E);
        }
        assertThatThrownBy(() -> server.userSig(APP + 1, "alice")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closeTellsClientsAndFreesThePort() throws IOException {
        int port = server.port();
        // Taken off the listener in this order: who is logged in shows that the other is connected, and not only for
        // the kernel.
        try (RawClient silent = new RawClient(port);
                RawClient alice = online("alice")) {
            server.close();
            assertThat(RawClient.reason(alice.next())).isEqualTo(0x8B);
            assertThat(alice.next()).isNull();
            assertThat(silent.next()).isNull();
        }
        server.close();
        assertThatThrownBy(() -> new RawClient(port)).isInstanceOf(ConnectException.class);
        LoginServer.start(LoginServerConfig.builder()
                        .app(APP, "secret")
                        .port(port)
                        .build())
                .close();
    }
}
