/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/testing.md, taken from its text: compiled and run as it stands there. */
class TestingPageTest {
    @TempDir
    private Path folder;

    private static String example() throws IOException {
        String page = Files.readString(Project.ROOT.resolve("docs/testing.md"));
        Matcher block =
                Pattern.compile("\n```java\n(.*?\n)```\n", Pattern.DOTALL).matcher(page);
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private void compile(String source) throws IOException {
        Path file = Files.writeString(folder.resolve("AccountTest.java"), source);
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-Xlint:all",
                        "-Werror",
                        "-proc:none",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "-d",
                        folder.toString(),
                        file.toString());
        assertThat(result).isZero();
    }

    @Test
    void theExampleCompilesAndPasses() throws Exception {
        compile(example());
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, TestingPageTest.class.getClassLoader())) {
            TestRun.of(loader.loadClass("AccountTest")).succeeded(7);
        }
    }
}
