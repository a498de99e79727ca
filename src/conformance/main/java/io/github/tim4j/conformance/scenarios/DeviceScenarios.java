/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.CLASSIC_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.FLUTTER_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.SERVICE;
import static io.github.tim4j.conformance.scenarios.Source.WEB_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.WIRE;

import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Packets;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.ScriptedServer;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.ServerEvent.Type;
import java.util.List;

/** Several processes of one user: who may be logged in beside whom, and who is kicked. */
final class DeviceScenarios {
    private DeviceScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.DEVICES, Need.KIT_SERVER);
        kicks(drafts);
        policies(drafts);
        offline(drafts);
        sameInstance(drafts);
        administrator(drafts);
        return drafts.all();
    }

    private static void policy(Stage stage, LoginPolicy.Kind kind) {
        stage.server().loginPolicy(Stage.APP, LoginPolicy.of(kind));
    }

    private static void kicks(Drafts drafts) {
        drafts.scenario("same-platform", "A second instance on the same platform kicks the first one")
                .from(FLUTTER_GUIDE, CLASSIC_GUIDE, WEB_GUIDE)
                .does("logs alice in from two Linux devices, one after the other")
                .expects("the first is called back once (reason 1) and logged out; the second is logged in", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().loggedIn("alice");
                    first.mustHaveBeenKicked(1);
                    second.mustBeLoggedIn("alice");
                    second.mustNotHaveBeenKicked();
                });

        drafts.scenario("kicked-after-reconnect", "A kick right after a reconnect is a kick")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("cuts a device's connection and waits until it is back; at once another device logs in")
                .expects("the first is called back once and logged out, and does not come back", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().init();
                    stage.server().testing().cutConnections();
                    first.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    second.login("alice").answers(0);
                    first.mustHaveBeenKicked(1);
                    second.mustBeLoggedIn("alice");
                    second.mustNotHaveBeenKicked();
                });

        drafts.scenario("no-reconnect-after-kick", "Who was kicked does not come back by itself")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("kicks a device and waits for longer than the first reconnect would take")
                .expects("no attempt to connect; the other device stays", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().loggedIn("alice");
                    first.awaitKick();
                    stage.pause(2500);
                    stage.that("the first device connects", first.network().contains(Device.CONNECTING))
                            .is(false);
                    second.mustBeLoggedIn("alice");
                    stage.that("kicks on the server", stage.count(Type.KICKED)).is(1L);
                });

        drafts.scenario("login-after-kick", "Who was kicked may log in again")
                .from(FLUTTER_GUIDE)
                .does("kicks a device, which logs in again with the same UserSig; the other one then does the same")
                .expects("callback 0, and now the other one is kicked; then the first one again", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().loggedIn("alice");
                    first.mustHaveBeenKicked(1);
                    first.login("alice").answers(0);
                    second.mustHaveBeenKicked(1);
                    first.mustBeLoggedIn("alice");
                    first.forget();
                    second.login("alice").answers(0);
                    first.mustHaveBeenKicked(1);
                });

        drafts.scenario("kick-in-callback", "Inside the kicked callback nobody is logged in")
                .from(HEADERS)
                .does("kicks a device whose kicked callback asks for the status and logs in as another user")
                .expects("status 3 inside the callback; the login succeeds", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Request status = first.planned("TIMGetLoginStatus");
                    Request bob = first.plannedLogin("bob", stage.userSig("bob"));
                    first.insideEvent("TIMSetKickedOfflineCallback", status, bob);
                    stage.device().loggedIn("alice");
                    stage.that("TIMGetLoginStatus", status.result()).is(3L);
                    bob.answers(0);
                    first.mustBeLoggedIn("bob");
                });
    }

    private static void policies(Drafts drafts) {
        drafts.scenario("single-platform", "Single platform: another platform kicks")
                .from(FLUTTER_GUIDE, SERVICE)
                .does("allows one platform of all; logs alice in on Linux, then on Android")
                .expects("the first is kicked, reason 2", stage -> {
                    policy(stage, LoginPolicy.Kind.SINGLE_PLATFORM);
                    Device linux = stage.device().loggedIn("alice");
                    Device android = stage.device(Platform.ANDROID).loggedIn("alice");
                    linux.mustHaveBeenKicked(2);
                    android.mustBeLoggedIn("alice");
                });

        drafts.scenario("dual-platform", "Dual platform: Web stays beside one other")
                .from(FLUTTER_GUIDE, SERVICE)
                .does("allows Web and one other; logs alice in on Linux and Web, then on iPhone")
                .expects("Linux is kicked by iPhone, reason 2; Web stays", stage -> {
                    policy(stage, LoginPolicy.Kind.DUAL_PLATFORM);
                    Device linux = stage.device().loggedIn("alice");
                    Device web = stage.device(Platform.WEB).loggedIn("alice");
                    linux.mustBeLoggedIn("alice");
                    Device phone = stage.device(Platform.IPHONE).loggedIn("alice");
                    linux.mustHaveBeenKicked(2);
                    web.mustBeLoggedIn("alice");
                    phone.mustBeLoggedIn("alice");
                });

        drafts.scenario("triple-platform", "Triple platform: one mobile, one desktop, Web")
                .from(FLUTTER_GUIDE, SERVICE)
                .does("allows these three; logs alice in on Windows, Android and Web, then on Mac")
                .expects("Windows is kicked by Mac, reason 2; the others stay", stage -> {
                    policy(stage, LoginPolicy.Kind.TRIPLE_PLATFORM);
                    Device windows = stage.device(Platform.WINDOWS).loggedIn("alice");
                    Device android = stage.device(Platform.ANDROID).loggedIn("alice");
                    Device web = stage.device(Platform.WEB).loggedIn("alice");
                    windows.mustBeLoggedIn("alice");
                    stage.device(Platform.MAC).loggedIn("alice");
                    windows.mustHaveBeenKicked(2);
                    android.mustBeLoggedIn("alice");
                    web.mustBeLoggedIn("alice");
                });

        drafts.scenario("multi-platform", "Multi platform: every platform stays")
                .from(FLUTTER_GUIDE, SERVICE)
                .does("logs alice in on Linux, iPad and Web")
                .expects("all three stay", stage -> {
                    List<Device> devices = List.of(
                            stage.device().loggedIn("alice"),
                            stage.device(Platform.IPAD).loggedIn("alice"),
                            stage.device(Platform.WEB).loggedIn("alice"));
                    stage.aMoment();
                    devices.forEach(device -> device.mustBeLoggedIn("alice"));
                    devices.forEach(Device::mustNotHaveBeenKicked);
                });

        drafts.scenario("two-instances", "With two instances allowed, the third kicks the one logged in longest")
                .from(FLUTTER_GUIDE, WEB_GUIDE, SERVICE)
                .does("allows two instances for Linux; logs alice in three times")
                .expects("the first is kicked, the other two stay", stage -> {
                    stage.server()
                            .loginPolicy(
                                    Stage.APP,
                                    LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM)
                                            .withInstances(Platform.LINUX, 2));
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().loggedIn("alice");
                    first.mustBeLoggedIn("alice");
                    Device third = stage.device().loggedIn("alice");
                    first.mustHaveBeenKicked(1);
                    second.mustBeLoggedIn("alice");
                    second.mustNotHaveBeenKicked();
                    third.mustBeLoggedIn("alice");
                });

        drafts.scenario("logout-of-one", "A logout touches no other instance")
                .from(WEB_GUIDE)
                .does("allows two instances; logs both in, then the first one out")
                .expects("the second stays", stage -> {
                    stage.server()
                            .loginPolicy(
                                    Stage.APP,
                                    LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM)
                                            .withInstances(Platform.LINUX, 2));
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().loggedIn("alice");
                    first.logout().answers(0);
                    stage.awaitCount(Type.LOGOUT, 1);
                    second.mustBeLoggedIn("alice");
                    second.mustNotHaveBeenKicked();
                });

        drafts.scenario("other-users", "Different users do not kick each other")
                .from(FLUTTER_GUIDE)
                .does("logs alice and bob in from two devices")
                .expects("both stay", stage -> {
                    Device first = stage.device().loggedIn("alice");
                    Device second = stage.device().loggedIn("bob");
                    stage.aMoment();
                    first.mustBeLoggedIn("alice");
                    first.mustNotHaveBeenKicked();
                    second.mustBeLoggedIn("bob");
                });
    }

    private static void offline(Drafts drafts) {
        drafts.scenario("kicked-while-offline", "Who was kicked while offline learns it at the next login, once")
                .from(CLASSIC_GUIDE, SERVICE)
                .does("logs alice in; the process dies; another device logs in; the first device logs in twice")
                .expects("6208, then 0, which kicks the other device", stage -> {
                    Device first = stage.device("Linux", "desk").loggedIn("alice");
                    first.kill();
                    stage.awaitCount(Type.LINK_CLOSED, 1);
                    Device other = stage.device("Linux", "laptop").loggedIn("alice");
                    Device again = stage.device("Linux", "desk").init();
                    again.login("alice").answers(6208);
                    again.mustBeLoggedOut();
                    other.mustNotHaveBeenKicked();
                    again.login("alice").answers(0);
                    other.mustHaveBeenKicked(1);
                });

        drafts.scenario(
                        "kicked-while-reconnecting",
                        "Who was kicked while the connection was lost learns it from the kicked callback")
                .from(CLASSIC_GUIDE, HEADERS)
                .does("cuts the first device's connection, keeps it away, and logs another device in")
                .expects(
                        "no login callback: the kicked callback once (reason 1), status 3, no further attempt",
                        stage -> {
                            Device first = stage.device("Linux", "desk").loggedIn("alice");
                            stage.server().testing().pauseAccepting();
                            stage.server().testing().cutConnections();
                            first.awaitNetwork(Device.DISCONNECTED);
                            stage.server().kick(Stage.APP, "alice", KickCause.OTHER_INSTANCE);
                            stage.server().testing().resumeAccepting();
                            first.mustHaveBeenKicked(1);
                            first.forget();
                            stage.pause(1500);
                            stage.that("further attempts", first.network()).is(List.of());
                        });
    }

    private static void sameInstance(Drafts drafts) {
        drafts.scenario("reconnect-kicks-nobody", "A reconnect of the same instance kicks nobody")
                .from(SERVICE)
                .does("logs alice in on two platforms and cuts both connections")
                .expects("both come back; no kick", stage -> {
                    Device linux = stage.device().loggedIn("alice");
                    Device web = stage.device(Platform.WEB).loggedIn("alice");
                    stage.server().testing().cutConnections();
                    linux.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    web.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    stage.that("kicks on the server", stage.count(Type.KICKED)).is(0L);
                    linux.mustNotHaveBeenKicked();
                    web.mustNotHaveBeenKicked();
                });

        drafts.scenario("device-id-kept", "A device is known again after a restart by what it keeps in its folder")
                .from(HEADERS, SERVICE)
                .needs(Need.TIMSHIM)
                .does(
                        "logs alice in without a device id of the application's own; kills the process; logs in from a new process with "
                                + "the same folder")
                .expects("the same instance to the server: a reconnect, no second login", stage -> {
                    Device first = stage.device().set("shim_device_id", null).loggedIn("alice");
                    String device = stage.server().sessions().get(0).deviceId();
                    first.kill();
                    stage.awaitCount(Type.LINK_CLOSED, 1);
                    stage.device()
                            .set("shim_device_id", null)
                            .set("sdk_config_config_file_path", first.process().folder())
                            .loggedIn("alice");
                    stage.that("device id", stage.server().sessions().get(0).deviceId())
                            .is(device);
                    stage.that("logins on the server", stage.count(Type.LOGIN)).is(1L);
                });
    }

    private static void administrator(Drafts drafts) {
        drafts.scenario("rest-kick", "An administrator's kick ends the session")
                .from(WEB_GUIDE, SERVICE)
                .does("logs alice in on two platforms and lets the server kick her")
                .expects("both are called back once, reason 3", stage -> {
                    Device linux = stage.device().loggedIn("alice");
                    Device web = stage.device(Platform.WEB).loggedIn("alice");
                    stage.server().kick(Stage.APP, "alice", KickCause.REST);
                    linux.mustHaveBeenKicked(3);
                    web.mustHaveBeenKicked(3);
                });

        drafts.scenario("kick-one-device", "A kick of one device leaves the others alone")
                .from(WEB_GUIDE, SERVICE)
                .does("logs alice in on Linux and Web and kicks Web")
                .expects("Web is called back; Linux stays", stage -> {
                    Device linux = stage.device().loggedIn("alice");
                    Device web = stage.device(Platform.WEB).loggedIn("alice");
                    stage.server().kick(Stage.APP, "alice", Platform.WEB, null, KickCause.REST);
                    web.mustHaveBeenKicked(3);
                    linux.mustBeLoggedIn("alice");
                    linux.mustNotHaveBeenKicked();
                });

        int[][] reasons = {{0x8E, 1}, {0x98, 3}, {0x87, 3}};
        for (int[] row : reasons) {
            drafts.scenario(
                            String.format("broker-0x%02X", row[0]),
                            String.format("DISCONNECT 0x%02X of a plain broker is a kick", row[0]))
                    .from(WIRE)
                    .does("logs in to a server that ends the session with this reason and nothing more")
                    .expects("the kicked callback once, reason " + row[1] + ", status 3", stage -> {
                        ScriptedServer server =
                                stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                        Device device =
                                stage.device().set("shim_server", server.url()).loggedIn("alice");
                        server.awaitConnection().send(Packets.disconnect(row[0]));
                        device.mustHaveBeenKicked(row[1]);
                    });
        }

        drafts.scenario("broker-0xA0", "DISCONNECT 0xA0 says that the UserSig has expired")
                .from(WIRE)
                .does("logs in to a server that ends the session with this reason and nothing more")
                .expects(
                        "the expired callback once, reason 4, no kicked callback; the UserSig is refused from now on with 6206",
                        stage -> {
                            ScriptedServer server =
                                    stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                            Device device = stage.device()
                                    .set("shim_server", server.url())
                                    .loggedIn("alice");
                            server.awaitConnection().send(Packets.disconnect(0xA0));
                            device.mustHaveExpired();
                            stage.that(
                                            "kicked callbacks",
                                            device.recent(Kicked.class).size())
                                    .is(0);
                            device.login("alice").answers(6206);
                        });
    }
}
