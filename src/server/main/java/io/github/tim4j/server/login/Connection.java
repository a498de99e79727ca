/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A client's connection, as whoever decides about logins sees it. Any thread; each stage completes when the connection has done it. */
public interface Connection {
    /**
     * Ends the connection because its session is out of the store.
     *
     * @param by the platform of the instance that kicked, or null
     * @return whether the client has shown that it knows that it is out: by closing after it was told, or by having logged out itself
     */
    CompletionStage<Boolean> evict(KickCause cause, @Nullable Platform by);

    /**
     * After an eviction: the instance is connecting again. If it has not closed the old connection in a moment, nor broken it off, then it is there and
     * has its message.
     */
    void cameAgain();

    /** Closes without a word; the instance stays logged in. */
    CompletionStage<Void> cut();

    /** From now on answers nothing and does not notice anything, but stays open. */
    CompletionStage<Void> mute();

    /** Tells the client that the server goes, and closes; the instance stays logged in. */
    CompletionStage<Void> shutDown();

    /** Looks at the deadlines again, after the clock was set. */
    CompletionStage<Void> clockChanged();

    /** The session, or null; a moment's truth. */
    CompletionStage<@Nullable Session> session();
}
