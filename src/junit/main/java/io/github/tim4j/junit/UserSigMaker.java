/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.UserSigProvider;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.TestControl;
import io.github.tim4j.usersig.UserSigKey;
import java.time.Duration;
import java.util.UUID;

/**
 * Makes UserSigs, good and bad, for the users of a test's app, by the clock of the test's server. Also a {@link UserSigProvider}, in
 * place of an application's backend. Any thread.
 */
public final class UserSigMaker implements UserSigProvider {
    private final LoginServer server;
    private final long sdkAppId;
    private final UserSigKey key;

    UserSigMaker(LoginServer server, UserSigKey key) {
        this.server = server;
        this.sdkAppId = key.sdkAppId();
        this.key = key;
    }

    /**
     * A good UserSig, valid for 180 days.
     *
     * @param userId the user, 1 to 32 characters of printable ASCII
     * @return the UserSig
     * @throws IllegalArgumentException if it is not a user id
     */
    @Override
    public String userSig(String userId) {
        return server.userSig(sdkAppId, userId);
    }

    /**
     * A good UserSig that expires soon. {@link TestControl#advanceClock} brings its end without waiting.
     *
     * @param userId   the user
     * @param validity how long it is valid, at least 1 second
     * @return the UserSig
     * @throws IllegalArgumentException if an argument is out of range
     */
    public String userSig(String userId, Duration validity) {
        return server.userSig(sdkAppId, userId, validity);
    }

    /**
     * A UserSig that has expired: a login with it gets 70001.
     *
     * @param userId the user
     * @return the UserSig
     * @throws IllegalArgumentException if it is not a user id
     */
    public String expired(String userId) {
        return key.make(userId, Duration.ofHours(1), server.now().minus(Duration.ofHours(2)), null);
    }

    /**
     * A UserSig made with another secret key than the app's: a login with it gets 70009.
     *
     * @param userId the user
     * @return the UserSig
     * @throws IllegalArgumentException if it is not a user id
     */
    public String wrongKey(String userId) {
        return new UserSigKey(sdkAppId, UUID.randomUUID().toString())
                .make(userId, UserSigKey.DEFAULT_VALIDITY, server.now(), null);
    }
}
