/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.time.Instant;
import java.util.List;

/**
 * A whole run.
 *
 * @param library the library's file name, or "timshim (bundled)"
 * @param version what its TIMGetSDKVersion returned
 * @param started when the run began
 * @param millis  how long it took
 * @param machine operating system, architecture and processors
 * @param results in the order of the catalogue
 */
public record Report(
        String library, String version, Instant started, long millis, String machine, List<Result> results) {
    /**
     * Counts results.
     *
     * @param verdict a verdict
     * @return how many scenarios ended with it
     */
    public long count(Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }

    /**
     * Whether the library is without fault.
     *
     * @return true if no scenario failed, crashed or hung
     */
    public boolean isConformant() {
        return results.stream().noneMatch(result -> result.verdict().isFault());
    }
}
