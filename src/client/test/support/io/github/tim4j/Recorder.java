/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what a listener is told, each event as a line. */
public class Recorder implements TimListener {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<StatusChange> changes = new CopyOnWriteArrayList<>();
    final List<NetworkChange> network = new CopyOnWriteArrayList<>();
    final List<UserSigRenewal> renewals = new CopyOnWriteArrayList<>();
    /** The changes and the network's, in the order in which they were told. */
    final List<Object> both = new CopyOnWriteArrayList<>();

    @Override
    public void onStatusChanged(StatusChange change) {
        changes.add(change);
        both.add(change);
        events.add(line(change));
    }

    static String line(StatusChange change) {
        return change.from() + ">" + change.to() + " " + change.cause()
                + change.userId().map(user -> " " + user).orElse("")
                + change.error().map(error -> " " + error.code()).orElse("");
    }

    @Override
    public void onReady(String userId) {
        events.add("ready " + userId);
    }

    @Override
    public void onNotReady(String userId) {
        events.add("notReady " + userId);
    }

    @Override
    public void onKickedOffline(KickReason reason) {
        events.add("kicked " + reason);
    }

    @Override
    public void onUserSigExpired(String userId) {
        events.add("expired " + userId);
    }

    @Override
    public void onUserSigRenewal(UserSigRenewal renewal) {
        renewals.add(renewal);
        events.add("renewal " + renewal.trigger() + " " + renewal.step() + " " + renewal.attempt());
    }

    @Override
    public void onNetworkStatus(NetworkChange change) {
        network.add(change);
        both.add(change);
    }
}
