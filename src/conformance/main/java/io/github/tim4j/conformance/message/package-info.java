/* SPDX-License-Identifier: Apache-2.0 */
/** What parent and worker say to each other. */
@NullMarked
package io.github.tim4j.conformance.message;

import org.jspecify.annotations.NullMarked;
