/* SPDX-License-Identifier: Apache-2.0 */
/** The server's certificate. */
@NullMarked
package io.github.tim4j.server.tls;

import org.jspecify.annotations.NullMarked;
