/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.tim4j.server.Admission;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.SigStamp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link SessionStore} must do, as JUnit 5 tests, for whoever writes one: extend it and give the store. The project's own three pass it.
 *
 * <pre>{@code
 * class MyStoreTest extends SessionStoreContract {
 *     @Override
 *     protected SessionStore store() {
 *         return MyStore.connect(...);
 *     }
 * }
 * }</pre>
 *
 * <p>Users are random, so a store that keeps what it knows may be used again. Beside what is written in single tests, random sequences of logins,
 * losses and kicks are compared with a model; one that fails is made as short as possible, and printed with the seed that brings it back
 * ({@code -Dtim4j.store.seed=N}).
 */
public abstract class SessionStoreContract {
    /** One instance a platform, two on Windows, and Windows and Mac not together. */
    static final LoginPolicy POLICY =
            LoginPolicy.of(LoginPolicy.Kind.DUAL_PLATFORM).withInstances(Platform.WINDOWS, 2);

    private static final int SEQUENCES = 100;
    private static final int EXPIRED = 70001;
    private static final int INVALID = 70052;

    private final String server = UUID.randomUUID().toString();
    private final String user = someUser();
    private final List<Session> evicted = new ArrayList<>();
    private SessionStore store;
    private long lastId;

    /** For subclasses. */
    protected SessionStoreContract() {}

    /**
     * The store.
     *
     * @return one that is open; the tests neither close nor clear it
     * @throws Exception ends the test
     */
    protected abstract SessionStore store() throws Exception;

    static <T extends @Nullable Object> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    static String someUser() {
        return UUID.randomUUID().toString().substring(0, 32);
    }

    /**
     * Joins a server whose clients are told at once; JUnit calls it.
     *
     * @throws Exception of the store
     */
    @BeforeEach
    void join() throws Exception {
        store = store();
        store.join(server, (session, cause, by) -> {
            evicted.add(session);
            return CompletableFuture.completedFuture(true);
        });
    }

    /** JUnit calls it. */
    @AfterEach
    void leave() {
        store.leave(server);
    }

    private Admission login(String userId, Platform platform, String device, SigStamp sig) {
        Session session = new Session(
                1,
                userId,
                platform,
                device,
                server,
                ++lastId,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                Instant.ofEpochSecond(1_000_000 + lastId),
                Instant.ofEpochSecond(9_000_000_000L));
        return done(store.login(session, sig, POLICY));
    }

    private Session admitted(String userId, Platform platform, String device, SigStamp sig) {
        return assertInstanceOf(Admission.Admitted.class, login(userId, platform, device, sig))
                .session();
    }

    private int refused(String userId, Platform platform, String device, SigStamp sig) {
        return assertInstanceOf(Admission.Refused.class, login(userId, platform, device, sig))
                .code();
    }

    /**
     * Random sequences.
     *
     * @throws Exception of the store
     */
    @Test
    void doesWhatTheModelDoesWhateverHappens() throws Exception {
        Long given = Long.getLong("tim4j.store.seed");
        long seed = given == null ? new Random().nextLong() : given;
        Random random = new Random(seed);
        for (int i = 0; i < SEQUENCES; i++) {
            List<StoreModel.Step> steps = StoreModel.steps(random);
            Throwable failure = StoreModel.failure(store(), steps);
            if (failure != null) {
                List<StoreModel.Step> few = shortest(steps);
                throw new AssertionError(
                        "with seed " + seed + " (-Dtim4j.store.seed), sequence " + i + ", as short as it gets: " + few,
                        failure);
            }
        }
    }

    private List<StoreModel.Step> shortest(List<StoreModel.Step> failing) throws Exception {
        List<StoreModel.Step> steps = new ArrayList<>(failing);
        for (int at = steps.size() - 1; at >= 0; at--) {
            StoreModel.Step left = steps.remove(at);
            if (StoreModel.failure(store(), steps) == null) {
                steps.add(at, left);
            }
        }
        return steps;
    }

    /** Accounts. */
    @Test
    void anAccountIsRegisteredOnceByALoginOrByName() {
        assertNull(done(store.instances(1, user)));
        assertTrue(done(store.register(1, user)));
        assertFalse(done(store.register(1, user)));
        assertEquals(List.of(), done(store.instances(1, user)));
        String other = someUser();
        admitted(other, Platform.WEB, "d", new SigStamp(1, 1));
        assertFalse(done(store.register(1, other)));
        assertNull(done(store.instances(2, other)), "an account of another app");
    }

    /** Deletion. */
    @Test
    void aDeletedAccountIsNotThereAndItsSessionsEnd() {
        Session session = admitted(user, Platform.WEB, "d", new SigStamp(1, 1));
        assertTrue(done(store.delete(1, user)));
        assertFalse(done(store.delete(1, user)));
        assertNull(done(store.instances(1, user)));
        assertEquals(List.of(session), evicted);
        assertFalse(done(store.end(session, true)), "it is out already");
    }

    /** Revocations. */
    @Test
    void aRevocationNeedsNoAccountAndOutlivesOne() {
        SigStamp old = new SigStamp(999, 7);
        SigStamp newer = new SigStamp(1000, 8);
        done(store.revoke(1, user, 1000, EXPIRED));
        assertEquals(EXPIRED, refused(user, Platform.WEB, "d", old));
        admitted(user, Platform.WEB, "d", newer);
        done(store.revoke(1, user, 1000, INVALID));
        assertEquals(INVALID, refused(user, Platform.WEB, "d", newer), "made in the same second");
        assertTrue(done(store.delete(1, user)));
        assertEquals(INVALID, refused(user, Platform.WEB, "d", old), "the newest one counts");
        assertEquals(0, done(store.revocation(1, someUser(), old)), "of another user");
        assertEquals(0, done(store.revocation(2, user, old)), "of another app");
    }

    /** What is chosen to be kicked. */
    @Test
    void aKickIsOfAllOrOfAPlatformOrOfADevice() {
        Session one = admitted(user, Platform.WINDOWS, "one", new SigStamp(1, 1));
        Session two = admitted(user, Platform.WINDOWS, "two", new SigStamp(1, 1));
        Session web = admitted(user, Platform.WEB, "one", new SigStamp(1, 1));
        assertEquals(List.of(), done(store.kick(1, user, Platform.MAC, null, KickCause.REST)));
        assertEquals(List.of(two), done(store.kick(1, user, Platform.WINDOWS, "two", KickCause.REST)));
        assertEquals(List.of(one, web), done(store.kick(1, user, null, "one", KickCause.REST)));
        assertEquals(List.of(), done(store.kick(1, user, null, null, KickCause.REST)));
        assertEquals(List.of(two, one, web), evicted);
    }

    /** The time of a loss, for stores that keep it. */
    @Test
    void aSessionThatIsLostIsStillLoggedInAndNoOlderThanTheLoss() {
        Instant at = Instant.ofEpochSecond(2_000_000);
        Session session = admitted(user, Platform.ANDROID, "d", new SigStamp(1, 1));
        assertTrue(done(store.end(session, false, at)));
        List<SessionStore.Instance> there = done(store.instances(1, user));
        assertNotNull(there);
        assertEquals(1, there.size());
        assertFalse(there.get(0).connected());
        assertTrue(there.get(0).lostAt() == null || there.get(0).lostAt().equals(at));
    }
}
