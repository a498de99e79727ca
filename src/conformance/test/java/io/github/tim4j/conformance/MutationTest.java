/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.conformance.report.FoundFault;
import io.github.tim4j.conformance.report.HtmlReport;
import io.github.tim4j.conformance.report.Report;
import io.github.tim4j.conformance.report.Result;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.scenarios.Catalogue;
import io.github.tim4j.conformance.scenarios.Scenario;
import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kit finds what is wrong: in timshim with one deliberate fault at a time, whose sources are changed in a copy, and in the hostile
 * library. Without the fault the same scenario does not fail: {@link ConformanceTest}, and for the hostile library here. {@code target/conformance/faults.html} shows what was found.
 */
class MutationTest {
    private static final Path NATIVE = Project.ROOT.resolve("native");
    private static final Path REPORTS = Project.ROOT.resolve("target/conformance");
    /** A lost callback need not be waited for as long as with a library that may be slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final List<FoundFault> FOUND = Collections.synchronizedList(new ArrayList<>());
    /** Scenarios wait more than they work. */
    private static final ExecutorService TRIALS =
            Executors.newFixedThreadPool(2 * Runtime.getRuntime().availableProcessors());

    @TempDir
    static Path folder;

    /** Every source of timshim as an object, by its path in the project. */
    private static final Map<String, Path> OBJECTS = new TreeMap<>();

    @BeforeAll
    static void compile() throws Exception {
        CCompiler.assumeSupports("-fPIC");
        Assumptions.assumeTrue(
                System.getProperty("os.name").equals("Linux"), "skipped: the linker is told what Linux wants");
        List<String> sources = new ArrayList<>(CCompiler.sourcesIn("native"));
        sources.addAll(CCompiler.sourcesIn("native/posix"));
        sources.addAll(CCompiler.sourcesIn("native/classic"));
        for (String source : sources) {
            OBJECTS.put(source, compile(Project.ROOT, source, source.replace('/', '_') + ".o"));
        }
    }

    @AfterAll
    static void end() {
        TRIALS.shutdownNow();
    }

    @Test
    void everyScenarioThatMustFindAFaultIsThere() {
        assertThat(Mutation.all()).hasSizeGreaterThanOrEqualTo(20);
        Set<String> scenarios = Catalogue.scenarios().stream().map(Scenario::id).collect(Collectors.toSet());
        assertThat(scenarios)
                .containsAll(Mutation.all().stream().map(Mutation::scenario).toList());
        assertThat(scenarios)
                .containsAll(HostileWay.all().stream().map(HostileWay::scenario).toList());
    }

    @TestFactory
    Stream<DynamicTest> eachIsFound() {
        Map<String, Future<Result>> controls = new TreeMap<>();
        List<DynamicTest> tests = new ArrayList<>();
        for (Mutation mutation : Mutation.all()) {
            tests.add(trial("timshim " + mutation.number(), mutation.what(), Verdict.FAIL, () -> run(mutation)));
        }
        for (HostileWay way : HostileWay.all()) {
            tests.add(trial(
                    "hostile " + way.number(), way.what(), way.verdict(), () -> run(way.scenario(), way.commands())));
            controls.computeIfAbsent(
                    way.control() + " " + way.scenario(),
                    key -> TRIALS.submit(() -> run(way.scenario(), way.control())));
        }
        controls.forEach((name, good) ->
                tests.add(DynamicTest.dynamicTest("not hostile: " + name, () -> mustNotFail(good.get()))));
        tests.add(DynamicTest.dynamicTest(
                "what was found",
                () -> HtmlReport.writeFaults(
                        FOUND, Files.createDirectories(REPORTS).resolve("faults.html"))));
        return tests.stream();
    }

    private static DynamicTest trial(String library, String what, Verdict expected, Callable<Result> run) {
        Future<Result> future = TRIALS.submit(run);
        return DynamicTest.dynamicTest(library + ": " + what, () -> {
            Result result = future.get();
            FOUND.add(new FoundFault(
                    library,
                    what,
                    result.id(),
                    result.verdict(),
                    result.detail().lines().findFirst().orElse("")));
            boolean found = expected == Verdict.FAIL ? result.verdict().isFault() : result.verdict() == expected;
            assertThat(found)
                    .as("%s: %s %s", result.id(), result.verdict(), result.detail())
                    .isTrue();
            assertThat(result.detail()).doesNotContain("the kit itself failed");
            if (result.verdict() == Verdict.CRASHED) {
                assertThat(result.detail()).as("signal and place").contains("SIG", "libmutation.so");
            }
        });
    }

    private static void mustNotFail(Result result) {
        assertThat(result.verdict())
                .as("%s: %s", result.id(), result.detail())
                .isIn(Verdict.PASS, Verdict.DIVERGES, Verdict.SKIPPED);
    }

    private static Result run(Mutation mutation) throws Exception {
        Path library = library(mutation);
        return run(
                        mutation.isClassic() ? Conformance.of(null).classic(library) : Conformance.of(library),
                        Set.of(mutation.scenario()))
                .results()
                .get(0);
    }

    private static Result run(String scenario, String commands) {
        Path library = CCompiler.library(
                "hostile", List.of("src/client/test/native/hostile.c"), "-DHOSTILE_AT_START=" + commands);
        return run(Conformance.of(library), Set.of(scenario)).results().get(0);
    }

    private static Report run(Conformance conformance, Set<String> scenarios) {
        Report report = conformance
                .select(scenario -> scenarios.contains(scenario.id()))
                .patience(PATIENCE)
                .parallel(1)
                .run();
        assertThat(report.results()).extracting(Result::id).containsExactlyInAnyOrderElementsOf(scenarios);
        return report;
    }

    // ---- the libraries

    private static Path compile(Path root, String source, String name) throws Exception {
        Path object = folder.resolve(name);
        gcc(
                root,
                "@" + NATIVE.resolve("compile.flags"),
                "-Wno-error",
                "-O1",
                "-Iinclude",
                "-Inative",
                "-c",
                source,
                "-o",
                object.toString());
        return object;
    }

    /** Compiles what the mutation touches, and links it with the rest. */
    private static Path library(Mutation mutation) throws Exception {
        Path root = folder.resolve("mutation-" + mutation.number());
        copy(NATIVE, root.resolve("native"));
        copy(Project.ROOT.resolve("include"), root.resolve("include"));
        Path file = root.resolve(mutation.file());
        String source = Files.readString(file);
        Matcher place = mutation.pattern().matcher(source);
        assertThat(place.results().count())
                .as("%s must have exactly once: %s", mutation.file(), mutation.text())
                .isEqualTo(1);
        Files.writeString(file, place.replaceFirst(Matcher.quoteReplacement(mutation.replacement())));
        boolean header = mutation.file().endsWith(".h");
        Path library = root.resolve("libmutation.so");
        List<String> link = new ArrayList<>(List.of("-shared", "-pthread", "-o", library.toString()));
        for (Map.Entry<String, Path> object : OBJECTS.entrySet()) {
            boolean belongs = mutation.isClassic()
                    ? !object.getKey().equals("native/api.c")
                    : !object.getKey().startsWith("native/classic/");
            if (belongs) {
                boolean touched = header || object.getKey().equals(mutation.file());
                link.add((touched
                                ? compile(
                                        root,
                                        object.getKey(),
                                        mutation.number() + object.getKey().replace('/', '_') + ".o")
                                : object.getValue())
                        .toString());
            }
        }
        link.add("-ldl");
        gcc(root, link.toArray(String[]::new));
        return library;
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file :
                    files.filter(path -> path.toString().matches(".*\\.[ch]")).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void gcc(Path root, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("gcc"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(root.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
