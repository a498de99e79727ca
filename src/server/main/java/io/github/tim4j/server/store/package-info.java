/* SPDX-License-Identifier: Apache-2.0 */
/** Implementations of {@link io.github.tim4j.server.SessionStore}. */
@NullMarked
package io.github.tim4j.server.store;

import org.jspecify.annotations.NullMarked;
