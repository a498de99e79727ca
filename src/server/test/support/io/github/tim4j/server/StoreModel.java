/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** What every session store must do, whatever happens to a user in whatever order; against a model that only keeps who is where. */
final class StoreModel {
    private static final LoginPolicy POLICY =
            LoginPolicy.of(LoginPolicy.Kind.DUAL_PLATFORM).withInstances(Platform.WINDOWS, 2);
    private static final Platform[] PLATFORMS = {Platform.WINDOWS, Platform.MAC, Platform.WEB};

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

    static Arbitrary<List<Step>> steps() {
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

    /** @param user one whom the store knows nothing of */
    static void check(SessionStore store, String user, List<Step> steps) {
        StoreModel model = new StoreModel(store, user);
        String server = "server-of-" + user;
        store.join(server, (session, cause, by) -> {
            if (!model.told.add(session.id())) {
                model.evictedTwice.add(session);
            }
            return CompletableFuture.completedFuture(!model.devices.get(session.deviceId()).dead);
        });
        for (Step step : steps) {
            model.run(step, server);
            model.check();
        }
        assertThat(model.evictedTwice).isEmpty();
        store.leave(server);
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .untilAsserted(() -> assertThat(model.held()).noneMatch(SessionStore.Instance::connected));
    }

    private void run(Step step, String server) {
        Device device = devices.computeIfAbsent(step.deviceId(), id -> new Device());
        switch (step.kind()) {
            case LOGIN -> login(step, device, server);
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
                List<Session> kicked = store.kick(1, user, null, step.deviceId(), cause)
                        .toCompletableFuture()
                        .join();
                assertThat(kicked).hasSize(there ? 1 : 0);
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

    private List<SessionStore.Instance> held() {
        List<SessionStore.Instance> held =
                store.instances(1, user).toCompletableFuture().join();
        return held == null ? List.of() : held;
    }

    private void check() {
        List<SessionStore.Instance> held = held();
        assertThat(held).allMatch(instance -> instance.connected() == (instance.lostAt() == null));
        Set<SessionStore.Instance> expected = new HashSet<>();
        devices.values().stream()
                .filter(device -> device.session != null)
                .forEach(device -> expected.add(new SessionStore.Instance(device.session, device.connected)));
        assertThat(held.stream()
                        .map(instance -> new SessionStore.Instance(instance.session(), instance.connected()))
                        .collect(Collectors.toSet()))
                .isEqualTo(expected);
        List<Session> sessions =
                held.stream().map(SessionStore.Instance::session).toList();
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
