// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in the jars, and what is not; who depends on what, projects outside show. */
class JarsIT {
    private static final List<String> LIBRARIES = Stream.of("timshim", "timshim_classic")
            .map(name -> Platform.RESOURCE_PREFIX + "/" + System.mapLibraryName(name))
            .toList();

    private static Set<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> !name.endsWith("/"))
                    .collect(Collectors.toSet());
        }
    }

    /** The jar of a module, as it is installed. */
    private static Path jar(String module, String artifact) throws IOException {
        try (Stream<Path> files = Files.list(Cli.PROJECT.resolve(module).resolve("target"))) {
            return files.filter(file ->
                            file.getFileName().toString().matches(artifact + "(-[0-9][^-]*(-SNAPSHOT)?)?\\.jar"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void everyArtifactIsAModuleWithALicenceAndLeavesLoggingToTheApplication() throws IOException {
        for (String[] module : new String[][] {
            {"native", "tim4j-native"},
            {"src/usersig", "tim4j-usersig"},
            {"src/client", "tim4j"},
            {"src/server", "tim4j-server"},
            {"src/junit", "tim4j-junit"},
            {"src/conformance", "tim4j-conformance"}
        }) {
            assertThat(entries(jar(module[0], module[1])))
                    .as(module[1])
                    .contains("module-info.class", "META-INF/LICENSE")
                    .noneMatch(name -> name.startsWith("logback") || name.startsWith("simplelogger"));
        }
    }

    @Test
    void theNativeArtifactHasTheLibrariesAndNothingElse() throws IOException {
        assertThat(entries(jar("native", "tim4j-native")))
                .containsAll(LIBRARIES)
                .allMatch(name ->
                        name.startsWith("META-INF/") || name.equals("module-info.class") || LIBRARIES.contains(name));
    }

    @Test
    void theRunnableJarHasEverythingAndMayUseNativeCode() throws IOException {
        assertThat(entries(Cli.JAR))
                .containsAll(LIBRARIES)
                .contains(
                        "META-INF/LICENSE",
                        "io/github/tim4j/server/LoginServer.class",
                        "META-INF/services/ch.qos.logback.classic.spi.Configurator",
                        "com/sun/jna/Native.class",
                        "io/netty/channel/Channel.class");
        assertThat(entries(Cli.JAR)).noneMatch(name -> name.matches("META-INF/.*\\.(SF|RSA|DSA)"));
        assertThat(entries(Cli.JAR))
                .as("whoever uses the extension brings JUnit along")
                .contains("io/github/tim4j/junit/LoginServerExtension.class")
                .noneMatch(name -> name.startsWith("org/junit/")
                        || name.startsWith("org/opentest4j/")
                        || name.startsWith("org/apiguardian/"));
        try (JarFile jar = new JarFile(Cli.JAR.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
                    .isEqualTo(Main.class.getName());
            assertThat(jar.getManifest().getMainAttributes().getValue("Enable-Native-Access"))
                    .isEqualTo("ALL-UNNAMED");
        }
    }
}
