/* SPDX-License-Identifier: Apache-2.0 */
/** A running server: its ports and threads, and what a test orders. It puts the other packages together. */
package io.github.tim4j.server.node;
