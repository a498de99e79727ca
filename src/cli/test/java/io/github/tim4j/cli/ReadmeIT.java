// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README's examples, taken from its text: compiled and run with the commands that it gives, against a server that was started as it
 * says. Only the port differs.
 */
class ReadmeIT {
    private static final Pattern FENCED = Pattern.compile("\n```\\w*\n.*?\n```\n", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^) ]+)\\)");

    /** What the README's commands refer to. */
    private static final List<String> PARTS = List.of("target", "native", "include");

    @TempDir
    private Path folder;

    private String readme;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Platform.isLinux() && Platform.isIntel(), "skipped: the README's commands are for Linux x86-64");
        readme = Files.readString(Cli.PROJECT.resolve("README.md"));
        for (String name : PARTS) {
            Files.createSymbolicLink(folder.resolve(name), Cli.PROJECT.resolve(name));
        }
    }

    @AfterEach
    void removeLinks() throws IOException {
        for (String name : PARTS) {
            Files.deleteIfExists(folder.resolve(name));
        }
    }

    /** The code between the fences that follow a text, without the fences. */
    private String block(String after, String language) {
        Matcher block = Pattern.compile("\n```" + language + "\n(.*?\n)```\n", Pattern.DOTALL)
                .matcher(readme);
        assertThat(block.find(readme.indexOf(after)))
                .as("a block of " + language + " after " + after)
                .isTrue();
        return block.group(1);
    }

    private List<String> run(String script, String userSig) {
        String commands = "set -e; cd '" + folder + "'\n" + script;
        Map<String, String> environment =
                Map.of("TIM_USER_SIG", userSig, "PATH", Cli.JAVA.getParent() + ":" + System.getenv("PATH"));
        try (Cli shell = Cli.program(List.of("bash", "-c", commands), environment)) {
            assertThat(shell.exitCode()).as(shell.toString()).isZero();
            assertThat(shell.err())
                    .allMatch(line -> line.startsWith("SLF4J"), "says only that no logging is configured");
            return shell.out();
        }
    }

    private void example(String file, String language) throws IOException {
        Path key = Files.writeString(folder.resolve("secret.key"), "a secret\n");
        try (Cli serve = Cli.start(
                        "serve", "--sdkappid", "1400000000", "--secret-key-file", key.toString(), "--port", "0");
                Cli usersig = Cli.start(
                        "usersig",
                        "--sdkappid",
                        "1400000000",
                        "--user",
                        "alice",
                        "--secret-key-file",
                        key.toString())) {
            String after = "`" + file + "`:";
            String program = block(after, language).replace("mqtt://127.0.0.1:1883", serve.await("listening "));
            Files.writeString(folder.resolve(file), program);
            assertThat(usersig.exitCode()).isZero();
            assertThat(run(block(after, "sh"), usersig.out().get(0)))
                    .isEqualTo(block(after, "text").lines().toList());
        }
    }

    /** A translation's commands and code are those of the original, which are tried here. */
    @Test
    void theChineseReadmeHasTheSameCode() throws IOException {
        List<String> code = FENCED.matcher(Files.readString(Cli.PROJECT.resolve("README.zh-CN.md")))
                .results()
                .map(MatchResult::group)
                .toList();
        assertThat(code)
                .hasSizeGreaterThan(5)
                .allSatisfy(block -> assertThat(readme).contains(block));
    }

    /** In all documents: to a file that is there, and a heading in it. */
    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (String folder : List.of(".", "docs", "examples")) {
            try (Stream<Path> files = Files.list(Cli.PROJECT.resolve(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
            }
        }
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path document : documents) {
            String text = FENCED.matcher(Files.readString(document)).replaceAll("\n");
            for (MatchResult link : LINK.matcher(text).results().toList()) {
                if (!link.group(1).contains(":")) {
                    links++;
                    String[] parts = link.group(1).split("#", 2);
                    Path file = parts[0].isEmpty()
                            ? document
                            : document.resolveSibling(parts[0]).normalize();
                    if (!Files.exists(file)
                            || parts.length == 2 && !anchors(file).contains(parts[1])) {
                        broken.add(document.getFileName() + ": " + link.group(1));
                    }
                }
            }
        }
        assertThat(links).isGreaterThan(50);
        assertThat(broken).isEmpty();
    }

    /** Of the headings, as hosts of repositories make them. */
    private static Set<String> anchors(Path document) throws IOException {
        return Files.readString(document)
                .lines()
                .filter(line -> line.matches("#+ .*"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    /** With nothing but what a dependency on the binding brings. */
    @Test
    void theJavaExample() throws IOException {
        try (Stream<Path> libraries = Files.list(Cli.PROJECT.resolve("target/lib"))) {
            assertThat(libraries.map(library -> library.getFileName().toString().replaceFirst("-[0-9].*", "")))
                    .containsExactlyInAnyOrder("tim4j", "tim4j-usersig", "tim4j-native", "jna", "slf4j-api");
        }
        example("Hello.java", "java");
    }

    @Test
    void theCExample() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "skipped: no gcc on this machine");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/pkg-config")), "skipped: no pkg-config on this machine");
        example("hello.c", "c");
    }
}
