/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The libraries beside this one. An application's own build decides about their versions; one that is missing or too old is named here, before it
 * would show as a linkage error. Nothing here may refer to them by type, or this class could not be loaded without them.
 */
final class RequiredLibraries {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    private RequiredLibraries() {}

    /**
     * Looks for what {@link TimClient} needs.
     *
     * @throws IllegalStateException naming everything that is missing or too old, and what to add
     */
    static void check() {
        List<String> wanted = new ArrayList<>();
        Class<?> jna = find("com.sun.jna.Native");
        String jnaVersion = jna == null ? null : jna.getPackage().getImplementationVersion();
        if (jna == null) {
            wanted.add("JNA is missing: add net.java.dev.jna:jna 5.13.0 or newer");
        } else if (isOlder(jnaVersion, 5, 13)) {
            wanted.add("JNA is " + jnaVersion + ", which is too old: use net.java.dev.jna:jna 5.13.0 or newer");
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

    /** A version that cannot be read, as in a repackaged jar, is given the benefit of the doubt. */
    private static boolean isOlder(@Nullable String version, int major, int minor) {
        Matcher have = VERSION.matcher(version == null ? "" : version);
        if (!have.matches()) {
            return false;
        }
        int haveMajor = Integer.parseInt(have.group(1));
        return haveMajor < major || haveMajor == major && Integer.parseInt(have.group(2)) < minor;
    }
}
