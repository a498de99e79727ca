/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.ForkedJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM may end at any moment of a login, with or without {@code close()}: it neither crashes nor hangs. Timing is random; the seed is
 * in the test's name. {@code -Dtim4j.exits=300} runs more of them.
 */
@Timeout(600)
class JvmExitTest {
    @TempDir
    static Path folder;

    private static TestServer at;

    @BeforeAll
    static void start() {
        at = new TestServer();
    }

    @AfterAll
    static void stop() {
        at.close();
    }

    /** Arguments: way to end, delay in microseconds, server, UserSig, library or "". */
    static final class Ending {
        /** A thread that is inside the JVM when that ends never leaves it, whatever anybody does. */
        private static void awaitReturnOfCallbacks() {
            while (Thread.getAllStackTraces().entrySet().stream()
                    .anyMatch(one -> one.getKey().getName().startsWith("tim4j-native") && one.getValue().length > 0)) {
                LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
            }
            // From the last Java frame to the library there is some code of JNA's still.
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }

        public static void main(String[] args) {
            String way = args[0];
            TimClient.Builder builder =
                    TimClient.builder().sdkAppId(TestServer.APP).server(args[2]);
            if (!args[4].isEmpty()) {
                builder.library(Path.of(args[4]));
            }
            if (way.equals("exit in a direct callback")) {
                builder.callbackExecutor(Runnable::run);
            }
            TimClient tim = builder.build();
            tim.addListener(new TimListener() {
                @Override
                public void onReady(String userId) {
                    if (way.startsWith("exit in a")) {
                        System.exit(0);
                    }
                }
            });
            for (int i = 0; i < 20; i++) {
                tim.login("alice", args[3]);
                tim.logout();
            }
            LockSupport.parkNanos(Long.parseLong(args[1]) * 1000);
            switch (way) {
                case "close" -> tim.close();
                case "exit" -> System.exit(0);
                case "exit in a callback", "exit in a direct callback" ->
                    LockSupport.parkNanos(Duration.ofSeconds(30).toNanos());
                case "close and exit at once" -> {
                    new Thread(tim::close).start();
                    System.exit(0);
                }
                case "halt after an answer" -> {
                    tim.login("bob", args[3]).join();
                    awaitReturnOfCallbacks();
                    Runtime.getRuntime().halt(0);
                }
                case "return" -> {}
                default -> throw new IllegalArgumentException(way);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> endsWithoutCrashOrHang() {
        long seed = Long.getLong("tim4j.seed", new Random().nextInt(1_000_000));
        Random random = new Random(seed);
        String[] ways = {
            "close", "exit", "return", "exit in a callback", "exit in a direct callback", "close and exit at once"
        };
        int runs = Integer.getInteger("tim4j.exits", 18);
        return IntStream.range(0, runs).mapToObj(i -> {
            String way = ways[i % ways.length];
            int delay = random.nextInt(30_000);
            return DynamicTest.dynamicTest(way + " after " + delay + " us, seed " + seed, () -> {
                ForkedJvm.Result result = ForkedJvm.of(
                                Ending.class, way, delay, at.server.uri(), at.userSig("alice"), "")
                        .run(folder);
                assertThat(result).isEqualTo(new ForkedJvm.Result(0, result.output()));
                assertThat(result.output()).doesNotContain("Exception", "SIGSEGV");
            });
        });
    }

    @Test
    void aLibraryThatCallsWhileTheJvmEndsIsHarmless() {
        Path hostile = CCompiler.library("hostile", List.of("src/client/test/native/hostile.c"));
        for (String way : new String[] {"return", "exit", "close"}) {
            ForkedJvm.Result result = ForkedJvm.of(Ending.class, way, 1000, at.server.uri(), "sig", hostile)
                    .run(folder);
            assertThat(result.exitCode()).as(result.output()).isZero();
        }
    }

    /** Its thread would hang when it ends after the JVM, if it were still attached to it; and so the process. */
    @Test
    void aLibraryMayJoinItsCallbackThreadWhenTheProcessEnds() {
        Path joining =
                CCompiler.library("joining", List.of("src/client/test/native/hostile.c"), "-DHOSTILE_JOINS_AT_EXIT");
        ForkedJvm.Result result = ForkedJvm.of(Ending.class, "halt after an answer", 0, at.server.uri(), "sig", joining)
                .run(folder);
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    @Test
    void theJvmsOwnChecksOfNativeCallsFindNothing() {
        ForkedJvm.Result result = ForkedJvm.of(Ending.class, "close", 200_000, at.server.uri(), at.userSig("alice"), "")
                .option("-Xcheck:jni")
                .run(folder);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).doesNotContain("FATAL ERROR in native method");
        // JNA itself does not look for exceptions after two of its calls: when it is loaded, and when a native thread
        // is attached.
        assertThat(result.output().split("(?=WARNING|FATAL)"))
                .filteredOn(part -> part.startsWith("WARNING in native method"))
                .allMatch(part -> part.contains("com.sun.jna.Native.<clinit>") || part.contains("initializeThread"));
    }
}
