/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What belongs to the whole process and so to the application: a library leaves it alone. */
final class ProcessState {
    private ProcessState() {}

    /**
     * The working folder, the umask, and which signals are ignored or caught, a line each; nothing where the system does not tell. What C has printed
     * so far is on its way to standard output when this returns.
     */
    static String now() {
        NativeLibrary.getInstance("c").getFunction("fflush").invokeInt(new Object[] {null});
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return "folder " + Files.readSymbolicLink(Path.of("/proc/self/cwd")) + "\n"
                    + lines.filter(line -> line.matches("(Umask|SigIgn|SigCgt):.*"))
                            .map(line -> line.replaceAll("\\s+", " "))
                            .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            return "";
        }
    }
}
