/* SPDX-License-Identifier: Apache-2.0 */
/** What happens to logins and sessions, and who hears of it: the access log and its last events, metrics, daily active users, webhooks. */
package io.github.tim4j.server.event;
