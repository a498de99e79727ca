/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** What a test has ordered to go wrong with logins. Any thread. */
public final class Faults {
    private static final class Refuse {
        private final long sdkAppId;
        private final String userId;
        private final int code;
        private int left;

        Refuse(long sdkAppId, String userId, int code, int left) {
            this.sdkAppId = sdkAppId;
            this.userId = userId;
            this.code = code;
            this.left = left;
        }
    }

    private final List<Refuse> refusals = new ArrayList<>();
    private volatile Duration delay = Duration.ZERO;
    /** Spares an undisturbed login the lock. */
    private volatile boolean refusing;

    /** A user id of null means every login, whatever the app. */
    public synchronized void refuse(long sdkAppId, String userId, int count, int code) {
        refusals.add(new Refuse(sdkAppId, userId, code, count));
        refusing = true;
    }

    /** The code to refuse this login with, used up by the call; 0 to let it pass. */
    int refusal(long sdkAppId, String userId) {
        return refusing ? takeRefusal(sdkAppId, userId) : 0;
    }

    private synchronized int takeRefusal(long sdkAppId, String userId) {
        for (Iterator<Refuse> all = refusals.iterator(); all.hasNext(); ) {
            Refuse refuse = all.next();
            if (refuse.userId == null || refuse.sdkAppId == sdkAppId && refuse.userId.equals(userId)) {
                if (--refuse.left == 0) {
                    all.remove();
                    refusing = !refusals.isEmpty();
                }
                return refuse.code;
            }
        }
        return 0;
    }

    public void delay(Duration each) {
        delay = each;
    }

    public Duration delay() {
        return delay;
    }

    synchronized void clear() {
        refusals.clear();
        refusing = false;
        delay = Duration.ZERO;
    }
}
