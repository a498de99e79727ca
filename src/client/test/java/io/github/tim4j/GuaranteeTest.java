/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.TestServer.APP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.usersig.UserSigKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@link TimClient} promises where it is tempting to break it: late answers, hung providers, busy pools, kicks in between, odd listeners. */
@Timeout(60)
class GuaranteeTest {
    @TempDir
    static Path folder;

    private TestServer at;
    private HostileLibrary.Copy hostile;
    private final List<TimClient> open = new ArrayList<>();
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void start() {
        at = new TestServer();
    }

    @AfterEach
    void close() {
        open.forEach(TimClient::close);
        at.close();
    }

    private TimClient open(TimClient.Builder builder) {
        TimClient tim = builder.build();
        open.add(tim);
        tim.addListener(recorder);
        return tim;
    }

    private TimClient.Builder hostile() {
        hostile = HostileLibrary.Copy.in(folder);
        return hostile.client();
    }

    private static String end(CompletableFuture<?> future) throws InterruptedException {
        try {
            return String.valueOf(future.get(20, TimeUnit.SECONDS));
        } catch (CancellationException e) {
            return "cancelled";
        } catch (TimeoutException e) {
            return "not done";
        } catch (java.util.concurrent.ExecutionException e) {
            return e.getCause() instanceof TimException tim
                    ? Integer.toString(tim.code())
                    : e.getCause().getClass().getSimpleName();
        }
    }

    @Test
    void aKickWhileTheProviderIsAskedIsNotAnsweredByALogin() {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        TimClient tim = open(at.client().userSigProvider(user -> {
            if (asked.incrementAndGet() > 1) {
                release.await();
            }
            return at.server.userSig(APP, user, Duration.ofSeconds(asked.get() == 1 ? 4 : 3600));
        }));
        tim.login("alice").join();
        await().until(() -> recorder.events.contains("renewal BEFORE_EXPIRY STARTED 1"));
        at.server.kick(APP, "alice", KickCause.OTHER_INSTANCE);
        await().until(() -> recorder.events.contains("kicked OTHER_INSTANCE"));
        release.countDown();
        await().during(Duration.ofMillis(500)).until(() -> tim.status() == LoginStatus.LOGGED_OUT);
    }

    @Test
    void aHungRenewalOfOneUserKeepsNoOtherFromBeingRenewed() {
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger alice = new AtomicInteger();
        TimClient tim = open(at.client().userSigProvider(user -> {
            if (user.equals("alice") && alice.incrementAndGet() > 1) {
                never.await();
            }
            return at.userSig(user);
        }));
        tim.login("alice").join();
        at.server.expireUserSigs(APP, "alice");
        await().until(() -> recorder.events.contains("renewal EXPIRED_ONLINE STARTED 1"));
        tim.login("bob", at.userSig("bob")).join();
        at.server.expireUserSigs(APP, "bob");
        await().until(() -> recorder.events.contains("renewal EXPIRED_ONLINE SUCCEEDED 1"));
        assertThat(tim.loginUser()).contains("bob");
    }

    @Test
    void aCallThatIsRefusedAtOnceLeavesTheRenewalAlone() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        TimClient tim = open(at.client().userSigProvider(user -> {
            if (asked.incrementAndGet() > 1) {
                release.await();
            }
            return at.userSig(user);
        }));
        tim.login("alice").join();
        at.server.expireUserSigs(APP, "alice");
        await().until(() -> recorder.events.contains("renewal EXPIRED_ONLINE STARTED 1"));
        assertThat(end(tim.login("", "sig"))).isEqualTo("-4");
        release.countDown();
        await().until(() -> recorder.events.contains("renewal EXPIRED_ONLINE SUCCEEDED 1"));
        assertThat(asked).hasValue(2);
    }

    @Test
    void aUserSigMayBeValidForCenturies() throws Exception {
        String sig = new UserSigKey(APP, "secret").make("alice", Duration.ofSeconds(10_000_000_000L));
        TimClient tim = open(hostile().userSigProvider(user -> sig));
        assertThat(end(tim.login("alice"))).contains("alice");
    }

    @Test
    void aHungProviderFailsItsOwnLoginAndNoOther() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        TimClient tim = open(hostile().requestTimeout(Duration.ofMillis(500)).userSigProvider(user -> {
            if (calls.incrementAndGet() == 1) {
                new CountDownLatch(1).await();
            }
            return "sig";
        }));
        assertThat(end(tim.login("alice"))).isEqualTo("TimeoutException");
        assertThat(end(tim.login("bob"))).contains("bob");
    }

    @Test
    void theTimeoutBeginsAtEachCall() throws Exception {
        TimClient tim = open(hostile()
                .requestTimeout(Duration.ofSeconds(1))
                .asyncUserSigProvider(user -> new CompletableFuture<>()));
        long start = System.nanoTime();
        tim.login("a");
        tim.login("b");
        CompletableFuture<Void> last = tim.logout();
        end(last);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(2500));
        hostile.commands().hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
        CompletableFuture<LoginResult> first = tim.login("x", "s");
        await().pollDelay(Duration.ofMillis(700)).until(() -> true);
        CompletableFuture<LoginResult> second = tim.login("x", "s");
        assertThat(end(first)).isEqualTo("TimeoutException");
        assertThat(second).as("shares the login, not the time").isNotDone();
        assertThat(end(second)).isEqualTo("TimeoutException");
    }

    @Test
    void aBusyCommonPoolDelaysNoTimeout() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        for (int i = 0; i < 2 * ForkJoinPool.getCommonPoolParallelism() + 2; i++) {
            ForkJoinPool.commonPool().execute(() -> {
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        try {
            TimClient tim = open(hostile().requestTimeout(Duration.ofMillis(200)));
            hostile.commands().hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
            assertThat(end(tim.login("alice", "s"))).isEqualTo("TimeoutException");
        } finally {
            over.countDown();
        }
    }

    @Test
    void twoIdenticalLoginsEndAlikeAlsoWhenTheyAreRetried() throws Exception {
        TimClient tim = open(at.client().userSigProvider(at::userSig));
        at.server.testing().delayLogins(Duration.ofMillis(200));
        at.server.testing().refuseLogins(1, 70001);
        String sig = at.server.userSig(APP, "alice", Duration.ofHours(7));
        CompletableFuture<LoginResult> first = tim.login("alice", sig);
        CompletableFuture<LoginResult> second = tim.login("alice", sig);
        assertThat(end(first)).contains("alice").isEqualTo(end(second));
    }

    @Test
    void cancellingALoginAbortsItAndWhatWaitsBehindItGoesOn() throws Exception {
        at.server.testing().delayLogins(Duration.ofSeconds(20));
        TimClient tim = open(at.client());
        CompletableFuture<LoginResult> alice = tim.login("alice", at.userSig("alice"));
        CompletableFuture<Void> out = tim.logout();
        await().until(() -> tim.status() == LoginStatus.LOGGING_IN);
        at.server.testing().delayLogins(Duration.ZERO);
        alice.cancel(true);
        assertThat(end(out)).isEqualTo("null");
        assertThat(end(tim.login("bob", at.userSig("bob")))).contains("bob");
        assertThat(recorder.events).doesNotContain("ready alice");
    }

    @Test
    void aLibraryThatCannotAbortIsRestartedAndTheOthersAreSentAgain() throws Exception {
        TimClient tim = open(hostile());
        hostile.commands().hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
        hostile.commands().hostile_status(2);
        CompletableFuture<LoginResult> alice = tim.login("alice", "s");
        CompletableFuture<LoginResult> bob = tim.login("bob", "s");
        hostile.commands().hostile_mode(HostileLibrary.WORKER, 0, 1, HostileLibrary.EMPTY);
        alice.orTimeout(1, TimeUnit.MILLISECONDS);
        assertThat(end(bob)).contains("bob");
        assertThat(hostile.commands().hostile_uninit_count()).isEqualTo(1);
        assertThat(hostile.commands().hostile_init_count()).isEqualTo(2);
        await().until(() -> recorder.events.contains("LOGGING_IN>LOGGED_OUT LOGIN_FAILED alice 7009"));
    }

    @Test
    void whoeverIsKickedBeforeASwitchIsToldSo() throws Exception {
        TimClient tim = open(hostile());
        tim.login("alice", "s").join();
        hostile.commands().hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
        CompletableFuture<LoginResult> bob = tim.login("bob", "s");
        hostile.commands().hostile_kick(1);
        hostile.commands().hostile_answer(1, 7003, HostileLibrary.EMPTY, 1);
        assertThat(end(bob)).isEqualTo("7003");
        await().until(() -> recorder.events.contains("kicked UNKNOWN"));
    }

    @Test
    void theNetworksLightGoesOutWithTheSession() {
        TimClient tim = open(at.client());
        tim.login("alice", at.userSig("alice")).join();
        assertThat(tim.networkStatus()).isEqualTo(NetworkStatus.CONNECTED);
        Recorder late = new Recorder();
        tim.addListener(late);
        await().until(() -> late.network.size() == 1 && late.network.get(0).status() == NetworkStatus.CONNECTED);
        assertThat(tim.state()).isEqualTo(new LoginState(LoginStatus.LOGGED_IN, tim.loginUser()));
        tim.logout().join();
        assertThat(tim.networkStatus()).isEqualTo(NetworkStatus.DISCONNECTED);
        await().until(() -> recorder.network.get(recorder.network.size() - 1).status() == NetworkStatus.DISCONNECTED);
    }

    @Test
    void listenersAreKnownByTheirIdentity() {
        record Panel(String title, List<String> seen) implements TimListener {
            @Override
            public void onReady(String userId) {
                seen.add(userId);
            }

            @Override
            public boolean equals(Object other) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public int hashCode() {
                return 0;
            }
        }
        TimClient tim = open(hostile());
        Panel one = new Panel("chat", new CopyOnWriteArrayList<>());
        Panel two = new Panel("chat", new CopyOnWriteArrayList<>());
        List<TimEvent> all = new CopyOnWriteArrayList<>();
        List<String> ready = new CopyOnWriteArrayList<>();
        tim.addListener(one);
        tim.addListener(two);
        Subscription onReady = tim.on(TimEvent.Ready.class, event -> ready.add(event.userId()));
        tim.on(TimEvent.class, all::add);
        tim.login("alice", "s").join();
        onReady.close();
        tim.login("bob", "s").join();
        await().until(() -> two.seen.size() == 2 && all.contains(new TimEvent.Ready("bob")));
        assertThat(one.seen).containsExactly("alice", "bob");
        assertThat(ready).containsExactly("alice");
    }

    @Test
    void theMarkOfAnOpenClientSurvivesWhateverTestsDoToSystemProperties() {
        TimClient tim = open(hostile());
        Properties before = System.getProperties();
        System.setProperties(new Properties(before));
        try {
            assertThatThrownBy(() -> hostile.client().build()).isInstanceOf(IllegalStateException.class);
        } finally {
            System.setProperties(before);
        }
        tim.close();
        open(hostile.client());
    }

    @Test
    void everyCloserReturnsWithTheLibraryFree() throws Exception {
        for (int i = 0; i < 50; i++) {
            TimClient tim = hostile().build();
            Thread other = new Thread(tim::close);
            other.start();
            tim.close();
            hostile.client().build().close();
            other.join();
        }
    }

    /** A function that JNA's interface of the client lacks. */
    interface Kept extends Library {
        interface Answer extends Callback {
            void invoke(int code, Pointer desc, Pointer json, Pointer userData);
        }

        int TIMHostileKept(Answer cb, Pointer userData);
    }

    /** Wants what is the client's. */
    interface Forbidden extends Library {
        int TIMLogout(ImSdk.TIMCommCallback cb, Pointer userData);
    }

    @Test
    void anApplicationReachesTheLibrarysOtherFunctions() throws Exception {
        TimClient tim = open(hostile());
        CompletableFuture<String> thread = new CompletableFuture<>();
        Kept.Answer answer = tim.keep((code, desc, json, userData) -> tim.callbackExecutor()
                .execute(() -> thread.complete(Thread.currentThread().getName())));
        assertThat(tim.nativeLibrary(Kept.class).TIMHostileKept(answer, Pointer.NULL))
                .isZero();
        assertThat(thread.get(20, TimeUnit.SECONDS)).isEqualTo("tim4j-callbacks");
        assertThatThrownBy(() -> tim.nativeLibrary(Forbidden.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("TIMLogout");
    }
}
