/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What docs/client.md shows compiles as it stands there. */
class ClientPageTest {
    private static final Pattern SNIPPET = Pattern.compile("\n```java\n(.*?\n)```\n", Pattern.DOTALL);

    @TempDir
    private static Path classes;

    @TestFactory
    Stream<DynamicTest> eachSnippetCompiles() throws IOException {
        List<String> snippets = SNIPPET.matcher(Files.readString(Project.ROOT.resolve("docs/client.md")))
                .results()
                .map(snippet -> snippet.group(1))
                .toList();
        assertThat(snippets).hasSizeGreaterThanOrEqualTo(6);
        return Stream.iterate(0, i -> i < snippets.size(), i -> i + 1)
                .map(i -> DynamicTest.dynamicTest(
                        "snippet " + (i + 1), () -> compile("Snippet" + (i + 1), snippets.get(i))));
    }

    private static void compile(String name, String snippet) {
        String client = snippet.contains("TimClient tim =") ? "" : "TimClient tim, ";
        String source = """
                import io.github.tim4j.*;
                import java.net.*;
                import java.nio.file.*;
                import java.util.concurrent.*;
                import javax.swing.*;
                abstract class %s {
                    interface Backend { String userSig(String user); }
                    void run(%sBackend backend, JLabel light, JLabel network, JButton cancelButton, String password) {
                %s
                    }
                }
                """.formatted(name, client, snippet);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        StringWriter errors = new StringWriter();
        boolean compiled = compiler.getTask(
                        errors,
                        null,
                        null,
                        List.of(
                                "-proc:none",
                                "-d",
                                classes.toString(),
                                "-classpath",
                                System.getProperty("java.class.path")),
                        null,
                        List.of(file))
                .call();
        assertThat(compiled).as("%s%n%s", errors, source).isTrue();
    }
}
