/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.natives;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Platform;
import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.ExportedSymbols;
import io.github.tim4j.testing.Project;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

/**
 * Runs what is written in C: the programs in {@code native/test/}, each linked with the whole of timshim, under two sanitizers and
 * valgrind; and looks at what timshim shows to the outside, its symbols and its headers. What this machine's compiler lacks is skipped and
 * printed.
 */
class NativeTest {
    /** What watches a program while it runs: a sanitizer that is compiled in, or a command in front of it. */
    private record Watcher(String name, List<String> flags, List<String> command) {
        static Watcher sanitizer(String name, String flag) {
            return new Watcher(name, List.of(flag, "-fno-sanitize-recover=all"), List.of());
        }
    }

    private static final Watcher ADDRESS = Watcher.sanitizer("address", "-fsanitize=address,undefined");
    private static final Watcher THREAD = Watcher.sanitizer("thread", "-fsanitize=thread");
    private static final Watcher UNWATCHED = new Watcher("unwatched", List.of("-O2"), List.of());
    private static final Watcher VALGRIND = new Watcher(
            "valgrind", List.of(), List.of("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full"));
    /** What systems without eventfd, SOCK_CLOEXEC and getrandom get, compiled for this one. */
    private static final Watcher PORTABLE = new Watcher(
            "portable",
            List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DOS_PORTABLE"),
            List.of());

    private static final String FUZZ_ITERATIONS = "500000";
    /** Of test_random, under each sanitizer; for more: {@code RANDOM_SEQUENCES=50000 mvn test -Dtest=NativeTest}. */
    private static final String RANDOM_SEQUENCES = System.getenv().getOrDefault("RANDOM_SEQUENCES", "1000");

    private static final Pattern DECLARATION = Pattern.compile("^TIM_DECL\\s[^;(]*?(\\w+)\\s*\\(", Pattern.MULTILINE);

    @TestFactory
    Stream<DynamicTest> underAddressAndUndefinedBehaviourSanitizer() {
        return programs("test_").map(source -> test(source, ADDRESS, argumentsOf(source)));
    }

    /** Those that have threads, and without test_faults, whose time it is. */
    @TestFactory
    Stream<DynamicTest> underThreadSanitizer() {
        return programs("test_")
                .filter(source -> !source.matches(".*/test_(config|json|mqtt|session.*|faults)\\.c"))
                .map(source -> test(source, THREAD, argumentsOf(source)));
    }

    /** Without test_secrets, which would find what it looks for in valgrind's own memory, and test_faults, whose time it is; and with fewer sequences, being slow. */
    @TestFactory
    Stream<DynamicTest> underValgrind() {
        return programs("test_")
                .filter(source -> !source.endsWith("test_secrets.c") && !source.endsWith("test_faults.c"))
                .map(source -> test(source, VALGRIND, valgrindArgumentsOf(source)));
    }

    /** All of them, where the watchers see the first ones only. */
    @TestFactory
    Stream<DynamicTest> everyStateOfTheSession() {
        return programs("test_session_states").map(source -> test(source, UNWATCHED));
    }

    @TestFactory
    Stream<DynamicTest> asSystemsWithLessThanLinuxGetIt() {
        return programs("test_(contract|system|self_connection)")
                .map(source -> test(source, PORTABLE, argumentsOf(source)));
    }

    @Test
    void inAStaticProgramWithMusl() throws Exception {
        assumeThat(started("musl-gcc", "--version"), "no musl-gcc on this machine");
        Path program = Files.createTempFile("contract", "");
        List<String> command = new ArrayList<>(List.of(
                "musl-gcc",
                "-static",
                "@native/compile.flags",
                "-Wno-error",
                "-D_GNU_SOURCE",
                "-Iinclude",
                "-Inative",
                "-o",
                program.toString(),
                "native/test/server.c",
                "native/test/test_contract.c"));
        command.addAll(CCompiler.sourcesIn("native"));
        command.addAll(CCompiler.sourcesIn("native/posix"));
        try {
            succeed(command);
            assertThat(succeed(List.of(program.toString()))).contains(" 0 failed");
        } finally {
            Files.delete(program);
        }
    }

    /** The same inputs each time; for others: {@code FUZZ_SEED=n mvn test -Dtest=NativeTest}. */
    @TestFactory
    Stream<DynamicTest> fuzzed() {
        String seed = System.getenv().getOrDefault("FUZZ_SEED", "1");
        return programs("fuzz_").map(source -> test(source, ADDRESS, FUZZ_ITERATIONS, seed));
    }

    @Test
    void theLibraryExportsTheApiAndNothingElse() throws Exception {
        assertThat(declaredIn("include")).contains("TIMInit", "TIMLogin", "TIMShimSetKickedOfflineReasonCallback");
        assertThat(exportsOf("libtimshim.so")).containsExactlyInAnyOrderElementsOf(declaredIn("include"));
    }

    @Test
    void theClassicLibraryExportsTheClassicApiAndNothingElse() throws Exception {
        assertThat(declaredIn("include/classic")).contains("TIMInit", "TIMLogin", "TIMGetLoginUser");
        assertThat(exportsOf("libtimshim_classic.so"))
                .containsExactlyInAnyOrderElementsOf(declaredIn("include/classic"));
    }

    private static List<String> exportsOf(String file) {
        return ExportedSymbols.of(Project.ROOT
                .resolve("native/target/classes")
                .resolve(Platform.RESOURCE_PREFIX)
                .resolve(file));
    }

    @TestFactory
    Stream<DynamicTest> eachHeaderStandsAloneInC() {
        return headers().map(header -> DynamicTest.dynamicTest(header, () -> compileHeader(header, "gcc", "c", "c99")));
    }

    @TestFactory
    Stream<DynamicTest> eachHeaderStandsAloneInCpp() {
        return headers()
                .map(header -> DynamicTest.dynamicTest(header, () -> compileHeader(header, "g++", "c++", "c++11")));
    }

    private static Stream<String> programs(String start) {
        return Stream.of("native/test", "native/test/classic")
                .flatMap(folder -> CCompiler.sourcesIn(folder).stream())
                .filter(source -> Path.of(source).getFileName().toString().matches(start + ".*"));
    }

    private static String[] argumentsOf(String source) {
        if (source.endsWith("test_session_states.c")) return new String[] {"1", "hostile", "20000"};
        return source.endsWith("test_random.c") ? new String[] {RANDOM_SEQUENCES} : new String[0];
    }

    private static String[] valgrindArgumentsOf(String source) {
        if (source.endsWith("test_session_states.c")) return new String[] {"1", "hostile", "1000"};
        if (source.endsWith("test_session_model.c")) return new String[] {"5000"};
        return source.endsWith("test_random.c") ? new String[] {"50"} : new String[0];
    }

    private static DynamicTest test(String source, Watcher watcher, String... arguments) {
        String name = Path.of(source).getFileName().toString().replace(".c", "");
        return DynamicTest.dynamicTest(name, () -> {
            assumePresent(watcher);
            List<String> command = new ArrayList<>(watcher.command);
            command.add(program(name, source, watcher).toString());
            command.addAll(List.of(arguments));
            System.out.println(
                    name + " " + watcher.name + ": " + succeed(command).strip());
        });
    }

    /**
     * timshim is compiled once for each watcher, with all its functions visible, its allocations and system calls passing
     * failing_alloc.c and failing_calls.c. Each program is then only itself and the scripted server. The programs in {@code classic/} get timshim_classic.
     */
    private static Path program(String name, String source, Watcher watcher) {
        List<String> sources = new ArrayList<>(CCompiler.sourcesIn("native"));
        sources.addAll(CCompiler.sourcesIn("native/posix"));
        boolean classic = source.contains("/classic/");
        if (classic) sources.replaceAll(file -> file.equals("native/api.c") ? "native/classic/classic.c" : file);
        sources.add("native/test/failing_alloc.c");
        sources.add("native/test/failing_calls.c");
        Path timshim = CCompiler.library(
                "timshim" + (classic ? "_classic-" : "-") + watcher.name,
                sources,
                flags(
                        watcher,
                        "-fno-omit-frame-pointer",
                        "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup",
                        "-Wl,--wrap=socket,--wrap=connect,--wrap=eventfd,--wrap=poll,--wrap=open,--wrap=fdopen,--wrap=fstat",
                        "-Wl,--wrap=rename,--wrap=fcntl,--wrap=getsockopt,--wrap=send,--wrap=recv",
                        "-Wl,--wrap=pthread_create,--wrap=getaddrinfo,--wrap=syscall"));
        return CCompiler.executable(
                name + "-" + watcher.name,
                List.of(source, "native/test/server.c"),
                flags(watcher, timshim.toString(), "-Wl,-rpath," + timshim.getParent()));
    }

    private static String[] flags(Watcher watcher, String... more) {
        List<String> flags = new ArrayList<>(List.of("-O1"));
        flags.addAll(watcher.flags);
        flags.addAll(List.of(more));
        return flags.toArray(String[]::new);
    }

    private static void assumePresent(Watcher watcher) throws Exception {
        if (!watcher.command.isEmpty()) {
            assumeThat(started(watcher.command.get(0), "--version"), "no " + watcher.name + " on this machine");
            return;
        }
        try {
            CCompiler.assumeSupports(watcher.flags.get(0));
        } catch (TestAbortedException e) {
            System.out.println("NativeTest: " + e.getMessage());
            throw e;
        }
    }

    private static void assumeThat(boolean condition, String otherwise) {
        if (!condition) System.out.println("NativeTest: skipped: " + otherwise);
        Assumptions.assumeTrue(condition, "skipped: " + otherwise);
    }

    private static TreeSet<String> declaredIn(String folder) throws IOException {
        TreeSet<String> functions = new TreeSet<>();
        try (Stream<Path> files = Files.list(Project.ROOT.resolve(folder))) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".h")).toList())
                DECLARATION
                        .matcher(Files.readString(file))
                        .results()
                        .forEach(declaration -> functions.add(declaration.group(1)));
        }
        return functions;
    }

    private static Stream<String> headers() {
        try (Stream<Path> files = Files.walk(Project.ROOT.resolve("include"))) {
            return files
                    .map(file -> Project.ROOT.relativize(file).toString())
                    .filter(file -> file.endsWith(".h"))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void compileHeader(String header, String compiler, String language, String standard)
            throws Exception {
        assumeThat(started(compiler, "--version"), "no " + compiler + " on this machine");
        succeed(List.of(
                compiler,
                "-x",
                language,
                "-std=" + standard,
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-fsyntax-only",
                "-Iinclude",
                header));
    }

    private static boolean started(String... command) throws Exception {
        try {
            return new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** @return what the program printed; fails with it unless the program ends with 0 within ten minutes */
    private static String succeed(List<String> command) throws Exception {
        File output = File.createTempFile("native", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Project.ROOT.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output);
            // As the real library is linked: binding a symbol at its first call leaves registers, and so pieces of
            // secrets, on the stack.
            builder.environment().put("LD_BIND_NOW", "1");
            Process process = builder.start();
            boolean ended = process.waitFor(10, TimeUnit.MINUTES);
            if (!ended) process.destroyForcibly().waitFor();
            String printed = new String(Files.readAllBytes(output.toPath()), StandardCharsets.UTF_8);
            assertThat(ended)
                    .as("%s still runs after ten minutes; it printed:%n%s", command, printed)
                    .isTrue();
            assertThat(process.exitValue())
                    .as("%s printed:%n%s", command, printed)
                    .isZero();
            return printed;
        } finally {
            Files.delete(output.toPath());
        }
    }
}
