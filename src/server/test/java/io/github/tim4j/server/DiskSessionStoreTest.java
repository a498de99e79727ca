/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static io.github.tim4j.server.RawClient.APP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.store.DiskSessionStore;
import io.github.tim4j.testing.ForkedJvm;
import io.github.tim4j.testing.Processes;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a folder on disk remembers. */
@Timeout(120)
class DiskSessionStoreTest {
    @TempDir
    private Path folder;

    private LoginServer server() {
        return LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .dataFolder(folder.resolve("data"))
                .build());
    }

    private static String code(LoginServer server, String device, String sig) throws Exception {
        try (RawClient client = new RawClient(server.port())) {
            return RawClient.code(client.login("alice", Platform.WINDOWS, device, sig));
        }
    }

    @Test
    void aRevocationOutlivesTheServer() throws Exception {
        String expired;
        String later;
        try (LoginServer server = server()) {
            expired = server.userSig(APP, "alice");
            assertThat(code(server, "d1", expired)).isNull();
            server.expireUserSigs(APP, "alice");
            later = server.userSig(APP, "alice");
        }
        try (LoginServer server = server()) {
            assertThat(server.dailyActiveUsers(APP).values())
                    .as("users who logged in today")
                    .containsExactly(1);
            assertThat(code(server, "d1", expired)).isEqualTo("70001");
            assertThat(code(server, "d1", later)).isNull();
        }
    }

    @Test
    void whoIsLoggedInStillIsAndWhoWasKickedHearsOfItOnce() throws Exception {
        try (LoginServer server = server();
                RawClient first = new RawClient(server.port())) {
            first.login(server, "alice", Platform.WINDOWS, "d1");
            server.testing().halfOpenConnections();
            assertThat(code(server, "d2", server.userSig(APP, "alice"))).isNull();
        }
        try (LoginServer server = server()) {
            String sig = server.userSig(APP, "alice");
            assertThat(code(server, "d2", sig)).isNull();
            assertThat(code(server, "d1", sig)).isEqualTo("6208");
            assertThat(server.events(0))
                    .extracting(ServerEvent::type)
                    .startsWith(ServerEvent.Type.RECONNECT)
                    .contains(ServerEvent.Type.LOGIN_REFUSED);
            await().until(() -> code(server, "d1", sig) == null);
        }
    }

    /** Killed again and again while it writes: what it has said is there, is there. */
    @Test
    void nothingThatWasAnsweredIsLostToAKill() throws Exception {
        Random random = new Random();
        for (int round = 0; round < Integer.getInteger("tim4j.kill.rounds", 4); round++) {
            Process writer = ForkedJvm.of(DiskWriter.class, folder.resolve("data"), "r" + round + "-")
                    .start(folder);
            int kill = 1 + random.nextInt(5_000);
            Set<Integer> answered = new HashSet<>();
            BufferedReader output =
                    new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8));
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                assertThat(line).as("what the writer says").matches("[0-9]+");
                answered.add(Integer.valueOf(line));
                if (answered.size() == kill) {
                    Processes.signal(writer, "KILL");
                }
            }
            writer.waitFor();
            assertThat(answered).as("answers before the kill").hasSizeGreaterThanOrEqualTo(kill);
            try (DiskSessionStore store = DiskSessionStore.open(folder.resolve("data"))) {
                for (int number : answered) {
                    String user = "r" + round + "-" + number;
                    assertThat(store.instances(1, user).toCompletableFuture().join())
                            .as("account %s", user)
                            .isEmpty();
                    // Asked for before the next one was.
                    if (answered.contains(number + 1)) {
                        assertThat(store.revocation(2, user, new SigStamp(999 + number, 0))
                                        .toCompletableFuture()
                                        .join())
                                .isEqualTo(70001);
                    }
                }
            }
        }
    }

    @Test
    void whoWasConnectedWhenTheProcessDiedIsReportedLost() throws Exception {
        Session session;
        try (LoginServer server = server()) {
            try (RawClient client = new RawClient(server.port())) {
                client.login(server, "alice", Platform.WINDOWS, "d1");
                session = server.sessions().get(0);
                // As a process that dies leaves it.
                Files.createDirectory(folder.resolve("copy"));
                Files.copy(folder.resolve("data/accounts.mv"), folder.resolve("copy/accounts.mv"));
            }
        }
        try (LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .dataFolder(folder.resolve("copy"))
                .build())) {
            assertThat(server.events(0)).singleElement().satisfies(event -> {
                assertThat(event.type()).isEqualTo(ServerEvent.Type.LINK_CLOSED);
                assertThat(event.deviceId()).isEqualTo(session.deviceId());
            });
        }
        try (LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .dataFolder(folder.resolve("copy"))
                .build())) {
            assertThat(server.events(0)).as("reported already").isEmpty();
        }
    }

    @Test
    void aFolderThatCannotBeUsedIsNamed() throws Exception {
        Path data = folder.resolve("data");
        try (DiskSessionStore store = DiskSessionStore.open(data)) {
            assertThat(store.register(1, "u").toCompletableFuture().join()).isTrue();
            assertThatThrownBy(() -> DiskSessionStore.open(data))
                    .isInstanceOf(LoginServerException.class)
                    .hasMessageContaining(data.toString())
                    .hasMessageContaining("in use by another login server");
        }
        assertThatThrownBy(() -> DiskSessionStore.open(folder.resolve("no/such")))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("no/such");
        Files.writeString(data.resolve("accounts.mv"), "something else".repeat(2_000));
        assertThatThrownBy(() -> DiskSessionStore.open(data))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("accounts.mv cannot be read");
        assertThatThrownBy(() -> LoginServerConfig.builder()
                        .app(APP, "secret")
                        .dataFolder(data)
                        .redis("redis://127.0.0.1")
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("one place");
    }

    /** Operations after the end fail; they do not hang. */
    @Test
    void aClosedStoreSaysSo() {
        DiskSessionStore store = DiskSessionStore.open(folder.resolve("data"));
        store.close();
        assertThatThrownBy(() -> store.register(1, "u")
                        .toCompletableFuture()
                        .orTimeout(Duration.ofSeconds(20).toMillis(), TimeUnit.MILLISECONDS)
                        .join())
                .hasStackTraceContaining("closed");
    }
}
