/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.report.HtmlReport;
import io.github.tim4j.conformance.report.Report;
import io.github.tim4j.conformance.report.Result;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.scenarios.Catalogue;
import io.github.tim4j.conformance.scenarios.Need;
import io.github.tim4j.conformance.scenarios.Scenario;
import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** timshim conforms, a library that does not is found out, and the catalogue is in order. */
class ConformanceTest {
    /** What a machine may lack: TLS by OpenSSL, IPv6, a look into its own memory. */
    private static final List<String> SKIPPABLE = List.of("login.tls", "login.ipv6", "login.usersig-wiped");

    @Test
    void timshimDoesWhatIsWritten() throws IOException {
        Report report = Conformance.of(null).run();
        HtmlReport.write(
                List.of(report),
                Files.createDirectories(Project.ROOT.resolve("target/conformance"))
                        .resolve("timshim.html"));
        assertThat(report.results())
                .hasSameSizeAs(Catalogue.scenarios())
                .filteredOn(result -> result.verdict().isFault())
                .isEmpty();
        List<Result> skipped = report.results().stream()
                .filter(result -> result.verdict() == Verdict.SKIPPED)
                .toList();
        skipped.forEach(result -> System.out.println("skipped: " + result.id() + ": " + result.detail()));
        assertThat(skipped).extracting(Result::id).isSubsetOf(SKIPPABLE);
    }

    @Test
    void aLibraryThatLogsInByItselfIsHeldToThat() {
        CCompiler.assumeSupports("-fPIC");
        Report report = Conformance.of(CCompiler.library("hostile", List.of("src/client/test/native/hostile.c")))
                .select(scenario -> scenario.group() == Group.LOGIN)
                .run();
        assertThat(report.results())
                .filteredOn(result -> result.verdict() == Verdict.PASS)
                .extracting(Result::id)
                .containsExactlyElementsOf(Catalogue.scenarios().stream()
                        .filter(scenario -> scenario.group() == Group.LOGIN && scenario.need() == Need.LOGIN)
                        .map(Scenario::id)
                        .toList());
        assertThat(report.results()).extracting(Result::verdict).containsOnly(Verdict.PASS, Verdict.SKIPPED);
    }

    @Test
    void aLibraryThatLacksAFunctionIsTestedForTheRest(@TempDir Path folder) throws IOException {
        CCompiler.assumeSupports("-fPIC");
        Assumptions.assumeTrue(
                System.getProperty("os.name").equals("Linux"), "skipped: the linker is told what Linux wants");
        Path symbols = Files.writeString(folder.resolve("symbols"), "{ local: TIMSetConfig; };");
        Path library = CCompiler.library(
                "incomplete", List.of("src/client/test/native/hostile.c"), "-Wl,--version-script=" + symbols);
        Set<String> selected = Set.of("offline.functions", "offline.set-config", "offline.logout-when-logged-out");
        Report report = Conformance.of(library)
                .select(scenario -> selected.contains(scenario.id()))
                .run();
        assertThat(report.results())
                .extracting(Result::id, Result::verdict)
                .containsExactlyInAnyOrder(
                        tuple("offline.functions", Verdict.FAIL),
                        tuple("offline.set-config", Verdict.SKIPPED),
                        tuple("offline.logout-when-logged-out", Verdict.PASS));
        assertThat(report.results())
                .extracting(Result::detail)
                .contains("functions that are missing: [TIMSetConfig]; expected []", "the library has no TIMSetConfig");
    }

    /** timshim without its own functions, so that only the strict know it again. */
    @Test
    void aLibraryWithoutTimshimsFunctionsIsJudgedLikeTimshimIfThatIsAskedFor(@TempDir Path folder) throws IOException {
        CCompiler.assumeSupports("-fPIC");
        Assumptions.assumeTrue(
                System.getProperty("os.name").equals("Linux"), "skipped: the linker is told what Linux wants");
        Path symbols = Files.writeString(folder.resolve("symbols"), "{ local: TIMShim*; };");
        List<String> sources = new ArrayList<>(CCompiler.sourcesIn("native"));
        sources.addAll(CCompiler.sourcesIn("native/posix"));
        Path library = CCompiler.library(
                "nameless",
                sources,
                "@native/compile.flags",
                "-Iinclude",
                "-Inative",
                "-pthread",
                "-ldl",
                "-Wl,--version-script=" + symbols);
        Set<String> lenient = Set.of("bad-input.usersig-length", "sessions.kicked", "login.logout");
        Set<String> selected = Catalogue.scenarios().stream()
                .filter(scenario -> scenario.need() == Need.TIMSHIM || lenient.contains(scenario.id()))
                .map(Scenario::id)
                .collect(Collectors.toSet());
        assertThat(verdicts(Conformance.of(library), selected)).contains(Verdict.SKIPPED);
        assertThat(verdicts(Conformance.of(library).strict(), selected)).containsOnly(Verdict.PASS);
    }

    @Test
    void aLibraryThatTakesTooMuchEndsItsScenarioAndNotTheRun() {
        CCompiler.assumeSupports("-fPIC");
        Assumptions.assumeTrue(
                Files.isReadable(Path.of("/proc/self/status")),
                "skipped: this system does not tell what a process has");
        String threads = "for (int i = 0; i < 700; i++) { pthread_t t; "
                + "pthread_create(&t, NULL, (void* (*)(void*))(void*)pause, NULL); }";
        String files = "for (int i = 0; i < 5000; i++) { (void)dup(0); }";
        for (String command : List.of(threads, files)) {
            Path library = CCompiler.library(
                    "greedy" + command.hashCode(),
                    List.of("src/client/test/native/hostile.c"),
                    "-DHOSTILE_AT_START=" + command);
            assertThat(whatIsSaidOf(library)).contains("the library takes too much: ", ", and may have ");
        }
    }

    @Test
    void whatASanitizerSaysIsSaidFromItsBeginning() throws Exception {
        CCompiler.assumeSupports("-fsanitize=address");
        Path library = CCompiler.library(
                "overflowing",
                List.of("src/client/test/native/hostile.c"),
                "-g",
                "-fsanitize=address",
                "-DHOSTILE_AT_START={ char* volatile p = malloc(8); p[8] = 1; }");
        Process gcc = new ProcessBuilder("gcc", "-print-file-name=libasan.so").start();
        String runtime = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        List<Long> processes = new ArrayList<>();
        Conformance asan = Conformance.of(library)
                .wrap(
                        List.of("env", "LD_PRELOAD=" + runtime, "ASAN_OPTIONS=handle_segv=0:detect_leaks=0"),
                        processes::add);
        assertThatThrownBy(asan::run)
                .isInstanceOf(ConformanceException.class)
                .hasMessageContaining("ERROR: AddressSanitizer: heap-buffer-overflow")
                .hasMessageContaining("WRITE of size 1")
                .hasMessageContaining("hostile.c:");
        Report good = Conformance.of(null)
                .select(scenario -> scenario.id().equals("offline.logout-when-logged-out"))
                .wrap(List.of("env", "A=b"), processes::add)
                .run();
        assertThat(good.results()).extracting(Result::verdict).containsExactly(Verdict.PASS);
        assertThat(processes).as("told of the scenario's process alone").hasSize(1);
    }

    /** It may be found already when the kit first looks at the library. */
    private static String whatIsSaidOf(Path library) {
        try {
            Report report = Conformance.of(library)
                    .select(scenario -> scenario.id().equals("offline.logout-when-logged-out"))
                    .run();
            assertThat(report.results()).extracting(Result::verdict).containsExactly(Verdict.FAIL);
            return report.results().get(0).detail();
        } catch (ConformanceException e) {
            return e.getMessage();
        }
    }

    private static List<Verdict> verdicts(Conformance conformance, Set<String> selected) {
        Report report =
                conformance.select(scenario -> selected.contains(scenario.id())).run();
        report.results().stream()
                .filter(result -> result.verdict() != Verdict.PASS && result.verdict() != Verdict.SKIPPED)
                .forEach(result -> System.out.println(result.id() + " " + result.verdict() + ": " + result.detail()));
        return report.results().stream().map(Result::verdict).toList();
    }

    @Test
    void everyScenarioSaysWhatItIsAbout() {
        assertThat(Catalogue.scenarios()).extracting(Scenario::id).doesNotHaveDuplicates();
        assertThat(Catalogue.scenarios()).allSatisfy(scenario -> {
            assertThat(scenario.title()).isNotBlank();
            assertThat(scenario.sources()).isNotEmpty();
            assertThat(scenario.does()).isNotBlank();
            assertThat(scenario.expects()).isNotBlank();
        });
    }
}
