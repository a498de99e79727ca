/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.store.DiskSessionStore;
import io.github.tim4j.server.store.MemorySessionStore;
import io.github.tim4j.server.store.RedisSessionStore;
import io.github.tim4j.testing.RedisServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;

/** Every store that there is keeps the contract, and the contract finds stores that do not. */
class SessionStoresTest {
    @Nested
    class InMemory extends SessionStoreContract {
        @Override
        protected SessionStore store() {
            return new MemorySessionStore();
        }
    }

    @Nested
    class OnDisk extends SessionStoreContract {
        @TempDir
        static Path folder;

        private static DiskSessionStore store;

        @BeforeAll
        static void open() {
            store = DiskSessionStore.open(folder.resolve("store"));
        }

        @AfterAll
        static void close() {
            store.close();
        }

        @Override
        protected SessionStore store() {
            return store;
        }
    }

    @Nested
    class InRedis extends SessionStoreContract {
        private static RedisServer server;
        private static RedisSessionStore store;

        @BeforeAll
        static void open() throws Exception {
            RedisServer.assumeInstalled("SessionStoresTest.InRedis");
            server = RedisServer.start();
            store = RedisSessionStore.connect(server.uri());
        }

        @AfterAll
        static void close() {
            if (store != null) {
                store.close();
                server.close();
            }
        }

        @Override
        protected SessionStore store() {
            return store;
        }
    }

    /** Says of every login that it is no reconnect, or of every end that there was nothing to end. */
    private static final class Faulty extends SessionStoreContract {
        private final String method;
        private final Object answer;

        Faulty(String method, Object answer) {
            this.method = method;
            this.answer = answer;
        }

        void run(ThrowingConsumer<SessionStoreContract> test) throws Throwable {
            join();
            test.accept(this);
        }

        @Override
        protected SessionStore store() {
            SessionStore good = new MemorySessionStore();
            return (SessionStore) Proxy.newProxyInstance(
                    SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, called, args) -> {
                        try {
                            Object result = called.invoke(good, args);
                            return called.getName().equals(method) ? CompletableFuture.completedFuture(answer) : result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }

    @Test
    void aStoreThatDoesNotKeepItIsFoundWithFewSteps() {
        assertThatThrownBy(
                        () -> new Faulty("end", false).run(SessionStoreContract::doesWhatTheModelDoesWhateverHappens))
                .hasMessageContaining("-Dtim4j.store.seed")
                .hasMessageMatching(
                        "(?s).*as short as it gets: \\[Step\\[kind=LOGIN, device=\\d], Step\\[kind=\\w+, device=\\d]].*");
        assertThatThrownBy(() -> new Faulty("revocation", 70001)
                        .run(SessionStoreContract::aRevocationNeedsNoAccountAndOutlivesOne))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> new Faulty("register", true)
                        .run(SessionStoreContract::anAccountIsRegisteredOnceByALoginOrByName))
                .isInstanceOf(AssertionError.class);
    }
}
