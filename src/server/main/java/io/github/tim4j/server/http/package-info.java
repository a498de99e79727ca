/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The HTTP port: the vendor's server API, test control, health and metrics. HTTP is Netty's and not the JDK's server, in which each slow client
 * holds a thread, and because one port takes HTTP and HTTPS that way.
 */
package io.github.tim4j.server.http;
