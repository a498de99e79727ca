/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.MemorySessionStore;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever was kicked hears of it exactly once, whatever becomes of the message; and nobody waits for it. */
class UntoldTest {
    private static final LoginPolicy POLICY = LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM);

    private final MemorySessionStore store = new MemorySessionStore();
    /** What the server has been asked to tell, in order; answered by the test. */
    private final List<CompletableFuture<Boolean>> told = new ArrayList<>();

    private long lastId;

    @BeforeEach
    void join() {
        store.join("s", (session, cause, by) -> {
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            told.add(answer);
            return answer;
        });
    }

    private Session session(String device) {
        return new Session(
                1,
                "alice",
                Platform.LINUX,
                device,
                "s",
                ++lastId,
                new InetSocketAddress("127.0.0.1", 1),
                Instant.EPOCH,
                Instant.MAX);
    }

    private CompletableFuture<Admission> begin(String device) {
        CompletionStage<Admission> stage = store.login(session(device), new SigStamp(1, 1), POLICY);
        return stage.toCompletableFuture();
    }

    private static int code(CompletableFuture<Admission> login) throws Exception {
        return login.get(20, TimeUnit.SECONDS) instanceof Admission.Refused refused ? refused.code() : 0;
    }

    @Test
    void nobodyWaitsForThoseWhoAreKicked() throws Exception {
        assertThat(code(begin("A"))).isZero();
        CompletableFuture<Admission> second = begin("B");
        assertThat(second).isDone();
        assertThat(told).hasSize(1);
    }

    @Test
    void whoComesBackBeforeItIsKnownIsToldThen() throws Exception {
        begin("A");
        begin("B");
        assertThat(code(begin("A"))).isEqualTo(6208);
        told.get(0).complete(false); // of the first connection, whose client has heard of it meanwhile
        CompletableFuture<Admission> again = begin("A");
        assertThat(code(again)).isZero();
        assertThat(told).as("B is kicked by that").hasSize(2);
        store.end(((Admission.Admitted) again.join()).session(), false);
        assertThat(code(begin("A"))).as("after a lost link").isZero();
    }

    @Test
    void whoWasToldLogsInAtOnce() throws Exception {
        begin("A");
        begin("B");
        CompletableFuture<Admission> again = begin("A");
        assertThat(again).isNotDone();
        told.get(0).complete(true);
        assertThat(code(again)).isZero();
    }

    @Test
    void whoCouldNotBeToldIsToldOnce() throws Exception {
        begin("A");
        begin("B");
        told.get(0).complete(false);
        assertThat(code(begin("A"))).isEqualTo(6208);
        assertThat(code(begin("A"))).isZero();
    }

    @Test
    void aServerThatFailsToTellHasNotTold() throws Exception {
        begin("A");
        begin("B");
        told.get(0).completeExceptionally(new IllegalStateException("the node is gone"));
        assertThat(code(begin("A"))).isEqualTo(6208);
    }

    @Test
    void aLateAnswerLeavesTheMarkOfALaterKick() throws Exception {
        begin("A"); // #1
        begin("B"); // kicks #1
        assertThat(code(begin("A"))).isEqualTo(6208);
        assertThat(code(begin("A"))).isZero(); // kicks B
        begin("B").get(20, TimeUnit.SECONDS); // B is told by a refusal
        assertThat(code(begin("B"))).isZero(); // kicks A again, which is not told yet
        told.get(0).complete(true); // of A's first connection
        assertThat(code(begin("A"))).isEqualTo(6208);
    }

    /** The server takes nothing more, and says so to whoever sends: it has given this client up. */
    private static boolean isReset(RawClient client) {
        try {
            client.socket().getOutputStream().write(new byte[] {(byte) 0xC0, 0});
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** The kernel takes bytes for a network that is gone: only a client that closes has shown that it read them. */
    @Test
    void aClientThatDoesNotCloseWasNotTold() throws Exception {
        try (LoginServer server = LoginServer.start(
                        LoginServerConfig.builder().app(RawClient.APP, "secret").build());
                RawClient silent = new RawClient(server.port());
                RawClient kicker = new RawClient(server.port())) {
            assertThat(RawClient.reason(silent.login(server, "alice", Platform.LINUX, "laptop")))
                    .isZero();
            assertThat(RawClient.reason(kicker.login(server, "alice", Platform.LINUX, "desktop")))
                    .isZero();
            await().atMost(60, TimeUnit.SECONDS).until(() -> isReset(silent));
            try (RawClient back = new RawClient(server.port())) {
                assertThat(RawClient.code(back.login(server, "alice", Platform.LINUX, "laptop")))
                        .isEqualTo("6208");
            }
            try (RawClient again = new RawClient(server.port())) {
                assertThat(RawClient.reason(again.login(server, "alice", Platform.LINUX, "laptop")))
                        .isZero();
            }
        }
    }

    @Test
    void aClientThatClosesWasTold() throws Exception {
        try (LoginServer server = LoginServer.start(
                        LoginServerConfig.builder().app(RawClient.APP, "secret").build());
                RawClient first = new RawClient(server.port());
                RawClient kicker = new RawClient(server.port())) {
            first.login(server, "alice", Platform.LINUX, "laptop");
            kicker.login(server, "alice", Platform.LINUX, "desktop");
            first.next();
            first.socket().close();
            try (RawClient again = new RawClient(server.port())) {
                assertThat(RawClient.reason(again.login(server, "alice", Platform.LINUX, "laptop")))
                        .isZero();
            }
        }
    }

    /** A server that goes gives it a moment to show that it knows. */
    @Test
    void aClientThatClosesWasToldAlsoIfTheServerRestartsMeanwhile() throws Exception {
        whoIsKickedIsToldOnce(server -> {
            CompletableFuture<Void> restarted = CompletableFuture.runAsync(server.testing()::restart);
            await().pollInterval(Duration.ofMillis(1)).until(() -> restarted.isDone() || !isListening(server.port()));
            return restarted;
        });
    }

    @Test
    void aClientThatClosesWasToldAlsoIfItsLinkIsCutMeanwhile() throws Exception {
        whoIsKickedIsToldOnce(server -> {
            server.testing().cutConnections();
            return CompletableFuture.completedFuture(null);
        });
    }

    /** @param fault comes after the kick, and before the client reads of it; gives when it is over */
    private static void whoIsKickedIsToldOnce(Function<LoginServer, CompletableFuture<Void>> fault) throws Exception {
        try (LoginServer server = LoginServer.start(
                        LoginServerConfig.builder().app(RawClient.APP, "secret").build());
                RawClient alice = new RawClient(server.port())) {
            alice.login(server, "alice", Platform.LINUX, "laptop");
            assertThat(server.kick(RawClient.APP, "alice", KickCause.OTHER_INSTANCE))
                    .isEqualTo(1);
            CompletableFuture<Void> over = fault.apply(server);
            assertThat(RawClient.reason(alice.next())).isEqualTo(0x8E);
            alice.socket().close();
            over.join();
            try (RawClient again = new RawClient(server.port())) {
                assertThat(RawClient.reason(again.login(server, "alice", Platform.LINUX, "laptop")))
                        .isZero();
            }
        }
    }

    private static boolean isListening(int port) throws IOException {
        try (Socket probe = new Socket("127.0.0.1", port)) {
            return probe.isConnected();
        } catch (ConnectException e) {
            return false;
        }
    }
}
