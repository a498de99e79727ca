/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.C_REFERENCE;
import static io.github.tim4j.conformance.scenarios.Source.ERROR_CODES;
import static io.github.tim4j.conformance.scenarios.Source.FLUTTER_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.MEASURED;
import static io.github.tim4j.conformance.scenarios.Source.WEB_GUIDE;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.Resources;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Client;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What holds without a server. Any library can run these; the vendor's in a network namespace, because it would dial its service. */
final class OfflineScenarios {
    private OfflineScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.OFFLINE, Need.LIBRARY);
        beforeInit(drafts);
        init(drafts);
        arguments(drafts);
        withoutNetwork(drafts);
        queue(drafts);
        configuration(drafts);
        uninit(drafts);
        return drafts.all();
    }

    private static void beforeInit(Drafts drafts) {
        drafts.scenario("functions", "The library has every function of the C API")
                .from(C_REFERENCE, HEADERS)
                .does("looks up the thirteen functions of the login lifecycle")
                .expects(
                        "all of them",
                        stage -> stage.that(
                                        "functions that are missing",
                                        stage.subject().missing())
                                .is(Set.of()));

        drafts.scenario("status-before-init", "The login status before TIMInit is 3")
                .from(MEASURED, C_REFERENCE)
                .does("asks for the status in a process that has not called TIMInit")
                .expects(
                        "3, not logged in",
                        stage -> stage.that("TIMGetLoginStatus", stage.device().status())
                                .is(Device.LOGGED_OUT));

        drafts.scenario("user-id-before-init", "The user id before TIMInit is empty")
                .from(FLUTTER_GUIDE, C_REFERENCE, MEASURED)
                .why("The guide says empty; a caller who did not clear the buffer would otherwise read rubbish.")
                .does(
                        "asks for the user id, with a buffer full of other bytes, in a process that has not called TIMInit")
                .expects(
                        "0 and an empty text",
                        stage -> stage.that("TIMGetLoginUserID", stage.device().userIdBuffer())
                                .documentedOrVendor("returns 0, \"\"", "returns 0, buffer untouched"));

        drafts.scenario("login-before-init", "TIMLogin before TIMInit is refused at once")
                .from(C_REFERENCE, MEASURED)
                .why(
                        "The reference says that a callback is called only if the call returned 0, and that there is a result for this "
                                + "mistake.")
                .does("calls TIMLogin in a process that has not called TIMInit")
                .expects(
                        "-1 and no callback",
                        stage -> stage.that(
                                        "TIMLogin",
                                        stage.device()
                                                .tryLogin("alice", stage.userSig("alice"))
                                                .outcome())
                                .documentedOrVendor("returns -1, no callback", "returns 0, callback 6013"));

        drafts.scenario("logout-before-init", "TIMLogout before TIMInit is refused at once")
                .from(C_REFERENCE, MEASURED)
                .why("As for TIMLogin.")
                .does("calls TIMLogout in a process that has not called TIMInit")
                .expects(
                        "-1 and no callback",
                        stage -> stage.that(
                                        "TIMLogout", stage.device().tryLogout().outcome())
                                .documentedOrVendor("returns -1, no callback", "returns 0, callback 6013"));

        drafts.scenario("set-config-before-init", "TIMSetConfig may be called before TIMInit")
                .from(MEASURED, HEADERS)
                .does("calls TIMSetConfig in a process that has not called TIMInit")
                .expects("0 and callback 0", stage -> {
                    Device device = stage.device();
                    device.answersInside();
                    stage.that(
                                    "TIMSetConfig",
                                    device.setConfig("{\"set_config_log_level\":6}")
                                            .outcome())
                            .is("returns 0, callback 0");
                });

        drafts.scenario("process-untouched", "The process stays as the application made it")
                .from(HEADERS)
                .why("Standard output is the application's.")
                .does(
                        "looks at the working folder, the umask, the signals and standard output; then TIMInit, a login that finds no "
                                + "server, and TIMUninit")
                .expects("as before, and nothing printed", stage -> {
                    Device device = stage.device();
                    String before = device.processState();
                    int lines = device.process().output().size();
                    device.initOnly();
                    device.login("alice");
                    stage.pause(300);
                    device.uninit();
                    stage.that("folder, umask and signals", device.processState())
                            .is(before);
                    boolean printed = device.process().output().size() > lines;
                    stage.that("standard output", printed ? "has lines of the library" : "has nothing of the library")
                            .shimOrVendor("has nothing of the library", "has lines of the library");
                });

        drafts.scenario("uninit-before-init", "TIMUninit before TIMInit does no harm")
                .from(MEASURED)
                .does("calls TIMUninit twice in a process that has not called TIMInit, then TIMInit")
                .expects("0 each time", stage -> {
                    Device device = stage.device();
                    device.uninit();
                    device.uninit();
                    device.init();
                });

        drafts.scenario("version", "The version is known before and after TIMInit")
                .from(HEADERS)
                .does("asks for the version before TIMInit, after it and after TIMUninit")
                .expects("the same text each time, not empty", stage -> {
                    Device device = stage.device();
                    String version = device.text(device.call("TIMGetSDKVersion").text());
                    stage.that("TIMGetSDKVersion", version)
                            .matches(text -> text.matches("\\d+\\.\\d+.*"), "a version such as 8.0.5903");
                    device.init();
                    stage.that(
                                    "TIMGetSDKVersion",
                                    device.text(device.call("TIMGetSDKVersion").text()))
                            .is(version);
                    device.uninit();
                    stage.that(
                                    "TIMGetSDKVersion",
                                    device.text(device.call("TIMGetSDKVersion").text()))
                            .is(version);
                });

        drafts.scenario("callbacks-set-before-init", "Callbacks may be registered before TIMInit")
                .from(HEADERS, MEASURED)
                .does("registers every callback before TIMInit, then begins a login that finds no server")
                .expects("the network callback is called", stage -> {
                    Device device = stage.device();
                    device.listen();
                    device.initOnly();
                    device.login("alice");
                    device.awaitNetwork(Device.CONNECTING);
                });

        drafts.scenario("server-time-unknown", "The server's time is 0 until a server has sent it")
                .from(HEADERS)
                .why(
                        "A time that no server has reported is not the server's: 0 says so, and a wrong local clock cannot be mistaken for it.")
                .does("asks for the server's time before and after TIMInit, without a server")
                .expects("0", stage -> {
                    Device device = stage.device();
                    stage.that("TIMGetServerTime before TIMInit", serverTime(device))
                            .shimOrVendor("0", "the local time");
                    device.init();
                    stage.that("TIMGetServerTime after TIMInit", serverTime(device))
                            .shimOrVendor("0", "the local time");
                });
    }

    private static String serverTime(Device device) {
        long told = device.call("TIMGetServerTime").number();
        return Math.abs(told - System.currentTimeMillis() / 1000) < 60 ? "the local time" : Long.toString(told);
    }

    private static void init(Drafts drafts) {
        drafts.scenario("init-defaults", "TIMInit takes NULL, an empty text and an empty object as all defaults")
                .from(HEADERS, MEASURED)
                .why("The configuration is optional: nothing in it is required, so leaving it out is no error.")
                .does("calls TIMInit with each of them, and TIMUninit in between")
                .expects("0 each time", stage -> {
                    Device device = stage.device();
                    stage.that("TIMInit(NULL)", device.init(Stage.APP, null)).shimOrVendor(0L, -4L);
                    device.uninit();
                    stage.that("TIMInit(\"\")", device.init(Stage.APP, "")).shimOrVendor(0L, -4L);
                    device.uninit();
                    stage.that("TIMInit({})", device.init(Stage.APP, "{}")).is(0L);
                });

        drafts.scenario("init-app-id-0", "TIMInit refuses the app id 0")
                .from(MEASURED)
                .why("As before TIMInit: what is not initialised answers by its result.")
                .does("calls TIMInit with the app id 0, then asks for the status and logs in")
                .expects("-4, and the library is still not initialised", stage -> {
                    Device device = stage.device();
                    stage.that("TIMInit", device.init(0, device.config())).is(-4L);
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGED_OUT);
                    stage.that(
                                    "TIMLogin",
                                    device.tryLogin("alice", stage.userSig("alice"))
                                            .outcome())
                            .documentedOrVendor("returns -1, no callback", "returns 0, callback 6013");
                });

        drafts.scenario("init-bad-json", "TIMInit refuses what is not a JSON object")
                .from(MEASURED, C_REFERENCE)
                .does(
                        "calls TIMInit with {bad, with an array, and with other texts that are no JSON object; then properly")
                .expects("-3 each time, and 0 in the end", stage -> {
                    Device device = stage.device();
                    for (String json :
                            List.of("{bad", "[1]", "{", "{\"a\"}", "{\"a\":1,}", "{\"a\":tru}", "\"text\"", "12")) {
                        stage.that("TIMInit(" + json + ")", device.init(Stage.APP, json))
                                .is(-3L);
                    }
                    device.init();
                });

        drafts.scenario("init-twice-same-app", "TIMInit again with the same app id is accepted")
                .from(MEASURED)
                .does("calls TIMInit twice with the same app id")
                .expects("0 both times", stage -> {
                    Device device = stage.device().init();
                    stage.that("TIMInit again", device.init(Stage.APP, device.config()))
                            .is(0L);
                });

        drafts.scenario("init-twice-other-app", "TIMInit again with another app id")
                .from(MEASURED, HEADERS)
                .why("Whoever asks for another app must not get the first one without a word.")
                .does("calls TIMInit with one app id, then with another one")
                .expects("-4: two apps in one process cannot be", stage -> {
                    Device device = stage.device().init();
                    stage.that("TIMInit with another app id", device.init(Stage.OTHER_APP, device.config()))
                            .shimOrVendor(-4L, 0L);
                });

        drafts.scenario("init-uninit-cycles", "TIMInit and TIMUninit go in any order, any number of times")
                .from(WEB_GUIDE, HEADERS)
                .does("calls TIMInit and TIMUninit 50 times with changing app ids, now and then twice")
                .expects("0 each time, status 3 in the end", stage -> {
                    Device device = stage.device();
                    for (int i = 0; i < 50; i++) {
                        stage.that("TIMInit", device.init(Stage.APP + i % 3, device.config()))
                                .is(0L);
                        device.uninit();
                        if (i % 7 == 0) {
                            device.uninit();
                        }
                    }
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGED_OUT);
                });
    }

    private static void arguments(Drafts drafts) {
        drafts.scenario("login-arguments", "TIMLogin refuses a user id or UserSig that is NULL or empty")
                .from(MEASURED, C_REFERENCE)
                .does("calls TIMLogin with each of the four")
                .expects("-4, no callback, status 3", stage -> {
                    Device device = stage.device().init();
                    Object[][] pairs = {{null, "sig"}, {"", "sig"}, {"alice", null}, {"alice", ""}, {null, null}};
                    for (Object[] pair : pairs) {
                        stage.that(
                                        "TIMLogin(" + pair[0] + ", " + pair[1] + ")",
                                        device.tryLogin(pair[0], pair[1]).result())
                                .is(-4L);
                    }
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGED_OUT);
                    device.logout().answers(0);
                    stage.aMoment();
                    stage.that(
                                    "callbacks of requests",
                                    device.recent(Answer.class).size())
                            .is(1);
                });

        drafts.scenario("callback-null", "The callback of TIMLogin and TIMLogout may be NULL")
                .from(MEASURED, C_REFERENCE)
                .does("calls TIMLogin and TIMLogout without a callback, then TIMUninit")
                .expects("0 each time, and nothing breaks", stage -> {
                    Device device = stage.device().init();
                    stage.that(
                                    "TIMLogout",
                                    device.call("TIMLogout", (Object) null).number())
                            .is(0L);
                    stage.that(
                                    "TIMLogin",
                                    device.call("TIMLogin", "alice", stage.userSig("alice"), null)
                                            .number())
                            .is(0L);
                    stage.that(
                                    "TIMLogout",
                                    device.call("TIMLogout", (Object) null).number())
                            .is(0L);
                    device.uninit();
                });

        drafts.scenario("user-id-null", "TIMGetLoginUserID without a buffer")
                .from(MEASURED, HEADERS)
                .why("There is nowhere to put the user id, so the call cannot have succeeded.")
                .does("calls TIMGetLoginUserID(NULL)")
                .expects("-4", stage -> {
                    Device device = stage.device().init();
                    stage.that(
                                    "TIMGetLoginUserID(NULL)",
                                    device.call("TIMGetLoginUserID", "NULL").number())
                            .shimOrVendor(-4L, 0L);
                });

        drafts.scenario("user-id-logged-out", "The user id is empty while nobody is logged in")
                .from(FLUTTER_GUIDE, MEASURED)
                .why(
                        "The guide says empty; a caller who did not clear the buffer would otherwise read rubbish, or the user before.")
                .does(
                        "asks for the user id after TIMInit and while a login is under way, with a buffer full of other bytes")
                .expects("0 and an empty text", stage -> {
                    Device device = stage.device().init();
                    stage.that("logged out", device.userIdBuffer())
                            .documentedOrVendor("returns 0, \"\"", "returns 0, buffer untouched");
                    device.login("alice");
                    stage.that("logging in", device.userIdBuffer())
                            .documentedOrVendor("returns 0, \"\"", "returns 0, buffer untouched");
                });

        drafts.scenario("user-data", "user_data comes back as it was given")
                .from(C_REFERENCE)
                .does("logs out with user_data 0, 1, all bits set and 42")
                .expects("each callback gets the user_data of its request", stage -> {
                    Device device = stage.device().init();
                    List<Long> given = List.of(0L, 1L, -1L, 42L);
                    for (long data : given) {
                        device.adopt(device.call("TIMLogout", data).number(), data);
                    }
                    device.until(
                            "a callback for each",
                            all -> all.stream().filter(Answer.class::isInstance).count() == given.size());
                    stage.that(
                                    "the user_data",
                                    device.recent(Answer.class).stream()
                                            .map(answer -> answer.at().userData())
                                            .toList())
                            .is(given);
                });
    }

    private static void withoutNetwork(Drafts drafts) {
        drafts.scenario("status-while-logging-in", "The status is 2 as soon as TIMLogin has returned")
                .from(FLUTTER_GUIDE, C_REFERENCE, MEASURED)
                .why("An application that asks after TIMLogin has returned must not read that nothing is under way.")
                .does("calls TIMLogin where no server can be reached, then asks for the status")
                .expects("2, before any callback, and no user id", stage -> {
                    Device device = stage.device().init();
                    // In one go, because the vendor's library sets its status within a millisecond, on a thread of its
                    // own.
                    List<Long> results = device.storm(
                            1,
                            1,
                            Call.of("TIMLogin", "alice", stage.userSig("alice"), "?"),
                            Call.of("TIMGetLoginStatus"));
                    stage.that("TIMLogin", results.get(0)).is(0L);
                    stage.until(
                            "the status becomes 2",
                            () -> device.status() == Device.LOGGING_IN
                                    || !device.recent(Answer.class).isEmpty());
                    stage.that(
                                    "callbacks of requests",
                                    device.recent(Answer.class).size())
                            .is(0);
                    device.noUserId();
                    stage.that("the status when TIMLogin has returned", results.get(1))
                            .documentedOrVendor(2L, 3L);
                });

        drafts.scenario("login-without-network", "A login that reaches no server fails with the cause")
                .from(ERROR_CODES, MEASURED, FLUTTER_GUIDE)
                .why(
                        "The cause itself is more use than that there was one; here the port refuses, there no network is found.")
                .does("logs in where no server can be reached, and waits")
                .expects(
                        "a callback with a code of the network (9508 to 9524), then status 3 and no user id", stage -> {
                            Device device = stage.device()
                                    .set("shim_login_timeout_ms", 1200)
                                    .init();
                            long begin = System.nanoTime();
                            Request login = device.login("alice");
                            stage.that("the code", login.code())
                                    .matches(code -> code >= 9508 && code <= 9524, "9508 to 9524");
                            stage.that(
                                            "the description",
                                            device.text(login.answer().desc()))
                                    .matches(text -> !text.isEmpty(), "a text");
                            device.mustBeLoggedOut();
                            stage.measured("the login took "
                                    + Duration.ofNanos(System.nanoTime() - begin)
                                            .toSeconds() + " s");
                            if (!stage.subject().isShim()) {
                                stage.that("the code", login.code()).shimOrVendor(9511, 9523);
                            }
                        });

        drafts.scenario("expired-usersig-offline", "A UserSig that has expired is not refused without a server")
                .from(MEASURED, ERROR_CODES)
                .does("logs in with a UserSig that expired an hour ago, where no server can be reached")
                .expects(
                        "0 and status 2: the UserSig is the server's to judge, unless it has told this process before",
                        stage -> {
                            Device device = stage.device().init();
                            Request login = device.login(
                                    "alice",
                                    stage.secret(stage.key()
                                            .make(
                                                    "alice",
                                                    Duration.ofMinutes(1),
                                                    Instant.now().minusSeconds(3660),
                                                    null)));
                            device.awaitNetwork(Device.CONNECTING, Device.CONNECT_FAILED);
                            device.awaitLoggingIn(login);
                        });

        drafts.scenario("network-callback", "The network callback reports an attempt and its failure")
                .from(MEASURED, HEADERS)
                .why("The cause itself: here the port refuses, there no network is found.")
                .does("logs in where no server can be reached")
                .expects("2 (connecting) with code 0, then 3 (failed) with a code of the network, and again", stage -> {
                    Device device = stage.device().init();
                    device.login("alice");
                    device.awaitNetwork(Device.CONNECTING, Device.CONNECT_FAILED);
                    stage.that("the code of connecting", device.networkCode(Device.CONNECTING))
                            .is(0);
                    int code = device.networkCode(Device.CONNECT_FAILED);
                    stage.that("the code of the failure", code)
                            .matches(number -> number >= 9508 && number <= 9524, "9508 to 9524");
                    if (!stage.subject().isShim()) {
                        stage.that("the code of the failure", code).shimOrVendor(9511, 9512);
                    }
                    device.awaitNetwork(
                            Device.CONNECTING, Device.CONNECT_FAILED, Device.CONNECTING, Device.CONNECT_FAILED);
                });

        drafts.scenario("pause-between-attempts", "A server that cannot be reached is tried again")
                .from(MEASURED, HEADERS)
                .why(
                        "An application that starts before its network is there should not wait for long; the pauses grow.")
                .does("logs in where no server can be reached, and takes the time from the first attempt to the second")
                .expects("timshim: below 4 s, usually 1 s; libImSDK: about 10 s", stage -> {
                    Device device = stage.device().init();
                    device.login("alice");
                    device.awaitNetwork(Device.CONNECTING);
                    long begin = System.nanoTime();
                    device.awaitNetwork(Device.CONNECTING, Device.CONNECT_FAILED, Device.CONNECTING);
                    double seconds = (System.nanoTime() - begin) / 1e9;
                    stage.measured("tried again after " + seconds + " s");
                    String pause = seconds < 4
                            ? "a second or two"
                            : seconds > 8 && seconds < 13 ? "ten seconds" : seconds + " s";
                    stage.that("the pause before the second attempt", pause)
                            .shimOrVendor("a second or two", "ten seconds");
                });

        drafts.scenario("costs", "Calls, memory and threads cost little")
                .from(MEASURED, HEADERS)
                .does(
                        "counts threads and memory before TIMInit and while a login tries to reach a server; measures its processor "
                                + "time for two seconds; times many calls")
                .expects(
                        "below 50 µs to read status or user id, 1 ms to queue a request, half a second for TIMInit and TIMUninit; "
                                + "at most 16 threads, 32 MB and a tenth of a core more",
                        OfflineScenarios::costs);

        drafts.scenario("logout-when-logged-out", "TIMLogout while logged out succeeds")
                .from(MEASURED)
                .does("calls TIMLogout where nobody is logged in")
                .expects("callback 0 with empty texts, status 3", stage -> {
                    Device device = stage.device().init();
                    Request logout = device.logout().answers(0);
                    stage.that("desc", device.text(logout.answer().desc())).is("");
                    stage.that("json_params", device.text(logout.answer().json()))
                            .is("");
                    device.mustBeLoggedOut();
                });
    }

    /** The kit's own part is in the figures, some hundreds of nanoseconds a call; and what the JVM does meanwhile. */
    private static void costs(Stage stage) {
        Device device = stage.device();
        device.listen();
        Resources before = device.resources();
        long memory = device.process().residentMemory();
        device.initOnly();
        device.login("alice");
        device.awaitNetwork(Device.CONNECTING);
        long threads = device.resources().threads() - before.threads();
        stage.that("threads", threads).matches(number -> number <= 16, "at most 16");
        long more = device.process().residentMemory() - memory;
        stage.measured(more / 1024 + " KiB more");
        stage.that("bytes of resident memory", more).matches(bytes -> bytes < 32 << 20, "below 32 MB");
        long used = device.process().processorTime().toMillis();
        stage.pause(2000);
        used = device.process().processorTime().toMillis() - used;
        stage.measured(used + " ms of processor time in 2 s");
        stage.that("milliseconds of processor time", used).matches(millis -> millis < 200, "below 200");
        below(stage, "TIMGetLoginStatus", device.timeOf(4000, Call.of("TIMGetLoginStatus")), Duration.ofNanos(50_000));
        below(stage, "TIMGetLoginUserID", device.timeOf(4000, Call.of("TIMGetLoginUserID")), Duration.ofNanos(50_000));
        below(stage, "TIMLogout", device.timeOf(100, Call.of("TIMLogout", "?")), Duration.ofMillis(1));
        device.racing(); // with the requests that wait; what comes of them, a scenario of its own tells
        device.uninit();
        long begin = System.nanoTime();
        rounds(device, 5);
        below(
                stage,
                "TIMInit and TIMUninit",
                Duration.ofNanos((System.nanoTime() - begin) / 5),
                Duration.ofMillis(500));
    }

    private static void below(Stage stage, String what, Duration took, Duration limit) {
        stage.that("nanoseconds for " + what, took.toNanos())
                .matches(nanos -> nanos < limit.toNanos(), "below " + limit.toNanos());
    }

    private static void queue(Drafts drafts) {
        drafts.scenario("login-during-login", "A second login waits for the first one")
                .from(ERROR_CODES, FLUTTER_GUIDE, MEASURED, HEADERS)
                .does("calls TIMLogin for alice and at once for bob, where no server can be reached")
                .expects(
                        "0 both times; the callbacks in the order of the calls (the table of errors has 7501 for this, which no "
                                + "library gives)",
                        stage -> {
                            Device device = stage.device()
                                    .set("shim_login_timeout_ms", 700)
                                    .init();
                            Request first = device.login("alice");
                            Request second = device.login("bob");
                            stage.that("the first callback has come", first.isAnswered())
                                    .is(false);
                            first.answer();
                            if (stage.subject().isShim()) {
                                stage.that("the second login's code", second.code())
                                        .matches(code -> code >= 9508 && code <= 9524, "9508 to 9524");
                                stage.that("the order of the callbacks", answers(device))
                                        .is(List.of(first.tag(), second.tag()));
                            } else {
                                device.awaitLoggingIn(second);
                            }
                        });

        drafts.scenario("logout-during-login", "A logout during a login waits for its end")
                .from(ERROR_CODES, MEASURED, HEADERS)
                .does("calls TIMLogin and at once TIMLogout, where no server can be reached")
                .expects(
                        "0 both times; first the login fails, then the logout succeeds (the table of errors has 7502 for this)",
                        stage -> {
                            Device device = stage.device()
                                    .set("shim_login_timeout_ms", 700)
                                    .init();
                            Request login = device.login("alice");
                            Request logout = device.logout();
                            logout.answers(0);
                            stage.that("the order of the callbacks", answers(device))
                                    .is(List.of(login.tag(), logout.tag()));
                            device.mustBeLoggedOut();
                        });

        drafts.scenario("requests-in-order", "Requests are answered in the order of the calls")
                .from(MEASURED, HEADERS)
                .does("calls TIMLogout with a callback that blocks, and 200 times more; then lets the callback go on")
                .expects("200 callbacks in the same order", stage -> {
                    Device device = stage.device().init();
                    device.inside(device.planned("block", "gate")).logout().answers(0);
                    device.forget();
                    device.storm(1, 200, Call.of("TIMLogout", "?"));
                    device.release("gate");
                    device.until(
                            "200 callbacks",
                            all -> all.stream().filter(Answer.class::isInstance).count() == 200);
                    stage.that("the order of the callbacks", answers(device))
                            .is(answers(device).stream().sorted().toList());
                });

        drafts.scenario("requests-free", "An answered request leaves nothing behind")
                .from(HEADERS)
                .why("A program that runs for months must not grow with what it has asked.")
                .does("counts threads, open files and native memory after 1000 and after 61,000 answered TIMLogout")
                .expects("as much, but for what a JVM takes now and then", stage -> {
                    Device device = stage.device().init();
                    leaveNothing(device, Call.of("TIMLogout", "?"));
                });

        drafts.scenario("thousand-requests", "A thousand requests wait; one more is refused by its callback")
                .from(ERROR_CODES, HEADERS)
                .needs(Need.TIMSHIM)
                .does("begins a login that gets no answer, then calls TIMLogout 1001 times")
                .expects(
                        "0 each time; the last one's callback gets 9507 at once, the others 7009 at TIMUninit",
                        stage -> {
                            Device device = stage.device()
                                    .set("shim_server", stage.nowhere())
                                    .set("shim_login_timeout_ms", 60_000)
                                    .init();
                            device.login("alice");
                            List<Long> results = device.storm(1, 1000, Call.of("TIMLogout", "?"));
                            stage.that("TIMLogout", results.stream().distinct().toList())
                                    .is(List.of(0L));
                            stage.that("callbacks so far", answers(device).size())
                                    .is(0);
                            device.logout().answers(9507);
                            device.uninit();
                            stage.that(
                                            "codes at TIMUninit",
                                            device.recent(Answer.class).stream()
                                                    .map(Answer::code)
                                                    .collect(
                                                            Collectors.groupingBy(code -> code, Collectors.counting())))
                                    .is(Map.of(9507, 1L, 7009, 1001L));
                        });
    }

    /** Makes a request very often; threads, files and native memory must not grow with it. */
    static void leaveNothing(Device device, Call request) {
        if (device.stage().subject().isShim()) {
            device.call(
                    "TIMSetLogCallback",
                    (Object) null); // lines for each request, which the kit would only have to read
        }
        answered(device, 1000, request);
        Resources before = device.resources();
        int rounds = 60;
        for (int i = 0; i < rounds; i++) {
            answered(device, 1000, request);
        }
        Stage stage = device.stage();
        if (stage.subject().isShim()) {
            stage.until(
                    "threads, files and memory are as before",
                    () -> device.resources().isNotMoreThan(before));
        } else {
            stage.pause(1000);
            Resources now = device.resources();
            String few = "less than 512 bytes a request more";
            boolean isFew = now.isNotMoreThan(before.withMoreHeap(rounds * 1000L * 512));
            stage.that(
                            "threads, files and memory",
                            now.isNotMoreThan(before) ? "as before" : isFew ? few : now + " after " + before)
                    .shimOrVendor("as before", few);
        }
    }

    private static void answered(Device device, int count, Call request) {
        int before = device.recent(Answer.class).size();
        device.storm(1, count, request);
        device.until(
                count + " callbacks",
                all -> all.stream().filter(Answer.class::isInstance).count() == before + count);
    }

    static List<Long> answers(Client device) {
        return device.recent(Answer.class).stream()
                .map(answer -> answer.at().userData())
                .toList();
    }

    private static void configuration(Drafts drafts) {
        drafts.scenario("set-config-bad-json", "TIMSetConfig refuses what is not a JSON object")
                .from(MEASURED)
                .does("calls TIMSetConfig with {x and with an array")
                .expects("-3 and no callback", stage -> {
                    Device device = stage.device().init();
                    stage.that("TIMSetConfig({x)", device.setConfig("{x").outcome())
                            .is("returns -3, no callback");
                    stage.that("TIMSetConfig([1])", device.setConfig("[1]").outcome())
                            .is("returns -3, no callback");
                });

        drafts.scenario("set-config", "TIMSetConfig answers with the whole configuration")
                .from(MEASURED)
                .why("Each callback comes on the one callback thread, so that an application needs one rule only.")
                .does("sets the log level to 6")
                .expects("callback 0 with JSON that has the new level, and also the other keys", stage -> {
                    Device device = stage.device().init();
                    Request set =
                            device.setConfig("{\"set_config_log_level\":6}").answers(0);
                    String json = device.text(set.answer().json()).replaceAll("\\s", "");
                    stage.that("the configuration", json)
                            .matches(
                                    text -> text.contains("\"set_config_log_level\":6"),
                                    "JSON with set_config_log_level 6");
                    stage.that(
                                    "the configuration has",
                                    json.contains("set_config_callback_log_level")
                                            ? "every key"
                                            : "the keys that were set")
                            .shimOrVendor("every key", "the keys that were set");
                    stage.that(
                                    "the callback comes",
                                    set.answer().at().onCallingThread()
                                            ? "on the calling thread"
                                            : "on the library's thread")
                            .shimOrVendor("on the library's thread", "on the calling thread");
                });

        drafts.scenario("log-lines", "The log callback gets texts, levels and its user_data")
                .from(HEADERS)
                .does("registers a log callback before TIMInit, begins a login that finds no server, and logs out")
                .expects(
                        "at least one line; each is UTF-8, has a level that exists and the user_data, and no UserSig",
                        stage -> {
                            Device device = stage.device().set("shim_login_timeout_ms", 300);
                            device.call("TIMSetLogCallback", Client.EVENTS);
                            device.init().login("alice");
                            device.logout();
                            stage.that(
                                            "lines",
                                            device.awaitAll(LogLine.class).stream()
                                                    .map(LogLine::line)
                                                    .toList())
                                    .matches(
                                            lines -> lines.stream().noneMatch(line -> line != null && line.length == 0),
                                            "none is empty");
                        });

        drafts.scenario("log-callback", "The log callback gets lines of the level that was set")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("registers a log callback, sets its level to 5 (warnings), and makes a login fail")
                .expects("warnings, nothing less; no UserSig in any line", stage -> {
                    Device device = stage.device()
                            .set("shim_login_timeout_ms", 300)
                            .set("shim_server", stage.nowhere())
                            .init();
                    device.setConfig("{\"set_config_callback_log_level\":5}").answers(0);
                    device.forget();
                    device.login("alice").answer();
                    List<Integer> levels = device.awaitAll(LogLine.class).stream()
                            .map(LogLine::level)
                            .distinct()
                            .toList();
                    stage.that("levels of the lines", levels)
                            .matches(all -> all.stream().allMatch(level -> level >= 5), "5 and above");
                });
    }

    private static void uninit(Drafts drafts) {
        drafts.scenario("uninit-answers-requests", "TIMUninit answers what is still waiting")
                .from(ERROR_CODES, C_REFERENCE, MEASURED)
                .why("There is a code for it (7009), and a caller who waits for a callback must not wait for ever.")
                .does("begins a login that cannot reach a server, calls TIMLogout seven times, then TIMUninit")
                .expects("eight callbacks with 7009, in order, before TIMUninit returns", stage -> {
                    Device device = stage.device().init();
                    List<Request> requests = new ArrayList<>(List.of(device.login("alice")));
                    for (int i = 0; i < 7; i++) {
                        requests.add(device.logout());
                    }
                    device.uninit();
                    stage.aMoment();
                    List<Integer> answered = device.recent(Answer.class).stream()
                            .map(Answer::code)
                            .toList();
                    stage.that("the codes", answered).documentedOrVendor(Collections.nCopies(8, 7009), List.of());
                    if (!answered.isEmpty()) {
                        stage.that("the order of the callbacks", answers(device))
                                .is(requests.stream().map(Request::tag).toList());
                    }
                });

        drafts.scenario("no-callback-after-uninit", "No callback comes after TIMUninit has returned")
                .from(WEB_GUIDE, HEADERS)
                .why("What a callback uses is often freed right after TIMUninit.")
                .does("40 times: calls TIMInit, begins a login, calls TIMUninit; then waits a moment")
                .expects("no callback after any TIMUninit", stage -> {
                    Device device = stage.device();
                    for (int i = 0; i < 40; i++) {
                        device.init();
                        device.login("alice");
                        device.uninit();
                    }
                    stage.aMoment();
                    long late = device.messages().stream()
                            .filter(message -> message instanceof CalledBack callback
                                    && callback.at().afterUninit())
                            .count();
                    stage.that("callbacks that came late", late == 0 ? "none" : "some")
                            .documentedOrVendor("none", "some");
                });

        drafts.scenario("uninit-during-login", "TIMUninit during a login returns at once")
                .from(MEASURED, HEADERS)
                .does("calls TIMUninit while a login tries to reach a server; then TIMInit and a logout")
                .expects("0 within two seconds, status 3, no user id; the library works again", stage -> {
                    Device device = stage.device().init();
                    device.login("alice");
                    device.awaitNetwork(Device.CONNECTING);
                    stage.aMoment(); // the vendor's library sets its status a little later than it calls back
                    long begin = System.nanoTime();
                    device.uninit();
                    long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                    stage.that("milliseconds", millis).matches(took -> took < 2000, "below 2000");
                    device.mustBeLoggedOut();
                    device.init();
                    device.logout().answers(0);
                });

        drafts.scenario("uninit-frees", "TIMUninit ends the library's threads, closes its files and frees its memory")
                .from(WEB_GUIDE, HEADERS)
                .does(
                        "counts threads, open files and native memory after ten and after sixty rounds of TIMInit, TIMLogin and TIMUninit")
                .expects("as much after sixty as after ten, but for what a JVM takes now and then", stage -> {
                    Device device = stage.device();
                    rounds(device, 10);
                    Resources before = device.resources();
                    rounds(device, 50);
                    stage.until(
                            "threads, files and memory are as before",
                            () -> device.resources().isNotMoreThan(before));
                });

        drafts.scenario("after-uninit", "After TIMUninit it is as before TIMInit")
                .from(C_REFERENCE, MEASURED)
                .why("As before TIMInit.")
                .does("calls TIMInit and TIMUninit, then asks for status and user id, logs in and logs out")
                .expects("3; an empty user id; -1 and -1 without callbacks", stage -> {
                    Device device = stage.device().init();
                    device.uninit();
                    device.mustBeLoggedOut();
                    stage.that(
                                    "TIMLogin",
                                    device.tryLogin("alice", stage.userSig("alice"))
                                            .outcome())
                            .documentedOrVendor("returns -1, no callback", "returns 0, callback 6013");
                    stage.that("TIMLogout", device.tryLogout().outcome())
                            .documentedOrVendor("returns -1, no callback", "returns 0, callback 6013");
                });

        drafts.scenario("exit-during-login", "A process may end while a login is under way")
                .from(FLUTTER_GUIDE)
                .does("begins a login that cannot reach a server, then exits without TIMUninit")
                .expects("the process ends by itself, with its own exit code", stage -> {
                    Device device = stage.device().init();
                    device.login("alice");
                    device.awaitNetwork(Device.CONNECTING);
                    device.exit();
                });
    }

    private static void rounds(Device device, int count) {
        for (int i = 0; i < count; i++) {
            device.init();
            device.login("alice");
            device.uninit();
        }
    }
}
