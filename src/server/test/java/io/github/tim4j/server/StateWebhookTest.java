/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an app's own server is told of state changes. */
class StateWebhookTest {
    private static final long APP = RawClient.APP;

    private final List<String> queries = new CopyOnWriteArrayList<>();
    private final List<JsonNode> bodies = new CopyOnWriteArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger posts = new AtomicInteger();
    private HttpServer backend;
    private LoginServer server;

    @BeforeEach
    void start() throws IOException {
        backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.createContext("/callback", exchange -> {
            posts.incrementAndGet();
            byte[] body = exchange.getRequestBody().readAllBytes();
            boolean fails = failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
            if (!fails) {
                queries.add(exchange.getRequestURI().getQuery());
                bodies.add(new ObjectMapper().readTree(body));
            }
            exchange.sendResponseHeaders(fails ? 500 : 200, -1);
            exchange.close();
        });
        backend.start();
    }

    @AfterEach
    void stop() {
        server.close();
        backend.stop(0);
    }

    private void serve(Duration grace) {
        URI url = URI.create("http://127.0.0.1:" + backend.getAddress().getPort() + "/callback");
        server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .stateWebhook(APP, url)
                .disconnectGrace(grace)
                .build());
    }

    private RawClient online(String user, Platform platform, String device) throws IOException {
        RawClient client = new RawClient(server.port());
        assertThat(RawClient.reason(client.login(server, user, platform, device)))
                .isZero();
        return client;
    }

    private List<String> told() {
        return bodies.stream()
                .map(body -> body.at("/Info/To_Account").asText() + " "
                        + body.at("/Info/Action").asText() + " "
                        + body.at("/Info/Reason").asText()
                        + body.path("KickedDevice").findValuesAsText("Platform"))
                .toList();
    }

    @Test
    void loginsLogoutsAndKickedDevicesAreToldInOrder() throws IOException {
        serve(Duration.ZERO);
        online("alice", Platform.WINDOWS, "d1");
        RawClient second = online("alice", Platform.WINDOWS, "d2");
        second.logout();
        await().untilAsserted(() -> assertThat(told())
                .containsExactly(
                        "alice Login Register[]", "alice Login Register[Windows]", "alice Logout Unregister[]"));
        assertThat(queries.get(0))
                .isEqualTo("SdkAppid=" + APP
                        + "&CallbackCommand=State.StateChange&contenttype=json&ClientIP=127.0.0.1&OptPlatform=Windows");
        assertThat(bodies.get(0).get("CallbackCommand").asText()).isEqualTo("State.StateChange");
        assertThat(bodies.get(0).get("EventTime").asLong())
                .isCloseTo(System.currentTimeMillis(), Offset.offset(60_000L));
        assertThat(bodies.get(0).has("KickedDevice")).isFalse();
    }

    @Test
    void aTokenSignsWhoSentItWhenAndWhat() throws Exception {
        String token = "0123456789abcdef";
        backend.createContext("/signed", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            queries.add(exchange.getRequestURI().getQuery());
            queries.add(exchange.getRequestHeaders().getFirst("X-Body-Sign"));
            queries.add(body);
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        URI url = URI.create("http://127.0.0.1:" + backend.getAddress().getPort() + "/signed");
        LoginServerConfig config = LoginServerConfig.builder()
                .app(APP, "secret")
                .stateWebhook(APP, url)
                .webhookToken(token)
                .build();
        assertThat(config.webhooks()).asString().doesNotContain(token);
        server = LoginServer.start(config);
        online("alice", Platform.WINDOWS, "d1");
        await().untilAsserted(() -> assertThat(queries).hasSize(3));
        String time = queries.get(0).replaceAll(".*&RequestTime=", "");
        assertThat(Long.parseLong(time)).isCloseTo(System.currentTimeMillis() / 1000, Offset.offset(60L));
        String sign = HexFormat.of()
                .formatHex(
                        MessageDigest.getInstance("SHA-256").digest((token + time).getBytes(StandardCharsets.UTF_8)));
        assertThat(queries.get(0)).endsWith("&OptPlatform=Windows&Sign=" + sign + "&RequestTime=" + time);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        assertThat(queries.get(1))
                .isEqualTo(HexFormat.of()
                        .formatHex(mac.doFinal((time + "." + queries.get(2)).getBytes(StandardCharsets.UTF_8))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoginServerConfig.builder().webhookToken("short"))
                .withMessageContaining("16");
    }

    @Test
    void aLostConnectionIsToldAfterTheGrace() throws IOException {
        serve(Duration.ofMillis(20));
        online("alice", Platform.WINDOWS, "d1").close();
        await().untilAsserted(() ->
                assertThat(told()).containsExactly("alice Login Register[]", "alice Disconnect LinkClose[]"));
        RawClient silent = new RawClient(server.port());
        silent.send(RawClient.connect(APP, "bob", Platform.WEB, "d1", server.userSig(APP, "bob"), 1));
        await().untilAsserted(() -> assertThat(told()).endsWith("bob Login Register[]", "bob Disconnect TimeOut[]"));
    }

    @Test
    void whoIsBackInTimeWasNeverGone() throws IOException {
        serve(Duration.ofMinutes(5));
        online("alice", Platform.WINDOWS, "d1").close();
        await().until(() -> server.sessions().isEmpty());
        online("alice", Platform.WINDOWS, "d1").logout();
        await().untilAsserted(() -> assertThat(told())
                .containsExactly("alice Login Register[]", "alice Login Register[]", "alice Logout Unregister[]"));
    }

    @Test
    void aFailedPostIsRetriedAndKeepsItsPlace() throws IOException {
        serve(Duration.ZERO);
        failures.set(2);
        online("alice", Platform.WINDOWS, "d1").logout();
        await().untilAsserted(() ->
                assertThat(told()).containsExactly("alice Login Register[]", "alice Logout Unregister[]"));
        assertThat(posts).hasValue(4);
    }

    @Test
    void aBackendThatIsAwayDelaysNoLogin() throws IOException {
        serve(Duration.ZERO);
        backend.stop(0);
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            online("user" + i, Platform.WINDOWS, "d1").logout();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void theEndOfTheServerIsToldOfEverybody() throws IOException {
        serve(Duration.ofMinutes(5));
        online("alice", Platform.WINDOWS, "d1");
        online("bob", Platform.MAC, "d1").close();
        await().until(() -> server.sessions().size() == 1);
        server.close();
        assertThat(told()).contains("alice Disconnect LinkClose[]", "bob Disconnect LinkClose[]");
    }

    @Test
    void whatHappenedBeforeAResetIsNotToldAfterIt() throws IOException {
        serve(Duration.ofMillis(100));
        online("alice", Platform.WINDOWS, "d1");
        await().until(() -> told().size() == 1);
        server.testing().cutConnections();
        server.testing().reset();
        online("bob", Platform.WINDOWS, "d1").close();
        await().until(() -> told().contains("bob Disconnect LinkClose[]"));
        assertThat(told()).noneMatch(post -> post.startsWith("alice Disconnect"));
    }

    /** The first user's post is never answered, and the others' are told meanwhile; the last state of the first comes through in the end. */
    @Test
    void oneUserDoesNotHoldBackTheOthers() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        ExecutorService threads = Executors.newCachedThreadPool();
        backend.removeContext("/callback");
        backend.stop(0);
        backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.setExecutor(threads);
        backend.createContext("/callback", exchange -> {
            JsonNode body = new ObjectMapper().readTree(exchange.getRequestBody());
            try {
                if (body.at("/Info/To_Account").asText().equals("slow")) {
                    release.await();
                }
                bodies.add(body);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        backend.start();
        serve(Duration.ZERO);
        for (int i = 0; i < 20; i++) {
            online("slow", Platform.WINDOWS, "d1").logout();
        }
        RawClient stays = online("slow", Platform.WINDOWS, "d1");
        for (int i = 0; i < 40; i++) {
            online("user" + i, Platform.WINDOWS, "d1").logout();
        }
        await().until(() ->
                told().stream().filter(post -> post.contains("Logout")).count() == 40);
        release.countDown();
        await().untilAsserted(() -> assertThat(told().stream().filter(post -> post.startsWith("slow")))
                .hasSizeGreaterThanOrEqualTo(16)
                .endsWith("slow Login Register[]"));
        stays.close();
        threads.shutdownNow();
    }
}
