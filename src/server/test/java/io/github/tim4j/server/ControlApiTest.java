/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tim4j.server.http.ControlApi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Test control, health and metrics over HTTP. */
class ControlApiTest {
    private static final long APP = RawClient.APP;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALICE = "\"sdkAppId\":" + APP + ",\"userId\":\"alice\"";

    private final HttpClient http = HttpClient.newHttpClient();
    private LoginServer server;

    @BeforeEach
    void start() {
        server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .httpPort(0)
                .controlPort(0)
                .build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(String path) {
        boolean operation = List.of("/healthz", "/readyz", "/metrics").contains(path);
        return HttpRequest.newBuilder(URI.create((operation ? server.httpUri() : server.controlUri()) + path));
    }

    private JsonNode get(String name) throws IOException, InterruptedException {
        HttpResponse<String> response = send(to("/control/v1/" + name));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private JsonNode post(int status, String name, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = send(to("/control/v1/" + name).POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    private RawClient online(String user) throws IOException {
        RawClient client = new RawClient(server.port());
        assertThat(RawClient.reason(client.login(server, user, Platform.LINUX, "d1")))
                .isZero();
        return client;
    }

    private String code(String user, String sig) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return RawClient.code(client.login(user, Platform.LINUX, "d1", sig));
        }
    }

    @Test
    void tellsSessionsAndEvents() throws Exception {
        try (RawClient alice = online("alice")) {
            JsonNode session = get("sessions").get("sessions").get(0);
            assertThat(session.get("userId").asText()).isEqualTo("alice");
            assertThat(session.get("platform").asText()).isEqualTo("Linux");
            assertThat(session.get("port").asInt()).isEqualTo(alice.socket().getLocalPort());
            JsonNode first = get("events");
            assertThat(first.get("events").findValuesAsText("type")).containsExactly("LOGIN");
            alice.logout();
            JsonNode second = get("events?after=" + first.get("cursor").asLong());
            assertThat(second.get("events").findValuesAsText("type")).containsExactly("LOGOUT");
        }
    }

    @Test
    void makesUserSigsAndTakesThemAway() throws Exception {
        String sig = post(200, "usersig", "{" + ALICE + ",\"validitySeconds\":3600}")
                .get("userSig")
                .asText();
        try (RawClient alice = new RawClient(server.port())) {
            assertThat(RawClient.reason(alice.login("alice", Platform.LINUX, "d1", sig)))
                    .isZero();
            assertThat(post(200, "expire", "{" + ALICE + "}").get("kicked").asInt())
                    .isEqualTo(1);
            assertThat(RawClient.reason(alice.next())).isEqualTo(0xA0);
        }
        assertThat(code("alice", sig)).isEqualTo("70001");
        assertThat(post(200, "invalidate", "{" + ALICE + "}").get("kicked").asInt())
                .isZero();
        assertThat(code("alice", sig)).isEqualTo("70052");
    }

    @Test
    void kicksRefusesDelaysAndCuts() throws Exception {
        try (RawClient alice = online("alice")) {
            assertThat(post(200, "kick", "{" + ALICE + ",\"platform\":\"Mac\"}")
                            .get("kicked")
                            .asInt())
                    .isZero();
            assertThat(post(200, "kick", "{" + ALICE + ",\"cause\":\"OTHER_INSTANCE\"}")
                            .get("kicked")
                            .asInt())
                    .isEqualTo(1);
            assertThat(RawClient.reason(alice.next())).isEqualTo(0x8E);
        }
        post(200, "refuse", "{\"count\":1,\"code\":70114}");
        assertThat(code("bob", "x")).isEqualTo("70114");
        post(200, "refuse", "{\"count\":1,\"code\":-302," + ALICE + "}");
        assertThat(code("alice", "x")).isEqualTo("-302");
        post(200, "delay", "{\"milliseconds\":1}");
        try (RawClient alice = online("alice");
                RawClient bob = online("bob")) {
            post(200, "cut", "{" + ALICE + "}");
            assertThat(alice.next()).isNull();
            post(200, "half-open", "{" + ALICE + "}");
            post(200, "cut", "");
            assertThat(bob.next()).isNull();
        }
    }

    @Test
    void setsTimeAndPolicyAndComesAndGoes() throws Exception {
        assertThat(post(200, "time", "{\"now\":\"2031-01-01T00:00:00Z\"}")
                        .get("now")
                        .asText())
                .startsWith("2031-01-01T00:");
        assertThat(post(200, "time", "{\"advanceSeconds\":86400}").get("now").asText())
                .startsWith("2031-01-02T00:");
        assertThat(get("time").get("now").asText()).startsWith("2031-01-02T00:");
        post(200, "policy", "{\"sdkAppId\":" + APP + ",\"kind\":\"DUAL_PLATFORM\",\"instances\":{\"Web\":5}}");
        for (String action : List.of("pause", "resume", "stop", "listen", "restart", "reset")) {
            post(200, action, "");
        }
        online("alice").close();
        assertThat(get("dau").get("" + APP).size()).isEqualTo(1);
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        assertThat(post(400, "kick", "{}").get("error").asText()).contains("sdkAppId");
        assertThat(post(400, "kick", "{" + ALICE + ",\"platform\":\"Amiga\"}")
                        .get("error")
                        .asText())
                .contains("Amiga")
                .contains("Windows");
        assertThat(post(400, "kick", "{" + ALICE + ",\"cause\":\"FUN\"}")
                        .get("error")
                        .asText())
                .contains("FUN")
                .contains("REST");
        assertThat(post(400, "kick", "{").get("error").asText()).contains("JSON");
        assertThat(post(400, "refuse", "{\"count\":0,\"code\":1}").get("error").asText())
                .contains("count");
        assertThat(post(400, "time", "{\"now\":\"soon\"}").get("error").asText())
                .contains("2026");
        assertThat(post(400, "usersig", "{\"sdkAppId\":7,\"userId\":\"a\"}")
                        .get("error")
                        .asText())
                .contains("7");
        post(404, "nothing", "");
        post(405, "sessions", "");
    }

    @Test
    void isDescribedByOpenApi() throws Exception {
        JsonNode document = get("openapi.json");
        assertThat(document.get("openapi").asText()).startsWith("3.");
        List<String> described = new ArrayList<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> described.add(method.toUpperCase(Locale.ROOT) + " "
                                + path.getKey().substring("/control/v1/".length()))));
        assertThat(described)
                .containsExactlyInAnyOrderElementsOf(new ControlApi(
                                server,
                                () -> LoginServerConfig.builder()
                                        .app(APP, "secret")
                                        .build(),
                                null,
                                null)
                        .actions());
    }

    @Test
    void eventsAreStreamedAsTheyHappen() throws Exception {
        online("alice").close();
        HttpResponse<Stream<String>> response =
                http.send(to("/control/v1/events/stream?after=0").build(), HttpResponse.BodyHandlers.ofLines());
        assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream; charset=utf-8");
        try (Stream<String> lines = response.body()) {
            Iterator<String> data =
                    lines.filter(line -> line.startsWith("data: ")).iterator();
            assertThat(data.next()).contains("\"type\":\"LOGIN\"", "\"userId\":\"alice\"");
            assertThat(data.next()).contains("\"type\":\"LINK_CLOSED\"");
            online("bob").close();
            assertThat(data.next()).contains("\"type\":\"LOGIN\"", "\"userId\":\"bob\"");
        }
        assertThat(send(to("/control/v1/events/stream?after=soon")).statusCode())
                .isEqualTo(400);
    }

    /** More than fit into a socket at once, for a reader who has not begun: none is missing, and none comes twice. */
    @Test
    void aSlowReaderOfTheStreamGetsEveryEvent() throws Exception {
        int count = 1000;
        for (int i = 0; i < count; i++) {
            code("user" + i, "x");
        }
        Socket narrow = new Socket();
        narrow.setReceiveBufferSize(2048);
        narrow.connect(new InetSocketAddress("127.0.0.1", server.controlPort()));
        try (RawClient reader = new RawClient(narrow)) {
            reader.send("GET /control/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes());
            code("last", "x");
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(narrow.getInputStream(), StandardCharsets.UTF_8));
            List<Integer> numbers = new ArrayList<>();
            while (numbers.size() <= count) {
                String line = lines.readLine();
                if (line.startsWith("id: ")) {
                    numbers.add(Integer.parseInt(line.substring(4)));
                }
            }
            assertThat(numbers)
                    .isEqualTo(IntStream.rangeClosed(1, count + 1).boxed().toList());
        }
    }

    @Test
    void theConsoleIsForWhomControlIsFor() throws Exception {
        HttpResponse<String> page = send(to("/"));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'");
        for (String file : List.of("/console.js", "/console.css")) {
            assertThat(send(to(file)).statusCode()).as(file).isEqualTo(200);
        }
        assertThat(send(to("/").header("X-Forwarded-For", "192.0.2.1")).statusCode())
                .isEqualTo(403);
        // Its own requests are a page's, with its own origin.
        assertThat(send(to("/control/v1/sessions")
                                .header("Origin", server.controlUri().toString()))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void webPagesAreRefused() throws Exception {
        assertThat(send(to("/control/v1/sessions").header("Origin", "https://example.com"))
                        .statusCode())
                .isEqualTo(403);
        try (RawClient rebound = new RawClient(server.controlPort())) {
            rebound.send(
                    "GET /control/v1/sessions HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n".getBytes());
            assertThat(new String(rebound.rest())).startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void aTokenIsAskedForWhereOneIsSet() throws Exception {
        server.close();
        server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .httpPort(0)
                .controlPort(0)
                .controlToken("0123456789abcdef")
                .build());
        assertThat(send(to("/control/v1/sessions")).statusCode()).isEqualTo(401);
        assertThat(send(to("/metrics")).statusCode()).isEqualTo(401);
        assertThat(send(to("/control/v1/sessions").header("Authorization", "Bearer 0123456789abcdeF"))
                        .statusCode())
                .isEqualTo(401);
        assertThat(send(to("/control/v1/sessions").header("Authorization", "Bearer 0123456789abcdef"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(to("/healthz")).statusCode()).isEqualTo(200);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoginServerConfig.builder().controlToken("short"))
                .withMessageContaining("16");
    }

    @Test
    void itIsOnAPortOfItsOwnAndOnLoopbackWhereNoTokenIsAskedFor() throws Exception {
        for (String path : List.of("/control/v1/sessions", "/")) {
            assertThat(send(HttpRequest.newBuilder(URI.create(server.httpUri() + path)))
                            .statusCode())
                    .isEqualTo(404);
        }
        server.close();
        LoginServerConfig.Builder everywhere = LoginServerConfig.builder()
                .app(APP, "secret")
                .host("0.0.0.0")
                .allowPlaintext(true)
                .httpPort(0);
        server = LoginServer.start(everywhere.build());
        assertThat(server.controlPort()).isEqualTo(-1);
        assertThatIllegalStateException().isThrownBy(server::controlUri);
        server.close();
        server = LoginServer.start(everywhere.controlPort(0).build());
        assertThat(send(to("/control/v1/sessions")).statusCode()).isEqualTo(200);
        String outside = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && address instanceof Inet4Address)
                .map(InetAddress::getHostAddress)
                .findFirst()
                .orElse("127.0.0.2");
        assertThatThrownBy(() -> new Socket(outside, server.controlPort())).isInstanceOf(ConnectException.class);
        new Socket(outside, server.httpPort()).close();
        server.close();
        server = LoginServer.start(everywhere.controlToken("0123456789abcdef").build());
        new Socket(outside, server.controlPort()).close();
    }

    @Test
    void readinessFollowsTheServer() throws Exception {
        assertThat(send(to("/healthz")).statusCode()).isEqualTo(200);
        assertThat(send(to("/readyz")).statusCode()).isEqualTo(200);
        server.testing().pauseAccepting();
        assertThat(send(to("/readyz")).statusCode()).isEqualTo(503);
        server.testing().resumeAccepting();
        server.testing().stopListening();
        assertThat(send(to("/readyz")).statusCode()).isEqualTo(503);
        assertThat(send(to("/healthz")).statusCode()).isEqualTo(200);
        server.testing().listenAgain();
        assertThat(send(to("/readyz")).statusCode()).isEqualTo(200);
    }

    @Test
    void metricsCountWhatHappened() throws Exception {
        try (RawClient alice = online("alice")) {
            assertThat(code("bob", "garbage")).isEqualTo("70003");
            server.kick(APP, "alice", KickCause.REST);
            alice.rest();
        }
        online("carol");
        online("carol");
        String metrics = send(to("/metrics")).body();
        assertThat(metrics.lines())
                .contains(
                        "tim4j_sessions 1",
                        "tim4j_logins_total{code=\"0\"} 3",
                        "tim4j_logins_total{code=\"70003\"} 1",
                        "tim4j_kicks_total{cause=\"rest\"} 1",
                        "tim4j_login_seconds_bucket{le=\"+Inf\"} 4",
                        "tim4j_login_seconds_count 4",
                        "tim4j_daily_active_users{sdkappid=\"" + APP + "\"} 2");
        assertThat(metrics.lines().filter(line -> !line.startsWith("#")))
                .allMatch(line -> line.matches("(tim4j|jvm|process)_[a-z_]+(\\{[a-z]+=\"[^\"]*\"})? [-0-9.E]+"))
                .anyMatch(line -> line.startsWith("jvm_gc_collection_seconds_count{"))
                .anyMatch(line -> line.matches("tim4j_store_seconds_count 3"));
    }

    @Test
    void nonsenseOnTheHttpPortIsHarmless() throws Exception {
        for (String nonsense : List.of(
                "\r\n\r\n",
                "GET\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: " + "y".repeat(9000) + "\r\n\r\n",
                "GET /" + "y".repeat(9000) + " HTTP/1.1\r\n\r\n",
                "POST /control/v1/kick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")) {
            for (int port : List.of(server.httpPort(), server.controlPort())) {
                try (RawClient client = new RawClient(port)) {
                    client.send(nonsense.getBytes());
                    client.socket().shutdownOutput();
                    byte[] answer = client.rest();
                    assertThat(new String(answer))
                            .doesNotContain("HTTP/1.1 200")
                            .doesNotContain("HTTP/1.1 500");
                }
            }
        }
        assertThat(send(to("/healthz")).statusCode()).isEqualTo(200);
    }
}
