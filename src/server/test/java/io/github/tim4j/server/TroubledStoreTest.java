/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.MemorySessionStore;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A store that answers late, never, or not at all: every client is answered, and what it did meanwhile counts. */
@Timeout(60)
class TroubledStoreTest {
    private static final long APP = 1400000000L;

    /** What becomes of a login that the store is asked about. */
    private interface Decision {
        Object about(CompletableFuture<Admission> answer) throws Exception;
    }

    private static LoginServer server(Decision decision) {
        return server("login", decision);
    }

    /** @param about the method of the store, or "" for all but those that end with the server */
    private static LoginServer server(String about, Decision decision) {
        SessionStore memory = new MemorySessionStore();
        return LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .httpPort(0)
                .controlPort(0)
                .sessionStore((SessionStore) Proxy.newProxyInstance(
                        SessionStore.class.getClassLoader(),
                        new Class<?>[] {SessionStore.class},
                        (proxy, method, arguments) -> {
                            Object answer = method.invoke(memory, arguments);
                            boolean other = about.isEmpty()
                                    ? answer == null
                                    : !method.getName().equals(about);
                            if (other) {
                                return answer;
                            }
                            @SuppressWarnings("unchecked")
                            CompletableFuture<Admission> admission = (CompletableFuture<Admission>) answer;
                            return decision.about(admission);
                        }))
                .build());
    }

    @ParameterizedTest
    @CsvSource({
        "im_open_login_svc/kick, '{\"UserID\":\"u\"}'",
        "im_open_login_svc/account_import, '{\"UserID\":\"u\"}'",
        "im_open_login_svc/multiaccount_import, '{\"AccountList\":[{\"UserID\":\"u\"}]}'",
        "im_open_login_svc/account_check, '{\"CheckItem\":[{\"UserID\":\"u\"}]}'",
        "im_open_login_svc/account_delete, '{\"DeleteItem\":[{\"UserID\":\"u\"}]}'",
        "openim/query_online_status, '{\"To_Account\":[\"u\"]}'",
        "openconfigsvr/getappinfo, {}"
    })
    void theServerApiAnswersWithACodeAndTestControlWithAReason(String command, String body) throws Exception {
        Decision throwing = answer -> {
            throw new IllegalStateException("on purpose");
        };
        Decision failing = answer -> CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
        for (Decision trouble : List.of(throwing, failing)) {
            try (LoginServer server = server("", trouble)) {
                HttpResponse<String> answer = post(
                        server.httpUri() + "/v4/" + command + "?sdkappid=" + APP + "&identifier=administrator&usersig="
                                + server.userSig(APP, "administrator"),
                        body);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains("\"ErrorCode\":70500").doesNotContain("purpose");
                HttpResponse<String> kick =
                        post(server.controlUri() + "/control/v1/kick", "{\"sdkAppId\":" + APP + ",\"userId\":\"u\"}");
                assertThat(kick.statusCode()).isEqualTo(503);
                assertThat(kick.body()).contains("session store");
            }
        }
    }

    private static HttpResponse<String> post(String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static byte[] connect(RawClient client, LoginServer server) {
        return client.encode(RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
    }

    @Test
    void aStoreThatNeverAnswersIsNotWaitedForWithoutEnd() throws Exception {
        try (LoginServer server = server(answer -> new CompletableFuture<Admission>());
                RawClient client = new RawClient(server.port())) {
            assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                    .isGreaterThanOrEqualTo(0x80);
            assertThat(server.sessions()).isEmpty();
        }
    }

    @Test
    void aStoreThatThrowsRefusesTheLogin() throws Exception {
        try (LoginServer server = server(answer -> {
                    throw new IllegalStateException("on purpose");
                });
                RawClient client = new RawClient(server.port())) {
            assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                    .isGreaterThanOrEqualTo(0x80);
            assertThat(server.sessions()).isEmpty();
        }
    }

    /** A ping, then a DISCONNECT with and without a reason, or none; then the client closes, all before the store has decided. */
    @ParameterizedTest
    @CsvSource({
        "C0 00 E0 00, LOGOUT",
        "E0 02 00 00, LOGOUT",
        "E0 01 04, LINK_CLOSED",
        "C0 00, LINK_CLOSED",
        "E0, LINK_CLOSED"
    })
    void aClientThatLeavesWhileItsLoginIsBeingDecidedHasLeftAsItSaid(String packets, ServerEvent.Type expected)
            throws Exception {
        BlockingQueue<Runnable> decisions = new LinkedBlockingQueue<>();
        try (LoginServer server = server(answer -> {
            CompletableFuture<Admission> late = new CompletableFuture<>();
            decisions.add(() -> answer.thenAccept(late::complete));
            return late;
        })) {
            try (RawClient client = new RawClient(server.port())) {
                client.send(connect(client, server));
                Runnable decision = decisions.poll(20, TimeUnit.SECONDS);
                for (String octet : packets.split(" ")) {
                    client.send(Integer.parseInt(octet, 16));
                }
                client.shutdownOutput();
                assertThat(client.next())
                        .as("the server has seen it and closed")
                        .isNull();
                decision.run();
            }
            await().until(() -> server.events(0).size() == 2);
            assertThat(server.events(0))
                    .extracting(ServerEvent::type)
                    .isEqualTo(List.of(ServerEvent.Type.LOGIN, expected));
            assertThat(server.sessions()).isEmpty();
        }
    }
}
