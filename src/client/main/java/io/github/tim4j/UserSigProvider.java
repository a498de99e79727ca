/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/**
 * Gets a fresh UserSig, usually from your own backend, which alone knows the app's secret key.
 *
 * <p>It runs on a thread of the client's own (never on a callback's) and may block; a client makes one call at a time. The thread is
 * interrupted when the client is closed, and when nobody waits for the answer any more: after the time limit, a cancel, a kick, another call. For one that answers later, see {@link TimClient.Builder#asyncUserSigProvider}.
 */
@FunctionalInterface
public interface UserSigProvider {
    /**
     * @param userId the user to make a UserSig for
     * @return a UserSig made now; null and "" count as a failure
     * @throws Exception if there is none to be had; an explicit login fails with it, a renewal in the background is tried again later
     */
    String userSig(String userId) throws Exception;
}
