/* SPDX-License-Identifier: Apache-2.0 */
/** The server's certificate. */
package io.github.tim4j.server.tls;
