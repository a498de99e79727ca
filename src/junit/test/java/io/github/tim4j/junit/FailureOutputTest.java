/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is printed where a test fails: what the server saw in it, and nothing secret. */
class FailureOutputTest {
    private static final String SECRET = UUID.randomUUID().toString();

    private static String printed(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    static class Fails {
        @RegisterExtension
        static LoginServerExtension extension =
                LoginServerExtension.builder().app(1400000000L, SECRET).build();

        static final List<String> SIGS = new ArrayList<>();

        @Test
        void method(TimClient tim, TimClient other, UserSigMaker sigs) {
            SIGS.addAll(List.of(sigs.userSig("alice"), sigs.wrongKey("bob")));
            tim.login("alice", SIGS.get(0)).join();
            other.login("bob", SIGS.get(1)).join();
        }

        @AfterEach
        void tidiesUp(TimClient another) {
            another.login("after").join();
        }
    }

    @Test
    void aFailureTellsEventsAndSessions() {
        Fails.SIGS.clear();
        String text = printed(TestRun.of(Fails.class).onlyFailure());
        assertThat(text)
                .contains("Suppressed: " + WhatTheServerSaw.class.getName() + ": mqtt://127.0.0.1:")
                .containsPattern(
                        "events: 2\n    \\S+ LOGIN alice on \\w+ device-1 of app 1400000000\n"
                                + "    \\S+ LOGIN_REFUSED bob on \\w+ device-2 of app 1400000000: 70009 .+\n"
                                + "  connected sessions: 1\n    alice on \\w+ device-1 of app 1400000000, since \\S+, UserSig until ")
                .doesNotContain("after")
                .doesNotContain(SECRET)
                .doesNotContain(Fails.SIGS);
        assertThat(text.split("WhatTheServerSaw")).as("told once").hasSize(2);
    }

    static class FailsBefore {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @BeforeEach
        void before() {
            throw new IllegalStateException("broken");
        }

        @Test
        void method() {}
    }

    static class FailsAfter {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void method(TimClient tim) {
            tim.login("alice").join();
        }

        @AfterEach
        void after() {
            throw new IllegalStateException("broken");
        }
    }

    @Test
    void soDoesOneBeforeOrAfterTheTest() {
        assertThat(printed(TestRun.of(FailsBefore.class).onlyFailure()))
                .contains("broken", "events: none, so nothing reached it", "connected sessions: none");
        assertThat(printed(TestRun.of(FailsAfter.class).onlyFailure())).contains("broken", " LOGIN alice on ");
    }

    static class SeesOnlyItsOwn {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void alice(TimClient tim) {
            tim.login("alice").join();
            throw new IllegalStateException("alice's test");
        }

        @Test
        void bob(TimClient tim) {
            tim.login("bob").join();
            throw new IllegalStateException("bob's test");
        }
    }

    @Test
    void ofTheTestThatFailedOnly() {
        assertThat(TestRun.of(SeesOnlyItsOwn.class).failures()).hasSize(2).allSatisfy(failure -> {
            String user = failure.getMessage().substring(0, failure.getMessage().indexOf('\''));
            assertThat(printed(failure)).contains("events: 1\n", " LOGIN " + user + " on ");
        });
    }

    static class Chatty {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void method(TimClient tim, LoginServer server) {
            server.testing().refuseLogins(120, 70500);
            for (int i = 0; i < 120; i++) {
                tim.login("user" + i).exceptionally(failure -> null).join();
            }
            throw new IllegalStateException("after 120 logins");
        }
    }

    @Test
    void manyEventsAreCutToTheLast() {
        assertThat(printed(TestRun.of(Chatty.class).onlyFailure()))
                .contains("events: 120, the last 100 of which are", " LOGIN_REFUSED user20 ", " LOGIN_REFUSED user119 ")
                .doesNotContain(" LOGIN_REFUSED user19 ");
    }

    static class Aborts {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void method() {
            Assumptions.abort("not today");
        }
    }

    @Test
    void anAbortedTestHasNotFailed() {
        assertThat(TestRun.of(Aborts.class).onlyAbort()).hasMessage("not today").hasNoSuppressedExceptions();
    }
}
