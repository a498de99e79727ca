/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the project is. */
public final class Project {
    /** The project's top folder, from whichever module's folder a test runs in. */
    public static final Path ROOT =
            root(Path.of(System.getProperty("basedir", "")).toAbsolutePath());

    private Project() {}

    private static Path root(Path folder) {
        for (Path candidate = folder; candidate != null; candidate = candidate.getParent()) {
            if (Files.exists(candidate.resolve("include/TIMCloud.h"))) {
                return candidate;
            }
        }
        throw new IllegalStateException(
                "no include/TIMCloud.h in " + folder + " or above it: tests run inside the project");
    }
}
