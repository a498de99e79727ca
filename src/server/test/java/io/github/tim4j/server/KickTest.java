/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.MemorySessionStore;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kicks: by another instance, while online and while offline, by an administrator. */
@SuppressWarnings("try") // A client that is only there to be online is never referred to.
class KickTest {
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

    private RawClient online(String user, Platform platform, String device) throws IOException {
        RawClient client = new RawClient(server.port());
        MqttConnAckMessage connack = client.login(server, user, platform, device);
        assertThat(RawClient.reason(connack)).as("login of " + device).isZero();
        return client;
    }

    private MqttConnAckMessage answer(String user, Platform platform, String device, String sig) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return client.login(user, platform, device, sig);
        }
    }

    private void loseLink(RawClient client) throws IOException {
        int before = server.sessions().size();
        client.close();
        await().until(() -> server.sessions().size() == before - 1);
    }

    private List<ServerEvent.Type> events() {
        return server.events(0).stream().map(ServerEvent::type).toList();
    }

    private static void assertKicked(RawClient client, String platform) throws IOException {
        MqttMessage disconnect = client.next();
        assertThat(RawClient.reason(disconnect)).isEqualTo(0x8E);
        assertThat(RawClient.code(disconnect)).isEqualTo("6208");
        assertThat(RawClient.user(disconnect, "kick-platform")).isEqualTo(platform);
        assertThat(client.next()).isNull();
    }

    @Test
    void theSecondInstanceOfAPlatformKicksTheFirst() throws IOException {
        try (RawClient first = online("alice", Platform.WINDOWS, "d1");
                RawClient mac = online("alice", Platform.MAC, "d3");
                RawClient second = online("alice", Platform.WINDOWS, "d2")) {
            assertKicked(first, "Windows");
            assertThat(server.sessions()).extracting(Session::deviceId).containsExactly("d3", "d2");
            try (RawClient again = online("alice", Platform.WINDOWS, "d1")) {
                assertKicked(second, "Windows");
                assertThat(mac.socket().isClosed()).isFalse();
            }
        }
    }

    @Test
    void anotherPlatformKicksUnderASinglePlatformPolicy() throws IOException {
        server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM));
        try (RawClient first = online("alice", Platform.WINDOWS, "d1");
                RawClient second = online("alice", Platform.IPHONE, "d2")) {
            assertKicked(first, "iPhone");
        }
    }

    @Test
    void thePolicyOfOneAppOrUserDoesNotTouchAnother() throws IOException {
        try (RawClient alice = online("alice", Platform.WINDOWS, "d1");
                RawClient bob = online("bob", Platform.WINDOWS, "d2")) {
            assertThat(server.sessions()).hasSize(2);
        }
    }

    @Test
    void theSameInstanceTakesItsOldConnectionOverAndKicksNobody() throws IOException {
        server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM).withInstances(Platform.WINDOWS, 2));
        try (RawClient one = online("alice", Platform.WINDOWS, "d1");
                RawClient two = online("alice", Platform.WINDOWS, "d2");
                RawClient oneAgain = online("alice", Platform.WINDOWS, "d1")) {
            MqttMessage disconnect = one.next();
            assertThat(RawClient.reason(disconnect)).isEqualTo(0x8E);
            assertThat(RawClient.user(disconnect, "kick-platform")).isNull();
            assertThat(events())
                    .containsExactly(ServerEvent.Type.LOGIN, ServerEvent.Type.LOGIN, ServerEvent.Type.RECONNECT);
            // d1 is still the one logged in longest: its reconnect was no new login.
            try (RawClient three = online("alice", Platform.WINDOWS, "d3")) {
                assertKicked(oneAgain, "Windows");
                assertThat(server.sessions()).extracting(Session::deviceId).containsExactly("d2", "d3");
            }
        }
    }

    @Test
    void aKickWhileOfflineIsToldOnceAtTheNextLogin() throws IOException {
        loseLink(online("alice", Platform.WINDOWS, "d1"));
        try (RawClient second = online("alice", Platform.WINDOWS, "d2")) {
            String sig = server.userSig(APP, "alice");
            MqttConnAckMessage refused = answer("alice", Platform.WINDOWS, "d1", sig);
            assertThat(RawClient.code(refused)).isEqualTo("6208");
            assertThat(RawClient.reason(refused)).isEqualTo(0x87);
            assertThat(RawClient.user(refused, "kick-platform")).isEqualTo("Windows");
            assertThat(server.sessions())
                    .as("the refused login kicks nobody")
                    .extracting(Session::deviceId)
                    .containsExactly("d2");
            assertThat(RawClient.reason(answer("alice", Platform.WINDOWS, "d1", sig)))
                    .isZero();
            assertKicked(second, "Windows");
        }
    }

    @Test
    void eachDeviceIsToldOfItsOwnKick() throws IOException {
        server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM));
        loseLink(online("alice", Platform.WINDOWS, "d1"));
        loseLink(online("alice", Platform.MAC, "d2"));
        String sig = server.userSig(APP, "alice");
        assertThat(RawClient.code(answer("alice", Platform.WINDOWS, "d1", sig))).isEqualTo("6208");
        try (RawClient third = online("alice", Platform.WEB, "d3")) {
            assertThat(RawClient.code(answer("alice", Platform.MAC, "d2", sig))).isEqualTo("6208");
            assertThat(RawClient.reason(answer("alice", Platform.WINDOWS, "d1", sig)))
                    .isZero();
        }
    }

    @Test
    void aReconnectAfterALostLinkKicksNobodyAndIsNotRefused() throws IOException {
        loseLink(online("alice", Platform.WINDOWS, "d1"));
        try (RawClient again = online("alice", Platform.WINDOWS, "d1")) {
            assertThat(events())
                    .containsExactly(ServerEvent.Type.LOGIN, ServerEvent.Type.LINK_CLOSED, ServerEvent.Type.RECONNECT);
        }
    }

    @Test
    void whoLoggedOutIsNotKicked() throws IOException {
        try (RawClient first = online("alice", Platform.WINDOWS, "d1")) {
            first.logout();
        }
        try (RawClient second = online("alice", Platform.WINDOWS, "d2")) {
            assertThat(events()).doesNotContain(ServerEvent.Type.KICKED);
            try (RawClient firstAgain = online("alice", Platform.WINDOWS, "d1")) {
                assertKicked(second, "Windows");
            }
        }
    }

    @Test
    void whoeverIsBehindADeadConnectionIsToldAtTheNextLogin() throws IOException {
        try (RawClient first = online("alice", Platform.WINDOWS, "d1")) {
            server.testing().halfOpenConnections(APP, "alice");
            try (RawClient second = online("alice", Platform.WINDOWS, "d2")) {
                assertThat(RawClient.code(answer("alice", Platform.WINDOWS, "d1", server.userSig(APP, "alice"))))
                        .isEqualTo("6208");
            }
        }
    }

    @Test
    void anAdministratorKicksWithTheReasonAskedFor() throws IOException {
        try (RawClient one = online("alice", Platform.WINDOWS, "d1");
                RawClient two = online("alice", Platform.MAC, "d2")) {
            assertThat(server.kick(APP, "alice", Platform.MAC, null, KickCause.REST))
                    .isEqualTo(1);
            assertThat(RawClient.reason(two.next())).isEqualTo(0x98);
            assertThat(server.kick(APP, "alice", null, "d1", KickCause.OTHER_INSTANCE))
                    .isEqualTo(1);
            MqttMessage disconnect = one.next();
            assertThat(RawClient.reason(disconnect)).isEqualTo(0x8E);
            assertThat(RawClient.code(disconnect)).isEqualTo("6208");
            assertThat(server.kick(APP, "alice", KickCause.REST)).isZero();
            assertThat(server.kick(APP, "nobody", KickCause.REST)).isZero();
        }
        loseLink(online("alice", Platform.WINDOWS, "d1"));
        assertThat(server.kick(APP, "alice", KickCause.OTHER_INSTANCE)).isEqualTo(1);
        assertThat(RawClient.code(answer("alice", Platform.WINDOWS, "d1", server.userSig(APP, "alice"))))
                .isEqualTo("6208");
    }

    @Test
    void invalidatedUserSigsAreUselessAndNewOnesWork() throws IOException {
        String old = server.userSig(APP, "alice");
        try (RawClient client = new RawClient(server.port())) {
            assertThat(RawClient.reason(client.login("alice", Platform.WINDOWS, "d1", old)))
                    .isZero();
            assertThat(server.invalidateUserSigs(APP, "alice")).isEqualTo(1);
            MqttMessage disconnect = client.next();
            assertThat(RawClient.reason(disconnect)).isEqualTo(0x87);
            assertThat(RawClient.code(disconnect)).isEqualTo("70052");
        }
        assertThat(RawClient.code(answer("alice", Platform.WINDOWS, "d1", old))).isEqualTo("70052");
        assertThat(RawClient.code(answer("alice", Platform.MAC, "d2", old))).isEqualTo("70052");
        assertThat(RawClient.reason(answer("alice", Platform.WINDOWS, "d1", server.userSig(APP, "alice"))))
                .isZero();
        assertThat(RawClient.reason(answer("bob", Platform.WINDOWS, "d1", server.userSig(APP, "bob"))))
                .isZero();
    }

    @Test
    void aUserSigThatWasLoggedInWithAndOutAgainIsInvalidatedToo() throws IOException {
        String old = server.userSig(APP, "alice");
        try (RawClient client = new RawClient(server.port())) {
            client.login("alice", Platform.WINDOWS, "d1", old);
            client.logout();
        }
        assertThat(server.invalidateUserSigs(APP, "alice")).isZero();
        assertThat(RawClient.code(answer("alice", Platform.WINDOWS, "d1", old))).isEqualTo("70052");
    }

    @Test
    void expiredUserSigsAreUselessAndNewOnesWork() throws IOException {
        String old = server.userSig(APP, "alice");
        try (RawClient client = new RawClient(server.port())) {
            assertThat(RawClient.reason(client.login("alice", Platform.WINDOWS, "d1", old)))
                    .isZero();
            assertThat(server.expireUserSigs(APP, "alice")).isEqualTo(1);
            MqttMessage disconnect = client.next();
            assertThat(RawClient.reason(disconnect)).isEqualTo(0xA0);
            assertThat(RawClient.code(disconnect)).isEqualTo("70001");
        }
        assertThat(RawClient.code(answer("alice", Platform.WINDOWS, "d1", old))).isEqualTo("70001");
        assertThat(RawClient.reason(answer("alice", Platform.WINDOWS, "d1", server.userSig(APP, "alice"))))
                .isZero();
    }

    @Test
    void serversThatShareAStoreKickEachOthersClients() throws IOException {
        SessionStore store = new MemorySessionStore();
        try (LoginServer one = LoginServer.start(LoginServerConfig.builder()
                        .app(APP, "secret")
                        .sessionStore(store)
                        .build());
                LoginServer two = LoginServer.start(LoginServerConfig.builder()
                        .app(APP, "secret")
                        .sessionStore(store)
                        .build());
                RawClient first = new RawClient(one.port());
                RawClient second = new RawClient(two.port())) {
            assertThat(RawClient.reason(first.login(one, "alice", Platform.WINDOWS, "d1")))
                    .isZero();
            assertThat(RawClient.reason(second.login(two, "alice", Platform.WINDOWS, "d2")))
                    .isZero();
            assertKicked(first, "Windows");
            assertThat(one.sessions()).isEmpty();
            two.testing().stopListening();
            try (RawClient third = new RawClient(one.port());
                    RawClient secondAgain = new RawClient(one.port())) {
                assertThat(RawClient.reason(third.login(one, "alice", Platform.WINDOWS, "d3")))
                        .isZero();
                assertThat(RawClient.code(secondAgain.login(one, "alice", Platform.WINDOWS, "d2")))
                        .isEqualTo("6208");
            }
        }
    }

    /**
     * Many clients of one user race for two places: never more than two, and every other one is told exactly once. More rounds:
     * {@code mvn test -Dtest=KickTest -Dtest.jvm.options=-Dtim4j.race.rounds=1000}.
     */
    @Test
    void aRaceLeavesExactlyTheAllowedNumber() throws Exception {
        server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM).withInstances(Platform.LINUX, 2));
        int clients = 50;
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            for (int round = 0; round < Integer.getInteger("tim4j.race.rounds", 10); round++) {
                race(threads, clients, "user" + round);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void race(ExecutorService threads, int clients, String user) throws Exception {
        String sig = server.userSig(APP, user);
        CountDownLatch settled = new CountDownLatch(clients - 2);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger online = new AtomicInteger();
        List<Future<Integer>> told = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            String device = "d" + i;
            told.add(threads.submit(() -> {
                try (RawClient client = new RawClient(server.port())) {
                    MqttConnAckMessage connack = client.login(user, Platform.LINUX, device, sig);
                    if (RawClient.reason(connack) != 0) {
                        assertThat(RawClient.code(connack)).isEqualTo("6208");
                        settled.countDown();
                        return 1;
                    }
                    Thread closer = new Thread(() -> {
                        try {
                            end.await();
                            client.socket().shutdownInput();
                        } catch (InterruptedException | IOException e) {
                            Thread.currentThread().interrupt();
                        }
                    });
                    closer.start();
                    MqttMessage disconnect = client.next();
                    if (disconnect == null) {
                        online.incrementAndGet();
                        return 0;
                    }
                    assertKickedBy(disconnect);
                    settled.countDown();
                    assertThat(client.next()).as("told once").isNull();
                    return 1;
                }
            }));
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!settled.await(1, TimeUnit.MILLISECONDS) && System.nanoTime() < deadline) {
            assertThat(server.sessions())
                    .filteredOn(session -> session.userId().equals(user))
                    .hasSizeLessThanOrEqualTo(2);
        }
        assertThat(settled.getCount()).as("those not told, but for two").isZero();
        // The last to come is answered after the last victim has been told.
        await().until(() -> server.sessions().stream()
                        .filter(session -> session.userId().equals(user))
                        .count()
                == 2);
        end.countDown();
        int toldCount = 0;
        for (Future<Integer> one : told) {
            toldCount += one.get();
        }
        assertThat(toldCount).isEqualTo(clients - 2);
        assertThat(online.get()).isEqualTo(2);
    }

    private static void assertKickedBy(MqttMessage disconnect) {
        assertThat(RawClient.reason(disconnect)).isEqualTo(0x8E);
        assertThat(RawClient.code(disconnect)).isEqualTo("6208");
    }
}
