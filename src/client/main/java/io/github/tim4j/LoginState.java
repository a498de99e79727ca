/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.Optional;

/**
 * The login status and the user, of one moment.
 *
 * @param status what it is
 * @param userId who is logged in; empty unless the status is {@link LoginStatus#LOGGED_IN}
 */
public record LoginState(LoginStatus status, Optional<String> userId) {}
