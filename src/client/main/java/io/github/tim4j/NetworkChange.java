/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;

/**
 * The connection to the server changed.
 *
 * @param status      what it is now
 * @param code        the cause, one of {@link TimError}'s codes; 0 for {@code CONNECTING} and {@code CONNECTED}
 * @param description the cause in words; never null, may be empty; more than 1024 characters are cut
 * @param reconnect   whether this belongs to restoring a connection that was lost while logged in, rather than to a login
 * @param outage      how long the connection has been lost, by the monotonic clock; zero unless {@code reconnect}
 */
public record NetworkChange(NetworkStatus status, int code, String description, boolean reconnect, Duration outage)
        implements TimEvent {}
