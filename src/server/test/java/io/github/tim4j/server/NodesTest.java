/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static io.github.tim4j.server.RawClient.APP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.RedisSessionStore;
import io.github.tim4j.testing.RedisServer;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several login servers that share a Redis are as one, whatever becomes of them, of Redis, and of the way between. */
@Timeout(120)
class NodesTest {
    private static final Duration LEASE = Duration.ofSeconds(1);

    @TempDir
    private Path folder;

    private RedisServer redis;
    private final List<AutoCloseable> open = new ArrayList<>();
    private LoginServer one;
    private LoginServer two;

    @BeforeEach
    void start() throws IOException {
        RedisServer.assumeInstalled("NodesTest");
        redis = RedisServer.start();
        open.add(redis);
        one = server(redis);
        two = server(redis);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private LoginServer server(RedisServer redis) {
        RedisSessionStore store = RedisSessionStore.connect(redis.uri(), LEASE);
        open.add(store);
        LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .sessionStore(store)
                .build());
        open.add(server);
        return server;
    }

    private RawClient client(int port) throws IOException {
        RawClient client = new RawClient(port);
        open.add(client);
        return client;
    }

    /** Logged in, on Windows. */
    private RawClient login(int port, String user, String device) throws IOException {
        RawClient client = client(port);
        assertThat(RawClient.reason(client.login(user, Platform.WINDOWS, device, one.userSig(APP, user))))
                .as("login of %s on %s", user, device)
                .isZero();
        return client;
    }

    private String refusal(int port, String user, String device) throws IOException {
        try (RawClient client = new RawClient(port)) {
            MqttMessage answer = client.login(user, Platform.WINDOWS, device, one.userSig(APP, user));
            return RawClient.reason(answer) == 0 ? "none" : RawClient.code(answer);
        }
    }

    private static void assertKicked(RawClient client) throws IOException {
        MqttMessage disconnect = client.next();
        assertThat(RawClient.reason(disconnect)).isEqualTo(0x8E);
        assertThat(RawClient.code(disconnect)).isEqualTo("6208");
        assertThat(client.next()).isNull();
        client.close();
    }

    /** Answers a ping. */
    private static void assertOnline(RawClient client) throws IOException {
        client.send(0xC0, 0x00);
        assertThat(client.next().fixedHeader().messageType().value()).isEqualTo(13);
    }

    @Test
    void aLoginKicksOnTheOtherServer() throws IOException {
        RawClient first = login(one.port(), "alice", "d1");
        login(two.port(), "alice", "d2");
        assertKicked(first);
        await().untilAsserted(() -> assertThat(one.sessions()).isEmpty());
        assertThat(two.sessions()).hasSize(1);
        login(one.port(), "alice", "d1");
    }

    @Test
    void whoIsBackOnTheOtherServerIsTakenOver() throws IOException {
        RawClient first = login(one.port(), "alice", "d1");
        login(two.port(), "alice", "d1");
        assertThat(RawClient.code(first.next())).isNull();
        await().until(() -> one.sessions().isEmpty());
        assertThat(two.events(0)).extracting(ServerEvent::type).containsExactly(ServerEvent.Type.RECONNECT);
    }

    @Test
    void whoCannotBeToldOnOneServerIsToldOnceOnTheOther() throws IOException {
        login(one.port(), "alice", "d1");
        one.testing().halfOpenConnections();
        login(two.port(), "alice", "d2");
        assertThat(refusal(two.port(), "alice", "d1")).isEqualTo("6208");
        assertThat(refusal(two.port(), "alice", "d1")).isEqualTo("none");
    }

    @Test
    void whatIsRevokedOnOneServerIsRevokedOnTheOther() throws IOException {
        String old = one.userSig(APP, "alice");
        RawClient client = client(two.port());
        assertThat(RawClient.reason(client.login("alice", Platform.WINDOWS, "d1", old)))
                .isZero();
        assertThat(one.expireUserSigs(APP, "alice")).isEqualTo(1);
        assertThat(RawClient.reason(client.next())).isEqualTo(0xA0);
        assertThat(RawClient.code(client(two.port()).login("alice", Platform.WINDOWS, "d1", old)))
                .isEqualTo("70001");
        assertThat(RawClient.reason(
                        client(two.port()).login("alice", Platform.WINDOWS, "d1", one.userSig(APP, "alice"))))
                .isZero();
    }

    @Test
    void usersAreCountedOnceADayWhereverTheyLogIn() throws IOException {
        login(one.port(), "alice", "d1");
        login(two.port(), "alice", "d2");
        login(two.port(), "bob", "d1");
        assertThat(one.dailyActiveUsers(APP)).isEqualTo(two.dailyActiveUsers(APP));
        assertThat(one.dailyActiveUsers(APP).values()).containsExactly(2);
        one.testing().reset();
        assertThat(two.dailyActiveUsers(APP)).isEmpty();
    }

    /** Of eight logins at once on two servers one stays, and each other one is told so, once. */
    @Test
    void aRaceOnTwoServersHasOneWinner() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < Integer.getInteger("tim4j.race.rounds", 10); round++) {
                race(threads, "user" + round);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void race(ExecutorService threads, String user) throws Exception {
        String sig = one.userSig(APP, user);
        List<Future<Boolean>> racers = new ArrayList<>();
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            RawClient client = client(i % 2 == 0 ? one.port() : two.port());
            String device = "d" + i;
            clients.add(client);
            racers.add(threads.submit((Callable<Boolean>) () -> {
                MqttMessage answer = client.login(user, Platform.WINDOWS, device, sig);
                if (RawClient.reason(answer) != 0) {
                    assertThat(RawClient.code(answer)).isEqualTo("6208");
                    return false;
                }
                return true;
            }));
        }
        List<RawClient> admitted = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            if (racers.get(i).get(30, TimeUnit.SECONDS)) {
                admitted.add(clients.get(i));
            }
        }
        await().until(() -> one.sessions().size() + two.sessions().size() == 1);
        int online = 0;
        for (RawClient client : admitted) {
            client.send(0xC0, 0x00);
            MqttMessage next = client.next();
            if (next.fixedHeader().messageType().value() == 13) {
                online++;
                client.logout();
            } else {
                assertThat(RawClient.code(next)).isEqualTo("6208");
            }
        }
        assertThat(online).isEqualTo(1);
        await().until(() -> one.sessions().isEmpty() && two.sessions().isEmpty());
    }

    @Test
    void usersOfAServerThatIsKilledAreOnlineElsewhereAtOnceAndReportedLostOnce() throws Exception {
        NodeProcess node = NodeProcess.start(folder, redis.uri(), LEASE);
        open.add(node);
        login(node.port(), "alice", "d1");
        login(node.port(), "bob", "d1");
        node.close();
        login(one.port(), "alice", "d1");
        assertThat(one.events(0)).extracting(ServerEvent::type).containsExactly(ServerEvent.Type.RECONNECT);
        await().until(() -> lost("bob") == 1);
        assertThat(lost("alice")).isZero();
        login(two.port(), "bob", "d2");
        assertThat(refusal(one.port(), "bob", "d1"))
                .as("bob's first device was kicked while it was away")
                .isEqualTo("6208");
        assertThat(lost("bob")).isEqualTo(1);
        assertThat(refusal(one.port(), "bob", "d1")).isEqualTo("none");
    }

    private long lost(String user) {
        return List.of(one, two).stream()
                .flatMap(server -> server.events(0).stream())
                .filter(event -> event.type() == ServerEvent.Type.LINK_CLOSED
                        && event.userId().equals(user))
                .count();
    }

    @Test
    void aServerThatWakesUpAfterItsLeaseEndsWhoIsOutAndKeepsTheOthers() throws Exception {
        NodeProcess node = NodeProcess.start(folder, redis.uri(), LEASE);
        open.add(node);
        RawClient alice = login(node.port(), "alice", "d1");
        RawClient bob = login(node.port(), "bob", "d1");
        node.signal("STOP");
        login(one.port(), "alice", "d2");
        await().until(() -> lost("bob") == 1);
        node.signal("CONT");
        assertKicked(alice);
        assertOnline(bob);
        login(one.port(), "bob", "d2");
        assertKicked(bob);
    }

    @Test
    void withoutRedisLoginsAreRefusedAndWhoIsOnlineStays() throws Exception {
        RawClient alice = login(one.port(), "alice", "d1");
        redis.signal("STOP");
        MqttMessage refused = client(two.port()).login("bob", Platform.WINDOWS, "d1", two.userSig(APP, "bob"));
        assertThat(RawClient.reason(refused)).isEqualTo(0x88);
        assertOnline(alice);
        redis.signal("CONT");
        await().until(() -> refusal(two.port(), "bob", "d1").equals("none"));
        assertOnline(alice);
        login(two.port(), "alice", "d2");
        assertKicked(alice);
    }

    @Test
    void aRedisThatHasForgottenEverythingKicksNobody() throws Exception {
        RawClient alice = login(one.port(), "alice", "d1");
        RawClient bob = login(two.port(), "bob", "d1");
        redis.kill();
        assertThat(refusal(one.port(), "carol", "d1")).isEqualTo("70500");
        redis.startAgain();
        await().until(() -> refusal(one.port(), "carol", "d1").equals("none"));
        assertOnline(alice);
        assertOnline(bob);
        login(two.port(), "alice", "d2");
        assertKicked(alice);
    }

    /** A logout that Redis could not be told of counts when Redis is back. */
    @Test
    void whoLogsOutWithoutRedisIsLoggedOut() throws Exception {
        RedisServer lasting =
                RedisServer.start("--appendonly", "yes", "--appendfsync", "always", "--dir", folder.toString());
        open.add(lasting);
        LoginServer server = server(lasting);
        RedisSessionStore other = RedisSessionStore.connect(lasting.uri(), LEASE);
        open.add(other);
        RawClient alice = login(server.port(), "alice", "d1");
        RawClient bob = login(server.port(), "bob", "d1");
        lasting.kill();
        alice.logout();
        lasting.startAgain();
        await().ignoreExceptions()
                .until(() -> other.instances(APP, "alice")
                        .toCompletableFuture()
                        .join()
                        .isEmpty());
        assertThat(other.instances(APP, "bob").toCompletableFuture().join()).hasSize(1);
        assertOnline(bob);
    }
}
