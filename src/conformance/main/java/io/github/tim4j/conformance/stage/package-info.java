/* SPDX-License-Identifier: Apache-2.0 */
/** What scenarios are written with: processes with the library in them, the login server, users, and checks. */
package io.github.tim4j.conformance.stage;
