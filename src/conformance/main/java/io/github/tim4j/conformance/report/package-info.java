/* SPDX-License-Identifier: Apache-2.0 */
/** What a run found out, and how it is shown: as a table, JSON, JUnit XML, HTML or Markdown. Uses nothing else of the kit. */
@NullMarked
package io.github.tim4j.conformance.report;

import org.jspecify.annotations.NullMarked;
