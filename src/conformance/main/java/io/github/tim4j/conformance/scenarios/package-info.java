/* SPDX-License-Identifier: Apache-2.0 */
/** What a library must do, scenario by scenario; a class for each group. */
@NullMarked
package io.github.tim4j.conformance.scenarios;

import org.jspecify.annotations.NullMarked;
