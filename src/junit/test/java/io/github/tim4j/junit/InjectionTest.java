/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.LoginStatus;
import io.github.tim4j.TimClient;
import io.github.tim4j.TimException;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a test is given, and what it is told when it asks for what it cannot have. */
class InjectionTest {
    /** The extension in use, rather than a test of it from outside. */
    @RegisterExtension
    static LoginServerExtension extension = LoginServerExtension.create();

    private final LoginServer ofConstructor;
    private LoginServer ofBeforeEach;

    InjectionTest(LoginServer server) {
        ofConstructor = server;
    }

    @BeforeEach
    void beforeEach(LoginServer server) {
        ofBeforeEach = server;
    }

    @AfterEach
    void afterEach(LoginServer server) {
        assertThat(server).isSameAs(ofConstructor).isSameAs(ofBeforeEach);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "bob"})
    void aClientIsReadyToLogIn(String user, TimClient tim, LoginServer server) {
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.login(user).join().userId()).isEqualTo(user);
        assertThat(server).isSameAs(ofConstructor).isSameAs(ofBeforeEach).isSameAs(extension.server());
        assertThat(server.sessions())
                .singleElement()
                .extracting(Session::userId)
                .isEqualTo(user);
    }

    @Test
    void severalClientsAreSeveralDevices(TimClient one, TimClient other, LoginServer server) {
        one.login("alice").join();
        other.login("alice").join();
        await().until(() -> one.status() == LoginStatus.LOGGED_OUT);
        TimClient web = extension.client(builder -> builder.platform("Web"));
        web.login("alice").join();
        assertThat(other.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(server.sessions()).extracting(Session::platform).hasSize(2).contains(Platform.WEB);
    }

    @Test
    void anApplicationMayOpenAClientOfItsOwnBeside(TimClient tim, LoginServer server, UserSigMaker sigs) {
        tim.login("alice").join();
        try (TimClient application = TimClient.builder()
                .sdkAppId(extension.sdkAppId())
                .server(server.uri().toString())
                .userSigProvider(sigs)
                .build()) {
            application.login("bob").join();
            assertThat(tim.loginUser()).contains("alice");
            assertThat(application.loginUser()).contains("bob");
        }
    }

    @Test
    void userSigsGoodAndBad(TimClient tim, UserSigMaker sigs, LoginServer server) {
        assertThat(extension.userSigs()).isSameAs(sigs);
        assertCode(70001, sigs.expired("alice"));
        assertCode(70009, sigs.wrongKey("alice"));
        assertCode(70013, sigs.userSig("bob"));
        tim.login("alice", sigs.userSig("alice", Duration.ofMinutes(10))).join();
        server.testing().advanceClock(Duration.ofMinutes(11));
        await().until(() ->
                server.events(0).stream().anyMatch(event -> event.type().name().equals("USER_SIG_EXPIRED")));
    }

    /** A provider would renew the expired one; so the code is that of a login without. */
    private static void assertCode(int code, String userSig) {
        TimClient tim = extension.client(builder -> builder.asyncUserSigProvider(null));
        assertThatThrownBy(() -> tim.login("alice", userSig).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        TimException.class,
                        failure -> assertThat(failure.code()).isEqualTo(code));
    }

    @Test
    void codeWithoutParametersFindsTheServerFromAnyThread(LoginServer server) throws InterruptedException {
        AtomicReference<LoginServer> found = new AtomicReference<>();
        Thread other = new Thread(() -> found.set(extension.server()));
        other.start();
        other.join();
        assertThat(found.get()).isSameAs(server);
    }

    @Test
    void countsDailyActiveUsers(TimClient one, TimClient other, LoginServer server) {
        extension.assertDailyActiveUsers(0);
        one.login("alice").join();
        one.logout().join();
        one.login("bob").join();
        other.login("alice").join();
        extension.assertDailyActiveUsers(2);
        assertThatThrownBy(() -> extension.assertDailyActiveUsers(1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("of app 1400000000 on ")
                .hasMessageContaining("expected 1, but 2 logged in: [alice, bob]");
        server.testing().advanceClock(Duration.ofDays(1));
        extension.assertDailyActiveUsers(0);
        other.login("carol").join();
        extension.assertDailyActiveUsers(1);
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    static class OncePerClass {
        @RegisterExtension
        final LoginServerExtension own = LoginServerExtension.create();

        private int port;

        @BeforeAll
        void beforeAll(LoginServer server) {
            port = server.port();
        }

        @Test
        void method(LoginServer server, TimClient tim) {
            assertThat(tim.login("alice").join().repeatLogin()).isFalse();
            assertThat(server.port()).isEqualTo(port);
        }
    }

    @Test
    void anInstancePerClassHasOneServer() {
        TestRun.of(OncePerClass.class).succeeded(1);
    }

    static class ClientTooEarly {
        @RegisterExtension
        static LoginServerExtension own = LoginServerExtension.create();

        @BeforeAll
        static void begin(TimClient tim) {}

        @Test
        void method() {}
    }

    @Test
    void aClientCannotOutliveATestMethod() {
        assertThat(TestRun.of(ClientTooEarly.class).onlyFailure())
                .hasMessage(
                        "begin cannot take a TimClient: it runs once for the class, and a client lives for one test method."
                                + " Take it in test methods or in @BeforeEach");
    }

    static class ServerTooEarly {
        @RegisterExtension
        static LoginServerExtension own =
                LoginServerExtension.builder().serverPerMethod().build();

        @BeforeAll
        static void begin(LoginServer server) {}

        @Test
        void method() {}
    }

    @Test
    void aServerPerMethodIsNotThereBefore() {
        assertThat(TestRun.of(ServerTooEarly.class).onlyFailure())
                .hasMessageStartingWith(
                        "begin cannot take a LoginServer: it runs once for the class, and with serverPerMethod a server");
    }

    @Test
    void withoutATestThereIsNoServer() {
        assertThatThrownBy(() -> LoginServerExtension.create().server())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("@RegisterExtension");
    }

    @Test
    void aWrongConfigurationIsRefusedAtOnce() {
        LoginServerExtension.Builder builder = LoginServerExtension.builder();
        assertThatThrownBy(() -> builder.sdkAppId(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SDKAppID 0");
        builder.config(config -> config.port(70_000));
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("70000");
    }
}
