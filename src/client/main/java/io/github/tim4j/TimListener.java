/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/**
 * Receives what happens to a {@link TimClient}; every method does nothing unless overridden.
 *
 * <p>Methods are called one at a time, in the order of the events, on the client's callback executor, before the future of the request that
 * caused them completes. A listener that is added late gets the current status first. It survives logout and login until it is
 * removed. What it throws is logged and harms nobody. It must not wait for a future of a client: {@code join} and {@code get} fail
 * at once inside a callback; use {@code thenAccept}. Every method of {@link TimClient} may be called.
 */
public interface TimListener {
    /** The login status changed. Comes first; the methods below report the same again where they apply. */
    default void onStatusChanged(StatusChange change) {}

    /** The user is logged in from now on. */
    default void onReady(String userId) {}

    /** The user is no longer logged in, for whatever reason. */
    default void onNotReady(String userId) {}

    /**
     * The user was kicked offline. Nothing logs in again by itself: if both sides did, they would kick each other for ever. Ask the user:
     * <pre>{@code
     * if (confirm("You were logged in elsewhere. Log in here again?")) {
     *     tim.login(userId);
     * }
     * }</pre>
     */
    default void onKickedOffline(KickReason reason) {}

    /** The same, with the user who was kicked. Overridden, it takes the place of {@link #onKickedOffline(KickReason)}. */
    default void onKickedOffline(String userId, KickReason reason) {
        onKickedOffline(reason);
    }

    /** The UserSig expired while the user was logged in. With a {@link UserSigProvider} a renewal follows by itself. */
    default void onUserSigExpired(String userId) {}

    /** A step of a renewal by the {@link UserSigProvider}. */
    default void onUserSigRenewal(UserSigRenewal renewal) {}

    /** The connection to the server changed. A lost connection is restored by itself; there is nothing to do but to show it. */
    default void onNetworkStatus(NetworkChange change) {}
}
