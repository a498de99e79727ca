/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Counts the distinct users of an app that logged in in a day (UTC, by the server's clock): what the vendor bills. Any thread. */
public final class DauMeter implements Consumer<LoginEvent> {
    private static final int DAYS_KEPT = 31;

    private final Map<Long, TreeMap<LocalDate, Set<String>>> apps = new TreeMap<>();

    @Override
    public void accept(LoginEvent event) {
        if (event instanceof LoginEvent.LoginAccepted accepted) {
            LocalDate day = LocalDate.ofInstant(accepted.time(), ZoneOffset.UTC);
            loggedIn(accepted.session().sdkAppId(), accepted.session().userId(), day);
        }
    }

    private void loggedIn(long sdkAppId, String userId, LocalDate today) {
        synchronized (this) {
            TreeMap<LocalDate, Set<String>> days = apps.computeIfAbsent(sdkAppId, app -> new TreeMap<>());
            days.computeIfAbsent(today, day -> new HashSet<>()).add(userId);
            if (days.size() > DAYS_KEPT) {
                days.pollFirstEntry();
            }
        }
    }

    public synchronized Map<LocalDate, Integer> days(long sdkAppId) {
        Map<LocalDate, Integer> counts = new TreeMap<>();
        apps.getOrDefault(sdkAppId, new TreeMap<>()).forEach((day, users) -> counts.put(day, users.size()));
        return counts;
    }

    public synchronized Set<Long> apps() {
        return Set.copyOf(apps.keySet());
    }

    public synchronized void clear() {
        apps.clear();
    }
}
