/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

/**
 * What one source says about something that another sees otherwise, or is silent about.
 *
 * @param who   whose word it is
 * @param value what it says
 */
record Claim<T>(Who who, T value) {
    enum Who {
        DOCUMENTATION("the documentation"), TIMSHIM("timshim's headers"), VENDOR("libImSDK 8.0, measured");

        final String title;

        Who(String title) {
            this.title = title;
        }
    }

    /** The vendor's documentation says so; timshim follows it. */
    static <T> Claim<T> documented(T value) {
        return new Claim<>(Who.DOCUMENTATION, value);
    }

    /** The documentation is silent or contradicts itself; timshim decides so. */
    static <T> Claim<T> shim(T value) {
        return new Claim<>(Who.TIMSHIM, value);
    }

    /** The vendor's library does so. */
    static <T> Claim<T> vendor(T value) {
        return new Claim<>(Who.VENDOR, value);
    }
}
