/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import java.io.File;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How this program starts another JVM with its own classes, from wherever it was itself started: class path, module path, or a loader of its own. */
public final class ChildJvm {
    private ChildJvm() {}

    /**
     * The {@code java} of this JVM, with the options that it needs for these classes, and the main class.
     *
     * @param main    the class with the main method
     * @param options further options of the JVM
     * @param needs   classes of the other artifacts that the main class uses
     * @return the command; the program's arguments go behind it
     * @throws IllegalStateException if the classes are in no file that another JVM could read; the message names what they are in
     */
    public static List<String> command(Class<?> main, List<String> options, Class<?>... needs) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        Module module = main.getModule();
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=" + (module.isNamed() ? "com.sun.jna" : "ALL-UNNAMED"));
        }
        if (module.isNamed()) {
            String path = System.getProperty("jdk.module.path");
            if (path != null) {
                command.addAll(List.of("--module-path", absolute(path)));
            }
            command.addAll(List.of("--module", module.getName() + "/" + main.getName()));
        } else {
            command.addAll(List.of("-cp", classPath(main, needs), main.getName()));
        }
        return command;
    }

    private static String classPath(Class<?> main, Class<?>... needs) {
        String own = absolute(System.getProperty("java.class.path"));
        if (List.of(own.split(File.pathSeparator)).contains(file(main).toString())) {
            return own;
        }
        Set<String> entries = new LinkedHashSet<>();
        for (ClassLoader loader = main.getClassLoader();
                loader instanceof URLClassLoader urls;
                loader = loader.getParent()) {
            for (URL url : urls.getURLs()) {
                entries.add(file(url, main).toString());
            }
        }
        entries.add(file(main).toString());
        Stream.of(needs).forEach(need -> entries.add(file(need).toString()));
        return String.join(File.pathSeparator, entries);
    }

    private static Path file(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            throw new IllegalStateException("cannot start another JVM with " + type.getName()
                    + ": its class loader does not say which file it comes from. Run it from plain jar files");
        }
        return file(source.getLocation(), type);
    }

    private static Path file(URL location, Class<?> type) {
        try {
            URI uri = location.toURI();
            if (uri.getScheme().equals("file")) {
                return Path.of(uri).toAbsolutePath();
            }
        } catch (URISyntaxException e) {
            // Named below, like any other place that is not a file.
        }
        throw new IllegalStateException(
                "cannot start another JVM with " + type.getName() + ": it comes from " + location
                        + ", which is not a file that a JVM can read. Run it from plain jar files, not from a jar inside a jar");
    }

    private static String absolute(String path) {
        return Stream.of(path.split(File.pathSeparator))
                .map(entry -> new File(entry).getAbsolutePath())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
