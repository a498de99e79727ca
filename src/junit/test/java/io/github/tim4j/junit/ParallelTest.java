/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.LoginStatus;
import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginServer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tests that run at the same time, the same user in each: nobody kicks anybody, because each has a server and clients to itself. */
class ParallelTest {
    private static final CyclicBarrier TWO = new CyclicBarrier(2);

    /** Both tests are logged in at the same time, and stay so until both have looked. */
    private static void logInBesideTheOther(TimClient tim, LoginServer server) throws Exception {
        tim.login("alice").get(20, TimeUnit.SECONDS);
        TWO.await(20, TimeUnit.SECONDS);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(server.sessions()).hasSize(1);
        assertThat(server.events(0)).hasSize(1);
        TWO.await(20, TimeUnit.SECONDS);
    }

    static class One {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void method(TimClient tim, LoginServer server) throws Exception {
            logInBesideTheOther(tim, server);
        }
    }

    static class Other {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void method(TimClient tim, LoginServer server) throws Exception {
            logInBesideTheOther(tim, server);
        }
    }

    @Test
    void classesInParallel() {
        TestRun.inParallel(One.class, Other.class).succeeded(2);
    }

    abstract static class SharedField {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void method(TimClient tim, LoginServer server) throws Exception {
            logInBesideTheOther(tim, server);
        }
    }

    static class Heir extends SharedField {}

    static class OtherHeir extends SharedField {}

    @Test
    void classesThatInheritTheSameExtension() {
        TestRun.inParallel(Heir.class, OtherHeir.class).succeeded(2);
    }

    static class Methods {
        @RegisterExtension
        static LoginServerExtension extension = LoginServerExtension.create();

        @Test
        void one(TimClient tim, LoginServer server) throws Exception {
            body(tim, server);
        }

        private void body(TimClient tim, LoginServer server) throws Exception {
            logInBesideTheOther(tim, server);
            assertThat(extension.server()).isSameAs(server);
            CompletableFuture<LoginServer> elsewhere = CompletableFuture.supplyAsync(extension::server);
            assertThatThrownBy(() -> elsewhere.get(20, TimeUnit.SECONDS))
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("take LoginServer, TimClient or UserSigMaker as parameters");
            TWO.await(20, TimeUnit.SECONDS);
        }

        @Nested
        class Inner {
            @Test
            void other(TimClient tim, LoginServer server) throws Exception {
                body(tim, server);
            }
        }
    }

    @Test
    void methodsOfAClassAndOfItsNestedClass() {
        TestRun.inParallel(Methods.class).succeeded(2);
    }
}
