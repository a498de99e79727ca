/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.TestServer.APP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.KickCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.awaitility.core.ConditionFactory;

/**
 * Random sequences of what an application asks for and of what a server does, through timshim and a login server. A failure prints the
 * shortest sequence that fails, and its seed for {@code @Property(seed = …)}.
 */
class ModelTest {
    private static final String[] USERS = {"alice", "bob", "carol"};
    private static final Map<String, String> USER_SIGS = new ConcurrentHashMap<>();
    private static TestServer at;

    private enum Kind { LOGIN, LOGIN_AS_ANOTHER, LOGOUT, CANCELLED_LOGIN, KICK, EXPIRE, CUT }

    private record Step(Kind kind, String user) {
    }

    @BeforeContainer
    static void start() {
        at = new TestServer();
        for (String user : USERS) {
            USER_SIGS.put(user, at.userSig(user));
        }
    }

    @AfterContainer
    static void stop() {
        at.close();
    }

    private static Arbitrary<List<Step>> steps(Kind... kinds) {
        return Combinators.combine(Arbitraries.of(kinds), Arbitraries.of(USERS)).as(Step::new).list().ofMinSize(1).ofMaxSize(15);
    }

    @Provide
    Arbitrary<List<Step>> orderly() {
        return steps(Kind.LOGIN, Kind.LOGIN, Kind.LOGIN_AS_ANOTHER, Kind.LOGOUT, Kind.KICK, Kind.EXPIRE);
    }

    @Provide
    Arbitrary<List<List<Step>>> unruly() {
        return steps(Kind.values()).list().ofSize(3);
    }

    /** One after another, each step has exactly the effect that it must have. */
    @Property(tries = 300)
    void stepByStepTheClientAgreesWithTheModel(@ForAll("orderly") List<Step> steps) {
        Recorder recorder = new Recorder();
        try (TimClient tim = at.client().build()) {
            tim.addListener(recorder);
            String user = null;
            for (Step step : steps) {
                user = take(step, tim, user);
                assertThat(tim.loginUser()).isEqualTo(Optional.ofNullable(user));
                assertThat(tim.status()).isEqualTo(user == null ? LoginStatus.LOGGED_OUT : LoginStatus.LOGGED_IN);
            }
        }
        assertConsistent(recorder);
    }

    /** @return who is logged in afterwards, by the model; null for nobody */
    private static String take(Step step, TimClient tim, String user) {
        boolean mine = step.user.equals(user);
        switch (step.kind) {
            case LOGIN -> {
                assertThat(tim.login(step.user, USER_SIGS.get(step.user)).join()).isEqualTo(new LoginResult(step.user, mine));
                return step.user;
            }
            case LOGIN_AS_ANOTHER -> {
                String another = step.user.equals("alice") ? "bob" : "alice";
                assertThat(TestServer.codeOf(tim.login(step.user, USER_SIGS.get(another)))).isEqualTo(70013);
                return mine ? user : null;
            }
            case LOGOUT -> {
                tim.logout().join();
                return null;
            }
            case KICK -> at.server.kick(APP, step.user, KickCause.REST);
            case EXPIRE -> expire(step.user);
            default -> throw new AssertionError(step);
        }
        if (mine) {
            soon().until(() -> tim.status() == LoginStatus.LOGGED_OUT);
            return null;
        }
        return user;
    }

    private static void expire(String user) {
        at.server.expireUserSigs(APP, user);
        USER_SIGS.put(user, at.userSig(user));
    }

    /** From three threads at once, without waiting: whatever happens, each future completes once and the events make sense. */
    @Property(tries = 150)
    void inAnyMixEveryFutureCompletesOnceAndTheEventsAreConsistent(@ForAll("unruly") List<List<Step>> programs)
            throws InterruptedException {
        Recorder recorder = new Recorder();
        List<CompletableFuture<?>> futures = new ArrayList<>();
        AtomicInteger completions = new AtomicInteger();
        try (TimClient tim = at.client().build()) {
            tim.addListener(recorder);
            List<Thread> threads = programs.stream().map(program -> new Thread(() -> program.forEach(step -> {
                CompletableFuture<?> future = begin(step, tim);
                synchronized (futures) {
                    futures.add(future);
                }
                future.whenComplete((result, failure) -> completions.incrementAndGet());
            }))).toList();
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            for (CompletableFuture<?> future : futures) {
                try {
                    future.orTimeout(20, TimeUnit.SECONDS).join();
                } catch (CompletionException e) {
                    assertThat(e.getCause()).isInstanceOf(TimException.class);
                } catch (CancellationException e) {
                    assertThat(future).isCancelled();
                }
            }
            assertThat(completions).hasValue(futures.size());
            soon().untilAsserted(() -> assertThat(recorder.changes).as("%s", recorder.events).last()
                    .extracting(StatusChange::to).isEqualTo(tim.status()));
            Optional<String> user = tim.loginUser();
            if (tim.status() == LoginStatus.LOGGED_IN) {
                assertThat(recorder.changes.get(recorder.changes.size() - 1).userId()).isEqualTo(user);
            }
        }
        assertConsistent(recorder);
    }

    /** What is waited for here takes about a millisecond. */
    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    private static CompletableFuture<?> begin(Step step, TimClient tim) {
        switch (step.kind) {
            case LOGIN -> {
                return tim.login(step.user, USER_SIGS.get(step.user));
            }
            case LOGIN_AS_ANOTHER -> {
                return tim.login(step.user, USER_SIGS.get(step.user.equals("bob") ? "carol" : "bob"));
            }
            case LOGOUT -> {
                return tim.logout();
            }
            case CANCELLED_LOGIN -> {
                CompletableFuture<LoginResult> login = tim.login(step.user, USER_SIGS.get(step.user));
                login.cancel(true);
                return login;
            }
            case KICK -> at.server.kick(APP, step.user, KickCause.OTHER_INSTANCE);
            case EXPIRE -> expire(step.user);
            case CUT -> at.server.cutConnections();
            default -> throw new AssertionError(step);
        }
        return CompletableFuture.completedFuture(null);
    }

    private static void assertConsistent(Recorder recorder) {
        soon().untilAsserted(() -> assertThat(recorder.changes).last().extracting(StatusChange::to).isEqualTo(LoginStatus.LOGGED_OUT));
        LoginStatus status = LoginStatus.LOGGED_OUT;
        for (StatusChange change : recorder.changes) {
            assertThat(change.from()).as("%s", recorder.events).isEqualTo(status);
            status = change.to();
        }
        String ready = null;
        for (String event : recorder.events) {
            if (event.startsWith("ready ")) {
                assertThat(ready).as("%s", recorder.events).isNull();
                ready = event.substring("ready ".length());
            } else if (event.startsWith("notReady ")) {
                assertThat(event).as("%s", recorder.events).isEqualTo("notReady " + ready);
                ready = null;
            }
        }
        assertThat(Callbacks.expected()).as("requests still remembered after close").isZero();
    }
}
