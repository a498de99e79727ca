/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.event.LoginEvent.SessionEnded.How;
import io.github.tim4j.server.login.Refusal;
import io.github.tim4j.server.mqtt.ConnectionState.Answer;
import io.github.tim4j.server.mqtt.ConnectionState.Phase;
import io.github.tim4j.server.mqtt.ConnectionState.Timer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every state that a connection can be in, reached by whatever client, store, clock and test there may be, breadth first: each path is replayed on a
 * connection of its own, and what must hold is looked at after every step.
 */
class ConnectionStateTest {
    private static final String SESSION = "session";

    /** What can happen. */
    private enum Step {
        CONNECT,
        CONNECT_DELAYED,
        CONNECT_OF_NOBODY,
        NOT_MQTT,
        NOT_ALLOWED,
        OLDER_VERSION,
        STORE_ADMITS,
        STORE_REFUSES,
        STORE_ENDS,
        DECISION_ARRIVES,
        LOGOUT,
        LEAVES_OTHERWISE,
        SAYS_LOGOUT_WHILE_DECIDING,
        CLIENT_CLOSES,
        CONNECTION_FAILS,
        CLOSE_IS_DONE,
        TIME_IS_UP,
        SILENT,
        USER_SIG_EXPIRES,
        KICKED_BY_OTHER,
        KICKED_BY_REST,
        TAKEN_OVER,
        CAME_AGAIN,
        MOMENT_IS_OVER,
        CUT,
        MUTED,
        SERVER_STOPS,
        LINK_BREAKS
    }

    /** A connection and all around it. */
    private static final class Run implements ConnectionState.World<String> {
        private final ConnectionState<String> state = new ConnectionState<>(this);
        private final List<Answer> sent = new ArrayList<>();
        private final List<CompletableFuture<Boolean>> asked = new ArrayList<>();
        /** Asked about the login; what the store has decided, until that arrives. */
        private boolean deciding;

        private @Nullable Boolean decision;
        private boolean inStore;
        private boolean wasAdmitted;
        private boolean evicted;
        private boolean linkBroken;
        /** The last packet that was sent, as far as the sender knows. */
        private boolean arrived;

        private boolean closing;
        private boolean finished;
        private boolean closedByClient;
        private boolean failed;
        private boolean saidLogout;
        private boolean isMoment;
        private boolean toldRightly = true;
        private boolean momentPending;
        private boolean refusedAfterAll;
        private int online;
        private int connacksReported;
        private int ended;
        private @Nullable Timer timer;

        Run() {
            state.opened();
        }

        // What the state orders.

        @Override
        public boolean send(Answer answer) {
            assertThat(state.isMuted())
                    .as("sends " + answer + " although muted")
                    .isFalse();
            assertThat(closing).as("sends " + answer + " after closing").isFalse();
            assertThat(finished)
                    .as("sends " + answer + " after its last packet")
                    .isFalse();
            sent.add(answer);
            arrived = !linkBroken;
            return arrived;
        }

        @Override
        public void finish() {
            finished = true;
        }

        @Override
        public void close() {
            closing = true;
        }

        @Override
        public void start(Timer next) {
            timer = next;
        }

        @Override
        public void stopTimer() {
            timer = null;
        }

        @Override
        public void startMoment() {
            momentPending = true;
        }

        @Override
        public void decide() {
            assertThat(deciding || wasAdmitted).as("asks twice").isFalse();
            deciding = true;
        }

        @Override
        public void online(boolean on) {
            online += on ? 1 : -1;
            assertThat(online).isBetween(0, 1);
        }

        @Override
        public void ended(String session, How how) {
            assertThat(session).isEqualTo(SESSION);
            assertThat(++ended).as("the session ends once").isEqualTo(1);
        }

        @Override
        public void expired(String session) {
            ended(session, How.LOGOUT);
        }

        @Override
        public void answered(int code) {
            assertThat(++connacksReported).as("one CONNACK is reported").isLessThanOrEqualTo(refusedAfterAll ? 2 : 1);
        }

        @Override
        public void refusedAfterAll(Refusal refusal) {
            refusedAfterAll = true;
        }

        @Override
        public void broken(String text) {
            assertThat(text).isNotEmpty();
        }

        // What can happen to it now, and that it happens.

        boolean can(Step step) {
            boolean open = state.phase() != Phase.CLOSED;
            boolean heard = open && !closing && !state.isMuted();
            return switch (step) {
                case CONNECT, CONNECT_DELAYED, CONNECT_OF_NOBODY, NOT_MQTT, OLDER_VERSION ->
                    heard && state.phase() == Phase.OPENING;
                case NOT_ALLOWED -> heard && (state.phase() == Phase.OPENING || state.phase() == Phase.ONLINE);
                case LOGOUT, LEAVES_OTHERWISE -> heard && state.phase() == Phase.ONLINE;
                case SAYS_LOGOUT_WHILE_DECIDING -> heard && state.phase() == Phase.DECIDING;
                case STORE_ADMITS, STORE_REFUSES -> deciding && decision == null;
                case STORE_ENDS -> inStore && ended == 1;
                case DECISION_ARRIVES -> deciding && decision != null;
                case CLIENT_CLOSES, CONNECTION_FAILS -> open && !closing && !state.isMuted();
                case CLOSE_IS_DONE -> closing && open;
                case TIME_IS_UP -> open && timer != null && timer != Timer.WATCH;
                case SILENT, USER_SIG_EXPIRES -> open && timer == Timer.WATCH;
                case KICKED_BY_OTHER, KICKED_BY_REST, TAKEN_OVER -> inStore;
                case CAME_AGAIN -> open && evicted && !momentPending;
                case MOMENT_IS_OVER -> momentPending;
                case CUT, MUTED, SERVER_STOPS -> open;
                case LINK_BREAKS -> open && !linkBroken;
            };
        }

        void take(Step step) {
            boolean beingTold = asked.stream().anyMatch(one -> !one.isDone()) && !closing && !state.isMuted();
            int sentBefore = sent.size();
            int askedBefore = asked.size();
            happen(step);
            if (beingTold && (step == Step.CUT || step == Step.SERVER_STOPS)) {
                assertThat(closing).as("who is being told has a moment").isFalse();
            }
            if (asked.size() > askedBefore && state.isMuted()) {
                assertThat(asked).as("who cannot be told is not waited for").allMatch(CompletableFuture::isDone);
            }
            if (sent.size() > sentBefore) {
                Answer answer = sent.get(sent.size() - 1);
                boolean first = answer instanceof Answer.Accepted;
                boolean last = !first && !(answer instanceof Answer.ShuttingDown);
                assertThat(finished).as("says that nothing more comes").isEqualTo(last && arrived);
                assertThat(closing).as("gives the client time to read").isEqualTo(!first && !(last && arrived));
            }
        }

        private void happen(Step step) {
            switch (step) {
                case CONNECT -> state.connect(false);
                case CONNECT_DELAYED -> state.connect(true);
                case CONNECT_OF_NOBODY -> state.connectRefused(new Refusal(7003, "no user id"));
                case NOT_MQTT -> state.broken(new MqttException(MqttException.NO_ANSWER, "not MQTT"));
                case NOT_ALLOWED -> state.broken(MqttException.protocolError("not allowed"));
                case OLDER_VERSION -> state.olderVersion();
                case STORE_ADMITS -> {
                    decision = true;
                    inStore = true;
                    wasAdmitted = true;
                }
                case STORE_REFUSES -> decision = false;
                case STORE_ENDS -> inStore = false;
                case DECISION_ARRIVES -> {
                    deciding = false;
                    if (decision) {
                        state.admitted(SESSION);
                    } else {
                        state.refused(new Refusal(70001, "expired"));
                    }
                }
                case LOGOUT -> {
                    saidLogout = true;
                    state.disconnected(true);
                }
                case LEAVES_OTHERWISE -> state.disconnected(false);
                case SAYS_LOGOUT_WHILE_DECIDING -> {
                    saidLogout = true;
                    state.leftWhileDeciding(true);
                    clientCloses();
                }
                case CLIENT_CLOSES -> clientCloses();
                case CONNECTION_FAILS -> {
                    failed = true;
                    state.failed();
                    clientCloses();
                }
                case CLOSE_IS_DONE -> state.closed();
                case TIME_IS_UP -> {
                    timer = null;
                    state.timeUp();
                }
                case SILENT -> {
                    timer = null;
                    state.silent();
                }
                case USER_SIG_EXPIRES -> {
                    timer = null;
                    state.userSigExpired();
                }
                case KICKED_BY_OTHER -> evict(KickCause.OTHER_INSTANCE);
                case KICKED_BY_REST -> evict(KickCause.REST);
                case TAKEN_OVER -> evict(KickCause.TAKEN_OVER);
                case CAME_AGAIN -> state.cameAgain();
                case MOMENT_IS_OVER -> {
                    momentPending = false;
                    isMoment = true;
                    state.wasThereAgain();
                    isMoment = false;
                }
                case CUT -> state.cut();
                case MUTED -> state.mute();
                case SERVER_STOPS -> state.shutDown();
                case LINK_BREAKS -> linkBroken = true;
            }
        }

        private void clientCloses() {
            closedByClient = true;
            state.closed();
        }

        private void evict(KickCause cause) {
            inStore = false;
            evicted = true;
            CompletableFuture<Boolean> told = new CompletableFuture<>();
            asked.add(told);
            told.thenAccept(known -> checkTold(known, cause == KickCause.TAKEN_OVER));
            state.evict(cause, Platform.WINDOWS, told);
        }

        /** Who is said to know that it is out has shown it; and whoever has shown it is believed. */
        private void checkTold(boolean known, boolean takenOver) {
            boolean kickSent = !sent.isEmpty()
                    && (sent.get(sent.size() - 1) instanceof Answer.Kicked
                            || sent.get(sent.size() - 1) instanceof Answer.Refused);
            boolean shown = kickSent && arrived && !failed && (closedByClient || isMoment);
            boolean mustKnow = takenOver || saidLogout || shown;
            toldRightly &= known == mustKnow;
        }

        // What must hold, always.

        void check() {
            for (int i = 0; i < sent.size(); i++) {
                boolean connack = sent.get(i) instanceof Answer.Accepted
                        || sent.get(i) instanceof Answer.Refused
                        || sent.get(i) instanceof Answer.OlderVersion
                        || sent.get(i) instanceof Answer.Broken broken && !broken.online();
                assertThat(connack).as("packet %d is a CONNACK", i + 1).isEqualTo(i == 0);
            }
            assertThat(sent).hasSizeLessThanOrEqualTo(sent.isEmpty() || sent.get(0) instanceof Answer.Accepted ? 2 : 1);
            assertThat(online).as("online").isEqualTo(state.session() == null ? 0 : 1);
            if (state.session() != null) {
                assertThat(inStore || evicted)
                        .as("who is online is in the store")
                        .isTrue();
                assertThat(evicted).as("who is out is not online").isFalse();
            }
            assertThat(toldRightly).as("told what is known").isTrue();
            boolean waits = timer != null || deciding || closing;
            assertThat(waits || state.isMuted() || state.phase() == Phase.CLOSED)
                    .as("nothing waits for ever")
                    .isTrue();
            if (state.phase() == Phase.CLOSED) {
                assertThat(asked).as("whoever asked is answered").allMatch(CompletableFuture::isDone);
                assertThat(timer).isNull();
                assertThat(!wasAdmitted || deciding || evicted || ended == 1)
                        .as("the session of a connection that is closed is ended")
                        .isTrue();
            }
        }

        @Override
        public String toString() {
            return state + "|" + sent + deciding + decision + inStore + evicted + linkBroken + closing + finished
                    + momentPending + timer + ended + arrived + failed + saidLogout
                    + asked.stream().map(CompletableFuture::isDone).toList();
        }
    }

    private static Run replay(List<Step> path) {
        Run run = new Run();
        for (Step step : path) {
            run.take(step);
            run.check();
        }
        return run;
    }

    @Test
    void inEveryStateEverythingThatMustHoldHolds() {
        Map<String, List<Step>> seen = new HashMap<>();
        Deque<List<Step>> open = new ArrayDeque<>(List.of(List.of()));
        seen.put(new Run().toString(), List.of());
        int steps = 0;
        while (!open.isEmpty()) {
            List<Step> path = open.remove();
            for (Step step : Step.values()) {
                if (!replay(path).can(step)) {
                    continue;
                }
                List<Step> longer = new ArrayList<>(path);
                longer.add(step);
                steps++;
                Run run;
                try {
                    run = replay(longer);
                } catch (AssertionError e) {
                    throw new AssertionError("after " + longer + ": " + e.getMessage(), e);
                }
                if (seen.putIfAbsent(run.toString(), longer) == null) {
                    open.add(longer);
                }
            }
        }
        System.out.println(
                "a connection has " + seen.size() + " states with all around it, and " + steps + " steps between them");
        assertThat(seen).hasSizeGreaterThan(500);
        for (Phase phase : Phase.values()) {
            assertThat(seen.keySet()).anyMatch(state -> state.startsWith(phase.name()));
        }
    }
}
