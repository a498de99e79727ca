/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.LoginStatus;
import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.Platform;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long a server lives, and what of a test is left for the next one: nothing. */
class LifecycleTest {
    private static void assertClosed(LoginServer server) {
        assertThatThrownBy(() -> new Socket("127.0.0.1", server.port()).close()).isInstanceOf(ConnectException.class);
    }

    static class OneForTheClass {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        static final List<LoginServer> SEEN = new ArrayList<>();

        @BeforeAll
        static void beforeAll(LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
            SEEN.add(server);
        }

        @BeforeEach
        void beforeEach(LoginServer server) {
            SEEN.add(server);
        }

        @RepeatedTest(2)
        void method(LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
            SEEN.add(server);
        }

        @Nested
        class Inner {
            @Test
            void method(LoginServer server, TimClient tim) {
                tim.login("alice").join();
                SEEN.add(server);
            }

            @Nested
            class Innermost {
                @Test
                void method(LoginServer server, TimClient tim) {
                    tim.login("alice").join();
                    assertThat(server.events(0)).hasSize(1);
                    SEEN.add(server);
                }
            }
        }
    }

    @Test
    void aClassAndItsNestedClassesHaveOneServerThatEndsWithThem() {
        OneForTheClass.SEEN.clear();
        TestRun.of(OneForTheClass.class).succeeded(4);
        assertThat(OneForTheClass.SEEN).hasSize(9);
        assertThat(new HashSet<>(OneForTheClass.SEEN)).hasSize(1);
        assertClosed(OneForTheClass.SEEN.get(0));
    }

    abstract static class OnePerMethod {
        static final Set<LoginServer> SEEN = new HashSet<>();

        @RepeatedTest(2)
        void method(LoginServer server, TimClient tim) {
            tim.login("alice").join();
            SEEN.forEach(LifecycleTest::assertClosed);
            assertThat(SEEN.add(server)).isTrue();
        }
    }

    static class OnePerMethodByOption extends OnePerMethod {
        @RegisterExtension
        static LoginServerExtension extension =
                LoginServerExtension.builder().serverPerMethod().build();
    }

    static class OnePerMethodByField extends OnePerMethod {
        @RegisterExtension
        final LoginServerExtension extension = LoginServerExtension.create();
    }

    @Test
    void eachMethodHasAServerOfItsOwnIfAskedFor() {
        OnePerMethod.SEEN.clear();
        TestRun.of(OnePerMethodByOption.class, OnePerMethodByField.class).succeeded(4);
        OnePerMethod.SEEN.forEach(LifecycleTest::assertClosed);
    }

    /** Each method expects a server as new, and leaves it as different as it can. */
    @ExtendWith(LoginServerExtension.class)
    static class Untidy {
        private static final long APP = 1400000000L;
        static final Set<Integer> PORTS = new HashSet<>();

        @RepeatedTest(2)
        void method(LoginServer server, UserSigMaker sigs, TimClient one, TimClient other) throws Exception {
            PORTS.add(server.port());
            assertThat(server.events(0)).isEmpty();
            assertThat(server.sessions()).isEmpty();
            assertThat(server.now())
                    .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
            one.login("alice").join();
            other.login("alice").join();
            assertThat(server.events(0))
                    .as("a login, a login, and a kick by the policy")
                    .hasSize(3);

            server.loginPolicy(
                    APP, LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM).withInstances(Platform.LINUX, 3));
            server.rotateSecret(APP, "another secret", Duration.ZERO);
            server.testing().advanceClock(Duration.ofDays(400));
            server.invalidateUserSigs(APP, "alice");
            server.testing().refuseLogins(100, 70500);
            server.testing().delayLogins(Duration.ofHours(1));
            server.testing().stopListening();
        }
    }

    @Test
    void nothingOfAMethodIsLeftForTheNext() {
        Untidy.PORTS.clear();
        TestRun.of(Untidy.class).succeeded(2);
        assertThat(Untidy.PORTS).hasSize(1);
    }

    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    static class ClosesItsServer {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        @Order(1)
        void closes(LoginServer server) {
            server.close();
        }

        @Test
        @Order(2)
        void needsOne(TimClient tim) {
            assertThat(tim.login("alice").join().userId()).isEqualTo("alice");
        }
    }

    @Test
    void aServerThatATestHasClosedIsReplaced() {
        TestRun.of(ClosesItsServer.class).succeeded(2);
    }

    static class LeavesClientsOpen {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        static final List<TimClient> CLIENTS = new ArrayList<>();

        @Test
        void method(TimClient tim) {
            CLIENTS.add(tim);
            CLIENTS.add(extension.client(builder -> builder.platform("Web")));
            CLIENTS.forEach(client -> client.login("alice").join());
            assertThat(CLIENTS).allMatch(client -> client.status() == LoginStatus.LOGGED_IN);
        }
    }

    @Test
    void clientsAreClosedAfterTheMethod() {
        LeavesClientsOpen.CLIENTS.clear();
        TestRun.of(LeavesClientsOpen.class).succeeded(1);
        assertThat(LeavesClientsOpen.CLIENTS).hasSize(2).allSatisfy(client -> {
            assertThat(client.status()).isEqualTo(LoginStatus.LOGGED_OUT);
            assertThat(client.login("alice", "sig"))
                    .failsWithin(Duration.ofSeconds(20))
                    .withThrowableThat()
                    .withMessageContaining("the client is closed");
        });
        assertThat(System.getProperties().stringPropertyNames())
                .noneMatch(name -> name.startsWith("io.github.tim4j.junit."));
    }

    static class Configured {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.builder()
                .app(1500000000L, "known to the backend")
                .loginPolicy(LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM))
                .config(config -> config.app(1600000000L, "another app's").httpPort(0))
                .build();

        @Test
        void method(LoginServer server, TimClient tim) throws IOException {
            assertThat(extension.sdkAppId()).isEqualTo(1500000000L);
            tim.login("alice", new UserSigKey(1500000000L, "known to the backend").make("alice"))
                    .join();
            extension.client(builder -> builder.platform("Web")).login("alice").join();
            assertThat(server.sessions()).singleElement().satisfies(session -> {
                assertThat(session.sdkAppId()).isEqualTo(1500000000L);
                assertThat(session.platform()).isEqualTo(Platform.WEB);
            });
            assertThat(server.userSig(1600000000L, "bob")).isNotEmpty();
            assertThat(server.httpPort()).isPositive();
        }
    }

    @Test
    void theServerIsAsConfigured() {
        TestRun.of(Configured.class).succeeded(1);
    }
}
