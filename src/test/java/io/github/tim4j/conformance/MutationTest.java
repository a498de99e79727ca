/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.CCompiler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kit finds what is wrong: timshim with one deliberate fault at a time, each of which its scenario must find. The sources are changed
 * in a copy, which is compiled. What was found is listed in {@code target/conformance/mutations.md}.
 */
class MutationTest {
    private static final Path NATIVE = CCompiler.PROJECT.resolve("native");
    private static final Path LIST = CCompiler.PROJECT.resolve("target/conformance/mutations.md");
    /** A lost callback need not be waited for as long as with a library that may be slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);
    private static final Map<Integer, String> FOUND = new ConcurrentSkipListMap<>();

    @TempDir
    static Path folder;

    @Test
    void thePageListsEveryMutation() throws IOException {
        String page = Files.readString(CCompiler.PROJECT.resolve("docs/conformance.md"));
        assertThat(Mutation.all()).hasSizeGreaterThanOrEqualTo(20).allSatisfy(mutation -> assertThat(page).contains(row(mutation)));
    }

    @TestFactory
    Stream<DynamicTest> eachIsFound() throws Exception {
        CCompiler.assumeSupports("-fPIC");
        Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"), "skipped: the linker is told what Linux wants");
        Map<String, Path> objects = objects();
        return Mutation.all().stream().map(mutation -> DynamicTest.dynamicTest(mutation.number() + " " + mutation.what(), () -> {
            Path library = library(mutation, objects);
            Result result = run(mutation, library);
            assertThat(result.verdict().isFault()).as("%s: %s %s", mutation.scenario(), result.verdict(), result.detail()).isTrue();
            if (result.verdict() == Verdict.CRASHED) {
                assertThat(result.detail()).as("signal and place").contains("SIGSEGV", "libmutation.so");
            }
            FOUND.put(mutation.number(), row(mutation) + " " + result.verdict() + ": " + result.detail().lines().findFirst().orElse("")
                    + " |");
            Files.createDirectories(LIST.getParent());
            Files.writeString(LIST, "| # | fault | found by | verdict |\n|---|---|---|---|\n" + String.join("\n", FOUND.values()) + "\n");
        }));
    }

    private static String row(Mutation mutation) {
        return "| " + mutation.number() + " | " + mutation.what() + " | `" + mutation.scenario() + "` |";
    }

    private static Result run(Mutation mutation, Path library) {
        Conformance conformance = mutation.isClassic() ? Conformance.of(null).classic(library) : Conformance.of(library);
        Report report = conformance.select(scenario -> scenario.id().equals(mutation.scenario())).patience(PATIENCE).parallel(1).run();
        assertThat(report.results()).as("scenario %s", mutation.scenario()).hasSize(1);
        return report.results().get(0);
    }

    // ---- the libraries

    /** Every source as an object, by its path in the project. */
    private static Map<String, Path> objects() throws Exception {
        Map<String, Path> objects = new TreeMap<>();
        List<String> sources = new ArrayList<>(CCompiler.sourcesIn("native"));
        sources.addAll(CCompiler.sourcesIn("native/classic"));
        for (String source : sources) {
            objects.put(source, compile(CCompiler.PROJECT, source, source.replace('/', '_') + ".o"));
        }
        return objects;
    }

    private static Path compile(Path root, String source, String name) throws Exception {
        Path object = folder.resolve(name);
        gcc(root, "-std=c11", "-O1", "-fPIC", "-fvisibility=hidden", "-pthread", "-DTIM_BUILD", "-Iinclude", "-c", source, "-o",
                object.toString());
        return object;
    }

    /** Compiles what the mutation touches, and links it with the rest. */
    private static Path library(Mutation mutation, Map<String, Path> objects) throws Exception {
        Path root = folder.resolve("mutation-" + mutation.number());
        copy(NATIVE, root.resolve("native"));
        copy(CCompiler.PROJECT.resolve("include"), root.resolve("include"));
        Path file = root.resolve(mutation.file());
        String source = Files.readString(file);
        assertThat(source.split(Pattern.quote(mutation.text()), -1).length - 1)
                .as("%s must have exactly once: %s", mutation.file(), mutation.text()).isEqualTo(1);
        Files.writeString(file, source.replace(mutation.text(), mutation.replacement()));
        boolean header = mutation.file().endsWith(".h");
        Path library = root.resolve("libmutation.so");
        List<String> link = new ArrayList<>(List.of("-shared", "-pthread", "-o", library.toString()));
        for (Map.Entry<String, Path> object : objects.entrySet()) {
            boolean belongs = mutation.isClassic() ? !object.getKey().equals("native/api.c")
                    : !object.getKey().startsWith("native/classic/");
            if (belongs) {
                boolean touched = header || object.getKey().equals(mutation.file());
                link.add((touched ? compile(root, object.getKey(), mutation.number() + object.getKey().replace('/', '_') + ".o")
                        : object.getValue()).toString());
            }
        }
        link.add("-ldl");
        gcc(root, link.toArray(String[]::new));
        return library;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(path -> path.toString().matches(".*\\.[ch]")).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }

    private static void gcc(Path root, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("gcc"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).directory(root.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
