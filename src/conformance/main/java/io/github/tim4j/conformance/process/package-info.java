/* SPDX-License-Identifier: Apache-2.0 */
/** The parent's end of a worker process: it is started, told what to call, listened to, and ended. */
package io.github.tim4j.conformance.process;
