/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The libraries beside this one. An application's own build decides about their versions; one that is missing or too old is named here, before it
 * would show as a linkage error. Nothing here may refer to them by type, or this class could not be loaded without them.
 */
final class RequiredLibraries {
    private RequiredLibraries() {}

    /**
     * Looks for what {@link TimClient} needs.
     *
     * @throws IllegalStateException naming everything that is missing or too old, and what to add
     */
    static void check() {
        List<String> wanted = new ArrayList<>();
        Class<?> jna = find("com.sun.jna.Memory");
        if (jna == null) {
            wanted.add("JNA is missing: add net.java.dev.jna:jna 5.13.0 or newer");
        } else if (!Closeable.class.isAssignableFrom(jna)) {
            wanted.add("JNA is " + version(jna) + ", which is too old: use net.java.dev.jna:jna 5.13.0 or newer");
        }
        if (find("org.slf4j.LoggerFactory") == null) {
            wanted.add("the SLF4J API is missing: add org.slf4j:slf4j-api 1.7.36 or newer");
        }
        if (find("java.util.logging.Logger") == null) {
            wanted.add(
                    "this Java runtime lacks the module java.logging, which JNA needs: add it to the image (jlink --add-modules java.logging)");
        }
        if (!wanted.isEmpty()) {
            throw new IllegalStateException("tim4j cannot run with what is here: " + String.join("; ", wanted)
                    + ". Your build decides about these versions: look at its dependency tree");
        }
    }

    private static @Nullable Class<?> find(String name) {
        try {
            return Class.forName(name, false, RequiredLibraries.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            return null;
        }
    }

    /** By its manifest, unless that is the one of a jar that others were packed into. */
    private static String version(Class<?> jna) {
        Package its = jna.getPackage();
        return "com.sun.jna".equals(its.getImplementationTitle())
                ? its.getImplementationVersion()
                : "of an old version";
    }
}
