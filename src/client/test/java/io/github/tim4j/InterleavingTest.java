/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.ForkedJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where threads meet in the client, in the loop, the dispatch and a future, under schedules that Lincheck chooses: it runs one thread at a time, and
 * lets another go on at any access to what they share. The 500 of each are the same every time, and enough to find a loop that looks once, and
 * not again after its unlock, whether a turn was left. {@code -Dtim4j.interleavings=10000} tries so many. In a JVM of its own, since Lincheck
 * rewrites the classes of the JVM it runs in.
 *
 * <p>Counters without any guard show both kinds of fault: a task that is lost, and two that run at once.
 */
@Timeout(3600)
class InterleavingTest {
    @TempDir
    static Path folder;

    /** Who meets where. */
    enum Meeting {
        LOOP_RUNS_EVERY_TURN_ALONE {
            @Override
            void take() {
                Counter turns = new Counter();
                Loop loop = new Loop(TIMER, () -> {});
                inThreads(() -> loop.put(turns::add), () -> loop.put(turns::add), () -> {
                    Counter own = new Counter();
                    loop.call(() -> {
                        turns.add();
                        own.add();
                    });
                    own.mustBe(1);
                });
                turns.mustBe(3);
            }
        },
        DISPATCH_RUNS_EVERY_TASK_ALONE_WHERE_IT_IS_GIVEN {
            @Override
            void take() {
                Counter tasks = new Counter();
                Dispatch dispatch = new Dispatch(Runnable::run);
                inThreads(
                        () -> dispatch.execute(tasks::add),
                        () -> dispatch.execute(tasks::add),
                        () -> dispatch.execute(tasks::add));
                tasks.mustBe(3);
            }
        },
        DISPATCH_RUNS_EVERY_TASK_ALONE_ON_THREADS_OF_THE_EXECUTOR {
            @Override
            void take() {
                Counter tasks = new Counter();
                List<Thread> made = Collections.synchronizedList(new ArrayList<>());
                Dispatch dispatch = new Dispatch(submission -> {
                    Thread thread = new Thread(submission);
                    made.add(thread);
                    thread.start();
                });
                inThreads(() -> dispatch.execute(tasks::add), () -> dispatch.execute(tasks::add));
                for (int i = 0; i < made.size(); i++) {
                    join(made.get(i));
                }
                tasks.mustBe(2);
            }
        },
        REPLY_ENDS_ONCE {
            @Override
            void take() {
                Counter ends = new Counter();
                Reply<String> reply = new Reply<>(new Dispatch(Runnable::run));
                reply.onEnd(ends::add);
                inThreads(
                        () -> reply.end("done", null),
                        () -> reply.cancel(true),
                        () -> reply.end(null, new TimeoutException("too late")));
                ends.mustBe(1);
            }
        };

        abstract void take();
    }

    private static final Timer TIMER = new Timer("never asked for anything");

    private static final class Counter {
        private int count;

        void add() {
            count++;
        }

        void mustBe(int expected) {
            if (count != expected) {
                throw new AssertionError(count + " instead of " + expected);
            }
        }
    }

    private static void inThreads(Runnable... bodies) {
        Thread[] threads = new Thread[bodies.length];
        for (int i = 0; i < bodies.length; i++) {
            threads[i] = new Thread(bodies[i]);
            threads[i].start();
        }
        for (Thread thread : threads) {
            join(thread);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Arguments: the meeting, and how many schedules. */
    static final class Search {
        public static void main(String[] args) {
            Lincheck.runConcurrentTest(Integer.parseInt(args[1]), Meeting.valueOf(args[0])::take);
            System.out.println("every schedule was fine");
            System.exit(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void holdsUnderEverySchedule(Meeting meeting) {
        ForkedJvm.Result result = ForkedJvm.of(Search.class, meeting, Integer.getInteger("tim4j.interleavings", 500))
                .option("-XX:+EnableDynamicAgentLoading")
                .run(folder, Duration.ofHours(1));
        assertThat(result.output()).contains("every schedule was fine");
        assertThat(result.exitCode()).isZero();
    }
}
