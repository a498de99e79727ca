/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code State.StateChange} webhooks of a {@link LoginServer}.
 *
 * @param urls            where they are posted, by app
 * @param token           what they are signed with, or null
 * @param disconnectGrace how long an instance that lost its connection may take to come back before the loss is reported
 */
public record Webhooks(Map<Long, URI> urls, @Nullable String token, Duration disconnectGrace) {
    /** Without the token. */
    @Override
    public String toString() {
        return "Webhooks[urls=" + urls + ", token=" + (token == null ? "none" : "(secret)") + ", disconnectGrace="
                + disconnectGrace + "]";
    }
}
