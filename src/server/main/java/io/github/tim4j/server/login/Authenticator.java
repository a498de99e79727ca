/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigCheck;
import io.github.tim4j.usersig.UserSigKey;
import io.github.tim4j.usersig.UserSigProblem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Checks UserSigs against the secret keys of the apps. Any thread. */
public final class Authenticator {
    private record Key(UserSigKey key, Instant until) {}

    /** Those of an app in order, the one that makes new UserSigs first; none: the app has no key. */
    private final Map<Long, List<Key>> keys = new ConcurrentHashMap<>();

    private volatile Map<Long, List<UserSigKey>> configured;
    private final ServerClock clock;

    Authenticator(Map<Long, List<UserSigKey>> configured, ServerClock clock) {
        this.configured = configured;
        this.clock = clock;
        reset();
    }

    /** Back to the keys as configured. */
    void reset() {
        configure(configured);
    }

    /** These keys, and no others, from now on. */
    void configure(Map<Long, List<UserSigKey>> changed) {
        configured = changed;
        changed.forEach((app, list) -> keys.put(
                app, list.stream().map(key -> new Key(key, Instant.MAX)).toList()));
        keys.keySet().retainAll(changed.keySet());
    }

    /** From now on UserSigs are made with this key; those made with the keys before are accepted for the time of the overlap. */
    public void rotate(UserSigKey newKey, Duration overlap) {
        Instant now = clock.instant();
        Instant until = now.plus(overlap);
        keys.compute(newKey.sdkAppId(), (app, known) -> {
            List<Key> changed = new ArrayList<>(List.of(new Key(newKey, Instant.MAX)));
            if (known != null) {
                known.stream()
                        .map(old -> new Key(old.key(), old.until().isBefore(until) ? old.until() : until))
                        .filter(old -> old.until().isAfter(now))
                        .forEach(changed::add);
            }
            return List.copyOf(changed);
        });
    }

    /** What was checked: the UserSig if it is valid, else why not; exactly one of both. */
    public record Result(UserSig userSig, Refusal refusal) {}

    public Result check(long sdkAppId, String userId, byte[] password) {
        List<Key> appKeys = keys.get(sdkAppId);
        if (appKeys == null) {
            return refused(Refusal.APP_NOT_FOUND, "this server has no app with SDKAppID " + sdkAppId);
        }
        if (appKeys.isEmpty()) {
            return refused(Refusal.KEY_NOT_FOUND, "SDKAppID " + sdkAppId + " has no secret key yet");
        }
        String text = password == null ? "" : new String(password, StandardCharsets.ISO_8859_1);
        Instant now = clock.instant();
        UserSigCheck check = null;
        for (Key key : appKeys) {
            if (!key.until().isAfter(now)) {
                continue;
            }
            check = key.key().check(text, userId, now);
            if (check.problem().orElse(null) != UserSigProblem.WRONG_SIGNATURE) {
                break;
            }
        }
        return check.isValid()
                ? new Result(check.userSig().orElseThrow(), null)
                : refused(check.code(), check.detail());
    }

    private static Result refused(int code, String text) {
        return new Result(null, new Refusal(code, text));
    }

    public boolean knows(long sdkAppId) {
        return keys.containsKey(sdkAppId);
    }

    /** The key that makes new UserSigs. */
    public UserSigKey key(long sdkAppId) {
        List<Key> appKeys = keys.get(sdkAppId);
        if (appKeys == null || appKeys.isEmpty()) {
            throw new IllegalArgumentException(
                    "this server has no secret key for SDKAppID " + sdkAppId + "; it serves " + keys.keySet());
        }
        return appKeys.get(0).key();
    }
}
