/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/**
 * A login succeeded.
 *
 * @param userId      the user who is logged in
 * @param repeatLogin whether this user had been logged in already, so that nothing changed but perhaps the UserSig
 */
public record LoginResult(String userId, boolean repeatLogin) {}
