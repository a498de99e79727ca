/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Counts the distinct users of an app that logged in in a day (UTC, by the server's clock): what the vendor bills. Any thread. */
final class DauMeter {
    private static final int DAYS_KEPT = 31;

    private final ServerClock clock;
    private final Map<Long, TreeMap<LocalDate, Set<String>>> apps = new TreeMap<>();

    DauMeter(ServerClock clock) {
        this.clock = clock;
    }

    void loggedIn(long sdkAppId, String userId) {
        LocalDate today = LocalDate.ofInstant(clock.now(), ZoneOffset.UTC);
        synchronized (this) {
            TreeMap<LocalDate, Set<String>> days = apps.computeIfAbsent(sdkAppId, app -> new TreeMap<>());
            days.computeIfAbsent(today, day -> new HashSet<>()).add(userId);
            if (days.size() > DAYS_KEPT) {
                days.pollFirstEntry();
            }
        }
    }

    synchronized Map<LocalDate, Integer> days(long sdkAppId) {
        Map<LocalDate, Integer> counts = new TreeMap<>();
        apps.getOrDefault(sdkAppId, new TreeMap<>()).forEach((day, users) -> counts.put(day, users.size()));
        return counts;
    }

    synchronized Set<Long> apps() {
        return Set.copyOf(apps.keySet());
    }

    synchronized void clear() {
        apps.clear();
    }
}
