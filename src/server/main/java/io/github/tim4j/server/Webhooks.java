/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * The {@code State.StateChange} webhooks of a {@link LoginServer}.
 *
 * @param urls            where they are posted, by app
 * @param disconnectGrace how long an instance that lost its connection may take to come back before the loss is reported
 */
public record Webhooks(Map<Long, URI> urls, Duration disconnectGrace) {}
