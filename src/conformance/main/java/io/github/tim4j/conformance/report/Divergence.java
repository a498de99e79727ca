/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

/**
 * Something that the documentation and the libraries do not agree about.
 *
 * @param what          what was looked at
 * @param documentation what the vendor's documentation says; null if it is silent
 * @param timshim       what timshim's headers say
 * @param vendor        what the vendor's library was measured to do
 * @param observed      what this library did
 */
public record Divergence(String what, String documentation, String timshim, String vendor, String observed) {
    /** In one line. */
    @Override
    public String toString() {
        return what + ": "
                + (documentation == null ? "the documentation is silent" : "the documentation says " + documentation)
                + "; timshim: "
                + timshim + "; libImSDK 8.0, measured: " + vendor + "; this library: " + observed;
    }
}
