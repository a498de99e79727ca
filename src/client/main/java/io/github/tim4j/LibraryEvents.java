/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What a library reports, on its threads: each event becomes a turn of the loop, in which the session says what the application is to hear. */
final class LibraryEvents implements Callbacks.Events {
    private final Loop loop;
    private final Session session;
    private final BooleanSupplier closed;
    private final Consumer<List<TimEvent>> report;

    LibraryEvents(Loop loop, Session session, BooleanSupplier closed, Consumer<List<TimEvent>> report) {
        this.loop = loop;
        this.session = session;
        this.closed = closed;
        this.report = report;
    }

    private void turn(Runnable turn) {
        loop.put(() -> {
            if (!closed.getAsBoolean()) {
                turn.run();
            }
        });
    }

    @Override
    public void network(int status, int code, String description) {
        long now = System.nanoTime();
        String kept = Redaction.description(description);
        turn(() -> report.accept(session.network(NetworkStatus.of(status), code, kept, now)));
    }

    @Override
    public void kickReason(int reason) {
        turn(() -> session.kickReason(KickReason.of(reason)));
    }

    @Override
    public void kickedOffline() {
        turn(() -> report.accept(session.kickedOffline()));
    }

    @Override
    public void userSigExpired() {
        turn(() -> report.accept(session.userSigExpired()));
    }

    @Override
    public boolean wantsLog(int level) {
        return NativeLog.wants(level);
    }

    @Override
    public void log(int level, String line) {
        NativeLog.log(level, line);
    }
}
