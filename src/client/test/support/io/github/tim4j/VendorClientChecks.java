/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.github.tim4j.usersig.UserSigKey;
import io.github.tim4j.vendor.VendorLibrary;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** TimClient on the vendor's library, unchanged, and without a network. {@link VendorLibraryTest} runs each method in a JVM of its own. */
public final class VendorClientChecks {
    private static final long APP = 1400000000L;

    /** Keeps the lines of the library's logger. */
    private static final class Lines extends AppenderBase<ILoggingEvent> {
        private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

        static Lines of(Level level) {
            Lines lines = new Lines();
            lines.start();
            Logger logger = (Logger) LoggerFactory.getLogger("io.github.tim4j.native");
            logger.setLevel(level);
            logger.setAdditive(false);
            logger.addAppender(lines);
            return lines;
        }

        @Override
        protected void append(ILoggingEvent event) {
            events.add(event);
        }

        void awaitLine(String part) {
            await().until(() -> texts().anyMatch(text -> text.contains(part)));
        }

        Stream<String> texts() {
            return events.stream().map(ILoggingEvent::getFormattedMessage);
        }
    }

    private static TimClient.Builder client() throws IOException {
        return TimClient.builder().sdkAppId(APP).library(VendorLibrary.file());
    }

    private static String userSig(String userId) {
        return new UserSigKey(APP, "a key of nobody, 64 characters long, as those of the vendor are.").make(userId);
    }

    /** The code that a request fails with, within the time that the vendor's library takes to give up. */
    private static int codeOf(CompletableFuture<?> future) {
        ExecutionException e = catchThrowableOfType(ExecutionException.class, () -> future.get(50, TimeUnit.SECONDS));
        assertThat(e).as("%s succeeded", future).isNotNull();
        assertThat(e.getCause()).isInstanceOf(TimException.class);
        return ((TimException) e.getCause()).code();
    }

    /** The library's own thread changes its status, a moment after the call. */
    private static void awaitLoggingIn(TimClient tim) {
        await().until(() -> tim.status() == LoginStatus.LOGGING_IN);
    }

    void aClientIsLoggedOutFromBuildToClose() throws Exception {
        TimClient tim = client().build();
        assertThat(tim.sdkVersion()).isEqualTo("8.0.5903");
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
        tim.logout().get(10, TimeUnit.SECONDS);
        tim.close();
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(codeOf(tim.login("alice", userSig("alice")))).isEqualTo(TimError.TIM_ERR_SDKUNINIT.code());
    }

    void aLoginWithoutANetworkFailsWith9523AndTheNextRequestRuns() throws Exception {
        Recorder recorder = new Recorder();
        List<String> order = new CopyOnWriteArrayList<>();
        TimClient tim = client().build();
        tim.addListener(recorder);
        CompletableFuture<LoginResult> alice = tim.login("alice", userSig("alice"));
        CompletableFuture<Void> logout = tim.logout();
        CompletableFuture<LoginResult> bob = tim.login("bob", userSig("bob"));
        alice.whenComplete((login, failure) -> order.add("alice"));
        logout.whenComplete((nothing, failure) -> order.add("logout"));
        bob.whenComplete((login, failure) -> order.add("bob"));
        awaitLoggingIn(tim);
        assertThat(tim.loginUser())
                .as("from a buffer that the library has not touched")
                .isEmpty();

        assertThat(codeOf(alice)).isEqualTo(9523);
        logout.get(10, TimeUnit.SECONDS);
        awaitLoggingIn(tim);
        assertThat(bob).as("runs after those before it").isNotDone();
        tim.close();
        assertThat(codeOf(bob)).isEqualTo(TimError.ERR_SDK_COMM_INTERRUPT.code());
        await().until(() -> recorder.events.stream().anyMatch(event -> event.contains("CLOSED")));
        assertThat(order).containsExactly("alice", "logout", "bob");
        assertThat(recorder.events)
                .containsExactly(
                        "LOGGED_OUT>LOGGED_OUT REPLAY",
                        "LOGGED_OUT>LOGGING_IN LOGIN alice",
                        "LOGGING_IN>LOGGED_OUT LOGIN_FAILED alice 9523",
                        "LOGGED_OUT>LOGGING_IN LOGIN bob",
                        "LOGGING_IN>LOGGED_OUT CLOSED bob");
        assertThat(recorder.network)
                .extracting(NetworkChange::status)
                .contains(NetworkStatus.CONNECTING, NetworkStatus.CONNECT_FAILED);
        assertThat(recorder.network)
                .filteredOn(change -> change.status() == NetworkStatus.CONNECT_FAILED)
                .extracting(NetworkChange::code)
                .containsOnly(9512);
        assertThat(recorder.network).extracting(NetworkChange::reconnect).containsOnly(false);
    }

    void aRequestTimesOutBeforeTheLibraryGivesUp() throws Exception {
        try (TimClient tim = client().requestTimeout(Duration.ofMillis(300)).build()) {
            assertThatThrownBy(() -> tim.login("alice", userSig("alice")).get(20, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(TimeoutException.class);
            assertThat(tim.status()).as("the library is not told").isEqualTo(LoginStatus.LOGGING_IN);
        }
    }

    void requestsPendingAtCloseFailAlthoughTheLibraryLosesTheirCallbacks() throws Exception {
        TimClient tim = client().build();
        List<CompletableFuture<?>> pending = new CopyOnWriteArrayList<>();
        IntStream.range(0, 4).forEach(i -> {
            pending.add(tim.login("user" + i, userSig("user" + i)));
            pending.add(tim.logout());
        });
        assertThat(pending).hasSize(8).noneMatch(CompletableFuture::isDone);
        tim.close();
        assertThat(pending).allMatch(CompletableFuture::isDone);
        assertThat(pending)
                .allSatisfy(future -> assertThat(codeOf(future)).isEqualTo(TimError.ERR_SDK_COMM_INTERRUPT.code()));
        await().until(() -> Callbacks.expected() == 0);
    }

    void aClientCanBeClosedInACallback() throws Exception {
        TimClient tim = client().build();
        tim.logout().thenRun(tim::close).get(10, TimeUnit.SECONDS);
        assertThat(codeOf(tim.logout())).isEqualTo(TimError.TIM_ERR_SDKUNINIT.code());
    }

    void theLibrarysLogLinesReachTheLoggerWithoutTheUserSig() throws Exception {
        Lines lines = Lines.of(Level.INFO);
        String userSig = userSig("alice");
        try (TimClient tim = client().build()) {
            CompletableFuture<LoginResult> login = tim.login("alice", userSig);
            lines.awaitLine("alice");
            lines.awaitLine("9512");
            assertThat(login).isNotDone();
        }
        assertThat(lines.events)
                .extracting(ILoggingEvent::getLevel)
                .contains(Level.INFO, Level.WARN, Level.ERROR)
                .doesNotContain(Level.DEBUG, Level.TRACE);
        assertThat(lines.texts()).noneMatch(text -> text.contains(userSig.substring(10, 40)));
    }

    void linesBelowTheLoggersLevelDoNotCome() throws Exception {
        Lines lines = Lines.of(Level.ERROR);
        try (TimClient tim = client().build()) {
            tim.login("alice", userSig("alice"));
            lines.awaitLine("9512");
        }
        assertThat(lines.events).extracting(ILoggingEvent::getLevel).containsOnly(Level.ERROR);
    }

    void clientsFollowOneAnotherAndEachHasItsAppId() throws Exception {
        Lines lines = Lines.of(Level.INFO);
        for (long app : new long[] {APP, APP, APP + 1}) {
            lines.events.clear();
            try (TimClient tim = client().sdkAppId(app).build()) {
                assertThatThrownBy(() -> client().build())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("is open already");
                lines.awaitLine("sdk_app_id:" + app);
                tim.logout().get(10, TimeUnit.SECONDS);
                tim.login("alice", userSig("alice"));
                awaitLoggingIn(tim);
            }
        }
    }

    void whatTheLibraryRefusesAtOnceFailsWithItsCode() throws Exception {
        try (TimClient tim = client().build()) {
            assertThat(codeOf(tim.login("", "x"))).isEqualTo(TimError.TIM_ERR_PARAM.code());
            assertThat(codeOf(tim.login("alice", ""))).isEqualTo(TimError.TIM_ERR_PARAM.code());
            assertThat(codeOf(tim.login("alice", null))).isEqualTo(TimError.TIM_ERR_PARAM.code());
            assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        }
    }
}
