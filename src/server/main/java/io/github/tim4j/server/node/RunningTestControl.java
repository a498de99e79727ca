/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.node;

import io.github.tim4j.server.TestControl;
import io.github.tim4j.server.login.Connection;
import io.github.tim4j.server.login.LoginService;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** What a test orders from a running server. Any thread but the event loops. */
final class RunningTestControl implements TestControl {
    private final RunningServer server;
    private final LoginService service;
    private final Connections connections;

    RunningTestControl(RunningServer server, LoginService service, Connections connections) {
        this.server = server;
        this.service = service;
        this.connections = connections;
    }

    @Override
    public void refuseLogins(int count, int code) {
        refuse(0, null, count, code);
    }

    @Override
    public void refuseLogins(long sdkAppId, String userId, int count, int code) {
        refuse(sdkAppId, Objects.requireNonNull(userId), count, code);
    }

    private void refuse(long sdkAppId, String userId, int count, int code) {
        if (count < 1 || code == 0) {
            throw new IllegalArgumentException("count " + count + " must be at least 1, and code " + code + " not 0");
        }
        service.faults().refuse(sdkAppId, userId, count, code);
    }

    @Override
    public void delayLogins(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay " + delay + " is negative");
        }
        service.faults().delay(delay);
    }

    @Override
    public void cutConnections() {
        connections.each(Connection::cut);
    }

    @Override
    public void cutConnections(long sdkAppId, String userId) {
        connections.each(sdkAppId, userId, Connection::cut);
    }

    @Override
    public void halfOpenConnections() {
        connections.each(Connection::mute);
    }

    @Override
    public void halfOpenConnections(long sdkAppId, String userId) {
        connections.each(sdkAppId, userId, Connection::mute);
    }

    @Override
    public void pauseAccepting() {
        server.accept(false);
    }

    @Override
    public void resumeAccepting() {
        server.accept(true);
    }

    @Override
    public void stopListening() {
        server.stopListening();
    }

    @Override
    public void listenAgain() {
        server.listenAgain();
    }

    @Override
    public void restart() {
        server.restart();
    }

    @Override
    public void setClock(Instant now) {
        service.clock().set(now);
        connections.each(Connection::clockChanged);
    }

    @Override
    public void advanceClock(Duration by) {
        service.clock().advance(by);
        connections.each(Connection::clockChanged);
    }

    @Override
    public void reset() {
        server.reset();
    }
}
