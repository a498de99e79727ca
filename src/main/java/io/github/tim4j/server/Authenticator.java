/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigCheck;
import io.github.tim4j.usersig.UserSigKey;
import io.github.tim4j.usersig.UserSigProblem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Checks UserSigs against the secret keys of the apps. Any thread. */
final class Authenticator {
    /** Those of an app in order, the one that makes new UserSigs first; none: the app has no key. */
    private final Map<Long, List<UserSigKey>> keys;
    private final ServerClock clock;

    Authenticator(Map<Long, List<UserSigKey>> keys, ServerClock clock) {
        this.keys = new ConcurrentHashMap<>(keys);
        this.clock = clock;
    }

    /** What was checked: the UserSig if it is valid, else why not; exactly one of both. */
    record Result(UserSig userSig, Refusal refusal) {
    }

    Result check(long sdkAppId, String userId, byte[] password) {
        List<UserSigKey> appKeys = keys.get(sdkAppId);
        if (appKeys == null) {
            return refused(Refusal.APP_NOT_FOUND, "this server has no app with SDKAppID " + sdkAppId);
        }
        if (appKeys.isEmpty()) {
            return refused(Refusal.KEY_NOT_FOUND, "SDKAppID " + sdkAppId + " has no secret key yet");
        }
        String text = password == null ? "" : new String(password, StandardCharsets.ISO_8859_1);
        UserSigCheck check = null;
        for (UserSigKey key : appKeys) {
            check = key.check(text, userId, clock.now());
            if (check.problem().orElse(null) != UserSigProblem.WRONG_SIGNATURE) {
                break;
            }
        }
        return check.isValid() ? new Result(check.userSig().orElseThrow(), null) : refused(check.code(), check.detail());
    }

    private static Result refused(int code, String text) {
        return new Result(null, new Refusal(code, text));
    }

    /** The key that makes new UserSigs. */
    UserSigKey key(long sdkAppId) {
        List<UserSigKey> appKeys = keys.get(sdkAppId);
        if (appKeys == null || appKeys.isEmpty()) {
            throw new IllegalArgumentException("this server has no secret key for SDKAppID " + sdkAppId + "; it serves " + keys.keySet());
        }
        return appKeys.get(0);
    }
}
