/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.C_REFERENCE;
import static io.github.tim4j.conformance.scenarios.Source.FLUTTER_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.MEASURED;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.Expired;
import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.message.WorkerMessage.ReturnedInside;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Packets;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.ScriptedServer;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.ServerEvent.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** On which thread callbacks come, what may be called inside them, and many threads at once. */
final class ThreadScenarios {
    private ThreadScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.THREADS, Need.LIBRARY);
        callbacks(drafts);
        inside(drafts);
        registration(drafts);
        blocking(drafts);
        races(drafts);
        return drafts.all();
    }

    private static void callbacks(Drafts drafts) {
        drafts.scenario("one-thread", "All callbacks come on one thread of the library's own")
                .from(MEASURED, HEADERS)
                .why("A name that says what runs on it.")
                .does("logs in where no server can be reached, and logs out; compares the threads of all callbacks")
                .expects("one native thread, the same for every callback, none of the application's", stage -> {
                    Device device =
                            stage.device().set("shim_login_timeout_ms", 700).init();
                    device.login("alice");
                    device.logout().answer();
                    List<String> threads = device.recent().stream()
                            .filter(message -> message instanceof CalledBack && !(message instanceof LogLine))
                            .map(message -> ((CalledBack) message).at().thread())
                            .distinct()
                            .toList();
                    stage.that("the number of threads", threads.size()).is(1);
                    String name = threads.get(0).replaceFirst(" \\d+$", "");
                    stage.that("the name of the thread", name).isFree("tim_callback", "im_logic_thread");
                });

        drafts.scenario("not-before-return", "A callback comes after the call, on another thread")
                .from(C_REFERENCE, HEADERS)
                .does("calls TIMLogout a hundred times")
                .expects("no callback on the thread of the application", stage -> {
                    Device device = stage.device().init();
                    device.storm(1, 100, Call.of("TIMLogout", "?"));
                    device.until(
                            "a hundred callbacks",
                            all -> all.stream().filter(Answer.class::isInstance).count() == 100);
                    long within = device.recent(Answer.class).stream()
                            .filter(answer -> answer.at().onCallingThread())
                            .count();
                    stage.that("callbacks on the calling thread", within).is(0L);
                    stage.that(
                                    "threads",
                                    device.recent(Answer.class).stream()
                                            .map(answer -> answer.at().thread())
                                            .distinct()
                                            .count())
                            .is(1L);
                });
    }

    private static void inside(Drafts drafts) {
        drafts.scenario("logout-in-callback", "TIMLogout may be called inside a callback")
                .from(MEASURED, HEADERS)
                .does("logs out; the callback calls TIMLogout")
                .expects("0 inside, then the second callback with 0", stage -> {
                    Device device = stage.device().init();
                    Request second = device.plannedLogout();
                    device.inside(second).logout().answers(0);
                    second.answers(0);
                });

        drafts.scenario("login-in-callback", "TIMLogin may be called inside a callback")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.LOGIN)
                .does("logs in as alice; the callback logs in as bob")
                .expects("0 inside; bob is logged in", stage -> {
                    Device device = stage.device().init();
                    Request bob = device.plannedLogin(stage.userId("bob"), stage.userSig("bob"));
                    device.inside(bob).login("alice").answers(0);
                    bob.answers(0);
                    device.mustBeLoggedIn("bob");
                });

        drafts.scenario("uninit-in-callback", "TIMUninit may be called inside a callback")
                .from(MEASURED, HEADERS)
                .does("logs out; the callback calls TIMUninit")
                .expects("0 inside, status 3; TIMInit works again", stage -> {
                    Device device = stage.device().init();
                    Request uninit = device.planned("TIMUninit");
                    device.inside(uninit).logout().answers(0);
                    stage.that("TIMUninit inside a callback", uninit.result()).is(0L);
                    device.mustBeLoggedOut();
                    device.init();
                    device.logout().answers(0);
                });

        drafts.scenario(
                        "uninit-in-callback-answers",
                        "TIMUninit inside a callback answers what is waiting before it returns")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs out; the callback begins a login, calls TIMLogout and then TIMUninit")
                .expects("7009 for both, told before TIMUninit returns", stage -> {
                    Device device =
                            stage.device().set("shim_server", stage.nowhere()).init();
                    Request login = device.plannedLogin("alice", stage.userSig("alice"));
                    Request logout = device.plannedLogout();
                    Request uninit = device.planned("TIMUninit");
                    device.inside(login, logout, uninit).logout().answers(0);
                    stage.that("TIMUninit", uninit.result()).is(0L);
                    List<String> order = device.recent().stream()
                            .flatMap(message -> message instanceof Answer answer
                                    ? Stream.of("callback " + answer.code())
                                    : message instanceof ReturnedInside inside
                                            ? Stream.of(inside.function())
                                            : Stream.empty())
                            .toList();
                    stage.that("the order", order)
                            .is(List.of(
                                    "callback 0",
                                    "TIMLogin",
                                    "TIMLogout",
                                    "callback 7009",
                                    "callback 7009",
                                    "TIMUninit"));
                });

        drafts.scenario("init-in-callback", "TIMUninit and TIMInit may be called inside a callback")
                .from(HEADERS)
                .does("logs out; the callback calls TIMUninit, TIMInit and TIMLogout")
                .expects("0 three times, and the callback of the last one", stage -> {
                    Device device = stage.device().init();
                    Request again = device.plannedLogout();
                    Request init = device.planned("TIMInit", Stage.APP, device.config());
                    device.inside(device.planned("TIMUninit"), init, again)
                            .logout()
                            .answers(0);
                    stage.that("TIMInit inside a callback", init.result()).is(0L);
                    again.answers(0);
                });

        drafts.scenario("getters-in-callback", "Status and version may be asked for inside a callback")
                .from(HEADERS)
                .does("logs out; the callback asks for status, server time and user id")
                .expects("the status is 3, and everything returns", stage -> {
                    Device device = stage.device().init();
                    Request status = device.planned("TIMGetLoginStatus");
                    Request time = device.planned("TIMGetServerTime");
                    Request user = device.planned("TIMGetLoginUserID");
                    device.inside(status, time, user).logout().answers(0);
                    stage.that("TIMGetLoginStatus", status.result()).is(3L);
                    stage.that("TIMGetLoginUserID", user.result()).is(0L);
                });

        drafts.scenario("uninit-in-network-callback", "TIMUninit may be called inside the network callback")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("begins a login; the first network callback calls TIMUninit")
                .expects("0, and the login gets 7009", stage -> {
                    Device device =
                            stage.device().set("shim_server", stage.nowhere()).init();
                    Request uninit = device.planned("TIMUninit");
                    device.insideEvent("TIMSetNetworkStatusListenerCallback", uninit);
                    device.login("alice").answers(7009);
                    stage.that("TIMUninit", uninit.result()).is(0L);
                });

        drafts.scenario("uninit-in-kicked-callback", "TIMUninit may be called inside the kicked callback")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("kicks a device whose kicked callback calls TIMUninit")
                .expects("0, and the process can end", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Request uninit = first.planned("TIMUninit");
                    first.insideEvent("TIMSetKickedOfflineCallback", uninit);
                    stage.device().loggedIn("alice");
                    stage.that("TIMUninit", uninit.result()).is(0L);
                    first.mustBeLoggedOut();
                });
    }

    private static void registration(Drafts drafts) {
        drafts.scenario("callback-replaced", "A callback that is registered again replaces the first one")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("registers the network callback again with other user_data, then cuts the connection")
                .expects("only the second user_data from then on", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.call("TIMSetNetworkStatusListenerCallback", 99);
                    device.forget();
                    stage.server().testing().cutConnections();
                    device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    stage.that(
                                    "user_data",
                                    device.recent(NetworkEvent.class).stream()
                                            .map(event -> event.at().userData())
                                            .distinct()
                                            .toList())
                            .is(List.of(99L));
                });

        drafts.scenario("callback-removed", "A callback that is set to NULL is not called any more")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("sets the network callback to NULL, then cuts the connection")
                .expects("a reconnect without a network callback", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.call("TIMSetNetworkStatusListenerCallback", (Object) null);
                    device.forget();
                    stage.server().testing().cutConnections();
                    stage.awaitCount(Type.RECONNECT, 1);
                    stage.aMoment();
                    stage.that("network callbacks", device.network()).is(List.of());
                });

        drafts.scenario("callback-removed-offline", "The network callback can also be removed before a login")
                .from(HEADERS)
                .why("What the callback uses is often freed when it has been removed.")
                .does(
                        "registers the network callback and removes it, then begins a login where no server can be reached")
                .expects("status 2, and no network callback", stage -> {
                    Device device = stage.device().init();
                    device.call("TIMSetNetworkStatusListenerCallback", (Object) null);
                    device.awaitLoggingIn(device.login("alice"));
                    stage.pause(1000);
                    stage.that("network callbacks", device.network().isEmpty() ? "none" : "some")
                            .shimOrVendor("none", "some");
                });

        removed(
                drafts,
                "kicked",
                "TIMSetKickedOfflineCallback",
                Kicked.class,
                "lets the server kick the user",
                stage -> stage.server().kick(Stage.APP, "alice", KickCause.REST));
        removed(
                drafts,
                "expired",
                "TIMSetUserSigExpiredCallback",
                Expired.class,
                "lets the UserSig expire",
                stage -> stage.server().testing().advanceClock(Duration.ofDays(365)));

        drafts.scenario("callbacks-survive-uninit", "Registered callbacks survive TIMUninit")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("registers all, calls TIMUninit and TIMInit, logs in")
                .expects("the network callback is called", stage -> {
                    Device device = stage.device().init();
                    device.uninit();
                    device.initOnly();
                    device.login("alice").answers(0);
                    stage.that("network callbacks", device.network()).is(List.of(Device.CONNECTING, Device.CONNECTED));
                });
    }

    private static void removed(
            Drafts drafts,
            String which,
            String register,
            Class<? extends CalledBack> kind,
            String end,
            Consumer<Stage> ending) {
        drafts.scenario(which + "-callback-removed", "The " + which + " callback can be set to NULL")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in; calls " + register + " with NULL; " + end)
                .expects("status 3, and no such callback", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.call(register, (Object) null);
                    ending.accept(stage);
                    stage.until("the status becomes 3", () -> device.status() == Device.LOGGED_OUT);
                    stage.aMoment();
                    stage.that("such callbacks", device.recent(kind).size()).is(0);
                });
    }

    private static void blocking(Drafts drafts) {
        drafts.scenario(
                        "blocked-callback-delays-callbacks",
                        "A callback that blocks delays later callbacks, not the state")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs out with a callback that blocks, then logs in")
                .expects("status 1 while the callback still blocks; the login's callback after it", stage -> {
                    Device device = stage.device().init();
                    Request logout =
                            device.inside(device.planned("block", "gate")).logout();
                    logout.answers(0);
                    Request login = device.login("alice");
                    stage.until("the status becomes 1", () -> device.status() == Device.LOGGED_IN);
                    stage.that("the login's callback has come", login.isAnswered())
                            .is(false);
                    device.release("gate");
                    login.answers(0);
                });

        drafts.scenario("blocked-callback-keeps-heartbeat", "A callback that blocks does not stop the heartbeat")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in with a heartbeat of 1 s and a callback that blocks")
                .expects("three pings while it blocks", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device = stage.device()
                            .set("shim_server", server.url())
                            .set("shim_heartbeat_s", 1)
                            .init();
                    device.inside(device.planned("block", "gate"))
                            .login("alice")
                            .answers(0);
                    ScriptedServer.Connection connection = server.awaitConnection();
                    stage.until("three pings", () -> connection.pings.size() >= 3);
                    device.release("gate");
                });

        drafts.scenario("uninit-waits", "TIMUninit waits for the callback that is running")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs out with a callback that blocks; calls TIMUninit from another thread")
                .expects("TIMUninit returns only after the callback has ended", stage -> {
                    Device device = stage.device().init();
                    device.inside(device.planned("block", "gate")).logout().answers(0);
                    CompletableFuture<WorkerMessage> uninit =
                            device.process().send(Call.of("TIMUninit").on(1));
                    stage.aMoment();
                    stage.that("TIMUninit has returned", uninit.isDone()).is(false);
                    device.release("gate");
                    stage.that("TIMUninit", device.get(uninit, "TIMUninit").number())
                            .is(0L);
                });
    }

    private static void races(Drafts drafts) {
        drafts.scenario("many-logouts", "Requests from many threads are each answered once")
                .from(C_REFERENCE, HEADERS)
                .does("calls TIMLogout 50 times from each of eight threads at once")
                .expects("400 callbacks with 0; those of one thread in its order", stage -> {
                    Device device = stage.device().init();
                    device.storm(8, 50, Call.of("TIMLogout", "?"));
                    device.until(
                            "400 callbacks",
                            all -> all.stream().filter(Answer.class::isInstance).count() == 400);
                    stage.that(
                                    "codes",
                                    device.recent(Answer.class).stream()
                                            .map(Answer::code)
                                            .distinct()
                                            .toList())
                            .is(List.of(0));
                    inOrder(stage, OfflineScenarios.answers(device), 50);
                });

        drafts.scenario("many-logins", "Logins and logouts from many threads are each answered once")
                .from(C_REFERENCE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("calls TIMLogin and TIMLogout 10 times from each of six threads at once")
                .expects("120 callbacks with 0, those of one thread in its order; nobody is logged in", stage -> {
                    Device device = stage.device().init();
                    device.storm(
                            6,
                            10,
                            Call.of("TIMLogin", "alice", stage.userSig("alice"), "?"),
                            Call.of("TIMLogout", "?"));
                    device.until(
                            "120 callbacks",
                            all -> all.stream().filter(Answer.class::isInstance).count() == 120);
                    stage.that(
                                    "codes",
                                    device.recent(Answer.class).stream()
                                            .map(Answer::code)
                                            .distinct()
                                            .toList())
                            .is(List.of(0));
                    inOrder(stage, OfflineScenarios.answers(device), 20);
                    device.logout().answers(0);
                    device.mustBeLoggedOut();
                });

        drafts.scenario("uninit-from-many-threads", "TIMUninit may be called from several threads at once")
                .from(HEADERS)
                .does("calls TIMLogout a hundred times during a login, then TIMUninit from four threads")
                .expects("0 four times", stage -> {
                    Device device = stage.device().init();
                    device.login("alice");
                    device.storm(1, 100, Call.of("TIMLogout", "?"));
                    stage.that("TIMUninit", device.storm(4, 1, Call.of("TIMUninit")))
                            .is(List.of(0L, 0L, 0L, 0L));
                    device.mustBeLoggedOut();
                });

        drafts.scenario("init-uninit-race", "TIMInit, requests and TIMUninit race without harm")
                .from(HEADERS)
                .does("calls TIMInit, TIMLogin, TIMLogout and TIMUninit 30 times from each of four threads at once")
                .expects("0, or -1 for a request that came too late; every accepted one is answered once", stage -> {
                    Device device = stage.device();
                    device.racing();
                    List<Long> results = device.storm(
                            4,
                            30,
                            Call.of("TIMInit", Stage.APP, device.config()),
                            Call.of("TIMLogin", "alice", stage.userSig("alice"), "?"),
                            Call.of("TIMLogout", "?"),
                            Call.of("TIMUninit"));
                    stage.that("results", Set.copyOf(results))
                            .matches(all -> Set.of(0L, -1L).containsAll(all), "0 and -1");
                    device.init();
                    device.logout().answers(0);
                });

        drafts.scenario("getters-race", "Status and user id are whole at any time")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("reads both from three threads while two users of 32 bytes are switched twenty times")
                .expects("no status but 1, 2, 3, 4; no user id but the two and none", stage -> {
                    Device device = stage.device().init();
                    String one = "a".repeat(32);
                    String other = "b".repeat(32);
                    CompletableFuture<WorkerMessage> watch =
                            device.process().send(Call.of("watch", 3, "watch").on(2));
                    for (int i = 0; i < 20; i++) {
                        device.login(i % 2 == 0 ? one : other).answers(0);
                    }
                    device.release("watch");
                    Returned seen = device.get(watch, "watch");
                    stage.that("reads", seen.number()).matches(reads -> reads > 100, "more than 100");
                    List<String> allowed = List.of(
                            "status 1", "status 2", "status 3", "status 4", "user ", "user " + one, "user " + other);
                    stage.that("what was seen", List.of(device.text(seen.text()).split("\n")))
                            .matches(allowed::containsAll, "only " + allowed);
                });

        drafts.scenario("uninit-during-logins", "TIMUninit amid a stream of requests loses none")
                .from(C_REFERENCE, HEADERS)
                .needs(Need.TIMSHIM)
                .does(
                        "calls TIMLogin and TIMLogout from four threads and TIMUninit from a fifth in their midst, five times over")
                .expects("every accepted request is answered once, before TIMUninit returns", stage -> {
                    Device device = stage.device();
                    device.racing();
                    for (int i = 0; i < 5; i++) {
                        device.init();
                        CompletableFuture<WorkerMessage> uninit =
                                device.process().send(Call.of("TIMUninit").on(3));
                        device.storm(
                                4,
                                20,
                                Call.of("TIMLogin", "alice", stage.userSig("alice"), "?"),
                                Call.of("TIMLogout", "?"));
                        stage.that("TIMUninit", device.get(uninit, "TIMUninit").number())
                                .is(0L);
                    }
                });

        drafts.scenario("exit-while-callback-runs", "A process may exit while a callback runs")
                .from(FLUTTER_GUIDE)
                .does("logs out with a callback that blocks, then exits")
                .expects("the process ends by itself", stage -> {
                    Device device = stage.device().init();
                    device.inside(device.planned("block", "gate")).logout().answers(0);
                    device.exit();
                });
    }

    /** Each thread's requests are numbered one after another; see {@link Storm}. */
    private static void inOrder(Stage stage, List<Long> answered, int ofEachThread) {
        long first = answered.stream().min(Long::compare).orElseThrow();
        Map<Long, List<Long>> byThread = new HashMap<>();
        answered.forEach(tag -> byThread.computeIfAbsent((tag - first) / ofEachThread, thread -> new ArrayList<>())
                .add(tag));
        for (List<Long> tags : byThread.values()) {
            stage.that("the order of one thread's callbacks", tags)
                    .is(tags.stream().sorted().toList());
        }
    }
}
