/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.usersig.UserSigKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

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
    /** How long a library that is not known to be timshim has for reaching the kit's server. */
    private static final Duration PROBE = Duration.ofSeconds(5);

    private final Path library;
    private Path classic;
    private URI server;
    private UserSigKey key;
    private Predicate<Scenario> selection = scenario -> true;
    private Consumer<Result> listener = result -> { };
    private int parallel = DEFAULT_PARALLEL;
    /** Null for what suits the library. */
    private Duration patience;

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
     * The library with the classic API. Without it the bundled one is tested if the other one is, too; else none.
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
     * Runs.
     *
     * @return what came of it
     * @throws ConformanceException if the library cannot be loaded
     */
    public Report run() {
        Instant started = Instant.now();
        long begin = System.nanoTime();
        List<Scenario> selected = Catalogue.scenarios().stream().filter(selection).toList();
        Map<Scenario, Result> results = new ConcurrentHashMap<>();
        try (WorkerPool workers = new WorkerPool(parallel, selected.size() + 1)) {
            Subject subject = subject(workers);
            boolean reachable = selected.stream().anyMatch(scenario -> usesKitServer(scenario.need())) && reaches(subject, workers);
            Queue<Scenario> left = new ConcurrentLinkedQueue<>(selected);
            List<Thread> slots = new ArrayList<>();
            for (int i = 0; i < Math.min(parallel, selected.size()); i++) {
                Thread slot = new Thread(() -> work(left, subject, reachable, workers, results), "conformance-" + i);
                slot.start();
                slots.add(slot);
            }
            for (Thread slot : slots) {
                join(slot);
            }
            List<Result> ordered = results.entrySet().stream().sorted(Comparator.comparing(entry -> selected.indexOf(entry.getKey())))
                    .map(Map.Entry::getValue).toList();
            return new Report(library == null ? "timshim (bundled)" : String.valueOf(library.getFileName()), subject.version(), started,
                    millisSince(begin), machine(), ordered);
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
        return System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors()
                + " processors, Java " + Runtime.version().feature();
    }

    private static long millisSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    // ---- what the library is

    private Subject subject(WorkerPool workers) {
        String path = library == null ? "" : library.toAbsolutePath().toString();
        Optional<String> classicPath = classic != null ? Optional.of(classic.toAbsolutePath().toString())
                : library == null ? Optional.of("") : Optional.empty();
        try (WorkerProcess worker = workers.take()) {
            News loaded = worker.call(Call.of("load", "current", path), Duration.ofSeconds(30));
            boolean isShim = loaded.number() == 1;
            Duration usual = isShim ? Subject.USUAL_PATIENCE : Subject.LONG_PATIENCE;
            return new Subject(path, classicPath, new String(loaded.text(), StandardCharsets.UTF_8), isShim,
                    patience == null ? usual : patience);
        } catch (Finding e) {
            throw new ConformanceException("the library cannot be tested: "
                    + e.getMessage().replaceFirst("could not be called: [a-zA-Z0-9.]+: ", "failed: "));
        }
    }

    /** Whether the library logs in where it is told to. timshim does; of any other, a login shows it. */
    private static boolean reaches(Subject subject, WorkerPool workers) {
        if (subject.isShim()) {
            return true;
        }
        try (LoginServer probe = startServer(); Stage stage = new Stage(subject, site(probe), probe, workers)) {
            Device device = stage.device();
            device.init(stage.app(), device.config());
            device.tryLogin("probe", stage.userSig("probe"));
            long end = System.nanoTime() + PROBE.toNanos();
            while (probe.events(0).isEmpty() && System.nanoTime() < end) {
                stage.pause(50);
            }
            return !probe.events(0).isEmpty();
        } catch (Finding e) {
            return false;
        }
    }

    // ---- scenarios

    private void work(Queue<Scenario> left, Subject subject, boolean reachable, WorkerPool workers, Map<Scenario, Result> results) {
        try (LoginServer own = reachable ? startServer() : null) {
            for (Scenario scenario = left.poll(); scenario != null; scenario = left.poll()) {
                String reason = skipped(scenario.need(), subject, reachable);
                Result result = reason != null ? Result.of(scenario, Verdict.SKIPPED, reason, List.of(), List.of(), 0)
                        : run(scenario, subject, site(scenario.need(), own), own, workers);
                results.put(scenario, result);
                synchronized (this) {
                    listener.accept(result);
                }
            }
        }
    }

    private static boolean usesKitServer(Need need) {
        return need != Need.LIBRARY && need != Need.CLASSIC;
    }

    /** Why a scenario cannot be run; null if it can. */
    private String skipped(Need need, Subject subject, boolean reachable) {
        boolean classicNeeded = need == Need.CLASSIC || need == Need.CLASSIC_AND_KIT_SERVER;
        if (classicNeeded && subject.classicPath().isEmpty()) {
            return "no library with the classic API was given (--classic PATH)";
        }
        if (need == Need.TIMSHIM && !subject.isShim()) {
            return "about what only timshim has";
        }
        boolean canLogIn = need == Need.LOGIN_SERVER && key != null;
        if (usesKitServer(need) && !reachable && !canLogIn) {
            return "the library cannot be pointed at the kit's login server"
                    + (need == Need.LOGIN_SERVER ? "; with credentials it would log in for real (--sdkappid, --secret-key-file)" : "");
        }
        return null;
    }

    private Site site(Need need, LoginServer own) {
        if (need == Need.LOGIN_SERVER && key != null) {
            return new Site(server == null ? null : server.toString(), key, "-" + Long.toString(System.nanoTime() & 0xffffff, 36));
        }
        return usesKitServer(need) ? site(own) : null;
    }

    private static Site site(LoginServer own) {
        return new Site(own.uri().toString(), new UserSigKey(Stage.APP, Stage.SECRET), "");
    }

    private static LoginServer startServer() {
        return LoginServer.start(LoginServerConfig.builder().app(Stage.APP, Stage.SECRET).app(Stage.OTHER_APP, Stage.SECRET)
                .appWithoutKey(Stage.APP_WITHOUT_KEY).build());
    }

    private static Result run(Scenario scenario, Subject subject, Site site, LoginServer own, WorkerPool workers) {
        if (own != null) {
            own.loginPolicy(Stage.APP, LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM));
            own.reset();
        }
        long begin = System.nanoTime();
        Stage stage = new Stage(subject, site, own, workers);
        Verdict verdict = Verdict.PASS;
        String detail = "";
        try (stage) {
            scenario.body().run(stage);
            stage.finish();
        } catch (Finding e) {
            verdict = e.verdict();
            detail = e.getMessage();
        } catch (Exception | LinkageError e) {
            verdict = Verdict.FAIL;
            detail = "the kit itself failed: " + e + Stream.of(e.getStackTrace()).limit(3).map(frame -> "\n    at " + frame)
                    .reduce("", String::concat);
        }
        if (verdict == Verdict.PASS && !stage.divergences().isEmpty()) {
            verdict = Verdict.DIVERGES;
            detail = String.join("\n", stage.divergences().stream().map(Divergence::toString).toList());
        }
        return Result.of(scenario, verdict, detail, stage.divergences(), stage.transcript(), millisSince(begin));
    }

    /**
     * Finds a group by its name.
     *
     * @param name as on the command line, in any case
     * @return the group
     * @throws IllegalArgumentException if there is none; the message names all
     */
    public static Group group(String name) {
        return Stream.of(Group.values()).filter(group -> group.toString().equals(name.toLowerCase(Locale.ROOT))).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no group \"" + name + "\"; there are " + List.of(Group.values())));
    }
}
