/* SPDX-License-Identifier: Apache-2.0 */
/** A running server: its ports and threads, and what a test orders. It puts the other packages together. */
@NullMarked
package io.github.tim4j.server.node;

import org.jspecify.annotations.NullMarked;
