/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.CLASSIC_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.ERROR_CODES;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.SERVICE;

import io.github.tim4j.conformance.message.WorkerMessage.Connected;
import io.github.tim4j.conformance.message.WorkerMessage.Disconnected;
import io.github.tim4j.conformance.message.WorkerMessage.Expired;
import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.ClassicDevice;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.ServerEvent.Type;
import io.github.tim4j.usersig.UserSigKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The classic C API of 2016. In every call the structures are gone when it returns, as in the program of the guide. */
final class ClassicScenarios {
    private ClassicScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.CLASSIC, Need.CLASSIC_AND_KIT_SERVER);
        offline(drafts);
        login(drafts);
        events(drafts);
        return drafts.all();
    }

    private static void offline(Drafts drafts) {
        drafts.scenario("init", "TIMInit and TIMUninit go in any order")
                .from(HEADERS)
                .needs(Need.CLASSIC)
                .does("sets mode and path, calls TIMUninit, TIMInit twice, TIMUninit twice, TIMInit")
                .expects("0 each time", stage -> {
                    ClassicDevice device = stage.classic();
                    device.call("TIMSetMode", 1);
                    device.call("TIMSetPath", device.process().folder());
                    device.uninit();
                    device.init();
                    device.init();
                    device.uninit();
                    device.uninit();
                    device.init();
                });

        drafts.scenario("before-init", "Before TIMInit nothing works, and nothing breaks")
                .from(HEADERS, ERROR_CODES)
                .needs(Need.CLASSIC)
                .does("calls TIMLogin, TIMLogout and TIMGetLoginUser before TIMInit")
                .expects("-1 without callback; OnError 6013; not 0", stage -> {
                    ClassicDevice device = stage.classic();
                    stage.that(
                                    "TIMLogin",
                                    device.tryLogin(Stage.APP, "alice", stage.userSig("alice"))
                                            .outcome())
                            .is("returns -1, no callback");
                    device.logout().answers(6013);
                    device.mustBeLoggedOut();
                });

        drafts.scenario("login-arguments", "TIMLogin refuses what is missing")
                .from(CLASSIC_GUIDE, HEADERS)
                .needs(Need.CLASSIC)
                .does(
                        "calls TIMLogin with app ids 0 and -1, without structure, without each of its three fields, without UserSig")
                .expects("not 0 and no callback each time", stage -> {
                    ClassicDevice device = stage.classic().init();
                    String sig = stage.userSig("alice");
                    Object[][] wrong = {
                        {0, "107", "1", "alice", sig},
                        {-1, "107", "1", "alice", sig},
                        {Stage.APP, "-", "", "", sig},
                        {Stage.APP, null, "1", "alice", sig},
                        {Stage.APP, "107", null, "alice", sig},
                        {Stage.APP, "107", "1", null, sig},
                        {Stage.APP, "107", "1", "", sig},
                        {Stage.APP, "107", "1", "alice", null},
                        {Stage.APP, "107", "1", "alice", ""}
                    };
                    for (Object[] arguments : wrong) {
                        stage.that(
                                        "TIMLogin",
                                        device.request(device.newRequest("TIMLogin", arguments))
                                                .result())
                                .matches(result -> result != 0, "not 0");
                    }
                    device.logout().answers(0);
                });

        drafts.scenario("unreachable", "A login that reaches no server fails by OnError")
                .from(CLASSIC_GUIDE, ERROR_CODES)
                .needs(Need.CLASSIC)
                .does("logs in where nobody listens")
                .expects("OnError with a code of the network and a text", stage -> {
                    ClassicDevice device = stage.classic()
                            .environment("TIM_SHIM_LOGIN_TIMEOUT_MS", "700")
                            .init();
                    Request login = device.login("alice");
                    stage.that("the code", login.code()).matches(code -> code >= 9508 && code <= 9524, "9508 to 9524");
                    stage.that("the text", device.text(login.answer().desc()))
                            .matches(text -> !text.isEmpty(), "not empty");
                    device.mustBeLoggedOut();
                });

        drafts.scenario("uninit-answers-requests", "TIMUninit answers what is still waiting")
                .from(ERROR_CODES, HEADERS)
                .needs(Need.CLASSIC)
                .does("begins a login that cannot reach a server, calls TIMLogout three times, then TIMUninit")
                .expects("OnError 7009 four times", stage -> {
                    ClassicDevice device = stage.classic().init();
                    List<Request> requests = new ArrayList<>(
                            List.of(device.login("alice"), device.logout(), device.logout(), device.logout()));
                    device.uninit();
                    requests.forEach(request -> request.answers(7009));
                });
    }

    private static void login(Drafts drafts) {
        drafts.scenario("login", "A login succeeds by OnSuccess")
                .from(CLASSIC_GUIDE)
                .does("logs in with structures that are overwritten as soon as TIMLogin has returned")
                .expects("0, OnSuccess with the data, then the user by TIMGetLoginUser", stage -> {
                    ClassicDevice device = stage.classic().init();
                    device.login("c9_2").answers(0);
                    device.mustBeLoggedIn("c9_2");
                });

        drafts.scenario("structures-gone", "Structures may be gone while a login is under way")
                .from(CLASSIC_GUIDE)
                .does(
                        "lets the server wait; calls TIMLogin twice and TIMLogout, each with structures that are overwritten at once")
                .expects("OnSuccess three times, in order", stage -> {
                    stage.server().testing().delayLogins(Duration.ofMillis(200));
                    ClassicDevice device = stage.classic().init();
                    List<Request> requests = List.of(device.login("alice"), device.login("bob"), device.logout());
                    requests.forEach(request -> request.answers(0));
                    stage.that("the order of the callbacks", OfflineScenarios.answers(device))
                            .is(requests.stream().map(Request::tag).toList());
                });

        drafts.scenario("usersig-expired", "An expired UserSig gets 70001")
                .from(CLASSIC_GUIDE)
                .does("logs in with it, then with a right one")
                .expects("OnError 70001 with a text, then OnSuccess", stage -> {
                    ClassicDevice device = stage.classic().init();
                    String expired = stage.secret(stage.key()
                            .make("alice", Duration.ofMinutes(1), Instant.now().minusSeconds(7200), null));
                    Request refused = device.login("alice", expired).answers(70001);
                    stage.that("the text", device.text(refused.answer().desc()))
                            .matches(text -> !text.isEmpty(), "not empty");
                    device.mustBeLoggedOut();
                    device.login("alice").answers(0);
                });

        drafts.scenario("kicked-while-offline", "A login after a kick while offline gets 6208, once")
                .from(CLASSIC_GUIDE, SERVICE)
                .does("lets the server hold the instance as kicked while it was offline; logs in twice")
                .expects("OnError 6208, then OnSuccess", stage -> {
                    ClassicDevice device = stage.classic().loggedIn("alice");
                    device.uninit();
                    stage.awaitCount(Type.LINK_CLOSED, 1);
                    stage.server().kick(Stage.APP, "alice", KickCause.OTHER_INSTANCE);
                    device.init();
                    device.login("alice").answers(6208);
                    device.login("alice").answers(0);
                });

        drafts.scenario("logout", "A logout succeeds, and another user can log in")
                .from(CLASSIC_GUIDE)
                .does("logs in, out, and in as another user")
                .expects("OnSuccess three times", stage -> {
                    ClassicDevice device = stage.classic().loggedIn("alice");
                    device.logout().answers(0);
                    device.mustBeLoggedOut();
                    stage.awaitCount(Type.LOGOUT, 1);
                    device.login("bob").answers(0);
                    device.mustBeLoggedIn("bob");
                });

        drafts.scenario("callbacks-null", "The callbacks may be NULL")
                .from(HEADERS)
                .does("logs in and out without callbacks, then logs in with one")
                .expects("0, and nothing breaks", stage -> {
                    ClassicDevice device = stage.classic().init();
                    stage.that(
                                    "TIMLogin",
                                    device.call(
                                                    "TIMLogin",
                                                    Stage.APP,
                                                    "107",
                                                    "1",
                                                    "alice",
                                                    stage.userSig("alice"),
                                                    null)
                                            .number())
                            .is(0L);
                    device.call("TIMLogout", (Object) null);
                    device.login("bob").answers(0);
                    device.mustBeLoggedIn("bob");
                });

        drafts.scenario("login-user-buffer", "TIMGetLoginUser fills no more than the buffer holds")
                .from(HEADERS)
                .does("asks for the user id with buffers of 33, 6, 5 and 0 bytes")
                .expects("the user id where it fits with its end; else -4 and its length", stage -> {
                    ClassicDevice device = stage.classic().loggedIn("alice");
                    stage.that("33 bytes", device.loginUser(33)).is("returns 0, 5 alice");
                    stage.that("6 bytes", device.loginUser(6)).is("returns 0, 5 alice");
                    stage.that("5 bytes", device.loginUser(5)).is("returns -4, 5");
                    stage.that("0 bytes", device.loginUser(0)).is("returns -4, 5");
                });

        drafts.scenario("other-app", "Each login names its app")
                .from(CLASSIC_GUIDE, HEADERS)
                .does("logs in to one app, then as the same user to another one")
                .expects("OnSuccess both times; on the server a switch", stage -> {
                    ClassicDevice device = stage.classic().loggedIn("alice");
                    device.tryLogin(
                                    Stage.OTHER_APP,
                                    "alice",
                                    stage.secret(new UserSigKey(Stage.OTHER_APP, Stage.SECRET).make("alice")))
                            .answers(0);
                    device.mustBeLoggedIn("alice");
                    stage.awaitCount(Type.LOGOUT, 1);
                    stage.that(
                                    "apps on the server",
                                    stage.server().sessions().stream()
                                            .map(session -> session.sdkAppId())
                                            .toList())
                            .is(List.of(Stage.OTHER_APP));
                });
    }

    private static void events(Drafts drafts) {
        drafts.scenario("connection-callbacks", "A lost connection comes back, and both are reported")
                .from(CLASSIC_GUIDE, HEADERS)
                .does("logs in and cuts the connection")
                .expects("OnConnected at the login; OnDisconnected and OnConnected; still logged in", stage -> {
                    ClassicDevice device = stage.classic().init();
                    device.login("alice").answers(0);
                    stage.that(
                                    "OnConnected at the login",
                                    device.recent(Connected.class).size())
                            .is(1);
                    stage.that(
                                    "OnDisconnected at the login",
                                    device.recent(Disconnected.class).size())
                            .is(0);
                    device.forget();
                    stage.server().testing().cutConnections();
                    device.awaitRecent(Disconnected.class);
                    device.awaitRecent(Connected.class);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("kicked", "A kick while online is reported by OnKickOffline")
                .from(CLASSIC_GUIDE)
                .does("logs the same user in from two processes")
                .expects("OnKickOffline once in the first, which is logged out; the second stays", stage -> {
                    ClassicDevice first = stage.classic().loggedIn("alice");
                    ClassicDevice second = stage.classic().loggedIn("alice");
                    first.awaitRecent(Kicked.class);
                    first.mustBeLoggedOut();
                    stage.aMoment();
                    stage.that("OnKickOffline", first.recent(Kicked.class).size())
                            .is(1);
                    second.mustBeLoggedIn("alice");
                });

        drafts.scenario("expires-online", "A UserSig that expires online is reported by OnUserSigExpired")
                .from(CLASSIC_GUIDE, HEADERS)
                .does("logs in and moves the server's clock a year ahead")
                .expects("OnUserSigExpired once, nobody logged in", stage -> {
                    ClassicDevice device = stage.classic().loggedIn("alice");
                    stage.server().testing().advanceClock(Duration.ofDays(365));
                    device.awaitRecent(Expired.class);
                    device.mustBeLoggedOut();
                    stage.that("OnKickOffline", device.recent(Kicked.class).size())
                            .is(0);
                });

        drafts.scenario("logout-in-callback", "TIMLogout may be called inside OnSuccess")
                .from(CLASSIC_GUIDE)
                .does("logs in; OnSuccess calls TIMLogout")
                .expects("OnSuccess of the logout", stage -> {
                    ClassicDevice device = stage.classic().init();
                    Request logout = device.newRequest("TIMLogout");
                    device.insideNext(logout);
                    device.login("alice").answers(0);
                    logout.answers(0);
                    device.mustBeLoggedOut();
                });
    }
}
