/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static io.github.tim4j.server.RawClient.APP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.RedisSessionStore;
import io.github.tim4j.testing.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.cluster.SlotHash;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Redis behind Sentinel, as a Cluster, with a password. */
@Timeout(120)
class RedisKindsTest {
    private static final Duration LEASE = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void look() {
        RedisServer.assumeInstalled("RedisKindsTest");
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private RedisServer redis(String name, String... options) throws IOException {
        Path dir = Files.createDirectory(folder.resolve(name));
        List<String> all = new ArrayList<>(List.of("--dir", dir.toString()));
        all.addAll(List.of(options));
        RedisServer server = RedisServer.start(all.toArray(String[]::new));
        open.add(server);
        return server;
    }

    private LoginServer server(String uri) {
        RedisSessionStore store = RedisSessionStore.connect(uri, LEASE);
        open.add(store);
        LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .sessionStore(store)
                .build());
        open.add(server);
        return server;
    }

    private RawClient login(LoginServer server, String user, String device) throws IOException {
        RawClient client = new RawClient(server.port());
        open.add(client);
        assertThat(RawClient.reason(client.login(server, user, Platform.WINDOWS, device)))
                .isZero();
        return client;
    }

    private static void assertKicked(RawClient client) throws IOException {
        MqttMessage disconnect = client.next();
        assertThat(RawClient.code(disconnect)).isEqualTo("6208");
        assertThat(client.next()).isNull();
        client.close();
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void aClusterWhoseSlotsMove() throws Exception {
        List<RedisServer> masters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            masters.add(redis("cluster" + i, "--cluster-enabled", "yes"));
        }
        List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        masters.forEach(one -> create.add("127.0.0.1:" + one.port()));
        create.add("--cluster-yes");
        run(create.toArray(String[]::new));
        for (RedisServer master : masters) {
            await().until(() -> run("redis-cli", "-p", "" + master.port(), "cluster", "info")
                    .contains("cluster_state:ok"));
        }
        String uri = "redis-cluster://127.0.0.1:" + masters.get(0).port();
        LoginServer one = server(uri);
        LoginServer two = server(uri);
        List<RawClient> first = new ArrayList<>();
        for (int user = 0; user < 20; user++) {
            first.add(login(one, "u" + user, "d1"));
        }
        for (int user = 0; user < 10; user++) {
            login(two, "u" + user, "d2");
            assertKicked(first.get(user));
        }
        move(masters);
        for (int user = 10; user < 20; user++) {
            login(two, "u" + user, "d2");
            assertKicked(first.get(user));
        }
        assertThat(two.dailyActiveUsers(APP).values()).containsExactly(20);
    }

    /** All slots of the second one to the first. */
    private static void move(List<RedisServer> masters) throws Exception {
        List<String> ids = new ArrayList<>();
        for (RedisServer master : masters) {
            ids.add(run("redis-cli", "-p", "" + master.port(), "cluster", "myid")
                    .strip());
        }
        run(
                "redis-cli",
                "--cluster",
                "reshard",
                "127.0.0.1:" + masters.get(0).port(),
                "--cluster-from",
                ids.get(1),
                "--cluster-to",
                ids.get(0),
                "--cluster-slots",
                "" + SlotHash.SLOT_COUNT / 3,
                "--cluster-yes");
    }

    @Test
    void aFailoverOfSentinel() throws Exception {
        RedisServer master = redis("master");
        RedisServer replica = redis("replica", "--replicaof", "127.0.0.1 " + master.port());
        Path config = Files.writeString(
                folder.resolve("sentinel.conf"),
                "sentinel monitor main 127.0.0.1 " + master.port() + " 1\n"
                        + "sentinel down-after-milliseconds main 2000\nsentinel failover-timeout main 10000\n");
        RedisServer sentinel = RedisServer.sentinel(config);
        open.add(sentinel);
        try (RedisClient client = RedisClient.create(replica.uri())) {
            await().until(() -> client.connect().sync().info("replication").contains("master_link_status:up"));
        }
        await().until(() -> run("redis-cli", "-p", "" + sentinel.port(), "sentinel", "replicas", "main")
                .contains("" + replica.port()));
        String uri = "redis-sentinel://127.0.0.1:" + sentinel.port() + "/0#main";
        LoginServer one = server(uri);
        LoginServer two = server(uri);
        String old = one.userSig(APP, "bob");
        one.expireUserSigs(APP, "bob");
        List<RawClient> first = new ArrayList<>();
        for (int user = 0; user < 5; user++) {
            first.add(login(one, "u" + user, "d1"));
        }
        run("redis-cli", "-p", "" + sentinel.port(), "sentinel", "failover", "main");
        await().until(() -> run("redis-cli", "-p", "" + sentinel.port(), "sentinel", "get-master-addr-by-name", "main")
                .contains("" + replica.port()));
        master.kill();
        await().ignoreExceptions().until(() -> login(two, "carol", "d1") != null);
        for (int user = 0; user < 5; user++) {
            login(two, "u" + user, "d2");
            assertKicked(first.get(user));
        }
        try (RawClient client = new RawClient(two.port())) {
            assertThat(RawClient.code(client.login("bob", Platform.WINDOWS, "d1", old)))
                    .isEqualTo("70001");
        }
    }

    @Test
    void aPasswordIsNeverInAMessage() throws Exception {
        RedisServer redis = redis("guarded", "--requirepass", "Kept-1-Secret");
        LoginServer server = server("redis://:Kept-1-Secret@127.0.0.1:" + redis.port());
        login(server, "alice", "d1");
        IntStream.of(redis.port(), 1)
                .forEach(port -> assertThat(messageOf("redis://:Other-1-Secret@127.0.0.1:" + port))
                        .contains("127.0.0.1:" + port)
                        .doesNotContain("Secret"));
        assertThat(messageOf("redis://:Other 1 Secret@127.0.0.1")).doesNotContain("Secret");
        assertThat(messageOf("http://:Other-1-Secret@127.0.0.1"))
                .contains("redis://")
                .doesNotContain("Secret");
    }

    private static String messageOf(String uri) {
        try {
            RedisSessionStore.connect(uri).close();
            throw new AssertionError("connected to " + uri);
        } catch (LoginServerException e) {
            return e.getMessage();
        }
    }
}
