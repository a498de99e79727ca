/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.RandomCalls.eventually;
import static io.github.tim4j.RandomCalls.wordsFor;
import static io.github.tim4j.TestServer.APP;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.LoginModel.Sig;
import io.github.tim4j.LoginModel.Worth;
import io.github.tim4j.TimClientModelTest.Kind;
import io.github.tim4j.TimClientModelTest.Sequence;
import io.github.tim4j.TimClientModelTest.Step;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A sequence in one thread. Requests may be made before earlier ones are answered, faults only when all is quiet, so that
 * {@link LoginModel} knows every result and every event. A step whose effect would be a matter of chance is left out.
 */
final class OneAfterAnother {
    /** @param events how many events must have been told before it completes */
    private record Pending(String expected, int events, CompletableFuture<?> future, List<String> actual) {}

    private final TestServer at;
    private final RandomCalls calls;
    private final Leftovers leftovers;
    private final Sequence sequence;
    private final List<Pending> pending = new ArrayList<>();
    /** In the order of their completions. */
    private final List<List<String>> completed = new ArrayList<>();

    private LoginModel model;
    private TimClient tim;
    private Recorder recorder;
    private String lastText;
    /** A listener added late, or null; and what it must have heard before {@link #lateFrom}, since when it hears what all hear. */
    private Recorder late;

    private List<String> lateBefore;
    private int lateFrom;
    /** The server no longer looks at some connection, and so does not see that it is closed. */
    private boolean blind;
    /** A connection has been lost, so that the server may not have been told of a logout. */
    private boolean disturbed;

    OneAfterAnother(TestServer at, RandomCalls calls, Leftovers leftovers, Sequence sequence) {
        this.at = at;
        this.calls = calls;
        this.leftovers = leftovers;
        this.sequence = sequence;
        this.model = new LoginModel(sequence.provider());
    }

    void run() {
        open();
        try {
            sequence.threads().get(0).forEach(this::take);
            settle();
        } finally {
            tim.close();
        }
        closed();
        checkServer();
        at.server.testing().reset();
        eventually(leftovers::found);
    }

    private void open() {
        tim = calls.client(sequence.provider(), sequence.direct(), Duration.ofSeconds(20));
        recorder = new Recorder();
        tim.addListener(recorder);
        lastText = "";
    }

    private void take(Step step) {
        switch (step.kind()) {
            case LOGIN -> login(step);
            case LOGIN_BY_PROVIDER -> loginByProvider(step);
            case LOGOUT -> request(model.logout(), tim::logout);
            default -> {
                settle();
                takeWhileQuiet(step);
            }
        }
        if (step.waits()) {
            settle();
        }
    }

    private void login(Step step) {
        Sig sig = calls.sig(step.user(), step.worth());
        boolean mayBeRenewed = model.mayBeRenewed(sig);
        if (mayBeRenewed || sig.text().equals(lastText)) {
            // It would, or would not, share the result of the one before.
            settle();
        }
        lastText = sig.text();
        // Where the library itself refuses a switch of the account, the old session goes on, and what comes next is
        // told accordingly.
        boolean mayStay = model.user != null && model.refusedHere(step.user(), sig);
        request(model.login(step.user(), sig), () -> tim.login(step.user(), sig.text()));
        if (mayBeRenewed || mayStay) {
            settle();
        }
    }

    private void loginByProvider(Step step) {
        String user = step.user().equals(RandomCalls.NOBODY) ? RandomCalls.BOB : step.user();
        boolean alone = !sequence.provider() || model.providerFails || model.mayBeRenewed(new Sig(Worth.FRESH, ""));
        String text = "of the provider, for " + user;
        if (alone || text.equals(lastText)) {
            // It would, or would not, share the result of the one before.
            settle();
        }
        lastText = text;
        request(model.loginByProvider(user), () -> tim.login(user));
        if (alone) {
            settle();
        }
    }

    private void takeWhileQuiet(Step step) {
        boolean online = model.user != null && !model.offline;
        boolean refusing = !model.refusals.isEmpty();
        switch (step.kind()) {
            case CANCELLED_LOGIN -> {
                if (!refusing && !step.user().equals(RandomCalls.NOBODY)) {
                    cancelledLogin(step.user());
                }
            }
            case CALL -> request("json", () -> tim.call("TIMSetConfig", "{}"));
            case LISTEN -> listen();
            case STOP_LISTENING -> stopListening();
            case PROVIDER_FAILS -> {
                model.providerFails = sequence.provider();
                calls.providerFails.set(sequence.provider());
            }
            case REBUILD -> {
                tim.close();
                closed();
                model = model.rebuilt();
                open();
            }
            case KICK_BY_OTHER -> {
                if (online) {
                    at.server.kick(APP, model.user, KickCause.OTHER_INSTANCE);
                    model.kick(KickReason.OTHER_INSTANCE);
                }
            }
            case KICK_BY_REST -> {
                if (online) {
                    at.server.kick(APP, model.user, KickCause.REST);
                    model.kick(KickReason.REST);
                }
            }
            case EXPIRE -> {
                if (online && !(refusing && sequence.provider())) {
                    at.server.expireUserSigs(APP, model.user);
                    model.expire();
                }
            }
            case INVALIDATE -> {
                if (online) {
                    at.server.invalidateUserSigs(APP, model.user);
                    model.invalidate();
                }
            }
            case REFUSE -> {
                // A CONNECT that was on its way when the user logged out while reconnecting may use up a refusal.
                boolean stray = disturbed && model.user == null;
                if (!model.offline && !stray) {
                    at.server.testing().refuseLogins(step.times(), step.code());
                    model.refusals.addAll(Collections.nCopies(step.times(), step.code()));
                }
            }
            case CUT, HALF_OPEN, RESTART -> {
                if (!refusing) {
                    disturb(step.kind());
                }
            }
            default -> throw new IllegalArgumentException(step.toString());
        }
        settle();
    }

    private void disturb(Kind how) {
        switch (how) {
            case CUT -> at.server.testing().cutConnections();
            case RESTART -> at.server.testing().restart();
            default -> {
                at.server.testing().halfOpenConnections();
                blind = true;
            }
        }
        model.offline = model.user != null;
        disturbed = true;
    }

    /** Only the answer is cancelled: the same login again shares it if it is under way, or repeats it. */
    private void cancelledLogin(String userId) {
        Sig sig = calls.sig(userId, Worth.FRESH);
        CompletableFuture<LoginResult> cancelled = tim.login(userId, sig.text());
        CompletableFuture<LoginResult> again = tim.login(userId, sig.text());
        boolean done = !cancelled.cancel(true);
        String expected = model.login(userId, sig);
        RandomCalls.awaitDone(again);
        assertThat(again.handle(RandomCalls::wordsFor).join()).isIn(expected, userId + " again");
        assertThat(cancelled.isCancelled()).isNotEqualTo(done);
        lastText = sig.text();
    }

    private void listen() {
        if (late == null) {
            late = new Recorder();
            lateBefore = model.replay();
            lateFrom = model.events.size();
            tim.addListener(late);
        }
    }

    private void stopListening() {
        if (late != null) {
            tim.removeListener(late);
            checkLate();
            List<String> heard = List.copyOf(late.events);
            Recorder removed = late;
            late = null;
            request(model.logout(), tim::logout);
            settle();
            assertThat(removed.events)
                    .as("events after the listener was removed")
                    .isEqualTo(heard);
        }
    }

    private void request(String expected, Supplier<CompletableFuture<?>> call) {
        List<String> actual = new ArrayList<>();
        CompletableFuture<?> future = call.get();
        int mustBeTold = model.events.size();
        pending.add(new Pending(
                expected,
                mustBeTold,
                future.handle((result, failure) -> {
                    int told = recorder.events.size();
                    synchronized (completed) {
                        actual.add(wordsFor(result, failure) + (told < mustBeTold ? " before its events" : ""));
                        completed.add(actual);
                    }
                    return actual;
                }),
                actual));
    }

    /** Waits until all that was called for has happened, and compares. */
    private void settle() {
        pending.forEach(request -> RandomCalls.awaitDone(request.future));
        synchronized (completed) {
            List<String> expected = pending.stream().map(Pending::expected).toList();
            assertThat(completed.stream().flatMap(List::stream)).as("results").containsExactlyElementsOf(expected);
            for (int i = 0; i < pending.size(); i++) {
                assertThat(completed.get(i)).as("completed as number %d", i + 1).isSameAs(pending.get(i).actual);
            }
            completed.clear();
        }
        pending.clear();
        compare(recorder.events, model.events);
        checkLate();
        assertThat(tim.status()).isEqualTo(model.user == null ? LoginStatus.LOGGED_OUT : LoginStatus.LOGGED_IN);
        assertThat(tim.loginUser()).isEqualTo(Optional.ofNullable(model.user));
        if (!model.offline && !blind) {
            List<String> online = model.user == null ? List.of() : List.of(model.user);
            eventually(() -> {
                List<String> there =
                        at.server.sessions().stream().map(Session::userId).toList();
                return there.equals(online) ? null : "the server's sessions are of " + there + " and not " + online;
            });
        }
    }

    private void checkLate() {
        if (late != null) {
            List<String> expected = new ArrayList<>(lateBefore);
            expected.addAll(model.events.subList(lateFrom, model.events.size()));
            compare(late.events, expected);
        }
    }

    private static void compare(List<String> events, List<String> expected) {
        eventually(() -> {
            List<String> told = List.copyOf(events);
            if (told.size() > expected.size() || !told.equals(expected.subList(0, told.size()))) {
                assertThat(told).as("events").isEqualTo(expected);
            }
            return told.size() == expected.size() ? null : "missing events: told " + told + ", expected " + expected;
        });
    }

    /** A logout is told to the server, and an end is not. */
    private void checkServer() {
        if (disturbed) {
            return;
        }
        eventually(
                leftovers::found); // the server, which is in this process, has closed the connection when it has read
        // all of it
        for (String user : List.of(RandomCalls.ALICE, RandomCalls.BOB)) {
            assertThat(at.server.kick(APP, user, KickCause.REST))
                    .as("instances of %s that the server has as logged in", user)
                    .isEqualTo(model.onServer.contains(user) ? 1 : 0);
        }
    }

    private void closed() {
        model.close();
        compare(recorder.events, model.events);
        RandomCalls.checkReconnects(recorder);
        checkLate();
        late = null;
        CompletableFuture<?> refused = tim.login(RandomCalls.ALICE, "any");
        RandomCalls.awaitDone(refused);
        assertThat(refused.handle(RandomCalls::wordsFor).join()).isEqualTo("-1");
        assertThat(tim.status()).isEqualTo(LoginStatus.LOGGED_OUT);
        assertThat(tim.loginUser()).isEmpty();
    }
}
