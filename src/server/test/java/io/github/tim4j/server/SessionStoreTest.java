/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.server.store.MemorySessionStore;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What every session store must do, whatever happens in whatever order; against a model that only keeps who is where. */
class SessionStoreTest {
    private static final LoginPolicy POLICY =
            LoginPolicy.of(LoginPolicy.Kind.DUAL_PLATFORM).withInstances(Platform.WINDOWS, 2);
    private static final Platform[] PLATFORMS = {Platform.WINDOWS, Platform.MAC, Platform.WEB};

    private enum Kind {
        LOGIN,
        LOGOUT,
        LOSE_LINK,
        DIE_SILENTLY,
        KICK,
        ADMIN_KICK
    }

    /** An operation of one of six devices. */
    private record Step(Kind kind, int device) {
        Platform platform() {
            return PLATFORMS[device % PLATFORMS.length];
        }

        String deviceId() {
            return "d" + device;
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.frequencyOf(
                                Tuple.of(6, Arbitraries.just(Kind.LOGIN)), Tuple.of(4, Arbitraries.of(Kind.class))),
                        Arbitraries.integers().between(0, 5))
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(60);
    }

    /** One device as the model knows it. */
    private static final class Device {
        private Session session;
        private boolean connected;
        /** Connected, but does not answer: can be told nothing. */
        private boolean dead;

        private boolean kickedUntold;
    }

    private final Map<String, Device> devices = new HashMap<>();
    private final Set<Long> told = new HashSet<>();
    private final List<Session> evictedTwice = new ArrayList<>();
    private long lastId;

    @Property(tries = 500)
    void anySequenceOfOneUser(@ForAll("steps") List<Step> steps) {
        devices.clear();
        told.clear();
        evictedTwice.clear();
        SessionStore store = new MemorySessionStore();
        store.join("s", (session, cause, by) -> {
            if (!told.add(session.id())) {
                evictedTwice.add(session);
            }
            return CompletableFuture.completedFuture(!devices.get(session.deviceId()).dead);
        });
        for (Step step : steps) {
            run(store, step);
            check(store);
        }
        assertThat(evictedTwice).isEmpty();
    }

    private void run(SessionStore store, Step step) {
        Device device = devices.computeIfAbsent(step.deviceId(), id -> new Device());
        switch (step.kind()) {
            case LOGIN -> login(store, step, device);
            case LOGOUT, LOSE_LINK -> {
                if (device.connected && !device.dead) {
                    assertThat(store.end(device.session, step.kind() == Kind.LOGOUT)
                                    .toCompletableFuture()
                                    .join())
                            .isTrue();
                    device.connected = false;
                    device.session = step.kind() == Kind.LOGOUT ? null : device.session;
                }
            }
            case DIE_SILENTLY -> device.dead = device.connected;
            case KICK, ADMIN_KICK -> {
                boolean there = device.session != null;
                KickCause cause = step.kind() == Kind.KICK ? KickCause.OTHER_INSTANCE : KickCause.REST;
                List<Session> kicked = store.kick(1, "u", null, step.deviceId(), cause)
                        .toCompletableFuture()
                        .join();
                assertThat(kicked).hasSize(there ? 1 : 0);
                kicked.forEach(session -> out(session, cause == KickCause.OTHER_INSTANCE));
            }
            default -> throw new AssertionError(step);
        }
    }

    private void login(SessionStore store, Step step, Device device) {
        Session candidate = new Session(
                1,
                "u",
                step.platform(),
                step.deviceId(),
                "s",
                ++lastId,
                new InetSocketAddress("127.0.0.1", 1),
                Instant.ofEpochSecond(lastId),
                Instant.MAX);
        Session before = device.session;
        boolean wasConnected = device.connected;
        Admission admission = store.login(candidate, new SigStamp(0, 0), POLICY)
                .toCompletableFuture()
                .join();
        if (device.kickedUntold) {
            assertThat(admission).isEqualTo(new Admission.Refused(6208, ((Admission.Refused) admission).kickedBy()));
            device.kickedUntold = false;
            return;
        }
        Admission.Admitted admitted = (Admission.Admitted) admission;
        assertThat(admitted.reconnect()).isEqualTo(before != null);
        if (before != null) {
            assertThat(admitted.kicked()).as("a reconnect kicks nobody").isEmpty();
            assertThat(admitted.session().loggedInAt())
                    .as("a reconnect is no new login")
                    .isEqualTo(before.loggedInAt());
            assertThat(told.contains(before.id()))
                    .as("the old connection is ended")
                    .isEqualTo(wasConnected);
        }
        admitted.kicked().forEach(session -> out(session, true));
        device.session = admitted.session();
        device.connected = true;
        device.dead = false;
    }

    private void out(Session victim, boolean remembered) {
        Device device = devices.get(victim.deviceId());
        assertThat(victim).isEqualTo(device.session);
        assertThat(told.contains(victim.id()))
                .as("who is connected is told, and nobody else")
                .isEqualTo(device.connected);
        device.kickedUntold = remembered && (!device.connected || device.dead);
        device.session = null;
        device.connected = false;
        device.dead = false;
    }

    private void check(SessionStore store) {
        List<SessionStore.Instance> held =
                store.instances(1, "u").toCompletableFuture().join();
        Set<SessionStore.Instance> expected = new HashSet<>();
        devices.values().stream()
                .filter(device -> device.session != null)
                .forEach(device -> expected.add(new SessionStore.Instance(device.session, device.connected)));
        assertThat(held == null ? Set.of() : new HashSet<>(held)).isEqualTo(expected);
        List<Session> sessions = held == null
                ? List.of()
                : held.stream().map(SessionStore.Instance::session).toList();
        for (Platform platform : PLATFORMS) {
            assertThat(sessions.stream()
                            .filter(session -> session.platform() == platform)
                            .count())
                    .isLessThanOrEqualTo(POLICY.instances(platform));
        }
        assertThat(sessions)
                .extracting(Session::platform)
                .as("dual platform")
                .satisfies(all -> assertThat(all.contains(Platform.WINDOWS) && all.contains(Platform.MAC))
                        .isFalse());
    }
}
