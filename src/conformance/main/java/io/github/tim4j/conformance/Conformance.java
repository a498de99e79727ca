/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.conformance.message.WorkerMessage.Loaded;
import io.github.tim4j.conformance.process.Finding;
import io.github.tim4j.conformance.process.WorkerPool;
import io.github.tim4j.conformance.process.WorkerProcess;
import io.github.tim4j.conformance.process.Wrapping;
import io.github.tim4j.conformance.report.Divergence;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.report.Report;
import io.github.tim4j.conformance.report.Result;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.scenarios.Catalogue;
import io.github.tim4j.conformance.scenarios.Need;
import io.github.tim4j.conformance.scenarios.Scenario;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Patience;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.Site;
import io.github.tim4j.conformance.stage.Slots;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.conformance.stage.Subject;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.usersig.UserSigKey;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run of scenarios against a library.
 *
 * <pre>{@code
 * Report report = Conformance.of(Path.of("libmine.so")).onResult(result -> System.out.println(result.verdict())).run();
 * }</pre>
 *
 * <p>Each scenario gets a process of its own, or several, and a login server that no other scenario uses at the same time. Not for several
 * threads at once.
 */
public final class Conformance {
    /** Scenarios wait more than they work. */
    private static final int DEFAULT_PARALLEL = 3 * Runtime.getRuntime().availableProcessors();
    /** So many times as many may be under way, the others of them waiting. */
    private static final int WITH_WAITING = 5;
    /** How long anything may take under a debugger or the like. */
    private static final Duration SLOWLY = Duration.ofMinutes(30);
    /** How long a library that is not known to be timshim has for reaching the kit's server. */
    private static final Duration PROBE = Duration.ofSeconds(5);

    private final Path library;
    private @Nullable Path classic;
    private @Nullable URI server;
    private @Nullable UserSigKey key;
    private Predicate<Scenario> selection = scenario -> true;
    private Consumer<Result> listener = result -> {};
    private int parallel = DEFAULT_PARALLEL;
    private int repeat = 1;
    private boolean strict;
    private Wrapping wrapping = Wrapping.NONE;
    /** Null for what suits the library. */
    private @Nullable Duration patience;

    private Conformance(Path library) {
        this.library = library;
    }

    /**
     * A run against a library.
     *
     * @param library its file; null for the timshim that comes with tim4j
     * @return the run, to be configured and started
     */
    public static Conformance of(Path library) {
        return new Conformance(library);
    }

    /**
     * The library with the classic API. Without it the bundled one is tested if the bundled timshim is; otherwise none.
     *
     * @param path its file
     * @return this
     */
    public Conformance classic(Path path) {
        classic = path;
        return this;
    }

    /**
     * Logs in for real, in the scenarios that need no control over the server.
     *
     * @param url    where; null for a library that knows its service by itself
     * @param appKey makes UserSigs for users with names that are made up for the run
     * @return this
     */
    public Conformance server(URI url, UserSigKey appKey) {
        server = url;
        key = appKey;
        return this;
    }

    /**
     * Which scenarios to run.
     *
     * @param which default: all
     * @return this
     */
    public Conformance select(Predicate<Scenario> which) {
        selection = which;
        return this;
    }

    /**
     * Gets each result as soon as it is there.
     *
     * @param each called by one thread at a time
     * @return this
     */
    public Conformance onResult(Consumer<Result> each) {
        listener = each;
        return this;
    }

    /** How long a callback may take at most: for tests of the kit with libraries that are known to lose some. */
    Conformance patience(Duration longest) {
        patience = longest;
        return this;
    }

    /**
     * How many scenarios to run at the same time.
     *
     * @param count at least 1; default: three times the processors
     * @return this
     */
    public Conformance parallel(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("parallel " + count + " is not at least 1");
        }
        parallel = count;
        return this;
    }

    /**
     * Judges the library as timshim is judged, by the whole of its headers, and takes it that it knows the settings of TIMShim.h, whether or not it
     * has the functions of that header. For whoever writes a library after these documents.
     *
     * @return this
     */
    public Conformance strict() {
        strict = true;
        return this;
    }

    /**
     * Runs the processes that have the library within another program, one at a time, and gives them time: a debugger's server, valgrind, or {@code env}
     * with what a sanitizer needs.
     *
     * @param command goes before the command of each process; it must leave standard input and output alone. May be empty
     * @param started gets the id of each process before a scenario uses it; what it does, it does first
     * @return this
     */
    public Conformance wrap(List<String> command, LongConsumer started) {
        wrapping = new Wrapping(List.copyOf(command), started, true);
        return parallel(1);
    }

    /**
     * How often to run each scenario; the worst result counts, and says how often it came.
     *
     * @param times at least 1; the default is 1
     * @return this
     * @throws IllegalArgumentException for less than 1
     */
    public Conformance repeat(int times) {
        if (times < 1) {
            throw new IllegalArgumentException("repeat " + times + " is not at least 1");
        }
        repeat = times;
        return this;
    }

    /**
     * Runs.
     *
     * @return what came of it
     * @throws ConformanceException if the library cannot be loaded
     */
    public Report run() {
        Instant started = Instant.now();
        long begin = System.nanoTime();
        List<Scenario> selected =
                Catalogue.scenarios().stream().filter(selection).toList();
        try (WorkerPool workers = new WorkerPool(parallel, selected.size() + 1, wrapping)) {
            Slots slots = new Slots(parallel);
            Subject subject = subject(workers);
            boolean anyLogsIn = selected.stream().anyMatch(scenario -> logsIn(scenario.need()));
            Reach reach = anyLogsIn ? reach(subject, workers, slots) : Reach.NOTHING;
            List<Map<Scenario, Result>> runs = new ArrayList<>();
            for (int i = 0; i < repeat; i++) {
                runs.add(new Run(subject, reach, workers, slots, selected).results());
            }
            List<Result> ordered = selected.stream()
                    .map(scenario -> Result.worst(
                            runs.stream().map(run -> run.get(scenario)).toList()))
                    .toList();
            return new Report(
                    library == null ? "timshim (bundled)" : String.valueOf(library.getFileName()),
                    subject.version(),
                    started,
                    millisSince(begin),
                    machine(),
                    ordered);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String machine() {
        return System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors, Java "
                + Runtime.version().feature();
    }

    private static long millisSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    // ---- what the library is

    private Subject subject(WorkerPool workers) {
        String path = library == null ? "" : library.toAbsolutePath().toString();
        Optional<String> classicPath = classic != null
                ? Optional.of(classic.toAbsolutePath().toString())
                : library == null ? Optional.of("") : Optional.empty();
        try (WorkerProcess worker = workers.take()) {
            Loaded loaded = worker.load(path);
            Duration usual = loaded.shim() ? Patience.USUAL : Patience.LONG;
            return new Subject(
                    path,
                    classicPath,
                    loaded.version(),
                    strict || loaded.shim(),
                    loaded.shim(),
                    new TreeSet<>(loaded.missing()),
                    new Patience(patience != null ? patience : wrapping.slowly() ? SLOWLY : usual));
        } catch (Finding e) {
            throw new ConformanceException("the library cannot be tested: "
                    + String.valueOf(e.getMessage()).replaceFirst("could not be called: [a-zA-Z0-9.]+: ", "failed: "));
        }
    }

    /** Where the library logs in. */
    private enum Reach {
        /** At the kit's server, as it is told. */
        KIT_SERVER,
        /** Without a server: its logins succeed all the same. */
        ITSELF,
        /** Nowhere, for all the kit knows. */
        NOTHING
    }

    /** timshim logs in where it is told to; of any other library a login shows it. */
    private static Reach reach(Subject subject, WorkerPool workers, Slots slots) {
        if (subject.isShim()) {
            return Reach.KIT_SERVER;
        }
        try (LoginServer probe = startServer();
                Stage stage = new Stage(subject, site(probe), probe, workers, slots)) {
            Device device = stage.device();
            device.init(stage.app(), device.config());
            Request login = device.tryLogin("probe", stage.userSig("probe"));
            long end = System.nanoTime() + PROBE.toNanos();
            while (probe.events(0).isEmpty() && !login.isAnswered() && System.nanoTime() < end) {
                stage.pause(50);
            }
            return !probe.events(0).isEmpty()
                    ? Reach.KIT_SERVER
                    : login.isAnswered() && login.code() == 0 || device.status() == Device.LOGGED_IN
                            ? Reach.ITSELF
                            : Reach.NOTHING;
        } catch (Finding e) {
            return Reach.NOTHING;
        }
    }

    // ---- scenarios

    /** The scenarios that are left, and what they share. */
    private final class Run {
        private final Subject subject;
        private final Reach reach;
        private final WorkerPool workers;
        private final Slots slots;
        private final Queue<Scenario> left;
        private final int count;
        /** Login servers that no scenario uses at the moment. */
        private final Deque<LoginServer> servers = new ConcurrentLinkedDeque<>();

        private final Map<Scenario, Result> results = new ConcurrentHashMap<>();

        Run(Subject subject, Reach reach, WorkerPool workers, Slots slots, List<Scenario> selected) {
            this.subject = subject;
            this.reach = reach;
            this.workers = workers;
            this.slots = slots;
            this.left = new ConcurrentLinkedQueue<>(selected);
            this.count = selected.size();
        }

        Map<Scenario, Result> results() {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < Math.min(parallel * WITH_WAITING, count); i++) {
                Thread thread = new Thread(this::work, "conformance-" + i);
                thread.start();
                threads.add(thread);
            }
            threads.forEach(Conformance::join);
            servers.forEach(LoginServer::close);
            return results;
        }

        private void work() {
            boolean more = true;
            while (more) {
                slots.acquireUninterruptibly();
                Scenario scenario = left.poll();
                more = scenario != null;
                if (more) {
                    Result result = result(scenario);
                    results.put(scenario, result);
                    synchronized (Conformance.this) {
                        listener.accept(result);
                    }
                }
                slots.release();
            }
        }

        private Result result(Scenario scenario) {
            String reason = skipped(scenario.need(), subject, reach);
            if (reason != null) {
                return resultOf(scenario, Verdict.SKIPPED, reason, List.of(), List.of(), 0);
            }
            if (reach != Reach.KIT_SERVER || !logsIn(scenario.need())) {
                return play(scenario, site(scenario.need(), null), null);
            }
            LoginServer own = Objects.requireNonNullElseGet(servers.poll(), Conformance::startServer);
            own.loginPolicy(Stage.APP, LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM));
            own.testing().reset();
            Result result = play(scenario, site(scenario.need(), own), own);
            servers.push(own);
            return result;
        }

        private Result play(Scenario scenario, @Nullable Site site, @Nullable LoginServer own) {
            long begin = System.nanoTime();
            Stage stage = new Stage(subject, site, own, workers, slots);
            Verdict verdict = Verdict.PASS;
            String detail = "";
            try (stage) {
                scenario.body().run(stage);
                stage.finish();
            } catch (Finding e) {
                verdict = e.verdict();
                detail = String.valueOf(e.getMessage());
            } catch (Exception | LinkageError e) {
                verdict = Verdict.FAIL;
                detail = "the kit itself failed: " + e
                        + Stream.of(e.getStackTrace())
                                .limit(3)
                                .map(frame -> "\n    at " + frame)
                                .reduce("", String::concat);
            }
            if (verdict == Verdict.PASS && !stage.divergences().isEmpty()) {
                verdict = Verdict.DIVERGES;
                detail = String.join(
                        "\n",
                        stage.divergences().stream().map(Divergence::toString).toList());
            }
            return resultOf(scenario, verdict, detail, stage.divergences(), stage.transcript(), millisSince(begin));
        }
    }

    private static Result resultOf(
            Scenario scenario,
            Verdict verdict,
            String detail,
            List<Divergence> divergences,
            List<String> transcript,
            long millis) {
        return new Result(
                scenario.id(),
                scenario.group().toString(),
                scenario.title(),
                scenario.sources().stream().map(Object::toString).toList(),
                scenario.does(),
                scenario.expects(),
                verdict,
                detail,
                divergences,
                scenario.why(),
                transcript,
                millis);
    }

    private static boolean logsIn(Need need) {
        return need != Need.LIBRARY && need != Need.CLASSIC;
    }

    /** Why a scenario cannot be run; null if it can. */
    private @Nullable String skipped(Need need, Subject subject, Reach reach) {
        boolean classicNeeded = need == Need.CLASSIC || need == Need.CLASSIC_AND_KIT_SERVER;
        if (classicNeeded && subject.classicPath().isEmpty()) {
            return "no library with the classic API was given (--classic PATH)";
        }
        if (need == Need.TIMSHIM && !subject.isShim()) {
            return "about what only timshim has";
        }
        boolean canLogIn =
                reach == Reach.KIT_SERVER || canLogInForReal(need) || need == Need.LOGIN && reach == Reach.ITSELF;
        if (logsIn(need) && !canLogIn) {
            return "the library cannot be pointed at the kit's login server"
                    + (need == Need.LOGIN_SERVER || need == Need.LOGIN
                            ? "; with credentials it would log in for real (--sdkappid, --secret-key-file)"
                            : "");
        }
        return null;
    }

    private boolean canLogInForReal(Need need) {
        return key != null && (need == Need.LOGIN_SERVER || need == Need.LOGIN);
    }

    private @Nullable Site site(Need need, @Nullable LoginServer own) {
        if (canLogInForReal(need)) {
            return new Site(
                    server == null ? null : server.toString(),
                    key,
                    "-" + Long.toString(System.nanoTime() & 0xffffff, 36));
        }
        return logsIn(need) && own != null ? site(own) : null;
    }

    private static Site site(LoginServer own) {
        return new Site(own.uri().toString(), new UserSigKey(Stage.APP, Stage.SECRET), "");
    }

    private static LoginServer startServer() {
        return LoginServer.start(LoginServerConfig.builder()
                .app(Stage.APP, Stage.SECRET)
                .app(Stage.OTHER_APP, Stage.SECRET)
                .appWithoutKey(Stage.APP_WITHOUT_KEY)
                .build());
    }

    /**
     * Finds a group by its name.
     *
     * @param name as on the command line, in any case
     * @return the group
     * @throws IllegalArgumentException if there is none; the message names all
     */
    public static Group group(String name) {
        return Stream.of(Group.values())
                .filter(group -> group.toString().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no group \"" + name + "\"; there are " + List.of(Group.values())));
    }
}
