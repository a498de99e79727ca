/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.Duration;

/**
 * How much a {@link LoginServer} takes. {@link LoginServerConfig.Builder} sets each, with its range and default.
 *
 * @param maxConnections           connections in all; a login on one more gets -302
 * @param maxConnectionsPerAddress connections from one IP address; a login on one more gets -302
 * @param maxLoginsPerSecond       logins a second; further ones get -10114
 * @param maxHandshakesPerSecond   TLS handshakes a second; further connections are closed before theirs
 * @param maxFailuresPerUser       wrong UserSigs within a minute after which further wrong ones of the user get 70050, for a minute
 * @param maxFailuresPerAddress    wrong UserSigs within a minute after which further wrong ones from the IP address, or IPv6 /64, get
 *                                 70050, for a minute
 * @param maxRestPerSecond         requests a second to the server API; further ones get 60007
 * @param connectTimeout           how long a client has to send its CONNECT completely
 * @param maxKeepAlive             the longest keep alive, in seconds
 */
public record Limits(
        int maxConnections,
        int maxConnectionsPerAddress,
        int maxLoginsPerSecond,
        int maxHandshakesPerSecond,
        int maxFailuresPerUser,
        int maxFailuresPerAddress,
        int maxRestPerSecond,
        Duration connectTimeout,
        int maxKeepAlive) {}
