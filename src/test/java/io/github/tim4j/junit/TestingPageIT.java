/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apiguardian.api.API;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.commons.JUnitException;
import org.opentest4j.AssertionFailedError;

/** The example of docs/testing.md, taken from its text: compiled and run with {@code tim4j-all.jar} and JUnit, and nothing else. */
class TestingPageIT {
    private static final Path PROJECT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private static final Path JAR = PROJECT.resolve("target/tim4j-all.jar");
    private static final List<Class<?>> JUNIT = List.of(Test.class, JUnitException.class, AssertionFailedError.class, API.class);

    @TempDir
    private Path folder;

    /** JUnit as in this JVM, or its engine would not know the tests; of the rest, nothing that this JVM has. */
    private static final class JUnitOnly extends ClassLoader {
        JUnitOnly() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.startsWith("org.junit.") || name.startsWith("org.opentest4j.")) {
                return TestingPageIT.class.getClassLoader().loadClass(name);
            }
            throw new ClassNotFoundException(name);
        }
    }

    private static String example() throws IOException {
        String page = Files.readString(PROJECT.resolve("docs/testing.md"));
        Matcher block = Pattern.compile("\n```java\n(.*?\n)```\n", Pattern.DOTALL).matcher(page);
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private void compile(String source) throws IOException {
        String classPath = Stream.concat(Stream.of(JAR.toString()), JUNIT.stream().map(type -> Path.of(type.getProtectionDomain()
                .getCodeSource().getLocation().getPath()).toString())).collect(Collectors.joining(File.pathSeparator));
        Path file = Files.writeString(folder.resolve("AccountTest.java"), source);
        int result = ToolProvider.getSystemJavaCompiler().run(null, null, null, "-Xlint:all", "-Werror", "-proc:none", "-cp", classPath,
                "-d", folder.toString(), file.toString());
        assertThat(result).isZero();
    }

    @Test
    void theExampleCompilesAndPasses() throws Exception {
        compile(example());
        URL[] classPath = {folder.toUri().toURL(), JAR.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(classPath, new JUnitOnly())) {
            TestRun.of(loader.loadClass("AccountTest")).succeeded(7);
        }
    }
}
