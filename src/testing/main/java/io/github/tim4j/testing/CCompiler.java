/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Compiles C for a test with the machine's {@code gcc}, into {@code target/native-test/}.
 *
 * <p>The output's name carries a hash of the command and of every source and header it can see, so that the same thing is compiled
 * once, by whichever test or JVM comes first. Where {@code gcc} is missing, the calling test is skipped and says so; an error in the
 * C code fails it with the compiler's own words. All methods may be called from any thread and any process.
 */
public final class CCompiler {

    /** How timshim itself is compiled, here with all functions visible and warnings that do not matter. */
    private static final String FLAGS = "native/compile.flags";

    private static final Path OUTPUT = Project.ROOT.resolve("target/native-test");
    private static final Map<String, Boolean> SUPPORTED = new ConcurrentHashMap<>();
    /** A lock for each result: others of this JVM that want the same wait for it. */
    private static final Map<Path, Object> BEING_COMPILED = new ConcurrentHashMap<>();

    private CCompiler() {}

    /**
     * Compiles a shared library.
     *
     * @param name    the library's plain name; the file is named as the platform does, with a hash
     * @param sources C files, relative to the project's root
     * @param flags   further compiler and linker flags; {@code include/} is in the search path already
     */
    public static Path library(String name, List<String> sources, String... flags) {
        return compile(System.mapLibraryName(name), sources, List.of("-shared", "-fPIC"), flags);
    }

    /** Compiles a program; the parameters are those of {@link #library}. */
    public static Path executable(String name, List<String> sources, String... flags) {
        return compile(name, sources, List.of(), flags);
    }

    /** Skips the calling test, with the reason, unless the compiler can build and run a program with this flag. */
    public static void assumeSupports(String flag) {
        assumePresent();
        Assumptions.assumeTrue(
                SUPPORTED.computeIfAbsent(flag, CCompiler::buildsAndRuns), () -> "skipped: gcc here lacks " + flag);
    }

    /** The C files of a folder, relative to the project's root, for use as sources. */
    public static List<String> sourcesIn(String folder) {
        try (Stream<Path> files = Files.list(Project.ROOT.resolve(folder))) {
            return files.map(file -> Project.ROOT.relativize(file).toString())
                    .filter(file -> file.endsWith(".c"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path compile(String name, List<String> sources, List<String> kind, String... flags) {
        assumePresent();
        List<String> command = new ArrayList<>(List.of(
                "gcc",
                "@" + FLAGS,
                "-Wno-error",
                "-fvisibility=default",
                "-g",
                "-D_GNU_SOURCE",
                "-Iinclude",
                "-Inative"));
        command.addAll(kind);
        command.addAll(sources);
        command.addAll(List.of(flags));
        try {
            Files.createDirectories(OUTPUT);
            Path result = OUTPUT.resolve(withHash(name, hash(command, sources)));
            synchronized (BEING_COMPILED.computeIfAbsent(result, path -> new Object())) {
                if (!Files.exists(result)) {
                    run(name, command, result);
                }
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String name, List<String> command, Path result) throws IOException {
        Path unfinished = Files.createTempFile(OUTPUT, name, ".tmp");
        command.addAll(List.of("-o", unfinished.toString(), "-ldl"));
        String errors = run(command);
        if (errors != null) {
            Files.deleteIfExists(unfinished);
            throw new AssertionError(String.join(" ", command) + "\n" + errors);
        }
        Files.move(unfinished, result, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void assumePresent() {
        Assumptions.assumeTrue(
                SUPPORTED.computeIfAbsent("gcc", gcc -> run(List.of(gcc, "--version")) == null),
                "skipped: no gcc on this machine");
    }

    private static boolean buildsAndRuns(String flag) {
        try {
            Files.createDirectories(OUTPUT);
            Path folder = Files.createTempDirectory(OUTPUT, "probe");
            Path source = Files.writeString(folder.resolve("probe.c"), "int main(void) { return 0; }\n");
            Path program = folder.resolve("probe");
            return run(List.of("gcc", flag, source.toString(), "-o", program.toString())) == null
                    && run(List.of(program.toString())) == null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return null if the command succeeded, else what it printed */
    private static String run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(Project.ROOT.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? null : output;
        } catch (IOException e) {
            return e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String withHash(String name, String hash) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? name + "-" + hash : name.substring(0, dot) + "-" + hash + name.substring(dot);
    }

    /** Of the command, and of the sources and all headers beside them and in include/. */
    private static String hash(List<String> command, List<String> sources) throws IOException {
        MessageDigest digest = sha256();
        digest.update(String.join("\0", command).getBytes(StandardCharsets.UTF_8));
        digest.update(Files.readAllBytes(Project.ROOT.resolve(FLAGS)));
        Stream<Path> folders = Stream.concat(
                Stream.of(Project.ROOT.resolve("include"), Project.ROOT.resolve("native")),
                sources.stream().map(source -> Project.ROOT.resolve(source).getParent()));
        for (Path folder : folders.distinct().filter(Files::isDirectory).toList()) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(CCompiler::isC).sorted().toList()) {
                    digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    private static boolean isC(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".c") || name.endsWith(".h");
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
