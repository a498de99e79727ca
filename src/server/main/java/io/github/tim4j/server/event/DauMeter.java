/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Counts the distinct users of an app that logged in in a day (UTC, by the server's clock): what the vendor bills. Who they were is known of today and
 * yesterday, and of earlier days while they were few; of the others the number is kept. Any thread.
 */
public final class DauMeter implements Consumer<LoginEvent> {
    private static final int DAYS_KEPT = 31;
    /** Users of an earlier day whose names are kept, for a clock that is set back. */
    private static final int FEW = 1_000;

    private static final class Day {
        private Set<String> users = new HashSet<>();
        /** Of those whose names are not kept any more. */
        private int others;

        int count() {
            return others + users.size();
        }

        void forgetMany() {
            if (users.size() > FEW) {
                others += users.size();
                users = new HashSet<>();
            }
        }
    }

    private final Map<Long, TreeMap<LocalDate, Day>> apps = new TreeMap<>();

    @Override
    public void accept(LoginEvent event) {
        if (event instanceof LoginEvent.LoginAccepted accepted) {
            LocalDate day = LocalDate.ofInstant(accepted.time(), ZoneOffset.UTC);
            loggedIn(accepted.session().sdkAppId(), accepted.session().userId(), day);
        }
    }

    private synchronized void loggedIn(long sdkAppId, String userId, LocalDate today) {
        TreeMap<LocalDate, Day> days = apps.computeIfAbsent(sdkAppId, app -> new TreeMap<>());
        Day day = days.get(today);
        if (day == null) {
            day = new Day();
            days.put(today, day);
            days.headMap(today.minusDays(1)).values().forEach(Day::forgetMany);
            if (days.size() > DAYS_KEPT) {
                days.pollFirstEntry();
            }
        }
        day.users.add(userId);
    }

    public synchronized Map<LocalDate, Integer> days(long sdkAppId) {
        Map<LocalDate, Integer> counts = new TreeMap<>();
        apps.getOrDefault(sdkAppId, new TreeMap<>()).forEach((day, users) -> counts.put(day, users.count()));
        return counts;
    }

    public synchronized Set<Long> apps() {
        return Set.copyOf(apps.keySet());
    }

    public synchronized void clear() {
        apps.clear();
    }
}
