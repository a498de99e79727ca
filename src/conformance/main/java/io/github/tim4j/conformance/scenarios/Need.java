/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

/** What a scenario cannot be run without. */
public enum Need {
    /** Any library with the C API; no server. */
    LIBRARY,
    /** Logins that succeed: at a server, or by the library itself. */
    LOGIN,
    /** A login server that checks UserSigs: the kit's own, or one with credentials. */
    LOGIN_SERVER,
    /** A server of the kit's that does as it is told, so a library that can be pointed at one. */
    KIT_SERVER,
    /** What only timshim exports, or a setting that only it has. */
    TIMSHIM,
    /** A library with the classic C API. */
    CLASSIC,
    /** A library with the classic C API that can be pointed at the kit's server. */
    CLASSIC_AND_KIT_SERVER
}
