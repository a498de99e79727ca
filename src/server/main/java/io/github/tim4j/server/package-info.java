/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The login server: what timshim logs in to, in a JVM test, on a laptop, or for a team. {@link io.github.tim4j.server.LoginServer} is all that a
 * user needs, with {@link io.github.tim4j.server.LoginServerConfig} to start it.
 *
 * <p>This package is what a user sees. The server itself is below, from the wire inwards: {@code mqtt} (bytes and connections), {@code login}
 * (decisions), {@code store} (accounts and sessions), {@code event} (what happened, and who hears of it), {@code http} (the other port), {@code tls}
 * (certificates), and {@code node}, which puts them together. All of them use this package; it uses none of them.
 *
 * <p>Threads: a few Netty event loops, each of which owns its connections; no thread per connection. Every state that event loops share is in a
 * concurrent map or behind a short lock.
 */
@NullMarked
package io.github.tim4j.server;

import org.jspecify.annotations.NullMarked;
