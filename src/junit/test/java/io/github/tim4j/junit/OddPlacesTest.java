/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The extension where tests do not run as they usually do: on other threads, as dynamic tests, before the first method, in a base class. */
class OddPlacesTest {
    /** Two clients of one test are two devices, and the server's policy kicks one of them. */
    private static void assertTwoDevices(LoginServer server) {
        assertThat(server.events(0).stream().map(event -> event.deviceId()).distinct())
                .hasSize(2);
    }

    abstract static class OnOtherThreads {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @RepeatedTest(2)
        void onAThreadOfTheTest(TimClient mine, LoginServer server) throws Exception {
            mine.login("alice").join();
            TimClient other = CompletableFuture.supplyAsync(() -> extension.client(builder -> {}))
                    .get(20, TimeUnit.SECONDS);
            other.login("alice").join();
            assertTwoDevices(server);
        }

        @RepeatedTest(2)
        @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void onAThreadOfTheTimeout(TimClient mine, LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
            mine.login("alice").join();
            extension.client(builder -> {}).login("alice").join();
            assertTwoDevices(server);
        }
    }

    static class OneAfterTheOther extends OnOtherThreads {}

    @Test
    void clientsOfATestDifferOnWhateverThreadTheyAreOpened() {
        TestRun.of(OneAfterTheOther.class).succeeded(4);
    }

    static class WithTimeoutsInParallel {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @BeforeEach
        @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void beforeEach(LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
        }

        @RepeatedTest(8)
        @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void method(LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
            extension.client(builder -> {}).login("alice").join();
            assertThat(server.sessions()).hasSize(1);
        }

        @AfterEach
        @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void afterEach(LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
        }
    }

    @Test
    void aBodyOnAThreadOfTheTimeoutKnowsItsServerInParallelToo() {
        TestRun.inParallel(WithTimeoutsInParallel.class).succeeded(8);
    }

    static class BeforeTheFirstMethod {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @BeforeAll
        static void beforeAll(LoginServer server) {
            assertThat(extension.server()).isSameAs(server);
            assertThatThrownBy(() -> extension.client(builder -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no test method runs");
        }

        @Test
        void method(TimClient tim) {
            tim.login("alice").join();
        }

        @AfterAll
        static void afterAll() {
            assertThatThrownBy(() -> extension.client(builder -> {})).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aClientNeedsATestMethod() {
        TestRun.of(BeforeTheFirstMethod.class).succeeded(1);
    }

    static class Dynamic {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @TestFactory
        Stream<DynamicTest> logins(TimClient tim) {
            return Stream.of("alice", "bob", "carol")
                    .map(user -> DynamicTest.dynamicTest(user, () -> {
                        tim.login(user).join();
                        assertThat(extension.server().sessions())
                                .extracting(Session::userId)
                                .containsExactly(user);
                        if (!user.equals("alice")) {
                            throw new AssertionError("on purpose: " + user);
                        }
                    }));
        }
    }

    @Test
    void eachDynamicTestThatFailsCarriesWhatTheServerSaw() {
        List<Throwable> failures = TestRun.of(Dynamic.class).failures();
        assertThat(failures)
                .hasSize(2)
                .allSatisfy(failure -> assertThat(failure.getSuppressed())
                        .singleElement()
                        .isInstanceOf(WhatTheServerSaw.class)
                        .asString()
                        .contains("LOGIN alice"));
        assertThat(failures.get(0).getSuppressed()[0]).asString().doesNotContain("carol");
    }

    abstract static class Shared {
        static final List<Integer> PORTS = new ArrayList<>();

        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.builder()
                .config(config -> config.httpPort(0))
                .build();

        @Test
        void method(LoginServer server, TimClient tim) {
            tim.login("alice").join();
            PORTS.add(server.port());
            PORTS.add(server.httpPort());
        }
    }

    static class First extends Shared {}

    static class Second extends Shared {}

    @Test
    void classesThatShareTheExtensionHaveOnePort() {
        Shared.PORTS.clear();
        TestRun.of(First.class, Second.class).succeeded(2);
        assertThat(Shared.PORTS).hasSize(4);
        assertThat(Shared.PORTS.subList(2, 4)).isEqualTo(Shared.PORTS.subList(0, 2));
    }

    @Test
    void andOthersWhereTheyRunInParallel() {
        Shared.PORTS.clear();
        TestRun.inParallel(First.class, Second.class).succeeded(2);
    }
}
