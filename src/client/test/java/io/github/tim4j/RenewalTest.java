/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.TestServer.APP;
import static io.github.tim4j.TestServer.codeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import io.github.tim4j.UserSigRenewal.Step;
import io.github.tim4j.UserSigRenewal.Trigger;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where UserSigs come from, and what happens when they expire. */
@Timeout(60)
class RenewalTest {
    private final TestServer at = new TestServer();
    private final Recorder recorder = new Recorder();
    private final AtomicInteger asked = new AtomicInteger();
    private TimClient tim;

    @AfterEach
    void close() {
        at.close();
    }

    private TimClient open(UserSigProvider provider) {
        tim = at.open(at.client().renewalBackoff(Duration.ofMillis(10)).userSigProvider(userId -> {
            asked.incrementAndGet();
            return provider.userSig(userId);
        }));
        tim.addListener(recorder);
        return tim;
    }

    /** Each is another, as from a backend: the same one again would still be expired. */
    private String fresh(String userId) {
        return at.server.userSig(APP, userId, Duration.ofHours(asked.get() + 1));
    }

    private List<String> renewals() {
        return recorder.renewals.stream()
                .map(renewal -> renewal.trigger() + " " + renewal.step() + " " + renewal.attempt())
                .toList();
    }

    @Test
    void theProviderIsAskedForTheUserWhoLogsIn() {
        open(at::userSig);
        assertThat(tim.login("alice").join()).isEqualTo(new LoginResult("alice", false));
        assertThat(asked).hasValue(1);
    }

    @Test
    void aProviderMayAnswerLater() {
        CompletableFuture<String> later = new CompletableFuture<>();
        tim = at.open(at.client().asyncUserSigProvider(userId -> later));
        CompletableFuture<LoginResult> login = tim.login("alice");
        assertThat(login).isNotDone();
        later.complete(at.userSig("alice"));
        assertThat(login.join().userId()).isEqualTo("alice");
    }

    @Test
    void withoutAProviderThatLoginFailsAndSaysSo() {
        tim = at.open(at.client());
        assertThatThrownBy(() -> tim.login("alice").join())
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("UserSigProvider");
    }

    @Test
    void aProviderThatFailsFailsTheLoginWithItsOwnException() {
        open(userId -> {
            throw new IOException("backend is down");
        });
        assertThatThrownBy(() -> tim.login("alice").join())
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessage("backend is down");
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
    }

    /** The library refuses what it knows to be expired before it touches the session of bob, who is still logged in then. */
    @Test
    void theSessionStaysIfALoginIsRefusedWhileTheNextWaitsForItsUserSig() {
        CountDownLatch refused = new CountDownLatch(1);
        open(userId -> {
            refused.await();
            throw new IOException("backend is down");
        });
        String expired = new UserSigKey(APP, TestServer.SECRET)
                .make("alice", Duration.ofDays(1), Instant.now().minus(Duration.ofDays(2)), null);
        CompletableFuture<LoginResult> learns = tim.login("alice", expired);
        tim.login("bob", at.userSig("bob")).join();
        assertThat(codeOf(learns)).isEqualTo(70001);
        CountDownLatch bothAreCalled = new CountDownLatch(1);
        holdTheLibrary(bothAreCalled);
        CompletableFuture<LoginResult> alice = tim.login("alice", expired);
        CompletableFuture<LoginResult> carol = tim.login("carol");
        bothAreCalled.countDown();
        assertThat(codeOf(alice)).isEqualTo(6206);
        refused.countDown();
        assertThatThrownBy(carol::join).cause().hasMessage("backend is down");
        assertThat(tim.loginUser()).contains("bob");
        assertThat(recorder.events).endsWith("LOGGING_IN>LOGGED_IN LOGIN_FAILED bob 6206", "ready bob");
    }

    /** The API's own function, for a callback on the library's thread. */
    interface Config extends Library {
        int TIMSetConfig(String json, ImSdk.TIMCommCallback cb, Pointer userData);
    }

    /** It answers nothing until then. */
    private void holdTheLibrary(CountDownLatch until) {
        ImSdk.TIMCommCallback busy = tim.keep((code, description, json, userData) -> {
            try {
                until.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(tim.nativeLibrary(Config.class).TIMSetConfig("{}", busy, Pointer.NULL))
                .isZero();
    }

    @Test
    void aProviderThatReturnsNothingOrNeverFailsTheLogin() {
        open(userId -> userId.equals("null") ? null : "");
        assertThatThrownBy(() -> tim.login("null").join()).cause().hasMessageContaining("no UserSig for null");
        assertThatThrownBy(() -> tim.login("empty").join()).cause().hasMessageContaining("no UserSig for empty");
        tim.close();
        tim = at.open(at.client()
                .requestTimeout(Duration.ofMillis(50))
                .asyncUserSigProvider(userId -> new CompletableFuture<>()));
        assertThatThrownBy(() -> tim.login("alice").join()).cause().isInstanceOf(TimeoutException.class);
    }

    @Test
    void requestsKeepTheirOrderThoughTheProviderIsSlow() {
        CountDownLatch release = new CountDownLatch(1);
        open(userId -> {
            release.await();
            return at.userSig(userId);
        });
        CompletableFuture<LoginResult> alice = tim.login("alice");
        CompletableFuture<Void> logout = tim.logout();
        CompletableFuture<LoginResult> bob = tim.login("bob", at.userSig("bob"));
        release.countDown();
        assertThat(bob.join().userId()).isEqualTo("bob");
        assertThat(alice).isCompletedWithValue(new LoginResult("alice", false));
        assertThat(logout).isCompleted();
        assertThat(recorder.events)
                .filteredOn(event -> event.contains("eady"))
                .containsExactly("ready alice", "notReady alice", "ready bob");
    }

    @Test
    void aThousandRequestsMayWaitForASlowProvider() {
        CountDownLatch release = new CountDownLatch(1);
        open(userId -> {
            release.await();
            return at.userSig(userId);
        });
        CompletableFuture<LoginResult> first = tim.login("alice");
        List<CompletableFuture<Void>> logouts =
                IntStream.range(0, 1000).mapToObj(i -> tim.logout()).toList();
        release.countDown();
        assertThat(first.join().userId()).isEqualTo("alice");
        CompletableFuture.allOf(logouts.toArray(new CompletableFuture<?>[0])).join();
    }

    @Test
    void twoLoginsOfAUserAskTheProviderOnce() {
        CountDownLatch release = new CountDownLatch(1);
        open(userId -> {
            release.await();
            return at.userSig(userId);
        });
        CompletableFuture<LoginResult> first = tim.login("alice");
        release.countDown();
        assertThat(first.join().repeatLogin()).isFalse();
        assertThat(asked).hasValue(1);
    }

    @Test
    void aLoginRefusedAsExpiredIsTriedAgainWithAFreshUserSig() {
        open(this::fresh);
        at.server.testing().refuseLogins(1, 70001);
        assertThat(tim.login("alice", at.userSig("alice")).join().userId()).isEqualTo("alice");
        assertThat(renewals()).containsExactly("REFUSED STARTED 1", "REFUSED SUCCEEDED 1");
        assertThat(asked).hasValue(1);
    }

    @Test
    void freshUserSigsThatAreRefusedAsExpiredEndTheAttempts() {
        open(this::fresh);
        at.server.testing().refuseLogins(100, 70001);
        assertThat(codeOf(tim.login("alice"))).isEqualTo(70001);
        assertThat(asked).hasValue(4);
        assertThat(renewals())
                .containsExactly("REFUSED STARTED 1", "REFUSED STARTED 2", "REFUSED STARTED 3", "REFUSED GAVE_UP 3");
    }

    @Test
    void aUserSigThatExpiresOnlineIsRenewed() {
        open(at::userSig);
        tim.login("alice").join();
        at.server.expireUserSigs(APP, "alice");
        await().untilAsserted(() -> assertThat(recorder.events)
                .endsWith(
                        "LOGGED_IN>LOGGED_OUT USER_SIG_EXPIRED alice",
                        "notReady alice",
                        "expired alice",
                        "renewal EXPIRED_ONLINE STARTED 1",
                        "LOGGED_OUT>LOGGING_IN LOGIN alice",
                        "LOGGING_IN>LOGGED_IN LOGIN alice",
                        "ready alice",
                        "renewal EXPIRED_ONLINE SUCCEEDED 1"));
        assertThat(asked).hasValue(2);
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
    }

    @Test
    void aUserSigIsRenewedBeforeItExpiresAndTheSessionStays() {
        AtomicInteger made = new AtomicInteger();
        open(userId -> at.server.userSig(
                APP, userId, made.incrementAndGet() == 1 ? Duration.ofSeconds(5) : Duration.ofHours(1)));
        tim.login("alice").join();
        await().untilAsserted(() ->
                assertThat(renewals()).containsExactly("BEFORE_EXPIRY STARTED 1", "BEFORE_EXPIRY SUCCEEDED 1"));
        assertThat(recorder.events).doesNotContain("notReady alice", "expired alice");
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_IN);
    }

    @Test
    void aLoginThatIsRefusedWithoutTouchingTheSessionDoesNotStopItsRenewal() {
        AtomicInteger made = new AtomicInteger();
        open(userId -> at.server.userSig(
                APP, userId, made.incrementAndGet() == 1 ? Duration.ofSeconds(4) : Duration.ofHours(1)));
        tim.login("alice").join();
        assertThat(codeOf(tim.login("alice", at.userSig("bob")))).isEqualTo(70013);
        await().untilAsserted(() ->
                assertThat(renewals()).containsExactly("BEFORE_EXPIRY STARTED 1", "BEFORE_EXPIRY SUCCEEDED 1"));
        assertThat(recorder.events).doesNotContain("notReady alice", "expired alice");
    }

    @Test
    void aProviderThatFailsInTheBackgroundIsAskedAgainLater() {
        AtomicInteger calls = new AtomicInteger();
        open(userId -> {
            int call = calls.incrementAndGet();
            if (call > 1 && call < 5) {
                throw new IOException("backend is down");
            }
            return at.userSig(userId);
        });
        tim.login("alice").join();
        at.server.expireUserSigs(APP, "alice");
        await().untilAsserted(() -> assertThat(renewals()).endsWith("EXPIRED_ONLINE SUCCEEDED 4"));
        assertThat(recorder.renewals)
                .filteredOn(renewal -> renewal.step() == Step.FAILED)
                .hasSize(3)
                .allSatisfy(renewal -> {
                    assertThat(renewal.failure()).containsInstanceOf(IOException.class);
                    assertThat(renewal.retryIn()).isPositive();
                });
        List<Duration> pauses = recorder.renewals.stream()
                .filter(renewal -> renewal.step() == Step.FAILED)
                .map(UserSigRenewal::retryIn)
                .toList();
        assertThat(pauses.get(2)).isGreaterThan(pauses.get(0));
    }

    @Test
    void sessionsThatExpireAtOnceAreNotRenewedForEver() {
        open(at::userSig);
        tim.addListener(new TimListener() {
            @Override
            public void onReady(String userId) {
                CompletableFuture.runAsync(() -> at.server.expireUserSigs(APP, userId));
            }
        });
        tim.login("alice").join();
        await().untilAsserted(() -> assertThat(recorder.renewals).last().satisfies(renewal -> {
            assertThat(renewal.trigger()).isEqualTo(Trigger.EXPIRED_ONLINE);
            assertThat(renewal.step()).isEqualTo(Step.GAVE_UP);
        }));
        assertThat(asked.get()).isLessThan(8);
    }

    @Test
    void whatTheApplicationAsksForGoesBeforeARenewal() {
        CountDownLatch release = new CountDownLatch(1);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        open(userId -> {
            if (!seen.add(userId)) {
                release.await();
            }
            return at.userSig(userId);
        });
        tim.login("alice").join();
        at.server.expireUserSigs(APP, "alice");
        await().untilAsserted(() -> assertThat(renewals()).containsExactly("EXPIRED_ONLINE STARTED 1"));
        CompletableFuture<LoginResult> bob = tim.login("bob", at.userSig("bob"));
        release.countDown();
        assertThat(bob.join().userId()).isEqualTo("bob");
        tim.login("bob").join();
        assertThat(tim.loginUser()).contains("bob");
        assertThat(recorder.events).filteredOn("ready alice"::equals).hasSize(1);
    }

    @Test
    void aKickIsNeverAnsweredByARenewal() {
        open(at::userSig);
        tim.login("alice").join();
        at.server.kick(APP, "alice", KickCause.OTHER_INSTANCE);
        await().untilAsserted(() -> assertThat(recorder.events).endsWith("kicked OTHER_INSTANCE"));
        at.server.expireUserSigs(APP, "alice");
        tim.logout().join();
        assertThat(asked).hasValue(1);
        assertThat(recorder.renewals).isEmpty();
    }

    @Test
    void aRequestBehindAProviderThatNeverAnswersEndsWithClose() {
        tim = at.open(at.client().asyncUserSigProvider(userId -> new CompletableFuture<>()));
        CompletableFuture<LoginResult> alice = tim.login("alice");
        tim.close();
        CompletableFuture<LoginResult> bob = tim.login("bob", at.userSig("bob"));
        assertThat(codeOf(alice)).isEqualTo(7009);
        assertThat(codeOf(bob)).isEqualTo(-1);
    }

    @Test
    void closeEndsARenewalThatHangs() {
        CountDownLatch interrupted = new CountDownLatch(1);
        open(userId -> {
            try {
                new CountDownLatch(1).await();
                return "";
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        });
        CompletableFuture<LoginResult> login = tim.login("alice");
        await().untilAsserted(() -> assertThat(asked).hasValue(1));
        tim.close();
        assertThat(codeOf(login)).isEqualTo(7009);
        await().until(() -> interrupted.getCount() == 0);
        assertThat(codeOf(tim.login("alice"))).isEqualTo(-1);
    }
}
