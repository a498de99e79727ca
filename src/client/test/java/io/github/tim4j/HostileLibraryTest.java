/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.HostileLibrary.BEFORE_RETURN;
import static io.github.tim4j.HostileLibrary.CROWD;
import static io.github.tim4j.HostileLibrary.DYING_THREAD;
import static io.github.tim4j.HostileLibrary.EMPTY;
import static io.github.tim4j.HostileLibrary.KEEP;
import static io.github.tim4j.HostileLibrary.WORKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the native library does, the client neither crashes, hangs nor leaks, and never takes a failure for a success. */
@Isolated("counts what all clients of this JVM remember")
@Timeout(60)
class HostileLibraryTest {
    @TempDir(cleanup = CleanupMode.ALWAYS)
    static Path folder;

    private HostileLibrary.Copy library;
    private HostileLibrary commands;
    private TimClient tim;
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void open() {
        library = HostileLibrary.Copy.in(folder);
        commands = library.commands();
        tim = library.client().build();
        tim.addListener(recorder);
    }

    @AfterEach
    void close() {
        tim.close();
        assertThat(Callbacks.expected())
                .as("requests still remembered after close")
                .isZero();
    }

    private static int codeOf(CompletableFuture<?> future) {
        Throwable failure = catchThrowable(() -> future.get(10, TimeUnit.SECONDS));
        assertThat(failure).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(TimException.class);
        return ((TimException) failure.getCause()).code();
    }

    /** Returns when every event up to now has been delivered. */
    private void settle() {
        CountDownLatch replayed = new CountDownLatch(1);
        tim.addListener(new TimListener() {
            @Override
            public void onStatusChanged(StatusChange change) {
                replayed.countDown();
            }
        });
        assertThat(catchThrowable(
                        () -> assertThat(replayed.await(10, TimeUnit.SECONDS)).isTrue()))
                .isNull();
    }

    @Test
    void logsInAndOutLikeWithAnyLibrary() {
        assertThat(tim.login("alice", "sig").join()).isEqualTo(new LoginResult("alice", false));
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        assertThat(tim.loginUser()).contains("alice");
        tim.logout().join();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
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

    @Test
    void anAnswerBeforeTheCallReturnsCounts() {
        commands.hostile_mode(BEFORE_RETURN, 0, 1, EMPTY);
        assertThat(tim.login("alice", "sig").join().userId()).isEqualTo("alice");
        assertThat(recorder.events)
                .containsSequence(
                        "LOGGED_OUT>LOGGING_IN LOGIN alice", "LOGGING_IN>LOGGED_IN LOGIN alice", "ready alice");
    }

    @Test
    void anAnswerGivenTwiceCountsOnce() {
        commands.hostile_mode(WORKER, 0, 2, EMPTY);
        tim.login("alice", "sig").join();
        tim.login("bob", "sig").join();
        settle();
        assertThat(recorder.events)
                .filteredOn(event -> event.startsWith("ready"))
                .containsExactly("ready alice", "ready bob");
    }

    @Test
    void aFailureThatIsFollowedByASuccessStaysAFailure() {
        commands.hostile_mode(KEEP, 0, 1, EMPTY);
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        commands.hostile_answer(0, 70009, EMPTY, 1);
        commands.hostile_answer(0, 0, EMPTY, 1);
        assertThat(codeOf(login)).isEqualTo(70009);
        settle();
        assertThat(recorder.events).doesNotContain("ready alice");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, -2, -3, -4, -5, -6, 1, 42})
    void aCallThatIsRefusedFailsWithWhatItReturnedAndLeavesNothingBehind(int result) {
        commands.hostile_returns(result);
        commands.hostile_mode(KEEP, 0, 1, EMPTY);
        assertThat(codeOf(tim.login("alice", "sig"))).isEqualTo(result);
        assertThat(codeOf(tim.logout())).isEqualTo(result);
        assertThat(Callbacks.expected()).isZero();
        settle();
        assertThat(recorder.events).containsExactly("LOGGED_OUT>LOGGED_OUT REPLAY");
    }

    @Test
    void aRefusedCallFailsEvenIfItsCallbackReportsSuccess() {
        commands.hostile_mode(BEFORE_RETURN, 0, 1, EMPTY);
        commands.hostile_returns(-4);
        assertThat(codeOf(tim.login("alice", "sig"))).isEqualTo(-4);
        settle();
        assertThat(recorder.events).doesNotContain("ready alice");
    }

    @Test
    void anAnswerThatNeverComesTimesOutAndALateOneIsHarmless() {
        tim.close();
        tim = library.client().requestTimeout(Duration.ofMillis(50)).build();
        tim.addListener(recorder);
        commands.hostile_mode(KEEP, 0, 1, EMPTY);
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        assertThatThrownBy(login::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(TimeoutException.class)
                .hasMessageContaining("50 ms");

        commands.hostile_answer(0, 0, EMPTY, 3);
        await().untilAsserted(
                        () -> assertThat(recorder.events).contains("LOGGING_IN>LOGGED_IN RESYNC alice", "ready alice"));
        assertThat(login).isCompletedExceptionally();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
    }

    @Test
    void requestsThatAreNeverAnsweredAreNotRememberedForEver() {
        tim.close();
        tim = library.client().requestTimeout(Duration.ofMillis(1)).build();
        commands.hostile_mode(KEEP, 0, 1, EMPTY);
        List<CompletableFuture<String>> calls = IntStream.range(0, 5000)
                .mapToObj(i -> tim.call("TIMHostileKept"))
                .toList();
        calls.forEach(call -> assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutException.class));
        assertThat(Callbacks.expected()).isLessThanOrEqualTo(1000);
    }

    @Test
    void answeredRequestsLeaveNothingBehind() {
        commands.hostile_mode(BEFORE_RETURN, 0, 1, EMPTY);
        long[] used = new long[2];
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 50_000; i++) {
                tim.call("TIMHostileKept").join();
            }
            System.gc();
            used[round] =
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        }
        assertThat(Callbacks.expected()).isZero();
        assertThat(used[1] - used[0])
                .as("bytes more after 50000 further requests")
                .isLessThan(10_000_000);
    }

    @Test
    void aCancelledLoginDisturbsNobodyAndTheStatusFollowsTheLibrary() {
        commands.hostile_mode(KEEP, 0, 1, EMPTY);
        CompletableFuture<LoginResult> first = tim.login("alice", "sig");
        CompletableFuture<LoginResult> second = tim.login("alice", "sig");
        CompletableFuture<LoginResult> third = tim.login("alice", "sig").orTimeout(1, TimeUnit.MILLISECONDS);
        assertThat(commands.hostile_requests())
                .as("the same login is requested once")
                .isEqualTo(1);
        first.cancel(true);
        assertThatThrownBy(third::join).hasCauseInstanceOf(TimeoutException.class);

        commands.hostile_answer(0, 0, EMPTY, 1);
        assertThat(second.join().userId()).isEqualTo("alice");
        assertThat(first).isCancelled();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
        settle();
        assertThat(recorder.events).contains("ready alice");
    }

    @Test
    void closeCompletesWhatTheLibraryForgetsAndCallbacksAfterItAreHarmless() {
        commands.hostile_mode(KEEP, 0, 1, EMPTY);
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        CompletableFuture<Void> logout = tim.logout();
        CompletableFuture<String> call = tim.call("TIMHostileKept");
        tim.close();
        assertThat(login).isCompletedExceptionally();
        assertThat(codeOf(login)).isEqualTo(7009);
        assertThat(codeOf(logout)).isEqualTo(7009);
        assertThat(codeOf(call)).isEqualTo(7009);
        assertThat(Callbacks.expected()).as("requests still remembered").isZero();

        List<String> before = List.copyOf(recorder.events);
        for (int request = 0; request < 3; request++) {
            commands.hostile_answer(request, 0, EMPTY, 2);
        }
        commands.hostile_network(1, 9508, EMPTY, 10, 4);
        commands.hostile_kick(2);
        commands.hostile_expire(2);
        commands.hostile_log(6, "after the end");
        assertThat(recorder.events).isEqualTo(before);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
        assertThat(codeOf(tim.login("alice", "sig"))).isEqualTo(-1);
    }

    @Test
    void answersFromEightThreadsAtOnceCountOnce() {
        commands.hostile_mode(CROWD, 0, 50, EMPTY);
        AtomicInteger completions = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            CompletableFuture<LoginResult> login = tim.login("user" + i, "sig");
            login.whenComplete((result, failure) -> completions.incrementAndGet());
            assertThat(login.join().userId()).isEqualTo("user" + i);
        }
        settle();
        assertThat(completions).hasValue(50);
        assertThat(recorder.events)
                .filteredOn(event -> event.startsWith("ready"))
                .hasSize(50);
    }

    @Test
    void aThreadThatDiesRightAfterItsCallbackIsHarmless() {
        commands.hostile_mode(DYING_THREAD, 0, 1, EMPTY);
        for (int i = 0; i < 500; i++) {
            assertThat(tim.login("user" + i, "sig").join().userId()).isEqualTo("user" + i);
        }
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().startsWith("tim4j-native"))
                .hasSizeLessThan(20));
    }

    @ParameterizedTest
    @ValueSource(
            ints = {HostileLibrary.NULL, HostileLibrary.INVALID_UTF8, HostileLibrary.MEGABYTE, HostileLibrary.CHINESE})
    void strangeTextsAreTaken(int text) {
        commands.hostile_mode(WORKER, 123456, 1, text);
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        assertThat(codeOf(login)).isEqualTo(123456);
        TimException failure = (TimException) catchThrowable(login::join).getCause();
        assertThat(failure.error()).isEmpty();
        assertThat(failure.description()).isNotNull().hasSizeLessThan(2000);
        if (text == HostileLibrary.CHINESE) {
            assertThat(failure.description()).isEqualTo("中文 😀");
        }

        commands.hostile_network(3, 9512, text, 1, 1);
        commands.hostile_network(77, 9512, text, 1, 1);
        settle();
        assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .containsExactly(NetworkStatus.CONNECT_FAILED, NetworkStatus.CONNECT_FAILED);
        assertThat(recorder.network)
                .allSatisfy(change -> assertThat(change.description()).hasSizeLessThan(2000));

        commands.hostile_mode(WORKER, 0, 1, text);
        String json = tim.call("TIMHostileKept").join();
        if (text == HostileLibrary.MEGABYTE) {
            assertThat(json).hasSize(1 << 20);
        }
    }

    @Test
    void aUserIdBufferLeftUntouchedMeansNobody() {
        tim.login("alice", "sig").join();
        commands.hostile_user_id_style(1);
        assertThat(tim.loginUser()).isEmpty();
        commands.hostile_user_id_style(3);
        assertThat(tim.loginUser()).isEmpty();
    }

    @Test
    void aUserIdBufferWithoutATerminatorGivesItsBytes() {
        tim.login("alice", "sig").join();
        commands.hostile_user_id_style(2);
        assertThat(tim.loginUser()).contains("u".repeat(128));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, -1, 99, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aStatusThatDoesNotExistIsNotLoggedIn(int status) {
        commands.hostile_status(status);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40})
    void aServerTimeThatIsNoneIsNotTold(long seconds) {
        commands.hostile_server_time(seconds);
        assertThat(tim.serverTime()).isEmpty();
    }

    @Test
    void aKickToldTwiceIsOneKickAndOneWithoutASessionIsNone() {
        commands.hostile_kick(3);
        settle();
        assertThat(recorder.events).doesNotContain("kicked UNKNOWN");

        tim.login("alice", "sig").join();
        commands.hostile_kick(3);
        commands.hostile_expire(3);
        settle();
        assertThat(recorder.events)
                .endsWith("LOGGED_IN>LOGGED_OUT KICKED_OFFLINE alice", "notReady alice", "kicked UNKNOWN");
    }

    @Test
    void twoHundredThousandEventsLoseNoStatusChangeAndUseBoundedMemory() {
        CountDownLatch blocked = new CountDownLatch(1);
        AtomicInteger received = new AtomicInteger();
        tim.addListener(new TimListener() {
            @Override
            public void onNetworkStatus(NetworkChange change) {
                received.incrementAndGet();
                try {
                    blocked.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        commands.hostile_network(2, 0, EMPTY, 50_000, 4);
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        blocked.countDown();
        assertThat(login.join().userId()).isEqualTo("alice");
        assertThat(received.get()).isBetween(1000, 20_001);
        assertThat(recorder.events).contains("ready alice");
    }

    @Test
    void aUserSigRepeatedByTheLibraryIsNotPassedOn() {
        String userSig = "eJwtzMEKgkAUheF3mXXIdXSmGWiRQUS0CNoGQTKXuGk6XEeUonfPdK3nO-gHzufyqEPZ"
                + "hUIgk8iIdLKjwzrQg0auQvp-i9bvCyIFBkABWmVTMzlqAhb0q7T1r*";
        commands.hostile_mode(WORKER, 70003, 1, HostileLibrary.USER_SIG);
        CompletableFuture<LoginResult> login = tim.login("alice", userSig);
        assertThat(codeOf(login)).isEqualTo(70003);
        assertThat(catchThrowable(login::join)).hasStackTraceContaining("<UserSig>");
        assertThat(catchThrowable(login::join).toString()).doesNotContain("LOGIN", userSig.substring(20, 60));
    }
}
