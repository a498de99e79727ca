/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static io.github.tim4j.RandomCalls.eventually;
import static io.github.tim4j.RandomCalls.wordsFor;
import static io.github.tim4j.TestServer.APP;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.LoginModel.Worth;
import io.github.tim4j.StatusChange.Cause;
import io.github.tim4j.TimClientModelTest.Kind;
import io.github.tim4j.TimClientModelTest.Sequence;
import io.github.tim4j.TimClientModelTest.Step;
import io.github.tim4j.server.KickCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A sequence in several threads, with faults at any moment. What happens is a matter of chance, but must make sense:
 *
 * <ul>
 * <li>Every future completes, with a result that fits its call and what the server was told to do; those of a thread in their order, where
 * neither a cancel nor a renewal changes it.
 * <li>A login that succeeded is among the events, and so is a logout; one that failed left no new session.
 * <li>Each event begins where the one before ended, each cause stands for a change that it can make, and the other methods of a listener
 * tell the same. A listener that came late is told what the others are. A reconnect is told from a first connect.
 * <li>When all is quiet, status and user are those of the last event; the client still works; after close nothing is left.
 * </ul>
 */
final class AllAtOnce {
    /** So that a login that gets no answer does not hold up the sequence. */
    private static final Duration LOGIN_TIMEOUT = Duration.ofMillis(10);

    private static final Set<String> NETWORK = Set.of("9508", "9510", "9511", "9514", "9516", "9517", "9520", "-10114");
    private static final Set<String> ENDED = Set.of("7009", "-1");

    /** One client, from build to close. */
    private static final class Client {
        final TimClient tim;
        final Recorder recorder = new Recorder();
        final List<Recorder> added = Collections.synchronizedList(new ArrayList<>());
        final List<Recorder> removed = Collections.synchronizedList(new ArrayList<>());
        volatile boolean closing;

        Client(TimClient tim) {
            this.tim = tim;
            tim.addListener(recorder);
        }
    }

    /** A request, and between which of the client's events it ran. */
    private static final class Call {
        final Step step;
        final int thread;
        final Client client;
        final int from;
        CompletableFuture<?> done;
        volatile String words;
        volatile int to;
        volatile int order;
        volatile boolean beforeClose;

        Call(Step step, int thread, Client client) {
            this.step = step;
            this.thread = thread;
            this.client = client;
            this.from = client.recorder.changes.size();
        }

        @Override
        public String toString() {
            return "thread " + thread + ": " + step + " → " + words + " (events " + from + " to " + to + ")";
        }
    }

    private final TestServer at;
    private final RandomCalls calls;
    private final Leftovers leftovers;
    private final ExecutorService threads;
    private final Sequence sequence;
    private final List<Client> clients = new ArrayList<>();
    private final List<Call> requests = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger completions = new AtomicInteger();
    private volatile Client current;

    AllAtOnce(TestServer at, RandomCalls calls, Leftovers leftovers, ExecutorService threads, Sequence sequence) {
        this.at = at;
        this.calls = calls;
        this.leftovers = leftovers;
        this.threads = threads;
        this.sequence = sequence;
    }

    void run() {
        open();
        try {
            takeAll();
            requests.forEach(call -> RandomCalls.awaitDone(call.done));
            at.server.testing().reset();
            quiet();
            logInOnceMore();
        } finally {
            current.tim.close();
        }
        at.server.testing().reset();
        eventually(leftovers::found);
        try {
            clients.forEach(this::check);
            requests.forEach(this::check);
            checkOrder();
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + trace(), e);
        }
    }

    private void open() {
        current = new Client(calls.client(sequence.provider(), sequence.direct(), LOGIN_TIMEOUT));
        clients.add(current);
    }

    // ---- the steps

    private void takeAll() {
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < sequence.threads().size(); i++) {
            int thread = i;
            running.add(threads.submit(() -> sequence.threads().get(thread).forEach(step -> take(step, thread))));
        }
        for (Future<?> thread : running) {
            try {
                thread.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw new AssertionError("a step failed" + trace(), e.getCause());
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("a step does not end" + trace(), e);
            }
        }
    }

    private void take(Step step, int thread) {
        Client client = current;
        switch (step.kind()) {
            case LOGIN ->
                request(
                        step,
                        thread,
                        client,
                        () -> client.tim.login(
                                step.user(),
                                calls.sig(step.user(), step.worth()).text()));
            case LOGIN_BY_PROVIDER -> request(step, thread, client, () -> client.tim.login(owner(step)));
            case CANCELLED_LOGIN ->
                request(step, thread, client, () -> {
                    CompletableFuture<LoginResult> login = client.tim.login(
                            step.user(), calls.sig(step.user(), step.worth()).text());
                    login.cancel(true);
                    return login;
                });
            case LOGOUT -> request(step, thread, client, client.tim::logout);
            case CALL -> request(step, thread, client, () -> client.tim.call("TIMSetConfig", "{}"));
            case LISTEN -> {
                Recorder late = new Recorder();
                client.added.add(late);
                client.tim.addListener(late);
            }
            case STOP_LISTENING -> {
                Recorder late = client.added.isEmpty() ? new Recorder() : client.added.get(0);
                client.removed.add(late);
                client.tim.removeListener(late);
            }
            case REBUILD -> rebuild(client);
            case PROVIDER_FAILS -> calls.providerFails.set(true);
            default -> disturb(step);
        }
    }

    private synchronized void rebuild(Client client) {
        if (client == current) {
            client.closing = true;
            client.tim.close();
            open();
        }
    }

    private void disturb(Step step) {
        switch (step.kind()) {
            case KICK_BY_OTHER -> at.server.kick(APP, owner(step), KickCause.OTHER_INSTANCE);
            case KICK_BY_REST -> at.server.kick(APP, owner(step), KickCause.REST);
            case EXPIRE -> at.server.expireUserSigs(APP, owner(step));
            case INVALIDATE -> at.server.invalidateUserSigs(APP, owner(step));
            case REFUSE -> at.server.testing().refuseLogins(step.times(), step.code());
            case CUT -> at.server.testing().cutConnections();
            case HALF_OPEN -> at.server.testing().halfOpenConnections();
            case RESTART -> at.server.testing().restart();
            case SERVER_AWAY -> at.server.testing().stopListening();
            case SERVER_BACK -> at.server.testing().listenAgain();
            case PAUSE -> at.server.testing().pauseAccepting();
            case RESUME -> at.server.testing().resumeAccepting();
            case DELAY -> at.server.testing().delayLogins(Duration.ofMillis(2));
            default -> throw new IllegalArgumentException(step.toString());
        }
    }

    private static String owner(Step step) {
        return step.user().equals(RandomCalls.NOBODY) ? RandomCalls.BOB : step.user();
    }

    private void request(Step step, int thread, Client client, Supplier<CompletableFuture<?>> request) {
        Call call = new Call(step, thread, client);
        requests.add(call);
        CompletableFuture<?> future = request.get();
        call.done = future.handle((result, failure) -> {
            call.words = wordsFor(result, failure);
            call.to = client.recorder.changes.size();
            call.beforeClose = !client.closing;
            call.order = completions.incrementAndGet();
            return null;
        });
        if (step.waits()) {
            RandomCalls.awaitDone(call.done);
        }
    }

    // ---- when all is quiet

    private void quiet() {
        eventually(() -> {
            StatusChange last = last(current);
            LoginStatus status = current.tim.status();
            Optional<String> user = current.tim.loginUser();
            boolean agree = last != null
                    && last.to() == status
                    && user.equals(status == LoginStatus.LOGGED_IN ? last.userId() : Optional.empty());
            return agree ? null : "the status is " + status + " " + user + " and the last event " + last + trace();
        });
    }

    private static StatusChange last(Client client) {
        List<StatusChange> changes = client.recorder.changes;
        return changes.isEmpty() ? null : changes.get(changes.size() - 1);
    }

    /** Even where the login timeout is too short for this machine, or a login given up before comes between, one of many stays. */
    private void logInOnceMore() {
        eventually(() -> {
            CompletableFuture<LoginResult> login = current.tim.login(RandomCalls.ALICE, calls.fresh(RandomCalls.ALICE));
            RandomCalls.awaitDone(login);
            quiet();
            return current.tim.loginUser().equals(Optional.of(RandomCalls.ALICE))
                    ? null
                    : "a login ends with " + login.handle(RandomCalls::wordsFor).join() + trace();
        });
    }

    // ---- what must hold

    private void check(Client client) {
        List<StatusChange> changes = client.recorder.changes;
        eventually(() ->
                last(client).to() == LoginStatus.LOGGED_OUT ? null : "the last event is " + last(client) + trace());
        assertThat(client.recorder.events.stream().filter(event -> !event.startsWith("renewal")))
                .as("events that go together")
                .containsExactlyElementsOf(eventsOf(changes, client.recorder.events));
        RandomCalls.checkReconnects(client.recorder);
        for (Recorder late : client.added) {
            checkLate(client, late);
        }
    }

    /** What a listener must be told, if these are the changes. Only the reason of a kick does not follow from them. */
    private List<String> eventsOf(List<StatusChange> changes, List<String> told) {
        List<String> events = new ArrayList<>();
        List<String> kicks =
                told.stream().filter(event -> event.startsWith("kicked ")).toList();
        List<String> heard =
                told.stream().filter(event -> !event.startsWith("renewal")).toList();
        int kick = 0;
        StatusChange before = null;
        for (StatusChange change : changes) {
            if (before == null) {
                assertThat(change.cause()).as("first event").isEqualTo(Cause.REPLAY);
            } else {
                assertThat(change.from()).as("from of %s", change).isEqualTo(before.to());
                assertThat(fits(before, change))
                        .as("%s after %s", change, before)
                        .isTrue();
            }
            events.add(Recorder.line(change));
            if (change.from() == LoginStatus.LOGGED_IN && change.cause() != Cause.REPLAY) {
                events.add("notReady " + before.userId().orElseThrow());
            }
            if (change.cause() == Cause.ACCOUNT_SWITCH && events.size() < heard.size()) {
                // The server may end the session that is replaced before the library closes it.
                String next = heard.get(events.size());
                if (canKick(next)) {
                    kick++;
                    events.add(next);
                } else if (next.equals("expired " + before.userId().orElseThrow())) {
                    events.add(next);
                }
            }
            if (change.to() == LoginStatus.LOGGED_IN) {
                events.add("ready " + change.userId().orElseThrow());
            }
            if (change.cause() == Cause.KICKED_OFFLINE) {
                events.add(kick < kicks.size() && canKick(kicks.get(kick)) ? kicks.get(kick++) : "kicked …");
            } else if (change.cause() == Cause.USER_SIG_EXPIRED) {
                events.add("expired " + change.userId().orElseThrow());
            }
            before = change;
        }
        return events;
    }

    /**
     * Another instance can always be the reason: a login given up before its answer may reach the server late, and take over. A refusal that was
     * meant for a login may meet a reconnect, and then it ends the session.
     */
    private boolean canKick(String kick) {
        return kick.equals("kicked OTHER_INSTANCE")
                || kick.equals("kicked REST") && sequence.has(Kind.KICK_BY_REST, Kind.INVALIDATE, Kind.REFUSE);
    }

    private static boolean fits(StatusChange before, StatusChange change) {
        LoginStatus from = change.from();
        LoginStatus to = change.to();
        boolean sameUser = change.userId().equals(before.userId());
        return change.error().isPresent() == (change.cause() == Cause.LOGIN_FAILED)
                && switch (change.cause()) {
                    case LOGIN ->
                        to == LoginStatus.LOGGING_IN && from == LoginStatus.LOGGED_OUT
                                || to == LoginStatus.LOGGED_IN
                                        && (from == LoginStatus.LOGGING_IN || from == LoginStatus.LOGGED_OUT)
                                        && sameUser;
                    case ACCOUNT_SWITCH -> from == LoginStatus.LOGGED_IN && to == LoginStatus.LOGGING_IN && !sameUser;
                    case LOGIN_FAILED ->
                        from == LoginStatus.LOGGING_IN
                                && (to == LoginStatus.LOGGED_OUT && sameUser || to == LoginStatus.LOGGED_IN);
                    case LOGOUT ->
                        sameUser
                                && (from == LoginStatus.LOGGED_IN && to == LoginStatus.LOGGING_OUT
                                        || from == LoginStatus.LOGGING_OUT && to == LoginStatus.LOGGED_OUT);
                    case KICKED_OFFLINE, USER_SIG_EXPIRED ->
                        sameUser && from == LoginStatus.LOGGED_IN && to == LoginStatus.LOGGED_OUT;
                    case CLOSED -> to == LoginStatus.LOGGED_OUT && from != to;
                    // Nothing else uses the library, and no request runs out of time.
                    case RESYNC, REPLAY -> false;
                };
    }

    /** It is told where things stand, then the very same changes, until it is removed. */
    private static void checkLate(Client client, Recorder late) {
        List<StatusChange> all = client.recorder.changes;
        List<StatusChange> told = late.changes;
        if (told.isEmpty()) {
            assertThat(client.closing || client.removed.contains(late))
                    .as("a listener that was told nothing was removed at once")
                    .isTrue();
            return;
        }
        StatusChange replay = told.get(0);
        assertThat(replay.cause()).as("first event of a late listener").isEqualTo(Cause.REPLAY);
        List<StatusChange> rest = told.subList(1, told.size());
        int start = rest.isEmpty() ? all.size() : indexOf(all, rest.get(0));
        if (!rest.isEmpty()) {
            assertThat(start)
                    .as("the first event of a late listener is one of all")
                    .isPositive();
            assertThat(replay.to())
                    .as("what a late listener was told first")
                    .isEqualTo(all.get(start - 1).to());
            assertThat(rest).as("events of a late listener").isEqualTo(all.subList(start, start + rest.size()));
        }
        if (!client.removed.contains(late)) {
            assertThat(start + rest.size()).as("all events of a late listener").isEqualTo(all.size());
        }
    }

    /** Changes can be equal, so they are told apart as objects. */
    private static int indexOf(List<StatusChange> all, StatusChange change) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) == change) {
                return i;
            }
        }
        return -1;
    }

    private void check(Call call) {
        String user = call.step.user();
        boolean fits = ENDED.contains(call.words)
                ? call.client.closing
                : switch (call.step.kind()) {
                    case LOGOUT -> call.words.equals("done") && wasAtSomeMoment(call, LoginStatus.LOGGED_OUT, null);
                    case CALL -> call.words.equals("json");
                    case CANCELLED_LOGIN -> call.words.equals("CancellationException") || loginFits(call, user);
                    case LOGIN_BY_PROVIDER ->
                        sequence.provider()
                                ? loginFits(call, owner(call.step))
                                : call.words.equals("IllegalStateException");
                    default -> loginFits(call, user);
                };
        assertThat(fits).as("result that fits %s", call).isTrue();
    }

    private boolean loginFits(Call call, String user) {
        Worth worth = call.step.kind() == Kind.LOGIN_BY_PROVIDER ? Worth.FRESH : call.step.worth();
        if (call.words.equals(user)) {
            return canSucceed(worth) && wasLoggedInAnew(call, user);
        }
        if (call.words.equals(user + " again")) {
            return canSucceed(worth) && wasAtSomeMoment(call, LoginStatus.LOGGED_IN, user);
        }
        if (call.words.equals("IOException")) {
            return sequence.provider() && sequence.has(Kind.PROVIDER_FAILS);
        }
        if (user.equals(RandomCalls.NOBODY)) {
            return call.words.equals("7003");
        }
        return codeFits(call.words, worth)
                && (wasToldToFail(call) || wasAtSomeMoment(call, LoginStatus.LOGGED_IN, user));
    }

    private boolean canSucceed(Worth worth) {
        return worth == Worth.FRESH
                || worth == Worth.KEPT
                || sequence.provider() && (worth == Worth.EXPIRED || sequence.has(Kind.REFUSE));
    }

    private boolean codeFits(String code, Worth worth) {
        if (NETWORK.contains(code) || code.equals(Integer.toString(worth.code))) {
            return true;
        }
        boolean refuses = sequence.has(Kind.REFUSE);
        return switch (code) {
            case "6206" ->
                worth == Worth.EXPIRED
                        || worth != Worth.FRESH && refuses
                        || worth == Worth.KEPT && sequence.has(Kind.EXPIRE);
            case "70001" -> refuses || sequence.has(Kind.EXPIRE);
            // A login that is kicked before it has been answered is refused as one with an invalid UserSig.
            case "70052" -> sequence.has(Kind.INVALIDATE, Kind.KICK_BY_REST);
            case "6208" -> refuses || sequence.has(Kind.KICK_BY_OTHER);
            default -> refuses && (code.equals("70051") || code.equals("-302"));
        };
    }

    private static boolean wasLoggedInAnew(Call call, String user) {
        return changesDuring(call).stream()
                .anyMatch(change -> change.cause() == Cause.LOGIN
                        && change.to() == LoginStatus.LOGGED_IN
                        && change.userId().equals(Optional.of(user)));
    }

    private boolean wasToldToFail(Call call) {
        return call.client.recorder.changes.subList(Math.max(0, beginOf(call) - 1), endOf(call)).stream()
                .flatMap(change -> change.error().stream())
                .anyMatch(error -> call.words.equals(Integer.toString(error.code())));
    }

    private boolean wasAtSomeMoment(Call call, LoginStatus status, String user) {
        int from = beginOf(call);
        if (from == 0 && status == LoginStatus.LOGGED_OUT) {
            return true;
        }
        return call.client.recorder.changes.subList(Math.max(0, from - 1), endOf(call)).stream()
                .anyMatch(change -> change.to() == status
                        && (user == null || change.userId().equals(Optional.of(user))));
    }

    /** It may have joined the same login, which began earlier, and whose user may have been kicked, or been refused once, since. */
    private int beginOf(Call call) {
        synchronized (requests) {
            return requests.stream()
                    .filter(other -> other.client == call.client
                            && other.words.equals(call.words)
                            && other.step.kind() == call.step.kind()
                            && other.step.user().equals(call.step.user())
                            && other.step.worth() == call.step.worth()
                            && call.step.worth() != Worth.FRESH
                            && other.from <= call.from
                            && call.from <= other.to)
                    .mapToInt(other -> other.from)
                    .min()
                    .orElse(call.from);
        }
    }

    private static List<StatusChange> changesDuring(Call call) {
        return call.client.recorder.changes.subList(call.from, endOf(call));
    }

    /** What close completes, it completes at once, ahead of events that are still to be told. */
    private static int endOf(Call call) {
        return call.beforeClose ? call.to : call.client.recorder.changes.size();
    }

    private void checkOrder() {
        int[] newest = new int[sequence.threads().size()];
        Call[] last = new Call[sequence.threads().size()];
        for (Call call : requests) {
            boolean ordered = call.beforeClose
                    && !call.words.endsWith("Exception")
                    && call.step.kind() != Kind.CALL
                    && !sequence.provider()
                    && !ENDED.contains(call.words);
            if (ordered) {
                assertThat(call.order)
                        .as("%s was answered before %s", call, last[call.thread])
                        .isGreaterThan(newest[call.thread]);
                newest[call.thread] = call.order;
                last[call.thread] = call;
            }
        }
    }

    private String trace() {
        StringBuilder trace = new StringBuilder("\n");
        synchronized (requests) {
            requests.forEach(call -> trace.append(call).append('\n'));
        }
        for (Client client : clients) {
            trace.append("events ").append(client.recorder.events).append('\n');
            client.added.forEach(
                    late -> trace.append("  late ").append(late.events).append('\n'));
        }
        return trace.toString();
    }
}
