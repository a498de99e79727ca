/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.TestServer.APP;
import static io.github.tim4j.TestServer.codeOf;
import static io.github.tim4j.TestServer.failureOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rows of docs/faces.md, one test each: what users of the Web and Flutter SDKs know, as it is done here. */
@Timeout(60)
class FacesTest {
    @TempDir
    Path folder;

    private final TestServer at = new TestServer();
    private final Recorder recorder = new Recorder();
    private TimClient tim;

    @BeforeEach
    void open() {
        tim = at.open(at.client());
        tim.addListener(recorder);
    }

    @AfterEach
    void close() {
        at.close();
    }

    private LoginResult logIn(String userId) {
        return tim.login(userId, at.userSig(userId)).join();
    }

    private void awaitLast(String event) {
        await().untilAsserted(() -> assertThat(recorder.events).endsWith(event));
    }

    @Test
    void thePageAndTheseTestsHaveTheSameRows() throws IOException {
        List<String> rows = Pattern.compile("\\| `((?:web|flutter)\\w+)` \\|$", Pattern.MULTILINE)
                .matcher(Files.readString(Project.ROOT.resolve("docs/faces.md")))
                .results()
                .map(row -> row.group(1))
                .toList();
        assertThat(Arrays.stream(FacesTest.class.getDeclaredMethods())
                        .map(Method::getName)
                        .filter(name -> name.matches("(web|flutter).*")))
                .containsExactlyInAnyOrderElementsOf(rows);
    }

    @Test
    void webCreate() {
        tim.close();
        try (TimClient created = TimClient.builder().sdkAppId(APP).build()) {
            assertThat(created.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        }
    }

    @Test
    void webLogin() {
        assertThat(tim.login("alice", at.userSig("alice"))
                        .thenApply(LoginResult::userId)
                        .join())
                .isEqualTo("alice");
    }

    @Test
    void webRepeatLogin() {
        assertThat(logIn("alice").repeatLogin()).isFalse();
        assertThat(logIn("alice").repeatLogin()).isTrue();
    }

    @Test
    void webLoginError() {
        TimException failure = failureOf(tim.login("alice", at.userSig("bob")));
        assertThat(failure.code()).isEqualTo(70013);
        assertThat(failure.description()).isNotEmpty();
    }

    @Test
    void webSdkReady() {
        logIn("alice");
        assertThat(recorder.events).endsWith("ready alice");
        Recorder late = new Recorder();
        tim.addListener(late);
        await().untilAsserted(() -> assertThat(late.events).endsWith("ready alice"));
    }

    @Test
    void webSdkNotReady() {
        logIn("alice");
        tim.logout().join();
        assertThat(recorder.events).contains("notReady alice");
    }

    @Test
    void webIsReady() {
        assertThat(tim.status() == LoginStatus.LOGGED_IN).isFalse();
        logIn("alice");
        assertThat(tim.status() == LoginStatus.LOGGED_IN).isTrue();
    }

    @Test
    void webOnAndOff() {
        tim.removeListener(recorder);
        logIn("alice");
        assertThat(recorder.events).doesNotContain("ready alice");
    }

    @Test
    void webKickedOutMultipleAccount() {
        logIn("alice");
        at.server.kick(APP, "alice", KickCause.OTHER_INSTANCE);
        awaitLast("kicked OTHER_INSTANCE");
    }

    @Test
    void webKickedOutMultipleDevice() {
        at.server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM));
        logIn("alice");
        at.open(at.elsewhere(folder, "Web")).login("alice", at.userSig("alice")).join();
        awaitLast("kicked OTHER_PLATFORM");
    }

    @Test
    void webKickedOutUserSigExpired() {
        logIn("alice");
        at.server.expireUserSigs(APP, "alice");
        awaitLast("expired alice");
    }

    @Test
    void webKickedOutRestApiKick() {
        logIn("alice");
        at.server.kick(APP, "alice", KickCause.REST);
        awaitLast("kicked REST");
    }

    @Test
    void webLogout() {
        logIn("alice");
        tim.logout().join();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        await().untilAsserted(() -> assertThat(at.server.sessions()).isEmpty());
    }

    @Test
    void webDestroy() {
        logIn("alice");
        tim.logout().thenRun(tim::close).join();
        assertThat(codeOf(tim.login("alice", at.userSig("alice")))).isEqualTo(-1);
        await().untilAsserted(() -> assertThat(at.server.sessions()).isEmpty());
    }

    @Test
    void flutterInitSdk() {
        awaitLast("LOGGED_OUT>LOGGED_OUT REPLAY");
    }

    @Test
    void flutterLogin() {
        assertThat(logIn("alice").userId()).isEqualTo("alice");
    }

    @Test
    void flutterLoginError() {
        at.server.testing().refuseLogins(1, 70051);
        assertThat(codeOf(tim.login("alice", at.userSig("alice")))).isEqualTo(70051);
    }

    @Test
    void flutterLoginWithExpiredUserSig() {
        at.server.testing().refuseLogins(1, 70001);
        assertThat(codeOf(tim.login("alice", at.userSig("alice")))).isEqualTo(70001);

        tim.close();
        tim = at.open(at.client().userSigProvider(userId -> at.server.userSig(APP, userId, Duration.ofHours(1))));
        at.server.testing().refuseLogins(1, 70001);
        assertThat(logIn("alice").userId()).isEqualTo("alice");
    }

    @Test
    void flutterGetLoginUser() {
        assertThat(tim.loginUser()).isEmpty();
        logIn("alice");
        assertThat(tim.loginUser()).contains("alice");
    }

    @Test
    void flutterGetLoginStatus() {
        assertThat(tim.status().value()).isEqualTo(3);
        at.server.testing().delayLogins(Duration.ofMillis(200));
        CompletableFuture<LoginResult> login = tim.login("alice", at.userSig("alice"));
        assertThat(tim.status().value()).isEqualTo(2);
        login.join();
        assertThat(tim.status().value()).isEqualTo(1);
    }

    @Test
    void flutterLoginWhileLoggingIn() {
        at.server.testing().delayLogins(Duration.ofMillis(100));
        String userSig = at.userSig("alice");
        CompletableFuture<LoginResult> first = tim.login("alice", userSig);
        CompletableFuture<LoginResult> second = tim.login("alice", userSig);
        assertThat(second.join()).isEqualTo(first.join()).isEqualTo(new LoginResult("alice", false));
    }

    @Test
    void flutterNetworkLostAndBack() {
        logIn("alice");
        at.server.testing().cutConnections();
        await().untilAsserted(() -> assertThat(recorder.network)
                .last()
                .matches(change -> change.status() == NetworkStatus.CONNECTED && change.reconnect()));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(recorder.events).doesNotContain("notReady alice");
    }

    @Test
    void flutterOnConnecting() {
        logIn("alice");
        assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .containsExactly(NetworkStatus.CONNECTING, NetworkStatus.CONNECTED);
        recorder.network.clear();
        at.server.testing().stopListening();
        await().untilAsserted(() -> assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .startsWith(NetworkStatus.DISCONNECTED, NetworkStatus.CONNECTING, NetworkStatus.CONNECT_FAILED));
    }

    @Test
    void flutterOnKickedOffline() {
        logIn("alice");
        at.open(at.elsewhere(folder, System.getProperty("os.name").startsWith("Linux") ? "Linux" : "Mac"))
                .login("alice", at.userSig("alice"))
                .join();
        await().untilAsserted(
                        () -> assertThat(recorder.events).last().asString().startsWith("kicked"));
        assertThat(logIn("alice").repeatLogin()).isFalse();
    }

    @Test
    void flutterOnUserSigExpired() {
        logIn("alice");
        at.server.expireUserSigs(APP, "alice");
        awaitLast("expired alice");
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(logIn("alice").repeatLogin()).isFalse();
    }

    @Test
    void flutterAccountSwitch() {
        logIn("alice");
        logIn("bob");
        assertThat(tim.loginUser()).contains("bob");
        assertThat(recorder.events).containsSubsequence("ready alice", "notReady alice", "ready bob");
    }

    @Test
    void flutterLogout() {
        logIn("alice");
        tim.logout().join();
        assertThat(tim.loginUser()).isEmpty();
    }

    @Test
    void flutterUnInitSdk() {
        logIn("alice");
        tim.logout().join();
        tim.close();
        at.open(at.client()).login("bob", at.userSig("bob")).join();
    }

    @Test
    void flutterLeaveWithoutLogout() {
        logIn("alice");
        tim.close();
        assertThat(recorder.events).last().asString().startsWith("notReady");
        await().untilAsserted(() -> assertThat(at.server.events(0))
                .extracting(ServerEvent::type)
                .containsExactly(ServerEvent.Type.LOGIN, ServerEvent.Type.LINK_CLOSED));
    }
}
