/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.tim4j.LoginModel.Worth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;
import org.slf4j.LoggerFactory;

/**
 * Random sequences of what an application can ask of a {@link TimClient}, with whatever a login server can do to it in between, on the
 * bundled timshim. {@link #oneAfterAnother} knows exactly what must happen, from {@link LoginModel}; {@link #allAtOnce} has several threads
 * and faults at any moment, and knows what must hold whatever happens: see {@link AllAtOnce}.
 *
 * <p>A failure prints the shortest sequence that was found to fail, and the seed. {@code -Dtim4j.seed=…} repeats the sequences of a seed,
 * though with several threads not their timing; while a failure is being shrunk, each candidate is therefore run again and again.
 * {@code -Dtim4j.sequences=50000} runs so many of each of the two:
 *
 * <pre>mvn test -Dtest=TimClientModelTest -Dtim4j.sequences=50000</pre>
 */
@AddLifecycleHook(value = TimClientModelTest.FromTheCommandLine.class, propagateTo = PropagationMode.ALL_DESCENDANTS)
class TimClientModelTest {
    /** What a step does: what an application asks for, and from KICK_BY_OTHER on what happens to the server. */
    enum Kind {
        LOGIN,
        LOGIN_BY_PROVIDER,
        CANCELLED_LOGIN,
        LOGOUT,
        CALL,
        LISTEN,
        STOP_LISTENING,
        REBUILD,
        PROVIDER_FAILS,
        KICK_BY_OTHER,
        KICK_BY_REST,
        EXPIRE,
        INVALIDATE,
        REFUSE,
        CUT,
        HALF_OPEN,
        RESTART,
        SERVER_AWAY,
        SERVER_BACK,
        PAUSE,
        RESUME,
        DELAY
    }

    /**
     * A step of a sequence; what its kind does not need is ignored.
     *
     * @param waits whether the next step comes after its end
     * @param code  what the server refuses logins with
     * @param times how many it refuses
     */
    record Step(Kind kind, String user, Worth worth, boolean waits, int code, int times) {
        @Override
        public String toString() {
            return switch (kind) {
                        case LOGIN -> "login " + user + " " + worth;
                        case LOGIN_BY_PROVIDER, CANCELLED_LOGIN, KICK_BY_OTHER, KICK_BY_REST, EXPIRE, INVALIDATE ->
                            kind + " " + user;
                        case REFUSE -> kind + " " + code + (times == 1 ? "" : " times " + times);
                        default -> kind.toString();
                    }
                    + (waits ? "." : "");
        }
    }

    /**
     * A sequence, for one thread or several.
     *
     * @param provider whether the client has a UserSigProvider
     * @param direct   whether callbacks run on whichever thread it is, rather than on the client's own
     */
    record Sequence(boolean provider, boolean direct, List<List<Step>> threads) {
        boolean has(Kind... kinds) {
            return threads.stream()
                    .flatMap(List::stream)
                    .anyMatch(step -> Arrays.asList(kinds).contains(step.kind()));
        }
    }

    /** How many sequences, and which, if the command line says so. */
    static final class FromTheCommandLine implements AroundPropertyHook {
        @Override
        public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property) {
            if (System.getProperty("tim4j.sequences") != null) {
                context.attributes().setTries(Integer.getInteger("tim4j.sequences"));
            }
            if (System.getProperty("tim4j.seed") != null) {
                context.attributes().setSeed(System.getProperty("tim4j.seed"));
            }
            return property.execute();
        }
    }

    /** Of the thousands of errors that are asked for. */
    private static final Logger LOG = (Logger) LoggerFactory.getLogger("io.github.tim4j.native");

    private static TestServer at;
    private static RandomCalls calls;
    private static Leftovers leftovers;
    private static ExecutorService threads;
    /** Where sequences are tried. When one has failed, jqwik looks for the shortest on another thread. */
    private static Thread tries;

    @BeforeContainer
    static void start() {
        LOG.setLevel(Level.OFF);
        tries = Thread.currentThread();
        at = new TestServer();
        calls = new RandomCalls(at);
        // Whatever is made once for the process is made now.
        try (TimClient tim = calls.client(true, false, Duration.ofSeconds(10))) {
            tim.login(RandomCalls.ALICE).join();
            tim.logout().join();
        }
        RandomCalls.eventually(() -> at.server.sessions());
        leftovers = new Leftovers();
        threads = Executors.newCachedThreadPool();
    }

    @AfterContainer
    static void stop() {
        threads.shutdown();
        at.close();
        LOG.setLevel(null);
    }

    private static Arbitrary<Step> step(Arbitrary<Kind> kinds) {
        return Combinators.combine(
                        kinds,
                        Arbitraries.frequency(
                                Tuple.of(12, RandomCalls.ALICE),
                                Tuple.of(12, RandomCalls.BOB),
                                Tuple.of(1, RandomCalls.NOBODY)),
                        Arbitraries.frequency(
                                Tuple.of(6, Worth.FRESH),
                                Tuple.of(6, Worth.KEPT),
                                Tuple.of(2, Worth.EXPIRED),
                                Tuple.of(1, Worth.WRONG_KEY),
                                Tuple.of(1, Worth.OF_ANOTHER_USER),
                                Tuple.of(1, Worth.GARBAGE)),
                        Arbitraries.of(true, false),
                        Arbitraries.of(70051, -302, 70001, 6208),
                        Arbitraries.frequency(Tuple.of(4, 1), Tuple.of(1, 5)))
                .as(Step::new);
    }

    @Provide
    Arbitrary<Sequence> orderly() {
        List<Kind> kinds = new ArrayList<>(List.of(
                Kind.CANCELLED_LOGIN,
                Kind.CALL,
                Kind.LISTEN,
                Kind.STOP_LISTENING,
                Kind.PROVIDER_FAILS,
                Kind.KICK_BY_OTHER,
                Kind.KICK_BY_REST,
                Kind.EXPIRE,
                Kind.EXPIRE,
                Kind.INVALIDATE,
                Kind.REFUSE,
                Kind.REFUSE,
                Kind.CUT,
                Kind.HALF_OPEN,
                Kind.RESTART,
                Kind.REBUILD));
        add(kinds, Kind.LOGIN, 14);
        add(kinds, Kind.LOGIN_BY_PROVIDER, 3);
        add(kinds, Kind.LOGOUT, 5);
        return sequence(step(Arbitraries.of(kinds)).list().ofMaxSize(15).list().ofSize(1));
    }

    @Provide
    Arbitrary<Sequence> unruly() {
        List<Kind> kinds = new ArrayList<>(List.of(
                Kind.CALL,
                Kind.LISTEN,
                Kind.LISTEN,
                Kind.STOP_LISTENING,
                Kind.REBUILD,
                Kind.PROVIDER_FAILS,
                Kind.KICK_BY_OTHER,
                Kind.KICK_BY_REST,
                Kind.EXPIRE,
                Kind.INVALIDATE,
                Kind.REFUSE,
                Kind.CUT,
                Kind.HALF_OPEN,
                Kind.RESTART,
                Kind.SERVER_AWAY,
                Kind.PAUSE,
                Kind.DELAY));
        add(kinds, Kind.SERVER_BACK, 2);
        add(kinds, Kind.RESUME, 2);
        add(kinds, Kind.LOGIN, 20);
        add(kinds, Kind.LOGIN_BY_PROVIDER, 5);
        add(kinds, Kind.CANCELLED_LOGIN, 4);
        add(kinds, Kind.LOGOUT, 9);
        return sequence(step(Arbitraries.of(kinds)).list().ofMaxSize(6).list().ofSize(3));
    }

    private static void add(List<Kind> kinds, Kind kind, int times) {
        for (int i = 0; i < times; i++) {
            kinds.add(kind);
        }
    }

    private static Arbitrary<Sequence> sequence(Arbitrary<List<List<Step>>> threads) {
        return Combinators.combine(Arbitraries.of(false, true), Arbitraries.of(false, true), threads)
                .as(Sequence::new);
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void oneAfterAnother(@ForAll("orderly") Sequence sequence) {
        run(() -> new OneAfterAnother(at, calls, leftovers, sequence).run());
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void allAtOnce(@ForAll("unruly") Sequence sequence) {
        run(() -> new AllAtOnce(at, calls, leftovers, threads, sequence).run());
    }

    /**
     * One at a time, because jqwik leaves a sequence alone that takes too long to shrink. A shorter one is run again and again for a while,
     * as the failure may be a matter of chance, and waits less for what never comes.
     */
    private static synchronized void run(Runnable sequence) {
        boolean shrinking = Thread.currentThread() != tries;
        RandomCalls.patience = Duration.ofSeconds(shrinking ? 3 : 20);
        long end = System.nanoTime() + Duration.ofMillis(300).toNanos();
        do {
            try {
                calls.providerFails.set(false);
                sequence.run();
            } finally {
                at.server.testing().reset();
            }
        } while (shrinking && System.nanoTime() < end);
    }
}
