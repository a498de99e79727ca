/* SPDX-License-Identifier: Apache-2.0 */
/** What parent and worker say to each other. */
package io.github.tim4j.conformance.message;
