/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.SigStamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server knows of the UserSigs that it makes itself. A UserSig tells whole seconds: so those made in the second of a revocation are revoked by
 * name, and the next one of that user says that it was made a second later. Any thread.
 */
final class IssueTimes {
    /** So long after it was made, a UserSig is older than a revocation by its time alone; so long a next one may have to be newer. */
    private static final int SECONDS_REMEMBERED = 5;

    private static final int MAX_MADE = 100_000;

    private record User(long sdkAppId, String userId) {}

    /** A UserSig of a user that may be in the second of a revocation. */
    private record Made(User user, SigStamp sig) {}

    /** In the order of their making. */
    private final Set<Made> made = new LinkedHashSet<>();
    /** The UserSigs of a user must be newer than this second. */
    private final Map<User, Long> lastRevocation = new HashMap<>();

    synchronized void made(long sdkAppId, String userId, SigStamp sig, Instant now) {
        long old = now.getEpochSecond() - SECONDS_REMEMBERED;
        made.removeIf(one -> one.sig().issuedAt() < old);
        if (made.size() < MAX_MADE) {
            made.add(new Made(new User(sdkAppId, userId), sig));
        }
    }

    /** @return those of the user that were made in this second, or say that they were made later */
    synchronized List<SigStamp> revoked(long sdkAppId, String userId, long second) {
        User user = new User(sdkAppId, userId);
        List<SigStamp> young = made.stream()
                .filter(one -> one.user().equals(user) && one.sig().issuedAt() >= second)
                .map(Made::sig)
                .toList();
        long newest = young.stream().mapToLong(SigStamp::issuedAt).reduce(second, Math::max);
        lastRevocation.values().removeIf(last -> last < second - SECONDS_REMEMBERED);
        lastRevocation.merge(user, newest, Math::max);
        return young;
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
