/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

/** Where an expectation comes from. */
public enum Source {
    /** The vendor's guide to the classic C API (2016). */
    CLASSIC_GUIDE("classic C API guide"),
    /** The vendor's reference of the C API: TIMLogin, TIMLogout, TIMGetLoginStatus, TIMGetLoginUserID. */
    C_REFERENCE("C API reference"),
    /** The vendor's guide to the same lifecycle in the Flutter SDK. */
    FLUTTER_GUIDE("Flutter SDK guide"),
    /** The vendor's guide to the same lifecycle in the Web SDK. */
    WEB_GUIDE("Web SDK guide"),
    /** The vendor's table of error codes. */
    ERROR_CODES("table of error codes"),
    /** The vendor's description of login policies and UserSigs. */
    SERVICE("description of the service"),
    /** The vendor's library, measured: libImSDK 8.0.5903 for Linux, without a network. */
    MEASURED("measured on libImSDK 8.0"),
    /** The contract in this project's C headers. */
    HEADERS("C headers of tim4j"),
    /** MQTT 5, and what tim4j adds to it. */
    WIRE("wire contract (MQTT 5)");

    private final String title;

    Source(String title) {
        this.title = title;
    }

    /** As reports show it. */
    @Override
    public String toString() {
        return title;
    }
}
