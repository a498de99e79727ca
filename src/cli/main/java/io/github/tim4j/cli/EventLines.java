// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.KickReason;
import io.github.tim4j.NetworkChange;
import io.github.tim4j.StatusChange;
import io.github.tim4j.TimListener;
import io.github.tim4j.UserSigRenewal;
import java.util.function.Consumer;

/** Turns every event of a client into a line of text, named after the method of the listener that is called. */
final class EventLines implements TimListener {
    private final Consumer<String> out;

    /** @param out is called on the client's callback thread */
    EventLines(Consumer<String> out) {
        this.out = out;
    }

    @Override
    public void onStatusChanged(StatusChange change) {
        if (change.cause() != StatusChange.Cause.REPLAY) {
            out.accept("onStatusChanged " + change.from() + " -> " + change.to() + " (" + change.cause() + ")");
        }
    }

    @Override
    public void onReady(String userId) {
        out.accept("onReady " + userId);
    }

    @Override
    public void onNotReady(String userId) {
        out.accept("onNotReady " + userId);
    }

    @Override
    public void onKickedOffline(KickReason reason) {
        out.accept("onKickedOffline " + reason);
    }

    @Override
    public void onUserSigExpired(String userId) {
        out.accept("onUserSigExpired " + userId);
    }

    @Override
    public void onUserSigRenewal(UserSigRenewal renewal) {
        out.accept("onUserSigRenewal " + renewal.trigger() + " " + renewal.step()
                + renewal.failure().map(failure -> " " + failure.getMessage()).orElse(""));
    }

    @Override
    public void onNetworkStatus(NetworkChange change) {
        out.accept("onNetworkStatus " + change.status() + (change.reconnect() ? " (reconnect)" : "")
                + (change.code() == 0
                        ? ""
                        : " " + change.code() + (change.description().isEmpty() ? "" : " " + change.description())));
    }
}
