/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which thread completes the future that the application gets. */
@Timeout(60)
class ReplyTest {
    private final Queue<Runnable> given = new ConcurrentLinkedQueue<>();
    private final Dispatch dispatch = new Dispatch(given::add);
    private final Set<Reply<?>> open = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<String> result = new CompletableFuture<>();
    private final Reply<String> reply = Reply.to(result, dispatch, open);

    @Test
    void whatOnlyAThreadWaitsForIsCompletedByThatThread() throws Exception {
        CompletableFuture<String> joined = waiting(reply::join);
        result.complete("answer");
        assertThat(joined.get()).isEqualTo("answer");
        assertThat(given).isEmpty();
        assertThat(open).isEmpty();

        dispatch.execute(() -> {});
        assertThat(given).as("what comes next goes to the executor").hasSize(1);
    }

    @Test
    void severalThreadsThatWaitAllGoOn() throws Exception {
        CompletableFuture<String> joined = waiting(reply::join);
        CompletableFuture<String> got = waiting(reply::get);
        CompletableFuture<String> gotInTime = waiting(() -> reply.get(1, TimeUnit.MINUTES));
        result.completeExceptionally(new TimException(6206, "too late"));
        for (CompletableFuture<String> each : List.of(joined, got, gotInTime)) {
            assertThatThrownBy(each::get).hasRootCauseInstanceOf(TimException.class);
        }
        assertThat(given).isEmpty();
    }

    @Test
    void aStageRunsOnTheExecutorAlthoughAThreadWaits() throws Exception {
        CompletableFuture<Thread> stage = reply.thenApply(answer -> Thread.currentThread());
        CompletableFuture<String> joined = waiting(reply::join);
        result.complete("answer");
        assertThat(given).hasSize(1);
        assertThat(stage).isNotDone();
        given.remove().run();
        assertThat(stage).isCompletedWithValue(Thread.currentThread());
        assertThat(joined.get()).isEqualTo("answer");
    }

    @Test
    void aThreadThatWaitsNeverRunsTheStagesOfOthers() throws Exception {
        for (int i = 0; i < 500; i++) {
            CompletableFuture<String> source = new CompletableFuture<>();
            Reply<String> waitedFor = Reply.to(source, dispatch, open);
            Queue<Thread> ranOn = new ConcurrentLinkedQueue<>();
            for (int stage = 0; stage < 50; stage++) {
                waitedFor.thenRun(() -> ranOn.add(Thread.currentThread()));
            }
            List<CompletableFuture<String>> joined =
                    List.of(waiting(waitedFor::join), waiting(() -> waitedFor.get(1, TimeUnit.MINUTES)));
            source.complete("answer");
            given.remove().run();
            for (CompletableFuture<String> each : joined) {
                assertThat(each.get()).isEqualTo("answer");
            }
            assertThat(ranOn).as("round %d", i).hasSize(50).containsOnly(Thread.currentThread());
        }
    }

    @Test
    void whatIsQueuedBeforeItComesFirst() throws Exception {
        CompletableFuture<Void> event = new CompletableFuture<>();
        dispatch.execute(() -> event.complete(null));
        CompletableFuture<String> joined = waiting(reply::join);
        result.complete("answer");
        assertThat(reply).isNotDone();
        given.remove().run();
        assertThat(event).isDone();
        assertThat(joined.get()).isEqualTo("answer");
    }

    @Test
    void askingAgainAndAgainLeavesNothingBehind() {
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> reply.get(1, TimeUnit.MICROSECONDS)).isInstanceOf(TimeoutException.class);
        }
        assertThat(reply.getNumberOfDependents()).isLessThanOrEqualTo(1);
        result.complete("answer");
        given.remove().run();
        assertThat(reply).isCompletedWithValue("answer");
    }

    @Test
    void aThreadThatIsInterruptedNeverTakesTheTurnWithIt() throws Exception {
        Dispatch own = new Dispatch(null);
        for (int i = 0; i < 5000; i++) {
            CompletableFuture<String> source = new CompletableFuture<>();
            Reply<String> racing = Reply.to(source, own, open);
            CyclicBarrier start = new CyclicBarrier(3);
            Thread waiter = new Thread(() -> {
                arrive(start);
                try {
                    racing.get();
                } catch (InterruptedException | ExecutionException e) {
                    // That it may be either is the point.
                }
            });
            Thread answerer = new Thread(() -> {
                arrive(start);
                spin(ThreadLocalRandom.current().nextInt(20_000));
                source.complete("answer");
            });
            waiter.start();
            answerer.start();
            arrive(start);
            spin(ThreadLocalRandom.current().nextInt(20_000));
            waiter.interrupt();
            answerer.join();
            waiter.join();
            CountDownLatch after = new CountDownLatch(1);
            own.execute(after::countDown);
            assertThat(after.await(20, TimeUnit.SECONDS))
                    .as("round %d: what comes next is run", i)
                    .isTrue();
            assertThat(racing).isCompletedWithValue("answer");
        }
        own.close();
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

    private static void arrive(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void spin(long nanos) {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
