/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What clients of the server API store about a user besides the account: nick name, picture and the like, by tag. The login server makes nothing of it; it is
 * kept in this process's memory, of the {@link #MAX_USERS} users whose profile was set last. Any thread.
 */
final class Profiles {
    static final int MAX_USERS = 10_000;
    static final int MAX_TAGS = 64;

    private record Key(long sdkAppId, String userId) {}

    private final Map<Key, Map<String, Object>> profiles = new LinkedHashMap<>();

    /** @return false if the profile would have too many tags; then nothing is changed */
    synchronized boolean set(long sdkAppId, String userId, Map<String, Object> values) {
        Key key = new Key(sdkAppId, userId);
        Map<String, Object> profile = new TreeMap<>(get(sdkAppId, userId));
        profile.putAll(values);
        if (profile.size() > MAX_TAGS) {
            return false;
        }
        profiles.remove(key);
        profiles.put(key, profile);
        if (profiles.size() > MAX_USERS) {
            profiles.remove(profiles.keySet().iterator().next());
        }
        return true;
    }

    /** @return the values by tag; none if nothing was set */
    synchronized Map<String, Object> get(long sdkAppId, String userId) {
        return Map.copyOf(profiles.getOrDefault(new Key(sdkAppId, userId), Map.of()));
    }

    synchronized void remove(long sdkAppId, String userId) {
        profiles.remove(new Key(sdkAppId, userId));
    }
}
