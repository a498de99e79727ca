/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.C_REFERENCE;
import static io.github.tim4j.conformance.scenarios.Source.ERROR_CODES;
import static io.github.tim4j.conformance.scenarios.Source.FLUTTER_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.MEASURED;
import static io.github.tim4j.conformance.scenarios.Source.SERVICE;
import static io.github.tim4j.conformance.scenarios.Source.WEB_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.WIRE;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.Inverted;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Packets;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.ScriptedServer;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.server.ServerEvent.Type;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Logins, switches of account, logouts and refusals, with a login server. */
final class LoginScenarios {
    private static final String LONG_ID = "user-id.of_32 bytes, :;!\"'~{}012";

    private LoginScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.LOGIN, Need.LOGIN_SERVER);
        success(drafts);
        addresses(drafts);
        tls(drafts);
        again(drafts);
        secrets(drafts);
        switching(drafts);
        logout(drafts);
        userIds(drafts);
        wrongUserSigs(drafts);
        refusals(drafts);
        expiry(drafts);
        end(drafts);
        wire(drafts);
        return drafts.all();
    }

    private static void success(Drafts drafts) {
        drafts.scenario("success", "A login succeeds by its callback")
                .from(C_REFERENCE, FLUTTER_GUIDE, WEB_GUIDE)
                .needs(Need.LOGIN)
                .does("logs in with a right UserSig")
                .expects("0, callback 0 with empty texts, then status 1 and the user id", stage -> {
                    Device device = stage.device().init();
                    Request login = device.login("alice").answers(0);
                    stage.that("desc", device.text(login.answer().desc())).is("");
                    stage.that("json_params", device.text(login.answer().json()))
                            .is("");
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("status-in-callback", "Status and user id are those of the login when its callback runs")
                .from(HEADERS, FLUTTER_GUIDE)
                .needs(Need.LOGIN)
                .does("logs in; the callback asks for status and user id")
                .expects("status 1 and the user id, inside the callback", stage -> {
                    Device device = stage.device().init();
                    Request status = device.planned("TIMGetLoginStatus");
                    Request user = device.planned("TIMGetLoginUserID");
                    Request login = device.inside(status, user).login("alice").answers(0);
                    stage.that(
                                    "TIMGetLoginStatus when the callback comes",
                                    login.answer().at().status())
                            .is(1);
                    stage.that("TIMGetLoginStatus inside the callback", status.result())
                            .is(1L);
                    stage.that("TIMGetLoginUserID inside the callback", user.textInside())
                            .is(stage.userId("alice"));
                });

        drafts.scenario("status-before-answer", "While the server thinks, the status is 2 and there is no user id")
                .from(FLUTTER_GUIDE, C_REFERENCE)
                .needs(Need.KIT_SERVER)
                .does("lets the server wait for half a second, and logs in")
                .expects("status 2 without a user id, then status 1", stage -> {
                    stage.server().testing().delayLogins(Duration.ofMillis(500));
                    Device device = stage.device().init();
                    Request login = device.login("alice");
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGING_IN);
                    device.noUserId();
                    stage.that("the callback has come", login.isAnswered()).is(false);
                    login.answers(0);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("network-callback", "The network callback reports the connection of a login")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in")
                .expects(
                        "2 (connecting), then 0 (connected), both with code 0, before the callback of the login",
                        stage -> {
                            Device device = stage.device().init();
                            device.login("alice").answers(0);
                            stage.that("network callbacks", device.network())
                                    .is(List.of(Device.CONNECTING, Device.CONNECTED));
                            stage.that(
                                            "codes",
                                            device.recent(NetworkEvent.class).stream()
                                                    .map(NetworkEvent::code)
                                                    .toList())
                                    .is(List.of(0, 0));
                            List<String> order = device.recent().stream()
                                    .filter(message -> message instanceof CalledBack && !(message instanceof LogLine))
                                    .map(message -> ((CalledBack) message).kind())
                                    .toList();
                            stage.that("the order of the callbacks", order).is(List.of("network", "network", "answer"));
                        });

        drafts.scenario("registers-account", "The first login registers the account")
                .from(FLUTTER_GUIDE)
                .needs(Need.LOGIN)
                .does("logs in as a user that the server has never seen")
                .expects("callback 0", stage -> {
                    Device device = stage.device().init();
                    device.login("newcomer").answers(0);
                    device.mustBeLoggedIn("newcomer");
                });

        drafts.scenario("server-time", "A login brings the server's time")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("sets the server's clock to 2031, logs in and asks for the server's time, twice")
                .expects(
                        "the server's time in seconds, give or take five; it goes on; still known after a logout",
                        stage -> {
                            Instant clock = Instant.parse("2031-05-06T07:08:09Z");
                            stage.server().testing().setClock(clock);
                            Device device = stage.device().init();
                            device.login("alice").answers(0);
                            long apart =
                                    Math.abs(device.call("TIMGetServerTime").number()
                                            - stage.server().now().getEpochSecond());
                            stage.that("seconds apart", apart).matches(seconds -> seconds <= 5, "at most 5");
                            long first = device.call("TIMGetServerTime").number();
                            device.logout().answers(0);
                            stage.until(
                                    "the server's time goes on",
                                    () -> device.call("TIMGetServerTime").number() > first + 1);
                        });
    }

    private static void addresses(Drafts drafts) {
        drafts.scenario("without-callback", "A login without a callback also logs in")
                .from(HEADERS, C_REFERENCE)
                .needs(Need.LOGIN)
                .does("calls TIMLogin with cb NULL")
                .expects("0, then status 1 and the user id", stage -> {
                    Device device = stage.device().init();
                    Object none = null;
                    stage.that(
                                    "TIMLogin",
                                    device.call("TIMLogin", stage.userId("alice"), stage.userSig("alice"), none)
                                            .number())
                            .is(0L);
                    stage.until("the status becomes 1", () -> device.status() == Device.LOGGED_IN);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("localhost", "A host name is looked up, and each of its addresses is tried")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in to localhost, where only 127.0.0.1 listens")
                .expects(
                        "callback 0",
                        stage -> stage.device()
                                .set(
                                        "shim_server",
                                        "mqtt://localhost:" + stage.server().port())
                                .loggedIn("alice"));

        drafts.scenario("ipv6", "A server may have an IPv6 address")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in to [::1]")
                .expects("callback 0", stage -> {
                    ScriptedServer server;
                    try {
                        server = stage.scripted("::1");
                    } catch (IOException e) {
                        stage.skip("this machine has no IPv6 loopback");
                        return;
                    }
                    server.plays(connection -> connection.send(Packets.connack(0)));
                    stage.device().set("shim_server", server.url()).loggedIn("alice");
                });
    }

    private static void tls(Drafts drafts) {
        drafts.scenario("tls", "A login over TLS checks the server's certificate")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs in to mqtts:// of a server whose CA is named with shim_ca_file")
                .expects("callback 0", stage -> {
                    Device device = tlsDevice(stage);
                    Request login = device.init().login("alice");
                    if (login.code() == 9501) {
                        stage.skip("timshim has no TLS here: "
                                + device.text(login.answer().desc()));
                    }
                    login.answers(0);
                    device.mustBeLoggedIn("alice");
                });

        tlsRefused(drafts, "tls-unknown-ca", "a CA that is not trusted", device -> device.set("shim_ca_file", null));
        tlsRefused(
                drafts,
                "tls-other-name",
                "a certificate for another name",
                device -> device.set("shim_tls_server_name", "example.com"));
        tlsRefused(
                drafts,
                "tls-plaintext-port",
                "a port without TLS",
                device -> device.set(
                        "shim_server",
                        "mqtts://localhost:" + device.stage().server().port()));
    }

    private interface Change {
        void of(Device device);
    }

    private static void tlsRefused(Drafts drafts, String name, String what, Change change) {
        drafts.scenario(name, "TLS is refused with " + what)
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs in over TLS to a server with " + what)
                .expects(
                        "callback 9502, or 9501 on a machine without OpenSSL, with a text; the server sees no login",
                        stage -> {
                            Device device = tlsDevice(stage).set("shim_login_timeout_ms", 1500);
                            change.of(device);
                            Request login = device.init().login("alice");
                            stage.that("the code", login.code()).isAnyOf(9502, 9501);
                            stage.that("the text", device.text(login.answer().desc()))
                                    .matches(text -> !text.isEmpty(), "not empty");
                            device.mustBeLoggedOut();
                            stage.that("logins on the server", stage.count(Type.LOGIN))
                                    .is(0L);
                        });
    }

    private static Device tlsDevice(Stage stage) {
        Device device = stage.device();
        Path caFile = device.process().folder().resolve("ca.pem");
        return device.set(
                        "shim_server",
                        "mqtts://localhost:" + stage.tlsServer(caFile).tlsPort())
                .set("shim_ca_file", caFile);
    }

    private static void again(Drafts drafts) {
        drafts.scenario("again-same-usersig", "A login of the user who is logged in succeeds without a connection")
                .from(WEB_GUIDE, FLUTTER_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in, then three times again with the same UserSig")
                .expects("callback 0 each time, and no further login on the server", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    for (int i = 0; i < 3; i++) {
                        device.login("alice").answers(0);
                        device.mustBeLoggedIn("alice");
                    }
                    stage.that("network callbacks", device.network()).is(List.of());
                    stage.that(
                                    "logins and reconnects on the server",
                                    stage.count(Type.LOGIN) + stage.count(Type.RECONNECT))
                            .is(1L);
                });

        drafts.scenario("again", "A login of the user who is logged in succeeds")
                .from(WEB_GUIDE, FLUTTER_GUIDE)
                .needs(Need.LOGIN)
                .does("logs in, then three times again with the same UserSig")
                .expects("callback 0 each time, the user is logged in, and nobody is kicked", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    for (int i = 0; i < 3; i++) {
                        device.login("alice").answers(0);
                        device.mustBeLoggedIn("alice");
                    }
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario("again-while-server-away", "That needs no server either")
                .from(WEB_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in, stops the server, logs in again with the same UserSig")
                .expects("callback 0 at once", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(Device.DISCONNECTED);
                    device.login("alice").answers(0);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario(
                        "again-fresh-usersig",
                        "A login of the user who is logged in, with a new UserSig, is checked by the server")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in, then again with another UserSig of the same user")
                .expects(
                        "callback 0, status 1 all the time, no network callback, nobody kicked, the server has checked it",
                        stage -> {
                            Device device = stage.device().loggedIn("alice");
                            stage.server().testing().delayLogins(Duration.ofMillis(200));
                            Request again = device.login("alice", stage.freshUserSig("alice"));
                            device.mustBeLoggedIn("alice");
                            again.answers(0);
                            device.mustBeLoggedIn("alice");
                            stage.that(
                                            "logins and reconnects on the server",
                                            stage.count(Type.LOGIN) + stage.count(Type.RECONNECT))
                                    .is(2L);
                            stage.aMoment();
                            device.mustNotHaveBeenKicked();
                            stage.that("kicks on the server", stage.count(Type.KICKED))
                                    .is(0L);
                            stage.that(
                                            "network callbacks, although there was a connection all the time",
                                            device.network())
                                    .is(List.of());
                        });

        drafts.scenario("init-again", "TIMInit while a user is logged in changes nothing")
                .from(MEASURED, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in; calls TIMInit again with the same app id, then with another one")
                .expects("the user is logged in all the time, by the same connection, and no callback comes", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.that("TIMInit again", device.init(stage.app(), device.config()))
                            .is(0L);
                    device.mustBeLoggedIn("alice");
                    device.init(Stage.OTHER_APP, device.config());
                    device.mustBeLoggedIn("alice");
                    stage.aMoment();
                    stage.that(
                                    "logins and reconnects on the server",
                                    stage.count(Type.LOGIN) + stage.count(Type.RECONNECT))
                            .is(1L);
                    stage.that("connections lost on the server", stage.count(Type.LINK_CLOSED))
                            .is(0L);
                    stage.that("network callbacks", device.network()).is(List.of());
                });

        drafts.scenario("again-wrong-usersig", "If the new UserSig is refused, the session stays")
                .from(HEADERS)
                .does("logs in, then again with a UserSig signed with another key, then again with the first one")
                .expects("70009, alice is still logged in, and no network callback", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.login("alice", wrongKey(stage, "alice")).answers(70009);
                    device.mustBeLoggedIn("alice");
                    device.login("alice").answers(0);
                    device.mustNotHaveBeenKicked();
                    stage.that("network callbacks, although there was a connection all the time", device.network())
                            .is(List.of());
                });
    }

    private static void secrets(Drafts drafts) {
        drafts.scenario("usersig-wiped", "After the logout the UserSig is not in the memory of the process any more")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does(
                        "logs in and out, with a UserSig that the kit itself keeps inverted; searches the memory for it meanwhile and "
                                + "afterwards")
                .expects("there while it is needed, and not after the logout", stage -> {
                    Device device = stage.device().init();
                    byte[] inverted = Inverted.of(stage.userSig("alice").getBytes(StandardCharsets.US_ASCII));
                    device.request(device.newRequest("TIMLogin inverted", "alice", inverted))
                            .answers(0);
                    long found = device.copiesInMemory(inverted);
                    if (found < 0) {
                        stage.skip("this system does not let a process read its own memory");
                    }
                    stage.that("found while logged in", found).is(1L);
                    device.logout().answers(0);
                    stage.until("it is gone", () -> device.copiesInMemory(inverted) == 0);
                });

        drafts.scenario("again-frees", "An answered login leaves nothing behind")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does(
                        "logs in, then 1000 and 60,000 times again with the same UserSig; counts threads, open files and native memory")
                .expects("as much, but for what a JVM takes now and then", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    OfflineScenarios.leaveNothing(device, Call.of("TIMLogin", "alice", stage.userSig("alice"), "?"));
                });
    }

    private static void switching(Drafts drafts) {
        drafts.scenario("switch", "A login of another user switches the account")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.LOGIN)
                .does("logs in as alice, then as bob without a logout")
                .expects("callback 0, and bob is logged in", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.login("bob").answers(0);
                    device.mustBeLoggedIn("bob");
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario("switch-logs-out", "A switch logs the first user out of the server")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in as alice, then as bob")
                .expects("the server has seen alice log out; only bob is there", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.login("bob").answers(0);
                    stage.awaitCount(Type.LOGOUT, 1);
                    stage.that(
                                    "sessions on the server",
                                    stage.server().sessions().stream()
                                            .map(session -> session.userId())
                                            .toList())
                            .is(List.of("bob"));
                });

        drafts.scenario("switch-in-between", "Between two users nobody is logged in")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in as alice, then as bob while the server takes its time")
                .expects("status 2 and no user id until bob is logged in", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().delayLogins(Duration.ofMillis(400));
                    Request bob = device.login("bob");
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGING_IN);
                    stage.that("TIMGetLoginUserID", device.userId()).is("");
                    bob.answers(0);
                });

        drafts.scenario("switch-fails", "If the switch fails, nobody is logged in")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("logs in as alice, then as bob with a UserSig signed with another key; then as alice again")
                .expects("70009, status 3 and no user id; alice can log in again", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.login("bob", wrongKey(stage, "bob")).answers(70009);
                    device.mustBeLoggedOut();
                    device.login("alice").answers(0);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("last-one-wins", "Of several logins at once the last one is logged in")
                .from(FLUTTER_GUIDE)
                .needs(Need.LOGIN)
                .does("calls TIMLogin for alice, bob and carol without waiting")
                .expects("callback 0 three times, in order; carol is logged in", stage -> {
                    Device device = stage.device().init();
                    List<Request> logins = List.of(device.login("alice"), device.login("bob"), device.login("carol"));
                    logins.get(2).answers(0);
                    stage.that("the order of the callbacks", OfflineScenarios.answers(device))
                            .is(logins.stream().map(Request::tag).toList());
                    device.mustBeLoggedIn("carol");
                });
    }

    private static void logout(Drafts drafts) {
        drafts.scenario("logout", "A logout succeeds, and nobody is logged in")
                .from(C_REFERENCE, FLUTTER_GUIDE, WEB_GUIDE, HEADERS)
                .needs(Need.LOGIN)
                .does("logs in and out, and in again as another user")
                .expects(
                        "callback 0, status 3, no user id, no lost connection (timshim: disconnected, code 0); then bob",
                        stage -> {
                            Device device = stage.device().loggedIn("alice");
                            device.logout().answers(0);
                            device.mustBeLoggedOut();
                            device.mustNotHaveBeenKicked();
                            stage.aMoment();
                            if (stage.subject().isShim()) {
                                stage.that("network callbacks", device.network())
                                        .is(List.of(Device.DISCONNECTED));
                            } else {
                                stage.that("network callbacks", device.network())
                                        .isAnyOf(List.of(), List.of(Device.DISCONNECTED));
                            }
                            if (!device.network().isEmpty()) {
                                stage.that("the code of the disconnection", device.networkCode(Device.DISCONNECTED))
                                        .is(0);
                            }
                            device.login("bob").answers(0);
                            device.mustBeLoggedIn("bob");
                        });

        drafts.scenario("many-times", "Logins and logouts work as often as wanted")
                .from(FLUTTER_GUIDE, C_REFERENCE)
                .needs(Need.LOGIN)
                .does("logs in and out fifty times, as alice and as bob by turns")
                .expects("callback 0 each time; status and user id are right each time", stage -> {
                    Device device = stage.device().init();
                    for (int i = 0; i < 50; i++) {
                        String user = i % 2 == 0 ? "alice" : "bob";
                        device.login(user).answers(0);
                        device.mustBeLoggedIn(user);
                        device.logout().answers(0);
                        device.mustBeLoggedOut();
                    }
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario("logout-tells-server", "A logout reaches the server")
                .from(WEB_GUIDE, WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in and out")
                .expects("the server has seen a logout, not a lost connection; a message of MQTT says so", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.logout().answers(0);
                    stage.awaitCount(Type.LOGOUT, 1);
                    stage.that("lost connections", stage.count(Type.LINK_CLOSED))
                            .is(0L);
                    stage.that(
                                    "sessions on the server",
                                    stage.server().sessions().size())
                            .is(0);
                });

        drafts.scenario("logout-status", "Right after TIMLogout the status is 4, unless it is 3 already")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does(
                        "logs in; calls TIMLogout and at once TIMGetLoginStatus, at least ten and at most fifty times over")
                .expects("4 or 3, never 1; timshim: 4 at least once", stage -> {
                    Device device = stage.device().init();
                    boolean seen = !stage.subject().isShim();
                    for (int i = 0; i < 10 || i < 50 && !seen; i++) {
                        device.login("alice").answers(0);
                        long status = device.storm(1, 1, Call.of("TIMLogout", "?"), Call.of("TIMGetLoginStatus"))
                                .get(1);
                        stage.that("TIMGetLoginStatus", status).isAnyOf(4L, 3L);
                        seen |= status == Device.LOGGING_OUT;
                    }
                    stage.that("whether the status was ever 4", seen).is(true);
                });

        drafts.scenario("logout-after-login", "A logout called during a login runs after it")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.LOGIN)
                .does("calls TIMLogin, TIMLogout, TIMLogin and TIMLogout without waiting")
                .expects("callback 0 four times, in order; nobody is logged in", stage -> {
                    Device device = stage.device().init();
                    List<Request> requests =
                            List.of(device.login("alice"), device.logout(), device.login("bob"), device.logout());
                    requests.forEach(request -> request.answers(0));
                    stage.that("the order of the callbacks", OfflineScenarios.answers(device))
                            .is(requests.stream().map(Request::tag).toList());
                    device.mustBeLoggedOut();
                });
    }

    private static void userIds(Drafts drafts) {
        drafts.scenario("user-id-32-bytes", "A user id may have 32 bytes of printable ASCII")
                .from(FLUTTER_GUIDE, ERROR_CODES)
                .needs(Need.LOGIN)
                .does("logs in with 32 bytes, among them blanks, colons and quotes")
                .expects("callback 0 and that user id", stage -> {
                    Device device = stage.device().init();
                    String user = LONG_ID.substring(stage.userId("").length());
                    stage.that("bytes", stage.userId(user).length()).is(32);
                    device.login(user).answers(0);
                    device.mustBeLoggedIn(user);
                });

        for (String[] wrong : new String[][] {
            {"33-bytes", "a23456789012345678901234567890123"},
            {"utf-8", "\u5f20\u4e09"},
            {"control", "ali\nce"},
            {"delete", "alice\u007f"}
        }) {
            drafts.scenario("user-id-" + wrong[0], "An invalid user id: " + wrong[0])
                    .from(FLUTTER_GUIDE, ERROR_CODES)
                    .needs(Need.KIT_SERVER)
                    .does("logs in with such a user id")
                    .expects("0, then callback 7003; nobody is logged in", stage -> {
                        Device device = stage.device().init();
                        device.tryLogin(wrong[1], stage.userSig("alice")).answers(7003);
                        device.mustBeLoggedOut();
                        stage.that("logins on the server", stage.count(Type.LOGIN))
                                .is(0L);
                    });
        }
    }

    private static void wrongUserSigs(Drafts drafts) {
        wrong(
                drafts,
                "expired",
                70001,
                "A UserSig that has expired",
                stage -> stage.secret(stage.key()
                        .make(
                                stage.userId("alice"),
                                Duration.ofMinutes(1),
                                Instant.now().minusSeconds(7200),
                                null)),
                FLUTTER_GUIDE);
        wrong(
                drafts,
                "truncated",
                70003,
                "A UserSig that is cut short",
                stage -> stage.userSig("alice").substring(0, 40),
                ERROR_CODES);
        wrong(drafts, "rubbish", 70003, "An invalid UserSig", stage -> "pass_word", ERROR_CODES);
        wrong(
                drafts,
                "wrong-key",
                70009,
                "A UserSig signed with another key",
                stage -> wrongKey(stage, "alice"),
                ERROR_CODES);
        wrong(drafts, "other-user", 70013, "A UserSig of another user", stage -> stage.userSig("bob"), ERROR_CODES);
        wrong(
                drafts,
                "other-app",
                70014,
                "A UserSig for another app",
                stage -> stage.secret(new UserSigKey(stage.app() + 1, Stage.SECRET).make(stage.userId("alice"))),
                ERROR_CODES);
    }

    private interface UserSigs {
        String make(Stage stage);
    }

    private static void wrong(Drafts drafts, String name, int code, String title, UserSigs userSigs, Source source) {
        drafts.scenario("usersig-" + name, title + " gets " + code)
                .from(source, C_REFERENCE)
                .does("logs in with it, then with a right one")
                .expects("callback " + code + ", status 3; then callback 0", stage -> {
                    Device device = stage.device().init();
                    device.login("alice", userSigs.make(stage)).answers(code);
                    device.mustBeLoggedOut();
                    device.login("alice").answers(0);
                    device.mustBeLoggedIn("alice");
                });
    }

    static String wrongKey(Stage stage, String user) {
        return stage.secret(new UserSigKey(stage.app(), "another secret key").make(stage.userId(user)));
    }

    private static void refusals(Drafts drafts) {
        for (int code :
                new int[] {6208, 70002, 70005, 70016, 70020, 70050, 70051, 70052, 70107, 70500, -302, -10113, -10114}) {
            drafts.scenario("refused-" + code, "A login that the server refuses with " + code + " gets it")
                    .from(ERROR_CODES, WIRE)
                    .needs(Need.KIT_SERVER)
                    .does("lets the server refuse one login with " + code + "; logs in twice")
                    .expects("callback " + code + " with a text, status 3; then callback 0", stage -> {
                        Device device = stage.device().init();
                        stage.server().testing().refuseLogins(1, code);
                        Request refused = device.login("alice").answers(code);
                        stage.that(
                                        "the description",
                                        device.text(refused.answer().desc()))
                                .matches(text -> !text.isEmpty(), "a text");
                        device.mustBeLoggedOut();
                        device.login("alice").answers(0);
                    });
        }

        drafts.scenario("app-id-of-64-bits", "An SDKAppID may be larger than 32 bits")
                .from(HEADERS, WIRE)
                .needs(Need.KIT_SERVER)
                .does("calls TIMInit with the id 5000000001, and logs in")
                .expects("the CONNECT has that id, in the client id and as sdkappid", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device = stage.device().set("shim_server", server.url());
                    stage.that("TIMInit", device.init(5_000_000_001L, device.config()))
                            .is(0L);
                    device.login("alice").answers(0);
                    String connect = new String(server.awaitConnection().connect, StandardCharsets.ISO_8859_1);
                    stage.that("how often the CONNECT has 5000000001", connect.split("5000000001", -1).length - 1)
                            .matches(times -> times >= 2, "at least twice");
                });

        drafts.scenario("app-unknown", "An app that the server does not know gets 70020")
                .from(ERROR_CODES)
                .needs(Need.KIT_SERVER)
                .does("calls TIMInit with the id of such an app, and logs in")
                .expects("callback 70020", stage -> {
                    Device device = stage.device();
                    stage.that("TIMInit", device.init(Stage.UNKNOWN_APP, device.config()))
                            .is(0L);
                    device.login("alice").answers(70020);
                });

        drafts.scenario("app-without-key", "An app without a key gets 70016")
                .from(ERROR_CODES)
                .needs(Need.KIT_SERVER)
                .does("calls TIMInit with the id of such an app, and logs in")
                .expects("callback 70016", stage -> {
                    Device device = stage.device();
                    stage.that("TIMInit", device.init(Stage.APP_WITHOUT_KEY, device.config()))
                            .is(0L);
                    device.login("alice").answers(70016);
                });

        drafts.scenario("expired-known", "A UserSig that this process has seen expire is refused without a connection")
                .from(ERROR_CODES, C_REFERENCE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in with an expired UserSig twice, then with a new one")
                .expects("70001 from the server, then 6206 without it, then 0", stage -> {
                    Device device = stage.device().init();
                    String expired = stage.secret(stage.key()
                            .make("alice", Duration.ofMinutes(1), Instant.now().minusSeconds(7200), null));
                    device.login("alice", expired).answers(70001);
                    device.login("alice", expired).answers(6206);
                    stage.that("refusals on the server", stage.count(Type.LOGIN_REFUSED))
                            .is(1L);
                    device.login("alice").answers(0);
                });
    }

    private static void expiry(Drafts drafts) {
        drafts.scenario("expires-online", "A UserSig that expires online ends the session")
                .from(FLUTTER_GUIDE, WEB_GUIDE)
                .needs(Need.KIT_SERVER)
                .does("logs in, moves the server's clock a year ahead, logs in with a new UserSig; then another year")
                .expects(
                        "the expired callback once, status 3, no reconnect; the new UserSig works, and expires in its turn",
                        stage -> {
                            Device device = stage.device().loggedIn("alice");
                            stage.server().testing().advanceClock(Duration.ofDays(365));
                            device.mustHaveExpired();
                            stage.pause(1500);
                            stage.that("reconnects", stage.count(Type.RECONNECT))
                                    .is(0L);
                            stage.that("network callbacks", device.network().contains(Device.CONNECTING))
                                    .is(false);
                            device.login("alice").answers(6206);
                            device.login("alice", stage.renewedUserSig("alice")).answers(0);
                            device.mustBeLoggedIn("alice");
                            device.forget();
                            stage.server().testing().advanceClock(Duration.ofDays(365));
                            device.mustHaveExpired();
                        });

        drafts.scenario("invalidated", "A UserSig made invalid does not work any more; a new one does")
                .from(SERVICE, ERROR_CODES)
                .needs(Need.KIT_SERVER)
                .does(
                        "logs in, lets the server make the user's UserSigs invalid, logs in with the old one and with a new one")
                .expects("kicked; then 70052; then 0", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().invalidateUserSigs(Stage.APP, "alice");
                    device.mustHaveBeenKicked(3);
                    device.login("alice").answers(70052);
                    device.login("alice", stage.renewedUserSig("alice")).answers(0);
                    device.mustBeLoggedIn("alice");
                });
    }

    private static void end(Drafts drafts) {
        drafts.scenario("uninit-is-no-logout", "TIMUninit closes the session like a process that exits")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in and calls TIMUninit; TIMInit, and logs in again")
                .expects("the server saw a lost connection, no logout, and then the same instance again", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.uninit();
                    device.mustBeLoggedOut();
                    stage.awaitCount(Type.LINK_CLOSED, 1);
                    stage.that("logouts on the server", stage.count(Type.LOGOUT))
                            .is(0L);
                    device.init();
                    device.login("alice").answers(0);
                    stage.that("reconnects on the server", stage.count(Type.RECONNECT))
                            .is(1L);
                });

        drafts.scenario("uninit-ends-session", "After TIMUninit nobody is logged in")
                .from(FLUTTER_GUIDE, HEADERS)
                .needs(Need.LOGIN)
                .does("logs in, calls TIMUninit and TIMInit, and logs in again")
                .expects("status 3 and no user id before and after TIMInit; callback 0", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.uninit();
                    device.mustBeLoggedOut();
                    device.init();
                    device.mustBeLoggedOut();
                    device.login("alice").answers(0);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("exit-is-no-logout", "A process may exit while it is logged in")
                .from(FLUTTER_GUIDE)
                .needs(Need.KIT_SERVER)
                .does("logs in and lets the process exit without a word to the library")
                .expects("it ends in good order; the server saw a lost connection, no logout", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.exit();
                    stage.awaitCount(Type.LINK_CLOSED, 1);
                    stage.that("logouts on the server", stage.count(Type.LOGOUT))
                            .is(0L);
                });

        drafts.scenario("other-app-after-uninit", "After TIMUninit another app can log in")
                .from(WEB_GUIDE, HEADERS)
                .needs(Need.KIT_SERVER)
                .does("logs in, calls TIMUninit and TIMInit with another app, logs in")
                .expects("callback 0 both times, each at its app", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    device.uninit();
                    stage.that("TIMInit", device.init(Stage.OTHER_APP, device.config()))
                            .is(0L);
                    device.login("alice", stage.secret(new UserSigKey(Stage.OTHER_APP, Stage.SECRET).make("alice")))
                            .answers(0);
                    device.mustBeLoggedIn("alice");
                    stage.that(
                                    "apps on the server",
                                    stage.server().sessions().stream()
                                            .map(session -> session.sdkAppId())
                                            .toList())
                            .is(List.of(Stage.OTHER_APP));
                });
    }

    private static void wire(Drafts drafts) {
        drafts.scenario("connect-packet", "The CONNECT says who logs in, from where")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that keeps the packet")
                .expects(
                        "client id, user name, password and the four user properties of the contract; clean start; a keep alive",
                        stage -> {
                            ScriptedServer server =
                                    stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                            Device device = stage.device("Mac", "laptop")
                                    .set("shim_server", server.url())
                                    .set("shim_heartbeat_s", 25)
                                    .init();
                            device.login("alice").answers(0);
                            byte[] connect = server.awaitConnection().connect;
                            stage.that("protocol version", (int) connect[7]).is(5);
                            stage.that("flags (user name, password, clean start)", (int) connect[8] & 0xff)
                                    .is(0xC2);
                            stage.that("keep alive", (connect[9] & 0xff) << 8 | connect[10] & 0xff)
                                    .is(25);
                            List<String> texts = Packets.connectTexts(connect);
                            stage.that(
                                            "the CONNECT",
                                            texts.contains("sdkappid=" + Stage.APP)
                                                    && texts.contains("platform=Mac")
                                                    && texts.contains("device-id=laptop")
                                                    && texts.stream().anyMatch(text -> text.startsWith("sdk-version=")))
                                    .is(true);
                            stage.that("client id", texts.get(texts.size() - 3)).is(Stage.APP + ":alice:Mac:laptop");
                            stage.that("user name", texts.get(texts.size() - 2)).is("alice");
                            stage.that(
                                            "password is the UserSig",
                                            texts.get(texts.size() - 1).equals(stage.userSig("alice")))
                                    .is(true);
                        });

        int[][] plain = {{0x86, 70003}, {0x87, 70009}, {0x8A, 70051}, {0x97, -302}, {0x9F, 70050}};
        for (int[] row : plain) {
            String reason = String.format("0x%02X", row[0]);
            drafts.scenario("broker-" + reason, "A plain broker's refusal " + reason + " means " + row[1])
                    .from(WIRE)
                    .needs(Need.KIT_SERVER)
                    .does("logs in to a server that refuses with MQTT reason " + reason + " and says nothing more")
                    .expects("callback " + row[1] + ", status 3", stage -> {
                        ScriptedServer server =
                                stage.scripted().plays(connection -> connection.send(Packets.connack(row[0])));
                        Device device =
                                stage.device().set("shim_server", server.url()).init();
                        device.login("alice").answers(row[1]);
                        device.mustBeLoggedOut();
                    });
        }

        for (int reason : new int[] {0x88, 0x89, 0x9C, 0x9D}) {
            drafts.scenario(
                            String.format("broker-0x%02X", reason),
                            String.format("After a refusal 0x%02X the login is tried again", reason))
                    .from(WIRE)
                    .needs(Need.KIT_SERVER)
                    .does("logs in to a server that refuses with this reason once, then accepts")
                    .expects("one callback, 0; the network callback told of the failure", stage -> {
                        ScriptedServer server = stage.scripted()
                                .plays(
                                        connection -> connection.send(Packets.connack(reason)),
                                        connection -> connection.send(Packets.connack(0)));
                        Device device =
                                stage.device().set("shim_server", server.url()).init();
                        device.login("alice").answers(0);
                        stage.that("network callbacks", device.network())
                                .is(List.of(
                                        Device.CONNECTING, Device.CONNECT_FAILED, Device.CONNECTING, Device.CONNECTED));
                    });
        }
    }
}
