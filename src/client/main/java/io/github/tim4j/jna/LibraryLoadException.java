/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Platform;
import java.util.List;

/** No library with the C API could be loaded. The message names the platform, every attempt, why it failed, and what to set. */
public final class LibraryLoadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LibraryLoadException(List<String> tried) {
        super("no TIM library could be loaded on " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                + " (" + Platform.RESOURCE_PREFIX + "). Tried:\n  - " + String.join("\n  - ", tried)
                + "\nName a library with TimClient.builder().library(path) or with -D"
                + NativeLibraries.LIBRARY_PROPERTY + "=PATH.");
    }
}
