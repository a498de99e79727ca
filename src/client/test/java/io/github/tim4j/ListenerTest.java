/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import javax.swing.SwingUtilities;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Who is told what, when, and on which thread. */
@Timeout(60)
class ListenerTest {
    @TempDir
    static Path folder;

    private final HostileLibrary.Copy library = HostileLibrary.Copy.in(folder);
    private final HostileLibrary commands = library.commands();
    private TimClient tim;

    @BeforeEach
    void open() {
        tim = library.client().build();
    }

    @AfterEach
    void close() {
        tim.close();
    }

    private void reopen(TimClient.Builder builder) {
        tim.close();
        tim = builder.build();
    }

    @Test
    void aLateListenerIsToldTheCurrentStatusFirst() {
        tim.login("alice", "sig").join();
        Recorder late = new Recorder();
        tim.addListener(late);
        tim.logout().join();
        assertThat(late.events)
                .startsWith("LOGGED_IN>LOGGED_IN REPLAY alice", "ready alice", "LOGGED_IN>LOGGING_OUT LOGOUT alice");
    }

    @Test
    void severalListenersHearEverythingUntilTheyAreRemoved() {
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        tim.addListener(first);
        tim.addListener(first);
        tim.addListener(second);
        tim.login("alice", "sig").join();
        assertThat(first.events)
                .isEqualTo(second.events)
                .filteredOn("ready alice"::equals)
                .hasSize(1);

        tim.removeListener(first);
        int heard = first.events.size();
        tim.logout().join();
        tim.login("bob", "sig").join();
        assertThat(first.events).hasSize(heard);
        assertThat(second.events).endsWith("ready bob");
    }

    @Test
    void aListenerThatRemovesItselfHearsNoMore() {
        Recorder once = new Recorder() {
            @Override
            public void onReady(String userId) {
                super.onReady(userId);
                tim.removeListener(this);
            }
        };
        tim.addListener(once);
        tim.login("alice", "sig").join();
        tim.login("bob", "sig").join();
        assertThat(once.events).endsWith("ready alice");
    }

    @Test
    void aListenerThatIsRemovedIsNotToldWhatIsStillQueued() {
        BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
        reopen(library.client().callbackExecutor(queue::add));
        Recorder removed = new Recorder();
        Recorder stays = new Recorder();
        tim.addListener(removed);
        tim.addListener(stays);
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        await().until(() -> tim.status() == LoginStatus.LOGGED_IN);
        tim.removeListener(removed);
        while (!login.isDone()) {
            await().until(() -> !queue.isEmpty());
            queue.remove().run();
        }
        assertThat(removed.events).isEmpty();
        assertThat(stays.events).endsWith("ready alice");
    }

    @Test
    void aListenerThatThrowsIsLoggedAndHarmsNobody() {
        Logger logger = (Logger) LoggerFactory.getLogger(TimClient.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            tim.addListener(new TimListener() {
                @Override
                public void onReady(String userId) {
                    throw new AssertionError("on purpose");
                }
            });
            Recorder other = new Recorder();
            tim.addListener(other);
            assertThat(tim.login("alice", "sig").join().userId()).isEqualTo("alice");
            assertThat(other.events).endsWith("ready alice");
            assertThat(log.list)
                    .anySatisfy(event ->
                            assertThat(event.getThrowableProxy().getMessage()).isEqualTo("on purpose"));
        } finally {
            logger.detachAppender(log);
        }
    }

    @Test
    void listenersAndStagesRunOnTheSwingThread() throws Exception {
        reopen(library.client().callbackExecutor(SwingUtilities::invokeLater));
        Set<Boolean> swing = ConcurrentHashMap.newKeySet();
        tim.addListener(new TimListener() {
            @Override
            public void onStatusChanged(StatusChange change) {
                swing.add(SwingUtilities.isEventDispatchThread());
            }
        });
        AtomicReference<CompletableFuture<Boolean>> stage = new AtomicReference<>();
        SwingUtilities.invokeAndWait(
                () -> stage.set(tim.login("alice", "sig").thenApply(login -> SwingUtilities.isEventDispatchThread())));
        assertThat(stage.get().get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(swing).containsExactly(true);
    }

    @Test
    void evenTheSwingThreadMayWaitOutsideOfACallback() throws Exception {
        reopen(library.client().callbackExecutor(SwingUtilities::invokeLater));
        AtomicReference<LoginResult> result = new AtomicReference<>();
        AtomicReference<String> derived = new AtomicReference<>();
        SwingUtilities.invokeAndWait(() -> {
            result.set(tim.login("alice", "sig").join());
            derived.set(tim.login("bob", "sig").thenApply(LoginResult::userId).join());
        });
        assertThat(result.get().userId()).isEqualTo("alice");
        assertThat(derived.get()).isEqualTo("bob");
    }

    @Test
    void waitingInsideACallbackFailsAtOnceAndSaysWhy() {
        AtomicReference<Throwable> inListener = new AtomicReference<>();
        tim.addListener(new TimListener() {
            @Override
            public void onReady(String userId) {
                inListener.set(catchThrowable(() -> tim.logout().join()));
            }
        });
        AtomicReference<Throwable> inStage = new AtomicReference<>();
        AtomicReference<Throwable> timed = new AtomicReference<>();
        AtomicReference<Throwable> derived = new AtomicReference<>();
        commands.hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
        CompletableFuture<Void> stage = tim.login("alice", "sig").thenAccept(login -> {
            inStage.set(catchThrowable(() -> tim.call("TIMHostileKept").get()));
            timed.set(catchThrowable(() -> tim.call("TIMHostileKept").get(1, TimeUnit.HOURS)));
            derived.set(catchThrowable(
                    () -> tim.call("TIMHostileKept").thenApply(String::length).join()));
        });
        commands.hostile_answer(0, 0, HostileLibrary.EMPTY, 1);
        stage.join();
        assertThat(List.of(inListener.get(), inStage.get(), timed.get(), derived.get()))
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("inside a callback"));
    }

    @Test
    void everyMethodWorksInsideACallback() {
        CompletableFuture<String> done = new CompletableFuture<>();
        tim.addListener(new TimListener() {
            @Override
            public void onReady(String userId) {
                String seen = tim.status() + " " + tim.loginUser().orElse("-") + " " + tim.sdkVersion();
                if (userId.equals("alice")) {
                    tim.login("bob", "sig");
                } else {
                    tim.logout().thenRun(() -> done.complete(seen));
                }
            }
        });
        tim.login("alice", "sig");
        assertThat(done.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo("LOGGED_IN bob hostile");
    }

    @Test
    void aDirectExecutorWorksToo() {
        reopen(library.client().callbackExecutor(Runnable::run));
        CompletableFuture<Void> done = new CompletableFuture<>();
        tim.addListener(new TimListener() {
            @Override
            public void onReady(String userId) {
                assertThatThrownBy(() -> tim.logout().join()).isInstanceOf(IllegalStateException.class);
                tim.logout().thenRun(tim::close).thenRun(() -> done.complete(null));
            }
        });
        tim.login("alice", "sig");
        done.orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(commands.hostile_uninit_count()).isEqualTo(2);
    }

    @Test
    void anExecutorThatRefusesWorkLosesNothing() {
        ExecutorService gone = Executors.newSingleThreadExecutor();
        reopen(library.client().callbackExecutor(gone));
        Recorder recorder = new Recorder();
        tim.addListener(recorder);
        gone.shutdown();
        assertThatThrownBy(() -> gone.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        assertThat(tim.login("alice", "sig").join().userId()).isEqualTo("alice");
        assertThat(recorder.events).endsWith("ready alice");
    }

    @Test
    void resultsKeepTheOrderOfTheCallsBehindASlowProvider() {
        CompletableFuture<String> userSig = new CompletableFuture<>();
        reopen(library.client().asyncUserSigProvider(userId -> userSig));
        commands.hostile_mode(HostileLibrary.BEFORE_RETURN, 0, 1, HostileLibrary.EMPTY);
        List<String> results = new CopyOnWriteArrayList<>();
        CompletableFuture<?> last = CompletableFuture.allOf(
                tim.login("alice").thenRun(() -> results.add("alice")),
                tim.login("bob", "sig").thenRun(() -> results.add("bob")),
                tim.logout().thenRun(() -> results.add("logout")),
                tim.login("carol").thenRun(() -> results.add("carol")));
        userSig.complete("sig");
        last.orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(results).containsExactly("alice", "bob", "logout", "carol");
    }

    @Test
    void resultsKeepTheOrderOfTheCallsInsideACallback() {
        reopen(library.client().callbackExecutor(Runnable::run));
        commands.hostile_mode(HostileLibrary.BEFORE_RETURN, 0, 1, HostileLibrary.EMPTY);
        List<String> results = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> logout = new CompletableFuture<>();
        tim.addListener(new TimListener() {
            @Override
            public void onReady(String userId) {
                if (userId.equals("alice")) {
                    tim.login("bob", "sig").thenRun(() -> results.add("bob"));
                    tim.logout().thenRun(() -> results.add("logout")).thenRun(() -> logout.complete(null));
                }
            }
        });
        tim.login("alice", "sig");
        logout.orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(results).containsExactly("bob", "logout");
    }

    @Test
    void closeInsideACallbackEndsEverything() {
        CompletableFuture<LoginStatus> closed = new CompletableFuture<>();
        Recorder recorder = new Recorder() {
            @Override
            public void onReady(String userId) {
                super.onReady(userId);
                tim.close();
                tim.close();
                closed.complete(tim.status());
            }
        };
        tim.addListener(recorder);
        tim.login("alice", "sig");
        assertThat(closed.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(commands.hostile_uninit_count()).isEqualTo(1);
        await().untilAsserted(() ->
                assertThat(recorder.events).endsWith("LOGGED_IN>LOGGED_OUT CLOSED alice", "notReady alice"));
        library.client().build().close();
    }

    @Test
    void closeFromManyThreadsAtOnceEndsTheLibraryOnce() throws Exception {
        CompletableFuture<LoginResult> login = tim.login("alice", "sig");
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = IntStream.range(0, 8)
                .mapToObj(i -> new Thread(() -> {
                    try {
                        start.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    tim.close();
                }))
                .toList();
        threads.forEach(Thread::start);
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(login).isDone();
        assertThat(commands.hostile_uninit_count()).isEqualTo(1);
    }

    @Test
    void closeLeavesNoThreadBehind() {
        reopen(library.client().userSigProvider(userId -> "sig of " + userId));
        tim.addListener(new Recorder());
        tim.login("alice").join();
        tim.close();
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("tim4j-callbacks", "tim4j-provider", "tim4j-close"));
    }

    @Test
    void logoutWaitsForTheLibrarysAnswer() {
        tim.login("alice", "sig").join();
        commands.hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
        Recorder recorder = new Recorder();
        tim.addListener(recorder);
        CompletableFuture<Void> logout = tim.logout();
        await().untilAsserted(() ->
                assertThat(recorder.events).endsWith("LOGGED_IN>LOGGING_OUT LOGOUT alice", "notReady alice"));
        assertThat(logout).isNotDone();
        commands.hostile_answer(1, 0, HostileLibrary.EMPTY, 1);
        logout.join();
        assertThat(recorder.events).endsWith("LOGGING_OUT>LOGGED_OUT LOGOUT alice");
    }

    @Test
    void logLinesOfTheLibraryGoToTheirLogger() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.github.tim4j.native");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            commands.hostile_log(5, "a warning 中文 {}");
            commands.hostile_log(
                    6, "sig eJwtzMEKgkAUheF3mXXIdXSmGWiRQUS0CNoGQTKXuGk6XEeUonfPdK3nO-gHzufyqEPZhUIgk8iIdLKjwzrQ end");
            commands.hostile_log(3, "not wanted at this level");
            assertThat(log.list)
                    .extracting(event -> event.getLevel() + " " + event.getFormattedMessage())
                    .containsExactly("WARN a warning 中文 {}", "ERROR sig <UserSig> end");
        } finally {
            logger.detachAppender(log);
        }
    }
}
