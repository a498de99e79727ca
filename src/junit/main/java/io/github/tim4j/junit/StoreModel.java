/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.tim4j.server.Admission;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.SigStamp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a session store must do, whatever happens to a user in whatever order; against a model that only keeps who is where. */
final class StoreModel {
    private static final Platform[] PLATFORMS = {Platform.WINDOWS, Platform.MAC, Platform.WEB};
    private static final int MAX_STEPS = 60;
    private static final int DEVICES = 6;

    enum Kind {
        LOGIN,
        LOGOUT,
        LOSE_LINK,
        DIE_SILENTLY,
        KICK,
        ADMIN_KICK
    }

    /** An operation of one of six devices. */
    record Step(Kind kind, int device) {
        Platform platform() {
            return PLATFORMS[device % PLATFORMS.length];
        }

        String deviceId() {
            return "d" + device;
        }
    }

    /** Mostly logins. */
    static List<Step> steps(Random random) {
        List<Step> steps = new ArrayList<>();
        for (int left = 1 + random.nextInt(MAX_STEPS); left > 0; left--) {
            Kind[] kinds = Kind.values();
            Kind kind = random.nextInt(10) < 6 ? Kind.LOGIN : kinds[random.nextInt(kinds.length)];
            steps.add(new Step(kind, random.nextInt(DEVICES)));
        }
        return steps;
    }

    /** One device as the model knows it. */
    private static final class Device {
        private @Nullable Session session;
        private boolean connected;
        /** Connected, but does not answer: can be told nothing. */
        private boolean dead;

        private boolean kickedUntold;
    }

    private final SessionStore store;
    private final String user;
    private final Map<String, Device> devices = new HashMap<>();
    private final Set<Long> told = new HashSet<>();
    private final List<Session> evictedTwice = new ArrayList<>();
    private long lastId;

    private StoreModel(SessionStore store, String user) {
        this.store = store;
        this.user = user;
    }

    /** Null if the store does what the model does. */
    static @Nullable Throwable failure(SessionStore store, List<Step> steps) {
        try {
            check(store, SessionStoreContract.someUser(), steps);
            return null;
        } catch (RuntimeException | AssertionError e) {
            return e;
        }
    }

    /** @param user one whom the store knows nothing of */
    private static void check(SessionStore store, String user, List<Step> steps) {
        StoreModel model = new StoreModel(store, user);
        String server = "server-of-" + user;
        store.join(server, (session, cause, by) -> {
            if (!model.told.add(session.id())) {
                model.evictedTwice.add(session);
            }
            return CompletableFuture.completedFuture(!model.device(session.deviceId()).dead);
        });
        for (Step step : steps) {
            model.run(step, server);
            model.check();
        }
        assertEquals(List.of(), model.evictedTwice, "sessions that were ended twice");
        store.leave(server);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (model.held().stream().anyMatch(SessionStore.Instance::connected)) {
            assertTrue(System.nanoTime() < end, "after its server has left, nobody is connected to it");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    private Device device(String id) {
        return devices.computeIfAbsent(id, key -> new Device());
    }

    private void run(Step step, String server) {
        Device device = device(step.deviceId());
        switch (step.kind()) {
            case LOGIN -> login(step, device, server);
            case LOGOUT, LOSE_LINK -> {
                if (device.session != null && device.connected && !device.dead) {
                    assertTrue(SessionStoreContract.done(store.end(device.session, step.kind() == Kind.LOGOUT)));
                    device.connected = false;
                    device.session = step.kind() == Kind.LOGOUT ? null : device.session;
                }
            }
            case DIE_SILENTLY -> device.dead = device.connected;
            case KICK, ADMIN_KICK -> {
                boolean there = device.session != null;
                KickCause cause = step.kind() == Kind.KICK ? KickCause.OTHER_INSTANCE : KickCause.REST;
                List<Session> kicked = SessionStoreContract.done(store.kick(1, user, null, step.deviceId(), cause));
                assertEquals(there ? 1 : 0, kicked.size(), "kicked");
                kicked.forEach(session -> out(session, cause == KickCause.OTHER_INSTANCE));
            }
            default -> throw new AssertionError(step);
        }
    }

    private void login(Step step, Device device, String server) {
        Session candidate = new Session(
                1,
                user,
                step.platform(),
                step.deviceId(),
                server,
                ++lastId,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                Instant.ofEpochSecond(lastId),
                Instant.MAX);
        Session before = device.session;
        boolean wasConnected = device.connected;
        Admission admission =
                SessionStoreContract.done(store.login(candidate, new SigStamp(0, 0), SessionStoreContract.POLICY));
        if (device.kickedUntold) {
            assertEquals(
                    6208, assertInstanceOf(Admission.Refused.class, admission).code());
            device.kickedUntold = false;
            return;
        }
        Admission.Admitted admitted = assertInstanceOf(Admission.Admitted.class, admission);
        assertEquals(before != null, admitted.reconnect(), "reconnect");
        if (before != null) {
            assertEquals(List.of(), admitted.kicked(), "a reconnect kicks nobody");
            assertEquals(before.loggedInAt(), admitted.session().loggedInAt(), "a reconnect is no new login");
            assertEquals(wasConnected, told.contains(before.id()), "the old connection is ended");
        }
        admitted.kicked().forEach(session -> out(session, true));
        device.session = admitted.session();
        device.connected = true;
        device.dead = false;
    }

    private void out(Session victim, boolean remembered) {
        Device device = device(victim.deviceId());
        assertEquals(device.session, victim);
        assertEquals(device.connected, told.contains(victim.id()), "who is connected is told, and nobody else");
        device.kickedUntold = remembered && (!device.connected || device.dead);
        device.session = null;
        device.connected = false;
        device.dead = false;
    }

    private List<SessionStore.Instance> held() {
        List<SessionStore.Instance> held = SessionStoreContract.done(store.instances(1, user));
        return held == null ? List.of() : held;
    }

    private void check() {
        List<SessionStore.Instance> held = held();
        Set<SessionStore.Instance> expected = new HashSet<>();
        devices.values().stream()
                .filter(device -> device.session != null)
                .forEach(device -> expected.add(new SessionStore.Instance(device.session, device.connected)));
        assertEquals(
                expected,
                held.stream()
                        .map(instance -> new SessionStore.Instance(instance.session(), instance.connected()))
                        .collect(Collectors.toSet()),
                "who is logged in");
        Set<Platform> platforms = new HashSet<>();
        for (Platform platform : PLATFORMS) {
            long count = held.stream()
                    .filter(instance -> instance.session().platform() == platform)
                    .count();
            assertTrue(count <= SessionStoreContract.POLICY.instances(platform), "instances on " + platform);
            if (count > 0) {
                platforms.add(platform);
            }
        }
        assertFalse(platforms.containsAll(Set.of(Platform.WINDOWS, Platform.MAC)), "dual platform");
    }
}
