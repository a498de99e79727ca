/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link SessionStore} decides about a login. */
public sealed interface Admission {
    /**
     * The session is in the store.
     *
     * @param session   the session; an instance that was logged in before keeps the time of its login
     * @param reconnect whether this instance was logged in already, so that it was no new login
     * @param kicked    the sessions that had to go under the login policy, connected or not
     */
    record Admitted(Session session, boolean reconnect, List<Session> kicked) implements Admission {}

    /**
     * The session is not in the store.
     *
     * @param code     6208: this instance was kicked while it was not connected, reported now and then forgotten; 70001, 70052: its UserSig
     *                 was expired or invalidated by {@link SessionStore#revoke}
     * @param kickedBy with 6208, the platform of the instance that kicked, or null
     */
    record Refused(int code, @Nullable Platform kickedBy) implements Admission {}
}
