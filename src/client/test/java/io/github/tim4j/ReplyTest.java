/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where stages of the futures run that the application gets, and that waiting for one never lasts longer than its answer takes. */
@Timeout(60)
class ReplyTest {
    private final Queue<Runnable> given = new ConcurrentLinkedQueue<>();
    private final Timer timer = new Timer("tim4j-timer-reply-test");
    private final List<Dispatch> made = new ArrayList<>();
    private final Dispatch dispatch = dispatch(given::add);
    private final Reply<String> reply = new Reply<>(dispatch);

    @AfterEach
    void close() {
        made.forEach(Dispatch::close);
        timer.close();
    }

    private Dispatch dispatch(@Nullable Executor executor) {
        Dispatch dispatch = new Dispatch(executor, timer);
        made.add(dispatch);
        return dispatch;
    }

    private void answer() {
        dispatch.execute(new Dispatch.Completion(() -> reply.complete("answer")));
    }

    @Test
    void aStageRunsOnTheExecutorWhoeverCompletesTheFutureAndHoweverLateItIsAttached() {
        List<CompletableFuture<Thread>> stages = new ArrayList<>();
        stages.add(reply.thenApply(x -> Thread.currentThread()));
        reply.complete("by the application");
        stages.add(reply.thenApply(x -> Thread.currentThread()));
        stages.add(reply.handle((x, failure) -> Thread.currentThread()));
        stages.add(reply.thenCompose(x -> CompletableFuture.completedFuture(Thread.currentThread())));
        stages.add(reply.thenApply(x -> x).thenApply(x -> Thread.currentThread()));
        assertThat(stages).noneMatch(CompletableFuture::isDone);
        runAll();
        assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompletedWithValue(Thread.currentThread()));
    }

    @Test
    void whatIsQueuedBeforeItComesFirst() throws Exception {
        CompletableFuture<Void> event = new CompletableFuture<>();
        dispatch.execute(() -> event.complete(null));
        answer();
        CompletableFuture<String> joined = waiting(reply::join);
        assertThat(reply).isNotDone();
        runAll();
        assertThat(event).isDone();
        assertThat(joined.get()).isEqualTo("answer");
    }

    @Test
    void askingAgainAndAgainLeavesNothingBehind() {
        runAll();
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> reply.get(1, TimeUnit.MICROSECONDS)).isInstanceOf(TimeoutException.class);
        }
        assertThat(reply.getNumberOfDependents()).isLessThanOrEqualTo(1);
        answer();
        runAll();
        assertThat(reply).isCompletedWithValue("answer");
    }

    @Test
    void theExecutorsOwnThreadWaitsForAnyStageByRunningWhatIsQueued() {
        dispatch.execute(() -> {});
        runAll();
        CompletableFuture<String> stage =
                reply.thenCompose(x -> reply.thenCombine(reply.thenApply(y -> x + y), (a, b) -> a + " " + b));
        new Thread(this::answer).start();
        assertThat(stage.join()).isEqualTo("answer answeranswer");
    }

    @Test
    void aThreadThatTheExecutorMayWaitOnIsLetGoAlthoughItHasNeverRunAnything() {
        CompletableFuture<String> stage = reply.thenApply(x -> x + " and stage");
        answer();
        assertThat(stage.join()).isEqualTo("answer and stage");
    }

    @Test
    void anExecutorThatWaitsForSeveralFuturesGetsThem() throws Exception {
        ExecutorService ui = Executors.newSingleThreadExecutor();
        try {
            Dispatch onUi = dispatch(ui);
            Reply<String> one = new Reply<>(onUi);
            Reply<String> two = new Reply<>(onUi);
            CountDownLatch began = new CountDownLatch(1);
            CompletableFuture<Void> all = CompletableFuture.runAsync(
                    () -> {
                        began.countDown();
                        CompletableFuture.allOf(one, two).join();
                    },
                    ui);
            began.await();
            onUi.execute(new Dispatch.Completion(() -> one.complete("1")));
            onUi.execute(new Dispatch.Completion(() -> two.complete("2")));
            all.get(20, TimeUnit.SECONDS);
        } finally {
            ui.shutdownNow();
        }
    }

    @Test
    void aJoinInsideAForkJoinTaskTakesNoTurnWithIt() throws Exception {
        Dispatch own = dispatch(null);
        ForkJoinPool pool = new ForkJoinPool(1);
        try {
            for (int round = 0; round < 200; round++) {
                Reply<String> first = new Reply<>(own);
                Reply<String> second = new Reply<>(own);
                CountDownLatch done = new CountDownLatch(1);
                pool.execute(() -> {
                    CompletableFuture<String> inner = CompletableFuture.supplyAsync(first::join, pool);
                    second.join();
                    inner.join();
                    done.countDown();
                });
                own.execute(new Dispatch.Completion(() -> first.complete("1")));
                own.execute(new Dispatch.Completion(() -> second.complete("2")));
                assertThat(done.await(20, TimeUnit.SECONDS))
                        .as("round %d", round)
                        .isTrue();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aDialogInsideACallbackHoldsNothingBack() {
        AtomicInteger later = new AtomicInteger();
        dispatch.execute(() -> {
            dispatch.execute(later::incrementAndGet);
            runAll(); // The event loop of a modal dialog.
            assertThat(later).hasValue(1);
        });
        runAll();
        assertThat(later).hasValue(1);
    }

    @Test
    void anExecutorOfSeveralThreadsStillRunsOneAtATimeAndInOrder() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            Dispatch onPool = dispatch(pool);
            AtomicInteger inside = new AtomicInteger();
            List<Integer> seen = new ArrayList<>();
            CountDownLatch all = new CountDownLatch(20_000);
            for (int i = 0; i < 20_000; i++) {
                int number = i;
                onPool.execute(() -> {
                    if (inside.incrementAndGet() == 1) {
                        seen.add(number);
                    }
                    inside.decrementAndGet();
                    all.countDown();
                });
            }
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(seen).hasSize(20_000).isSorted();
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void anInlineExecutorDoesNotRecurse() throws Exception {
        Dispatch inline = dispatch(Runnable::run);
        AtomicInteger ran = new AtomicInteger();
        Runnable[] again = new Runnable[1];
        again[0] = () -> {
            if (ran.incrementAndGet() < 1_000_000) {
                inline.execute(again[0]);
            }
        };
        inline.execute(again[0]);
        assertThat(ran).hasValue(1_000_000);
    }

    @Test
    void whatAnExecutorDroppedFollowsWhenItHasGone() throws Exception {
        ExecutorService ui = Executors.newSingleThreadExecutor();
        Dispatch onUi = dispatch(ui);
        CountDownLatch never = new CountDownLatch(1);
        ui.execute(() -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                // shutdownNow.
            }
        });
        CountDownLatch ran = new CountDownLatch(1);
        onUi.execute(ran::countDown);
        ui.shutdownNow();
        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anAnswerWaitsForItsEventsThoughTheExecutorIsBusyForLong() throws Exception {
        ExecutorService ui = Executors.newSingleThreadExecutor();
        try {
            Dispatch onUi = dispatch(ui);
            CountDownLatch known = new CountDownLatch(1);
            onUi.execute(known::countDown);
            known.await();
            long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
            ui.execute(() -> {
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
            });
            AtomicInteger events = new AtomicInteger();
            Reply<Integer> answer = new Reply<>(onUi);
            onUi.execute(events::incrementAndGet);
            onUi.execute(new Dispatch.Completion(() -> answer.complete(events.get())));
            assertThat(answer.join()).isEqualTo(1);
        } finally {
            ui.shutdownNow();
        }
    }

    private void runAll() {
        for (Runnable task = given.poll(); task != null; task = given.poll()) {
            task.run();
        }
    }

    private interface Wait {
        String call() throws Exception;
    }

    /** @return what the thread gets, which waits when this returns */
    private static CompletableFuture<String> waiting(Wait wait) throws InterruptedException {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                outcome.complete(wait.call());
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        });
        thread.start();
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        return outcome;
    }
}
