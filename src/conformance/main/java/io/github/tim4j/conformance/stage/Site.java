/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.usersig.UserSigKey;

/**
 * A login server that scenarios log in to.
 *
 * @param url    what the library is told with {@code shim_server}; null for a library that knows its service by itself
 * @param key    makes the UserSigs
 * @param suffix put behind every user id, so that nobody's users are disturbed
 */
public record Site(String url, UserSigKey key, String suffix) {}
