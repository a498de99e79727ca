/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.conformance.News.Kind;
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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A process with the library under test in it, as an application: what it calls, and what it has been called back. */
abstract class Client {
    /** How long any function may take to return: none waits for the network. */
    private static final Duration CALL = Duration.ofSeconds(10);
    /** The user_data of the callbacks for events; those of requests count up from {@link #FIRST_TAG}. */
    static final long EVENTS = 7;

    private static final long NOT_INITIALISED = 6013;
    static final long FIRST_TAG = 0x7000_0000_0000_0001L;

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
    private boolean racing;
    private boolean gone;

    Client(Stage stage, String name, WorkerProcess process) {
        this.stage = stage;
        this.name = name;
        this.process = process;
        process.observe(news -> stage.note(name, news));
    }

    Stage stage() {
        return stage;
    }

    WorkerProcess process() {
        return process;
    }

    // ---- calls

    News call(String function, Object... args) {
        return call(Call.of(function, args));
    }

    News call(Call call) {
        require(call.function());
        if (call.function().startsWith("TIMSet") || call.function().startsWith("TIMShimSet")) {
            boolean removed = call.args().get(0) == null;
            registered
                    .computeIfAbsent(call.function(), name -> new HashSet<>())
                    .addAll(removed ? List.of() : eventData(call));
        }
        News news = process.call(call, CALL);
        stage.note(name, call, news);
        return news;
    }

    /** Skips the scenario if the library lacks the function; {@code offline.functions} tells of it. */
    void require(String function) {
        if (isMissing(function)) {
            stage.skip("the library has no " + function);
        }
    }

    boolean isMissing(String function) {
        return !isClassic() && stage.subject().missing().contains(function);
    }

    private static List<Long> eventData(Call call) {
        return call.text(0).matches("-?\\d+") ? List.of(call.number(0)) : List.of();
    }

    News get(CompletableFuture<News> returned, String what) {
        return process.get(returned, CALL, what);
    }

    /** Makes a request and waits for its return. The calls given to {@link #inside} before are made in its callback. */
    Request request(Request request) {
        List<Call> calls = insideNext.stream().map(Request::call).toList();
        insideNext.forEach(planned -> planned.plannedInside(request.tag()));
        insideNext = List.of();
        Call call = request.call().inside(calls);
        CompletableFuture<News> returned = process.send(call);
        request.sent(returned);
        stage.note(name, call, get(returned, call.function()));
        return request;
    }

    /** The next request's callback makes these calls, in this order; see {@link #planned}. */
    void insideNext(Request... calls) {
        insideNext = List.of(calls);
    }

    /** A call without callback, to be made inside a callback. */
    Request planned(String function, Object... args) {
        return remember(new Request(this, Call.of(function, args), 0));
    }

    /** A request whose user_data is put behind the arguments. */
    Request newRequest(String function, Object... args) {
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
    List<Long> storm(int threads, int rounds, Call... calls) {
        return makeStorm(threads, rounds, calls).results();
    }

    /** Makes a call over and over on one thread. @return how long one takes in the best of five runs, the kit's own part included */
    Duration timeOf(int rounds, Call call) {
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
        News news =
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
    Resources resources() {
        Resources resources =
                Resources.of(text(process.call(Call.of("resources"), CALL).text()));
        stage.measured(resources.toString());
        return resources;
    }

    /** Opens a gate that a callback or a watch waits for. */
    void release(String gate) {
        process.send(Call.of("release", gate));
    }

    /** TIMUninit will race with TIMInit or with requests, so that nobody is to say whether a callback came late. */
    void racing() {
        racing = true;
    }

    /** Notes a request that was made with a user_data of the scenario's own. */
    void adopt(long result, long tag) {
        stormResults.put(tag, result);
    }

    void initialised(boolean now) {
        initialised = now;
    }

    // ---- callbacks

    List<News> news() {
        return process.callbacks();
    }

    /** Those since {@link #forget}. */
    List<News> recent() {
        List<News> all = news();
        return all.subList(Math.min(mark, all.size()), all.size());
    }

    List<News> recent(Kind kind) {
        return recent().stream().filter(news -> news.kind() == kind).toList();
    }

    void forget() {
        mark = news().size();
    }

    /** Waits for callbacks of a kind; fails the scenario if there is none in time. @return all there are */
    List<News> await(String what, Predicate<News> which) {
        stage.waitFor(
                () -> what + " never came" + strayAnswer(),
                patience -> process.await(all -> all.stream().anyMatch(which), patience));
        return news().stream().filter(which).toList();
    }

    /** Waits for something to hold; fails the scenario if it does not in time. */
    void until(String what, Predicate<List<News>> holds) {
        stage.waitFor(
                () -> what + " did not happen" + strayAnswer(),
                patience -> process.await(all -> holds.test(recent()), patience));
    }

    /** What may be the cause of waiting in vain. */
    private String strayAnswer() {
        return news().stream()
                .filter(news -> news.kind() == Kind.ANSWER
                        && !stormResults.containsKey(news.id())
                        && (news.id() < FIRST_TAG || news.id() >= nextTag))
                .findFirst()
                .map(this::foreignData)
                .orElse("");
    }

    private String foreignData(News answer) {
        return ", but one with user_data 0x" + Long.toHexString(answer.id()) + ", which was never given";
    }

    News awaitRecent(Kind kind) {
        until(
                "a callback (" + kind.name().toLowerCase(Locale.ROOT) + ")",
                all -> all.stream().anyMatch(news -> news.kind() == kind));
        return recent(kind).get(0);
    }

    /** @return all there are, at least one */
    List<News> awaitAll(Kind kind) {
        awaitRecent(kind);
        return recent(kind);
    }

    String text(byte[] bytes) {
        return bytes == null ? "(NULL)" : new String(bytes, StandardCharsets.UTF_8);
    }

    // ---- the end

    /** Ends the process by itself, as an application does that exits without a word to the library. */
    void exit() {
        stage.note(name, "exit()");
        gone = true;
        process.exit();
    }

    /** Ends the process like a power cut. */
    void kill() {
        stage.note(name, "killed");
        gone = true;
        process.kill();
    }

    /** What holds in every scenario, whatever it is about. */
    void finish() {
        if (!gone) {
            if (initialised) {
                stage.that("TIMUninit at the end", call("TIMUninit").number()).is(0L);
                everyRequestAnswered();
            }
            exit();
        }
        noRequestAnsweredTwice();
        news().forEach(this::checkCallback);
        stage.checkNoSecretIn(process.written(), "what the library has written to files or printed");
    }

    private void everyRequestAnswered() {
        if (!stage.subject().isShim()) {
            return; // the vendor's library is known to forget requests at TIMUninit; a scenario of its own is about
            // that
        }
        Set<Long> answered = new HashSet<>();
        news().stream().filter(news -> news.kind() == Kind.ANSWER).forEach(news -> answered.add(news.id()));
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
        for (News news : news()) {
            if (news.kind() == Kind.ANSWER) {
                if (!results.containsKey(news.id())) {
                    throw new Finding(
                            Verdict.FAIL,
                            "a callback had user_data " + Long.toHexString(news.id()) + ", which was never given");
                }
                if (results.get(news.id()) != 0) {
                    throw new Finding(
                            Verdict.FAIL,
                            "a request that was not accepted (" + results.get(news.id()) + ") was called back");
                }
                if (!answered.add(news.id())) {
                    throw new Finding(Verdict.FAIL, "a request was called back twice");
                }
            }
        }
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

    static boolean isUtf8(byte[] text) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** An event has a user_data that was registered for its kind, and a value that the API has. */
    private void checkEvent(News news, String what) {
        String register = switch (news.kind()) {
            case NETWORK -> "TIMSetNetworkStatusListenerCallback";
            case KICKED -> "TIMSetKickedOfflineCallback";
            case EXPIRED -> "TIMSetUserSigExpiredCallback";
            case KICK_REASON -> "TIMShimSetKickedOfflineReasonCallback";
            case LOG -> "TIMSetLogCallback";
            default -> null; // an answer has that of its request; the classic functions have other names
        };
        if (register != null
                && !isClassic()
                && !registered.getOrDefault(register, Set.of()).contains(news.id())) {
            throw new Finding(
                    Verdict.FAIL,
                    what + " had user_data " + Long.toHexString(news.id()) + ", which " + register + " was not given");
        }
        if (news.kind() == Kind.NETWORK && !text(news.json()).matches("[0-3]")) {
            throw new Finding(Verdict.FAIL, what + " told the status " + text(news.json()) + "; there are 0 to 3");
        }
        if (news.kind() == Kind.LOG && (news.number() < 1 || news.number() > 7)) {
            throw new Finding(Verdict.FAIL, what + " told the level " + news.number() + "; there are 1 to 7");
        }
        if (!isClassic() && (news.status() < 1 || news.status() > 4)) {
            throw new Finding(
                    Verdict.FAIL, "TIMGetLoginStatus was " + news.status() + " inside " + what + "; there are 1 to 4");
        }
    }

    /** Whether the functions are those of the classic API. */
    abstract boolean isClassic();

    private void checkCallback(News news) {
        if (!news.isCallback()) {
            return;
        }
        String what = "a callback (" + news.kind().name().toLowerCase(Locale.ROOT) + ")";
        if (news.text() == null || news.json() == null) {
            throw new Finding(Verdict.FAIL, what + " got a NULL string");
        }
        if (!isUtf8(news.text()) || !isUtf8(news.json())) {
            throw new Finding(Verdict.FAIL, what + " got a text that is not UTF-8");
        }
        checkEvent(news, what);
        // The vendor's library tells its log on whatever thread it writes it.
        boolean besideLog = !stage.subject().isShim() && registered.containsKey("TIMSetLogCallback");
        if (news.has(News.OVERLAPS) && !besideLog) {
            throw new Finding(Verdict.FAIL, what + " ran while another one did");
        }
        // Of the vendor's library this is known; a scenario of its own is about it.
        boolean known =
                racing || !stage.subject().isShim() && (news.kind() != Kind.ANSWER || news.number() == NOT_INITIALISED);
        if (news.has(News.AFTER_UNINIT) && !known) {
            throw new Finding(Verdict.FAIL, what + " came after TIMUninit had returned");
        }
        if (stage.subject().isShim()) {
            // The classic TIMLogout has no result to say so by.
            if (news.has(News.ON_CALLING_THREAD) && news.number() != NOT_INITIALISED) {
                throw new Finding(Verdict.FAIL, what + " came on the thread of the caller, inside a call");
            }
        }
        stage.checkNoSecretIn(text(news.text()) + text(news.json()), what);
    }
}
