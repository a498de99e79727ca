/* SPDX-License-Identifier: Apache-2.0 */
/** Who may log in, who must go, and how much is taken from whom; without sockets. Any thread. */
package io.github.tim4j.server.login;
