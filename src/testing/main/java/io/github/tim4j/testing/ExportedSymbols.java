/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** What a shared library shows to the outside, as {@code nm} sees it on Linux. */
public final class ExportedSymbols {
    private ExportedSymbols() {}

    /** The names of the symbols that the library defines. Skips the calling test, with the reason, where {@code nm} cannot tell. */
    public static List<String> of(Path library) {
        Assumptions.assumeTrue(
                System.getProperty("os.name").equals("Linux"), "skipped: nm shows such symbols on Linux only");
        try {
            Process nm = new ProcessBuilder("nm", "-D", "--defined-only", library.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(nm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (nm.waitFor() != 0) {
                throw new AssertionError("nm cannot read " + library + ": " + output);
            }
            return output.lines()
                    .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                    .toList();
        } catch (IOException e) {
            return Assumptions.abort("skipped: no nm on this machine");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
