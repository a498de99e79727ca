/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.SigStamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server knows of the UserSigs that it makes itself. A UserSig tells whole seconds: so one made in the second of a revocation is known by
 * itself, and the next one of that user says that it was made a second later. Any thread.
 */
final class IssueTimes {
    /** So long after it was made, a UserSig is older than a revocation by its time alone; so long a next one may have to be newer. */
    private static final int SECONDS_REMEMBERED = 5;

    private static final int MAX_MADE = 100_000;

    private record User(long sdkAppId, String userId) {}

    /** A UserSig of a user that may be in the second of a revocation. */
    private record Made(User user, SigStamp sig) {}

    /** By the second of their making, in that order; the value is 0, or the code of a revocation that came later. */
    private final Map<Made, Integer> made = new LinkedHashMap<>();
    /** The UserSigs of a user must be newer than this second. */
    private final Map<User, Long> lastRevocation = new HashMap<>();

    synchronized void made(long sdkAppId, String userId, SigStamp sig, Instant now) {
        long old = now.getEpochSecond() - SECONDS_REMEMBERED;
        made.entrySet()
                .removeIf(entry -> entry.getValue() == 0 && entry.getKey().sig().issuedAt() < old);
        if (made.size() < MAX_MADE) {
            made.putIfAbsent(new Made(new User(sdkAppId, userId), sig), 0);
        }
    }

    synchronized void revoked(long sdkAppId, String userId, long second, int code) {
        User user = new User(sdkAppId, userId);
        long newest = second;
        for (Map.Entry<Made, Integer> entry : made.entrySet()) {
            Made one = entry.getKey();
            if (one.user().equals(user) && one.sig().issuedAt() >= second) {
                entry.setValue(code);
                newest = Math.max(newest, one.sig().issuedAt());
            }
        }
        lastRevocation.values().removeIf(last -> last < second - SECONDS_REMEMBERED);
        lastRevocation.merge(user, newest, Math::max);
    }

    /** @return the code of the revocation that made it useless; 0 for none */
    synchronized int revocation(long sdkAppId, String userId, SigStamp sig) {
        return made.isEmpty() ? 0 : made.getOrDefault(new Made(new User(sdkAppId, userId), sig), 0);
    }

    /** When a UserSig made now says that it was made. */
    synchronized Instant next(long sdkAppId, String userId, Instant now) {
        @Nullable Long last = lastRevocation.get(new User(sdkAppId, userId));
        Instant newer = last == null ? now : Instant.ofEpochSecond(last + 1);
        return now.isBefore(newer) ? newer : now;
    }

    synchronized void clear() {
        made.clear();
        lastRevocation.clear();
    }
}
