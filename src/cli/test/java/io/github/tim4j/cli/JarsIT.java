// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What is in the two jars, and what is not. */
class JarsIT {
    private static final Path BINDING = Cli.PROJECT.resolve("target/tim4j.jar");
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

    @Test
    void theBindingHasTheApiAndItsLibrariesAndNothingElse() throws IOException {
        assertThat(entries(BINDING))
                .containsAll(LIBRARIES)
                .contains(
                        "META-INF/LICENSE",
                        "io/github/tim4j/TimClient.class",
                        "io/github/tim4j/jna/ImSdk.class",
                        "io/github/tim4j/usersig/UserSig.class");
        assertThat(entries(BINDING))
                .filteredOn(name -> !name.startsWith("META-INF/") && !LIBRARIES.contains(name))
                .allMatch(name -> name.matches("io/github/tim4j/((jna|usersig)/)?[\\w$-]+\\.class"));
    }

    @Test
    void theRunnableJarHasEverythingAndMayUseNativeCode() throws IOException {
        assertThat(entries(Cli.JAR))
                .containsAll(LIBRARIES)
                .contains(
                        "META-INF/LICENSE",
                        "io/github/tim4j/server/LoginServer.class",
                        "logback.xml",
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

    /** Whoever depends on tim4j gets what is neither optional nor for tests. */
    @Test
    void theBindingDependsOnJnaAndSlf4jOnly() throws Exception {
        Element pom = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Cli.PROJECT.resolve("pom.xml").toFile())
                .getDocumentElement();
        List<String> needed = elements(pom, "dependency").stream()
                .filter(dependency -> !text(dependency, "optional").equals("true")
                        && !text(dependency, "scope").equals("test"))
                .map(dependency -> text(dependency, "artifactId"))
                .toList();
        assertThat(needed).containsExactlyInAnyOrder("jna", "slf4j-api");
    }

    private static List<Element> elements(Element parent, String name) {
        NodeList nodes = parent.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static String text(Element parent, String name) {
        return elements(parent, name).stream()
                .findFirst()
                .map(Element::getTextContent)
                .orElse("");
    }
}
