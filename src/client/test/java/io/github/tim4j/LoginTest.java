/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.TestServer.APP;
import static io.github.tim4j.TestServer.OTHER_APP;
import static io.github.tim4j.TestServer.codeOf;
import static io.github.tim4j.TestServer.failureOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Platform;
import io.github.tim4j.jna.NativeLibraries;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.usersig.UserSig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Login, logout and what ends a session, through timshim, against a login server. */
@Timeout(60)
class LoginTest {
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
        assertThat(Callbacks.expected())
                .as("requests still remembered after close")
                .isZero();
    }

    @Test
    void aFutureTellsOfTheLoginAndOneOfTheLogout() {
        assertThat(tim.login("alice", at.userSig("alice")).join()).isEqualTo(new LoginResult("alice", false));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(tim.loginUser()).contains("alice");
        assertThat(at.server.sessions()).hasSize(1);
        assertThat(tim.serverTime())
                .hasValueSatisfying(time -> assertThat(
                                Duration.between(time, at.server.now()).abs())
                        .isLessThan(Duration.ofSeconds(10)));

        tim.logout().join();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
        await().untilAsserted(() -> assertThat(at.server.sessions()).isEmpty());
        assertThat(recorder.events)
                .containsExactly(
                        "LOGGED_OUT>LOGGED_OUT REPLAY",
                        "LOGGED_OUT>LOGGING_IN LOGIN alice",
                        "LOGGING_IN>LOGGED_IN LOGIN alice",
                        "ready alice",
                        "LOGGED_IN>LOGGING_OUT LOGOUT alice",
                        "notReady alice",
                        "LOGGING_OUT>LOGGED_OUT LOGOUT alice");
    }

    @ParameterizedTest
    @ValueSource(ints = {-302, 6208, 70001, 70003, 70009, 70013, 70014, 70020, 70050, 70051, 70052})
    void aRefusalNeverLooksLikeASuccess(int code) {
        at.server.testing().refuseLogins(1, code);
        CompletableFuture<LoginResult> login = tim.login("alice", at.userSig("alice"));
        TimException failure = failureOf(login);
        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.error()).map(TimError::code).contains(code);
        assertThat(failure)
                .hasMessageStartingWith(code + " ")
                .hasMessageContaining(failure.error().orElseThrow().advice());
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
        assertThat(recorder.events)
                .endsWith("LOGGING_IN>LOGGED_OUT LOGIN_FAILED alice " + code)
                .doesNotContain("ready alice");
    }

    @Test
    void aWrongUserSigEarnsTheServersCode() {
        assertThat(codeOf(tim.login("alice", at.userSig("bob")))).isEqualTo(70013);
        assertThat(codeOf(tim.login("alice", at.server.userSig(OTHER_APP, "alice"))))
                .isEqualTo(70014);
        assertThat(codeOf(tim.login("alice", "nonsense"))).isEqualTo(70003);
    }

    @Test
    void anArgumentThatTheLibraryRefusesFailsTheFutureAndLeavesNothingBehind() {
        String userSig = at.userSig("alice");
        assertThat(codeOf(tim.login("", userSig))).isEqualTo(-4);
        assertThat(codeOf(tim.login("alice", ""))).isEqualTo(-4);
        assertThat(codeOf(tim.login(null, userSig))).isEqualTo(-4);
        assertThat(codeOf(tim.login("alice", null))).isEqualTo(-4);
        assertThat(codeOf(tim.login("alice\0evil", userSig))).isEqualTo(-4);
        assertThat(Callbacks.expected()).isZero();
        assertThat(recorder.events).containsExactly("LOGGED_OUT>LOGGED_OUT REPLAY");
    }

    @Test
    void aUserIdOf32BytesLogsInAndOneOf33GetsAnError() {
        String longest = "u".repeat(32);
        assertThat(tim.login(longest, at.userSig(longest)).join().userId()).isEqualTo(longest);
        assertThat(tim.loginUser()).contains(longest);
        assertThat(codeOf(tim.login("u".repeat(33), "sig"))).isEqualTo(7003);
        assertThat(codeOf(tim.login("müller", "sig"))).isEqualTo(7003);
    }

    @Test
    void theStatusIsLoggingInAtOnce() {
        at.server.testing().delayLogins(Duration.ofMillis(300));
        CompletableFuture<LoginResult> login = tim.login("alice", at.userSig("alice"));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGING_IN);
        assertThat(tim.loginUser()).isEmpty();
        login.join();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
    }

    @Test
    void theSameUserAgainIsARepeatLogin() {
        String userSig = at.userSig("alice");
        tim.login("alice", userSig).join();
        assertThat(tim.login("alice", userSig).join()).isEqualTo(new LoginResult("alice", true));
        assertThat(recorder.events).filteredOn("ready alice"::equals).hasSize(1);
    }

    @Test
    void anotherUserSigOfTheSameUserIsCheckedAndTheSessionStaysIfItIsRefused() {
        tim.login("alice", at.userSig("alice")).join();
        String other = at.server.userSig(APP, "alice", Duration.ofHours(1));
        assertThat(tim.login("alice", other).join().repeatLogin()).isTrue();

        assertThat(codeOf(tim.login("alice", at.userSig("bob")))).isEqualTo(70013);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(tim.loginUser()).contains("alice");
        assertThat(recorder.events).doesNotContain("notReady alice");
    }

    @Test
    void theSameLoginWhileItIsUnderWayIsRequestedOnce() {
        at.server.testing().delayLogins(Duration.ofMillis(200));
        String userSig = at.userSig("alice");
        List<CompletableFuture<LoginResult>> logins = new ArrayList<>();
        List<Integer> order = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            logins.add(tim.login("alice", userSig).whenComplete((result, failure) -> order.add(number)));
        }
        assertThat(logins).allSatisfy(login -> assertThat(login.join()).isEqualTo(new LoginResult("alice", false)));
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void anotherUsersLoginDuringALoginRunsAfterIt() {
        CompletableFuture<LoginResult> alice = tim.login("alice", at.userSig("alice"));
        CompletableFuture<LoginResult> bob = tim.login("bob", at.userSig("bob"));
        CompletableFuture<LoginResult> carol = tim.login("carol", at.userSig("carol"));
        assertThat(carol.join().userId()).isEqualTo("carol");
        assertThat(alice).isCompletedWithValue(new LoginResult("alice", false));
        assertThat(bob).isCompletedWithValue(new LoginResult("bob", false));
        assertThat(tim.loginUser()).contains("carol");
        assertThat(recorder.events)
                .filteredOn(event -> event.startsWith("ready"))
                .containsExactly("ready alice", "ready bob", "ready carol");
    }

    @Test
    void aSwitchOfAccountTellsItsStepsInOrder() {
        tim.login("alice", at.userSig("alice")).join();
        recorder.events.clear();
        assertThat(tim.login("bob", at.userSig("bob")).join()).isEqualTo(new LoginResult("bob", false));
        assertThat(recorder.events)
                .containsExactly(
                        "LOGGED_IN>LOGGING_IN ACCOUNT_SWITCH bob",
                        "notReady alice",
                        "LOGGING_IN>LOGGED_IN LOGIN bob",
                        "ready bob");
        await().untilAsserted(() -> assertThat(at.server.sessions()).hasSize(1));
    }

    @Test
    void aSwitchOfAccountThatFailsLeavesNobodyLoggedIn() {
        tim.login("alice", at.userSig("alice")).join();
        recorder.events.clear();
        assertThat(codeOf(tim.login("bob", at.userSig("alice")))).isEqualTo(70013);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
        assertThat(recorder.events)
                .containsExactly(
                        "LOGGED_IN>LOGGING_IN ACCOUNT_SWITCH bob",
                        "notReady alice",
                        "LOGGING_IN>LOGGED_OUT LOGIN_FAILED bob 70013");
    }

    @Test
    void aLoginBehindASwitchThatFailsIsNoRepeatedLogin() {
        String alice = at.userSig("alice");
        CompletableFuture<LoginResult> again = new CompletableFuture<>();
        AtomicBoolean first = new AtomicBoolean(true);
        tim.close();
        tim = at.open(at.client().callbackExecutor(Runnable::run));
        tim.addListener(recorder);
        tim.addListener(new TimListener() {
            @Override
            public void onReady(String userId) {
                if (first.getAndSet(false)) {
                    tim.login("bob", at.userSig("carol"));
                    tim.login("alice", alice).thenAccept(again::complete);
                    // No answer is looked at while this callback runs: so both are there by then.
                    await().until(() -> at.server.events(0).stream()
                                    .filter(event -> event.type() == ServerEvent.Type.LOGIN)
                                    .count()
                            == 2);
                    await().until(() -> tim.loginUser().isPresent());
                }
            }
        });
        tim.login("alice", alice);
        assertThat(again.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(new LoginResult("alice", false));
        assertThat(recorder.events)
                .endsWith(
                        "ready alice",
                        "LOGGED_IN>LOGGING_IN ACCOUNT_SWITCH bob",
                        "notReady alice",
                        "LOGGING_IN>LOGGED_OUT LOGIN_FAILED bob 70013",
                        "LOGGED_OUT>LOGGING_IN LOGIN alice",
                        "LOGGING_IN>LOGGED_IN LOGIN alice",
                        "ready alice");
    }

    @Test
    void aLogoutDuringALoginRunsAfterIt() {
        at.server.testing().delayLogins(Duration.ofMillis(100));
        CompletableFuture<LoginResult> login = tim.login("alice", at.userSig("alice"));
        CompletableFuture<Void> logout = tim.logout();
        logout.join();
        assertThat(login).isCompletedWithValue(new LoginResult("alice", false));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(recorder.events)
                .endsWith(
                        "ready alice",
                        "LOGGED_IN>LOGGING_OUT LOGOUT alice",
                        "notReady alice",
                        "LOGGING_OUT>LOGGED_OUT LOGOUT alice");
    }

    @Test
    void closeIsToldOnceHoweverManyRequestsWait() {
        tim.login("alice", at.userSig("alice")).join();
        recorder.events.clear();
        at.server.testing().delayLogins(Duration.ofSeconds(10));
        tim.login("bob", at.userSig("bob"));
        tim.logout();
        CompletableFuture<LoginResult> last = tim.login("carol", at.userSig("carol"));
        tim.close();
        assertThat(codeOf(last)).isEqualTo(7009);
        await().untilAsserted(() -> assertThat(recorder.events)
                .containsExactly(
                        "LOGGED_IN>LOGGING_IN ACCOUNT_SWITCH bob",
                        "notReady alice",
                        "LOGGING_IN>LOGGED_OUT CLOSED bob"));
    }

    @Test
    void aRequestAfterCloseIsRefusedEvenWhileAListenerBlocksEverythingElse() throws Exception {
        tim.close();
        TimClient blocked = at.open(at.client().callbackExecutor(Runnable::run));
        CompletableFuture<Void> inside = new CompletableFuture<>();
        CompletableFuture<Void> release = new CompletableFuture<>();
        Thread other = new Thread(() -> blocked.addListener(new TimListener() {
            @Override
            public void onStatusChanged(StatusChange change) {
                inside.complete(null);
                release.join();
            }
        }));
        other.start();
        inside.join();
        blocked.close();
        assertThat(codeOf(blocked.login("alice", at.userSig("alice")))).isEqualTo(-1);
        release.complete(null);
        other.join();
    }

    @Test
    void aLogoutOfNobodySucceeds() {
        tim.logout().join();
        assertThat(recorder.events).containsExactly("LOGGED_OUT>LOGGED_OUT REPLAY");
    }

    @Test
    void anotherInstanceOfTheSamePlatformKicks() {
        tim.login("alice", at.userSig("alice")).join();
        TimClient other = at.open(at.elsewhere(folder, defaultPlatform()));
        other.login("alice", at.userSig("alice")).join();
        await().untilAsserted(() -> assertThat(recorder.events)
                .endsWith("LOGGED_IN>LOGGED_OUT KICKED_OFFLINE alice", "notReady alice", "kicked OTHER_INSTANCE"));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(other.status()).isEqualTo(LoginStatus.LOGGED_IN);
    }

    @Test
    void anotherPlatformKicksWhereThePolicyAllowsOneAndTheReasonSaysSo() {
        at.server.loginPolicy(APP, LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM));
        tim.login("alice", at.userSig("alice")).join();
        at.open(at.elsewhere(folder, "iPhone"))
                .login("alice", at.userSig("alice"))
                .join();
        await().untilAsserted(() -> assertThat(recorder.events).endsWith("kicked OTHER_PLATFORM"));
    }

    @Test
    void anAdministratorsKickIsToldAsOne() {
        tim.login("alice", at.userSig("alice")).join();
        at.server.kick(APP, "alice", KickCause.REST);
        await().untilAsserted(() -> assertThat(recorder.events).endsWith("kicked REST"));
    }

    @Test
    void nothingLogsInAgainAfterAKickButTheUserMay() {
        AtomicInteger asked = new AtomicInteger();
        tim.close();
        tim = at.open(at.client().userSigProvider(userId -> {
            asked.incrementAndGet();
            return at.userSig(userId);
        }));
        tim.addListener(recorder);
        tim.login("alice").join();
        at.server.kick(APP, "alice", KickCause.OTHER_INSTANCE);
        await().untilAsserted(() -> assertThat(recorder.events).endsWith("kicked OTHER_INSTANCE"));
        assertThat(asked).hasValue(1);
        assertThat(recorder.renewals).isEmpty();

        assertThat(tim.login("alice").join().repeatLogin()).isFalse();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
    }

    @Test
    void anExpiredUserSigOnlineIsTold() {
        tim.login("alice", at.userSig("alice")).join();
        at.server.expireUserSigs(APP, "alice");
        await().untilAsserted(() -> assertThat(recorder.events)
                .endsWith("LOGGED_IN>LOGGED_OUT USER_SIG_EXPIRED alice", "notReady alice", "expired alice"));
        assertThat(recorder.events).noneMatch(event -> event.startsWith("kicked"));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
    }

    @Test
    void aReconnectIsToldFromTheFirstConnectAndSaysHowLongItTook() {
        tim.login("alice", at.userSig("alice")).join();
        await().untilAsserted(() -> assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .containsExactly(NetworkStatus.CONNECTING, NetworkStatus.CONNECTED));
        assertThat(recorder.network)
                .allMatch(change -> !change.reconnect() && change.outage().isZero());
        recorder.network.clear();

        at.server.testing().cutConnections();
        await().untilAsserted(() -> assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .startsWith(NetworkStatus.DISCONNECTED)
                .contains(NetworkStatus.CONNECTING)
                .endsWith(NetworkStatus.CONNECTED));
        assertThat(recorder.network).allMatch(NetworkChange::reconnect);
        assertThat(recorder.network.get(recorder.network.size() - 1).outage()).isPositive();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(recorder.events).doesNotContain("notReady alice");
    }

    @Test
    void aServerThatIsNotThereIsToldByTheNetworkAndFailsTheLoginInTheEnd() {
        tim.close();
        at.server.testing().stopListening();
        tim = at.open(at.client().loginTimeout(Duration.ofMillis(300)));
        tim.addListener(recorder);
        assertThat(codeOf(tim.login("alice", at.userSig("alice")))).isEqualTo(9511);
        assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .startsWith(NetworkStatus.CONNECTING, NetworkStatus.CONNECT_FAILED);
        assertThat(recorder.network.get(1).code()).isEqualTo(9511);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
    }

    @Test
    void aSecondClientForTheSameLibraryIsRefused() {
        assertThatThrownBy(() -> at.client().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("open already");
        tim.close();
        at.open(at.client());
    }

    @Test
    void aSecondClientForTheSameLibraryByAnotherPathIsRefused() throws Exception {
        tim.close();
        Path file = Files.copy(Path.of(NativeLibraries.load(null).path()), folder.resolve("one.so"));
        Path other = Files.createLink(folder.resolve("other.so"), file);
        tim = at.open(at.client().library(file));
        assertThatThrownBy(() -> at.client().library(other).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("open already");
    }

    @Test
    void aTimeoutOfForEverIsTaken() {
        tim.close();
        tim = at.open(at.client().requestTimeout(Duration.ofSeconds(Long.MAX_VALUE)));
        assertThat(tim.login("alice", at.userSig("alice")).join().userId()).isEqualTo("alice");
    }

    @Test
    void aUserIdOfNullFailsAsAnArgument() {
        tim.close();
        tim = at.open(at.client().userSigProvider(at::userSig));
        assertThat(TestServer.codeOf(tim.login(null))).isEqualTo(TimError.TIM_ERR_PARAM.code());
        assertThat(TestServer.codeOf(tim.login(null, at.userSig("alice")))).isEqualTo(TimError.TIM_ERR_PARAM.code());
    }

    @Test
    void afterCloseTheLibraryCanServeAnotherApp() {
        for (int round = 0; round < 20; round++) {
            tim.close();
            long app = round % 2 == 0 ? OTHER_APP : APP;
            tim = at.open(at.client().sdkAppId(app));
            assertThat(tim.login("alice", at.server.userSig(app, "alice"))
                            .join()
                            .userId())
                    .isEqualTo("alice");
        }
    }

    @Test
    void aMissingAppIdOrAWrongConfigurationIsRefusedClearly() {
        tim.close();
        assertThatThrownBy(() -> TimClient.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("sdkAppId");
        assertThatThrownBy(() -> at.client().config("shim_heartbeat_s", "often").build())
                .isInstanceOf(TimException.class)
                .hasMessageStartingWith("-3 TIM_ERR_JSON")
                .hasMessageContaining("\"shim_heartbeat_s\":\"often\"");
        assertThatThrownBy(() -> at.client().config("shim_heartbeat_s", Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shim_heartbeat_s is NaN");
        TimClient unusable = at.open(at.client().server("http://127.0.0.1"));
        assertThat(failureOf(unusable.login("alice", at.userSig("alice"))))
                .hasMessageStartingWith("6017")
                .hasMessageContaining("http://127.0.0.1");
    }

    @Test
    void chinesePathsArePassedAsUtf8() throws Exception {
        tim.close();
        Path config = Files.createDirectory(folder.resolve("配置"));
        Path log = Files.createDirectory(folder.resolve("日志"));
        tim = at.open(TimClient.builder()
                .sdkAppId(APP)
                .server(at.server.uri().toString())
                .configDir(config)
                .logDir(log));
        tim.login("alice", at.userSig("alice")).join();
        tim.close();
        assertThat(config).isNotEmptyDirectory();
        assertThat(log).isNotEmptyDirectory();
    }

    @Test
    void theExpiryOfAUserSigIsKnownBeforeTheLogin() throws Exception {
        UserSig userSig = UserSig.parse(at.server.userSig(APP, "alice", Duration.ofHours(2)));
        assertThat(userSig.userId()).isEqualTo("alice");
        assertThat(userSig.sdkAppId()).isEqualTo(APP);
        assertThat(userSig.expiresAt())
                .isBetween(Instant.now().plusSeconds(7100), Instant.now().plusSeconds(7300));
    }

    @Test
    void manyThreadsLoggingInAndOutGetEachTheirAnswer() throws Exception {
        AtomicInteger answers = new AtomicInteger();
        String[] userSigs = {at.userSig("user0"), at.userSig("user1"), at.userSig("user2"), at.userSig("user3")};
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int me = t;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 50; i++) {
                    CompletableFuture<?> request = i % 3 == 2 ? tim.logout() : tim.login("user" + me, userSigs[me]);
                    CompletableFuture<?> counted = request.whenComplete((result, failure) -> answers.incrementAndGet());
                    request.join();
                    counted.join();
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(answers).hasValue(200);
        tim.logout().join();
        LoginStatus last = LoginStatus.LOGGED_OUT;
        for (StatusChange change : recorder.changes) {
            assertThat(change.from()).isEqualTo(last);
            last = change.to();
        }
        assertThat(last).isEqualTo(LoginStatus.LOGGED_OUT).isEqualTo(tim.status());
    }

    private static String defaultPlatform() {
        return Platform.isMac() ? "Mac" : Platform.isWindows() ? "Windows" : "Linux";
    }
}
