/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.ForkedJvm;
import io.github.tim4j.testing.Project;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever does what the page about scenarios says has one more, and it finds its fault. */
class ScenarioPageTest {
    private static final Pattern STEP =
            Pattern.compile("In `([^`]+)`, before `([^`]+)`:\n\n```java\n(.*?)```\n", Pattern.DOTALL);

    @TempDir
    private Path copy;

    @Test
    void thePageLeadsToAScenarioThatFindsItsFault() throws Exception {
        CCompiler.assumeSupports("-fPIC");
        Assumptions.assumeTrue(
                System.getProperty("os.name").equals("Linux"), "skipped: priorities are as Linux has them");
        for (String folder :
                List.of("src/conformance/main/java", "src/conformance/test/support", "native", "include")) {
            copy(folder);
        }
        List<MatchResult> steps = STEP.matcher(Files.readString(Project.ROOT.resolve("docs/scenarios.md")))
                .results()
                .toList();
        assertThat(steps).hasSize(4);
        for (MatchResult step : steps) {
            Path file = copy.resolve(step.group(1));
            String text = Files.readString(file);
            assertThat(text).as(step.group(1)).contains(step.group(2));
            int at = text.indexOf(step.group(2));
            Files.writeString(file, text.substring(0, at) + step.group(3) + text.substring(at));
        }
        Path classes = Files.createDirectories(copy.resolve("classes"));
        compile(classes);
        ForkedJvm.Result run = ForkedJvm.of(OneScenario.class)
                .option("-Dbasedir=" + copy)
                .classPath(classes + File.pathSeparator + String.join(File.pathSeparator, ForkedJvm.testClassPath()))
                .run(copy, Duration.ofMinutes(5));
        assertThat(run.output())
                .contains("login.priority-untouched on timshim: pass")
                .contains("login.priority-untouched where TIMInit makes the calling thread nicer: fail");
    }

    private void copy(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(Project.ROOT.resolve(folder))) {
            for (Path file : files.filter(path -> path.toString().matches(".*\\.(java|[ch]|flags)"))
                    .filter(path -> !path.toString().contains("/target/") && !path.endsWith("module-info.java"))
                    .toList()) {
                Path to = copy.resolve(Project.ROOT.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
    }

    private void compile(Path classes) throws IOException {
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(copy.resolve("src"))) {
            files.filter(path -> path.toString().endsWith(".java")).forEach(sources::add);
        }
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = javac.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean good = javac.getTask(
                            said,
                            files,
                            null,
                            List.of(
                                    "-proc:none",
                                    "-nowarn",
                                    "-d",
                                    classes.toString(),
                                    "-cp",
                                    String.join(File.pathSeparator, ForkedJvm.testClassPath())),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertThat(good).as(said.toString()).isTrue();
        }
    }
}
