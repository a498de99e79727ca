/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.Resources;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.Expired;
import io.github.tim4j.conformance.message.WorkerMessage.KickReason;
import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.process.Finding;
import io.github.tim4j.conformance.process.WorkerProcess;
import io.github.tim4j.conformance.report.Verdict;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A process with the library under test in it, as an application: what it calls, and what it has been called back. */
public abstract class Client {
    /** How long any function may take to return: none waits for the network. */
    private static final Duration CALL = Duration.ofSeconds(10);

    private static final Duration SCAN = Duration.ofMinutes(2);
    /** The user_data of the callbacks for events; those of requests count up from {@link #FIRST_TAG}. */
    public static final long EVENTS = 7;

    private static final int NOT_INITIALISED = 6013;
    public static final long FIRST_TAG = 0x7000_0000_0000_0001L;

    private final Stage stage;
    private final String name;
    private final WorkerProcess process;
    private final List<Request> requests = new ArrayList<>();
    /** Results of requests that a storm made, by user_data. */
    private final Map<Long, Long> stormResults = new HashMap<>();
    /** The user_data that were registered for events, by the function that registers them. */
    private final Map<String, Set<Long>> registered = new HashMap<>();

    private List<Request> insideNext = List.of();
    private long nextTag = FIRST_TAG;
    private int mark;
    private boolean initialised;
    private boolean answersInside;
    private boolean racing;
    private boolean gone;

    public Client(Stage stage, String name, WorkerProcess process) {
        this.stage = stage;
        this.name = name;
        this.process = process;
        process.observe(news -> stage.note(name, news));
    }

    public Stage stage() {
        return stage;
    }

    public WorkerProcess process() {
        return process;
    }

    // ---- calls

    public Returned call(String function, Object... args) {
        return call(Call.of(function, args));
    }

    public Returned call(Call call) {
        require(call.function());
        if (call.function().startsWith("TIMSet") || call.function().startsWith("TIMShimSet")) {
            boolean removed = call.args().get(0) == null;
            registered
                    .computeIfAbsent(call.function(), name -> new HashSet<>())
                    .addAll(removed ? List.of() : eventData(call));
        }
        Returned news = process.call(call, CALL);
        stage.note(name, call, news);
        return news;
    }

    /** Skips the scenario if the library lacks the function; {@code offline.functions} tells of it. */
    public void require(String function) {
        if (isMissing(function)) {
            stage.skip("the library has no " + function);
        }
    }

    public boolean isMissing(String function) {
        return !isClassic() && stage.subject().missing().contains(function);
    }

    private static List<Long> eventData(Call call) {
        return call.text(0).matches("-?\\d+") ? List.of(call.number(0)) : List.of();
    }

    public Returned get(CompletableFuture<WorkerMessage> returned, String what) {
        return (Returned) process.get(returned, CALL, what);
    }

    /** Makes a request and waits for its return. The calls given to {@link #insideNext} before are made in its callback. */
    public Request request(Request request) {
        List<Call> calls = insideNext.stream().map(Request::call).toList();
        insideNext.forEach(planned -> planned.plannedInside(request.tag()));
        insideNext = List.of();
        Call call = request.call().inside(calls);
        CompletableFuture<WorkerMessage> returned = process.send(call);
        request.sent(returned);
        stage.note(name, call, get(returned, call.function()));
        return request;
    }

    /** The next request's callback makes these calls, in this order; see {@link #planned}. */
    public void insideNext(Request... calls) {
        insideNext = List.of(calls);
    }

    /** A call without callback, to be made inside a callback. */
    public Request planned(String function, Object... args) {
        return remember(new Request(this, Call.of(function, args), 0));
    }

    /** A request whose user_data is put behind the arguments. */
    public Request newRequest(String function, Object... args) {
        long tag = nextTag++;
        List<Object> all = new ArrayList<>(Arrays.asList(args));
        all.add(tag);
        return remember(new Request(this, Call.of(function, all.toArray()), tag));
    }

    private Request remember(Request request) {
        require(request.function());
        requests.add(request);
        return request;
    }

    /**
     * Makes calls from several threads at once.
     *
     * @param calls with "?" for the user_data
     * @return what they returned: call by call, round by round, thread by thread
     */
    public List<Long> storm(int threads, int rounds, Call... calls) {
        return makeStorm(threads, rounds, calls).results();
    }

    /** Makes a call over and over on one thread. @return how long one takes in the best of five runs, the kit's own part included */
    public Duration timeOf(int rounds, Call call) {
        Duration best = IntStream.range(0, 5)
                .mapToObj(i -> makeStorm(1, rounds, call).took().dividedBy(rounds))
                .min(Duration::compareTo)
                .orElseThrow();
        stage.measured(call.function() + " takes " + best.toNanos() + " ns");
        return best;
    }

    private record Storms(List<Long> results, Duration took) {}

    private Storms makeStorm(int threads, int rounds, Call... calls) {
        Stream.of(calls).map(Call::function).forEach(this::require);
        long first = nextTag;
        nextTag += (long) threads * rounds * calls.length;
        Returned news =
                process.call(Call.of("storm", threads, rounds, first).inside(List.of(calls)), Duration.ofSeconds(30));
        List<Long> results = new ArrayList<>();
        for (String result : text(news.text()).trim().split(" ")) {
            results.add(Long.parseLong(result));
        }
        for (int i = 0; i < results.size(); i++) {
            if (calls[i % calls.length].args().stream().anyMatch(arg -> "?".equals(text(arg)))) {
                stormResults.put(first + i, results.get(i));
            }
        }
        stage.note(
                name,
                threads + " threads × " + rounds + " rounds of "
                        + Arrays.stream(calls).map(Call::function).toList() + " returned");
        return new Storms(results, Duration.ofNanos(news.number()));
    }

    /** What the process holds of the system at this moment. */
    public Resources resources() {
        Resources resources =
                Resources.of(text(process.call(Call.of("resources"), CALL).text()));
        stage.measured(resources.toString());
        return resources;
    }

    /** How often these bytes, inverted, are in the memory of the process. The kit itself looks, which takes long where a machine is slow or emulated. */
    public long copiesInMemory(byte[] inverted) {
        return process.call(Call.of("memory has", (Object) inverted), SCAN).number();
    }

    /** The working folder, the umask and the signals of the process, a line each. */
    public String processState() {
        return text(process.call(Call.of("process"), CALL).text());
    }

    /** Opens a gate that a callback or a watch waits for. */
    public void release(String gate) {
        process.send(Call.of("release", gate));
    }

    /** TIMUninit will race with TIMInit or with requests, so that nobody is to say whether a callback came late. */
    public void racing() {
        racing = true;
    }

    /** A request without TIMInit will be answered before it returns: there is no other thread then. */
    public void answersInside() {
        answersInside = true;
    }

    /** Notes a request that was made with a user_data of the scenario's own. */
    public void adopt(long result, long tag) {
        stormResults.put(tag, result);
    }

    public void initialised(boolean now) {
        initialised = now;
    }

    // ---- callbacks

    public List<WorkerMessage> messages() {
        return process.callbacks();
    }

    /** Those since {@link #forget}. */
    public List<WorkerMessage> recent() {
        List<WorkerMessage> all = messages();
        return all.subList(Math.min(mark, all.size()), all.size());
    }

    public <M extends WorkerMessage> List<M> recent(Class<M> kind) {
        return recent().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    public void forget() {
        mark = messages().size();
    }

    /** Waits for a message; fails the scenario if there is none in time. @return the first */
    public <M extends WorkerMessage> M await(String what, Class<M> kind, Predicate<M> which) {
        stage.waitFor(
                () -> what + " never came" + strayAnswer(),
                patience -> process.await(
                        all -> all.stream().anyMatch(m -> kind.isInstance(m) && which.test(kind.cast(m))), patience));
        return messages().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .filter(which)
                .findFirst()
                .orElseThrow();
    }

    /** Waits for something to hold; fails the scenario if it does not in time. */
    public void until(String what, Predicate<List<WorkerMessage>> holds) {
        stage.waitFor(
                () -> what + " did not happen" + strayAnswer(),
                patience -> process.await(all -> holds.test(recent()), patience));
    }

    /** What may be the cause of waiting in vain. */
    private String strayAnswer() {
        return answers()
                .filter(answer -> !stormResults.containsKey(answer.at().userData())
                        && (answer.at().userData() < FIRST_TAG || answer.at().userData() >= nextTag))
                .findFirst()
                .map(Client::foreignData)
                .orElse("");
    }

    private Stream<Answer> answers() {
        return messages().stream().filter(Answer.class::isInstance).map(Answer.class::cast);
    }

    private static String foreignData(Answer answer) {
        return ", but one with user_data 0x" + Long.toHexString(answer.at().userData()) + ", which was never given";
    }

    public <M extends CalledBack> M awaitRecent(Class<M> kind) {
        until("a callback (" + name(kind) + ")", all -> all.stream().anyMatch(kind::isInstance));
        return recent(kind).get(0);
    }

    /** LogLine: log line. */
    private static String name(Class<?> kind) {
        return kind.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    /** @return all there are, at least one */
    public <M extends CalledBack> List<M> awaitAll(Class<M> kind) {
        awaitRecent(kind);
        return recent(kind);
    }

    public String text(byte[] bytes) {
        return bytes == null ? "(NULL)" : new String(bytes, StandardCharsets.UTF_8);
    }

    // ---- the end

    /** Ends the process by itself, as an application does that exits without a word to the library. */
    public void exit() {
        stage.note(name, "exit()");
        gone = true;
        process.exit();
    }

    /** Ends the process like a power cut. */
    public void kill() {
        stage.note(name, "killed");
        gone = true;
        process.kill();
    }

    /** What holds in every scenario, whatever it is about. */
    public void finish() {
        if (!gone) {
            if (initialised) {
                stage.that("TIMUninit at the end", call("TIMUninit").number()).is(0L);
                everyRequestAnswered();
            }
            exit();
        }
        noRequestAnsweredTwice();
        messages().stream()
                .filter(CalledBack.class::isInstance)
                .map(CalledBack.class::cast)
                .forEach(this::checkCallback);
        stage.checkNoSecretIn(process.written(), "what the library has written to files or printed");
    }

    private void everyRequestAnswered() {
        if (!stage.subject().isShim()) {
            return; // the vendor's library is known to forget requests at TIMUninit; a scenario of its own is about
            // that
        }
        Set<Long> answered = new HashSet<>();
        answers().forEach(answer -> answered.add(answer.at().userData()));
        for (Request request : requests) {
            if (request.tag() != 0
                    && !request.isPlanned()
                    && request.result() == 0
                    && !answered.contains(request.tag())) {
                throw new Finding(
                        Verdict.FAIL,
                        "a callback was lost: " + request.function() + " returned 0, and TIMUninit has returned");
            }
        }
        stormResults.forEach((tag, result) -> {
            if (result == 0 && !answered.contains(tag)) {
                throw new Finding(
                        Verdict.FAIL,
                        "a callback was lost: one of many requests returned 0, and TIMUninit has returned");
            }
        });
    }

    private void noRequestAnsweredTwice() {
        Map<Long, Long> results = new HashMap<>(stormResults);
        if (!gone || !requests.isEmpty()) {
            requests.stream()
                    .filter(request -> request.tag() != 0 && !request.isPlanned() && isKnown(request))
                    .forEach(request -> results.put(request.tag(), request.result()));
        }
        Set<Long> answered = new HashSet<>();
        answers().forEach(answer -> {
            long tag = answer.at().userData();
            if (!results.containsKey(tag)) {
                throw new Finding(
                        Verdict.FAIL,
                        "a callback had user_data 0x" + Long.toHexString(tag) + ", which was never given");
            }
            if (results.get(tag) != 0) {
                throw new Finding(
                        Verdict.FAIL, "a request that was not accepted (" + results.get(tag) + ") was called back");
            }
            if (!answered.add(tag)) {
                throw new Finding(Verdict.FAIL, "a request was called back twice");
            }
        });
    }

    /** A call inside a callback that has not come back when the process ended is not known. */
    private boolean isKnown(Request request) {
        try {
            request.result();
            return true;
        } catch (Finding e) {
            return false;
        }
    }

    public static boolean isUtf8(byte[] text) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** An event has a user_data that was registered for its kind, and a value that the API has. */
    private void checkEvent(CalledBack event, String what) {
        String register = registrationOf(event);
        long userData = event.at().userData();
        if (register != null
                && !isClassic()
                && !registered.getOrDefault(register, Set.of()).contains(userData)) {
            throw new Finding(
                    Verdict.FAIL,
                    what + " had user_data 0x" + Long.toHexString(userData) + ", which " + register + " was not given");
        }
        if (event instanceof NetworkEvent network && (network.status() < 0 || network.status() > 3)) {
            throw new Finding(Verdict.FAIL, what + " had the status " + network.status() + "; there are 0 to 3");
        }
        if (event instanceof LogLine log && (log.level() < 1 || log.level() > 7)) {
            throw new Finding(Verdict.FAIL, what + " had the level " + log.level() + "; there are 1 to 7");
        }
        int status = event.at().status();
        if (!isClassic() && (status < 1 || status > 4)) {
            throw new Finding(
                    Verdict.FAIL, "TIMGetLoginStatus was " + status + " inside " + what + "; there are 1 to 4");
        }
    }

    /**
     * The function that registers callbacks of this kind; null for an answer, which has the user_data of its request, and for the classic API.
     */
    private static String registrationOf(CalledBack event) {
        if (event instanceof NetworkEvent) {
            return "TIMSetNetworkStatusListenerCallback";
        } else if (event instanceof Kicked) {
            return "TIMSetKickedOfflineCallback";
        } else if (event instanceof Expired) {
            return "TIMSetUserSigExpiredCallback";
        } else if (event instanceof KickReason) {
            return "TIMShimSetKickedOfflineReasonCallback";
        }
        return event instanceof LogLine ? "TIMSetLogCallback" : null;
    }

    /** Whether the functions are those of the classic API. */
    public abstract boolean isClassic();

    private void checkCallback(CalledBack callback) {
        String what = "a callback (" + callback.kind() + ")";
        if (callback.texts().stream().anyMatch(Objects::isNull)) {
            throw new Finding(Verdict.FAIL, what + " got a NULL string");
        }
        if (!callback.texts().stream().allMatch(Client::isUtf8)) {
            throw new Finding(Verdict.FAIL, what + " got a text that is not UTF-8");
        }
        checkEvent(callback, what);
        // The vendor's library calls the log callback on whatever thread it logs on.
        boolean besideLog = !stage.subject().isShim() && registered.containsKey("TIMSetLogCallback");
        if (callback.at().overlaps() && !besideLog) {
            throw new Finding(Verdict.FAIL, what + " ran while another one did");
        }
        boolean notInitialised = callback instanceof Answer answer && answer.code() == NOT_INITIALISED;
        // Of the vendor's library this is known; a scenario of its own is about it.
        boolean known = racing || !stage.subject().isShim() && (!(callback instanceof Answer) || notInitialised);
        if (callback.at().afterUninit() && !known) {
            throw new Finding(Verdict.FAIL, what + " came after TIMUninit had returned");
        }
        // The classic TIMLogout has no result to report this by.
        boolean mayBeInside = answersInside || notInitialised;
        if (stage.subject().isShim() && callback.at().onCallingThread() && !mayBeInside) {
            throw new Finding(Verdict.FAIL, what + " came on the thread of the caller, inside a call");
        }
        callback.texts().forEach(text -> stage.checkNoSecretIn(text(text), what));
    }
}
