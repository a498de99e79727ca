/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/**
 * What a client reports: the same as the methods of {@link TimListener}, as values. With {@link TimClient#on} a lambda receives one kind.
 */
public sealed interface TimEvent
        permits StatusChange,
                TimEvent.Ready,
                TimEvent.NotReady,
                TimEvent.KickedOffline,
                TimEvent.UserSigExpired,
                UserSigRenewal,
                NetworkChange {
    /**
     * The user is logged in from now on.
     *
     * @param userId who
     */
    record Ready(String userId) implements TimEvent {}

    /**
     * The user is no longer logged in, for whatever reason.
     *
     * @param userId who
     */
    record NotReady(String userId) implements TimEvent {}

    /**
     * The user was kicked offline.
     *
     * @param userId who
     * @param reason why
     */
    record KickedOffline(String userId, KickReason reason) implements TimEvent {}

    /**
     * The UserSig expired while the user was logged in.
     *
     * @param userId who
     */
    record UserSigExpired(String userId) implements TimEvent {}
}
