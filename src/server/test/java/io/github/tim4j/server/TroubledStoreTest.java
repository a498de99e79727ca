/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.MemorySessionStore;
import java.lang.reflect.Proxy;
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
        SessionStore memory = new MemorySessionStore();
        return LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .sessionStore((SessionStore) Proxy.newProxyInstance(
                        SessionStore.class.getClassLoader(),
                        new Class<?>[] {SessionStore.class},
                        (proxy, method, arguments) -> {
                            Object answer = method.invoke(memory, arguments);
                            if (!method.getName().equals("login")) {
                                return answer;
                            }
                            @SuppressWarnings("unchecked")
                            CompletableFuture<Admission> admission = (CompletableFuture<Admission>) answer;
                            return decision.about(admission);
                        }))
                .build());
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
