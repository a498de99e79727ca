/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.CLASSIC_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.ERROR_CODES;
import static io.github.tim4j.conformance.scenarios.Source.FLUTTER_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.WIRE;

import io.github.tim4j.conformance.message.Resources;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Packets;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.ScriptedServer;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.server.ServerEvent.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Lost connections, and servers that are away, silent, full or of another kind. */
final class FaultScenarios {
    private FaultScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.FAULTS, Need.KIT_SERVER);
        lost(drafts);
        reconnects(drafts);
        reconnectRefused(drafts);
        requestsMeanwhile(drafts);
        unreachable(drafts);
        heartbeat(drafts);
        storms(drafts);
        return drafts.all();
    }

    private static void lost(Drafts drafts) {
        drafts.scenario("connection-lost", "A lost connection comes back by itself")
                .from(CLASSIC_GUIDE, FLUTTER_GUIDE, HEADERS)
                .does("logs in and cuts the connection without a word")
                .expects(
                        "network callbacks 1, 2, 0; status 1 and user id all the time; no login callback; a reconnect to the server, "
                                + "no login",
                        stage -> {
                            Device device = stage.device().loggedIn("alice");
                            stage.server().testing().cutConnections();
                            device.awaitNetwork(Device.DISCONNECTED);
                            device.mustBeLoggedIn("alice");
                            device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                            device.mustBeLoggedIn("alice");
                            stage.that(
                                            "callbacks of requests",
                                            device.recent(Answer.class).size())
                                    .is(0);
                            device.mustNotHaveBeenKicked();
                            stage.that("logins on the server", stage.count(Type.LOGIN))
                                    .is(1L);
                            stage.that("reconnects on the server", stage.count(Type.RECONNECT))
                                    .is(1L);
                        });

        drafts.scenario("lost-thrice", "It comes back each time")
                .from(CLASSIC_GUIDE, FLUTTER_GUIDE)
                .does("logs in and cuts the connection three times")
                .expects("connected again each time, with status 1", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    for (int i = 0; i < 3; i++) {
                        device.forget();
                        stage.server().testing().cutConnections();
                        device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                        device.mustBeLoggedIn("alice");
                    }
                });

        drafts.scenario("reconnect-frees", "A restored connection leaves nothing behind")
                .from(HEADERS)
                .does("logs in and cuts the connection three times, then fifteen times; counts threads and open files")
                .expects("as many, but for what a JVM takes now and then", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    cutAndWait(stage, device, 3);
                    Resources before = device.resources();
                    cutAndWait(stage, device, 15);
                    stage.until(
                            "threads and files are as before",
                            () -> device.resources().isNotMoreThan(before));
                });

        drafts.scenario("server-restart", "A restart of the server is survived")
                .from(FLUTTER_GUIDE, WIRE)
                .does("logs in and restarts the server on its port, which tells its clients (0x8B)")
                .expects("network callbacks 1, 2, 0; status 1 all the time", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().restart();
                    device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    device.mustBeLoggedIn("alice");
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario("server-away", "While the server is away the session stays, and attempts go on")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("logs in, stops the server, waits for two failed attempts, starts it again")
                .expects("status 1 all the time; 1, then 2 and 3 in turns, 0 in the end", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(
                            Device.DISCONNECTED,
                            Device.CONNECTING,
                            Device.CONNECT_FAILED,
                            Device.CONNECTING,
                            Device.CONNECT_FAILED);
                    stage.that("the code of the failure", device.networkCode(Device.CONNECT_FAILED))
                            .is(9511);
                    device.mustBeLoggedIn("alice");
                    stage.server().testing().listenAgain();
                    device.awaitNetwork(Device.CONNECTING, Device.CONNECTED);
                    device.mustBeLoggedIn("alice");
                });

        for (int reason : new int[] {0x89, 0x8B, 0x8D, 0x9C, 0x00}) {
            drafts.scenario(
                            String.format("disconnect-0x%02X", reason),
                            String.format("DISCONNECT 0x%02X is no kick: the connection is restored", reason))
                    .from(WIRE)
                    .does("logs in to a server that disconnects with this reason")
                    .expects("network callbacks 1, 2, 0; the same UserSig; no login callback", stage -> {
                        ScriptedServer server =
                                stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                        Device device =
                                stage.device().set("shim_server", server.url()).loggedIn("alice");
                        ScriptedServer.Connection first = server.awaitConnection();
                        first.send(reason == 0 ? new byte[] {(byte) 0xE0, 0} : Packets.disconnect(reason));
                        device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                        device.mustBeLoggedIn("alice");
                        device.mustNotHaveBeenKicked();
                        stage.that(
                                        "the same CONNECT again",
                                        Arrays.equals(first.connect, server.awaitConnection().connect))
                                .is(true);
                    });
        }
    }

    private static void cutAndWait(Stage stage, Device device, int times) {
        for (int i = 0; i < times; i++) {
            device.forget();
            stage.server().testing().cutConnections();
            device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
        }
        device.mustBeLoggedIn("alice");
    }

    private static void reconnects(Drafts drafts) {
        drafts.scenario("reconnect-at-once", "When the server asks for it, the connection is restored at once")
                .from(HEADERS, WIRE)
                .does(
                        "logs in, waits for longer than a second, and lets the server disconnect with 0x9C; up to eight times, until the "
                                + "next connection comes soon")
                .expects("once within 400 ms, sooner than any pause would end", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    stage.device().set("shim_server", server.url()).loggedIn("alice");
                    ScriptedServer.Connection connection = server.awaitConnection();
                    long soonest = Long.MAX_VALUE;
                    for (int i = 0; i < 8 && soonest >= 400; i++) {
                        stage.pause(1200);
                        long begin = System.nanoTime();
                        connection.send(Packets.disconnect(0x9C));
                        connection = server.awaitConnection();
                        soonest = Math.min(
                                soonest,
                                Duration.ofNanos(System.nanoTime() - begin).toMillis());
                    }
                    stage.that("milliseconds", soonest).matches(took -> took < 400, "below 400 at least once");
                });

        drafts.scenario("reconnect-newest-usersig", "A reconnect uses the UserSig that was accepted last")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("logs in, logs in again with a new UserSig, and cuts the connection")
                .expects("the new UserSig in the next CONNECT", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device =
                            stage.device().set("shim_server", server.url()).loggedIn("alice");
                    String renewed = stage.freshUserSig("alice");
                    device.login("alice", renewed).answers(0);
                    server.awaitConnection();
                    server.awaitConnection().cut();
                    List<String> texts = Packets.connectTexts(server.awaitConnection().connect);
                    stage.that(
                                    "the password is the new UserSig",
                                    texts.get(texts.size() - 1).equals(renewed))
                            .is(true);
                });

        drafts.scenario("switch-frees", "Switches of the account leave nothing behind")
                .from(HEADERS)
                .does(
                        "counts threads, open files and native memory after six and after forty-six logins of two users in turns")
                .expects("as much, but for what a JVM takes now and then", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device =
                            stage.device().set("shim_server", server.url()).init();
                    turns(device, 3);
                    Resources before = device.resources();
                    turns(device, 20);
                    stage.until(
                            "threads, files and memory are as before",
                            () -> device.resources().isNotMoreThan(before));
                });

        drafts.scenario("idle-is-idle", "Waiting costs no processor time")
                .from(HEADERS)
                .does("measures the process for four seconds each: logged in, and while the server is away")
                .expects("less than a tenth of a second of processor time each", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.that("logged in, milliseconds", idle(stage, device))
                            .matches(millis -> millis < 100, "below 100");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(Device.DISCONNECTED);
                    stage.that("server away, milliseconds", idle(stage, device))
                            .matches(millis -> millis < 100, "below 100");
                });
    }

    private static void turns(Device device, int count) {
        for (int i = 0; i < count; i++) {
            device.login("alice").answers(0);
            device.login("bob").answers(0);
        }
    }

    private static long idle(Stage stage, Device device) {
        long before = device.process().processorTime().toMillis();
        stage.pause(4000); // so long that a library which never sleeps is also seen on a busy machine
        long used = device.process().processorTime().toMillis() - before;
        stage.measured(used + " ms of processor time");
        return used;
    }

    private static void reconnectRefused(Drafts drafts) {
        drafts.scenario(
                        "reconnect-expired",
                        "A reconnect that is refused because the UserSig has expired ends the session")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("logs in, lets the server refuse the next login with 70001, cuts the connection")
                .expects(
                        "the expired callback once, status 3, no further attempt",
                        stage -> refusedReconnect(stage, 70001).mustHaveExpired());

        drafts.scenario(
                        "reconnect-invalidated",
                        "A reconnect that is refused because the UserSig is invalid ends the session")
                .from(HEADERS)
                .does("logs in, lets the server refuse the next login with 70052, cuts the connection")
                .expects(
                        "the kicked callback once (reason 3), status 3",
                        stage -> refusedReconnect(stage, 70052).mustHaveBeenKicked(3));

        drafts.scenario("reconnect-kicked", "A reconnect that is refused with 6208 ends the session")
                .from(CLASSIC_GUIDE, HEADERS)
                .does("logs in, lets the server refuse the next login with 6208, cuts the connection")
                .expects(
                        "the kicked callback once (reason 1), status 3",
                        stage -> refusedReconnect(stage, 6208).mustHaveBeenKicked(1));

        for (int code : new int[] {-302, -10114}) {
            drafts.scenario(
                            "reconnect-busy" + code,
                            "A reconnect that a full server refuses (" + code + ") is tried again")
                    .from(WIRE, FLUTTER_GUIDE)
                    .does("logs in, lets the server refuse the next login with " + code + ", cuts the connection")
                    .expects("1, 2, 3, then 2, 0; status 1", stage -> {
                        Device device = refusedReconnect(stage, code);
                        device.awaitNetwork(
                                Device.DISCONNECTED,
                                Device.CONNECTING,
                                Device.CONNECT_FAILED,
                                Device.CONNECTING,
                                Device.CONNECTED);
                        device.mustBeLoggedIn("alice");
                        device.mustNotHaveBeenKicked();
                    });
        }
    }

    private static Device refusedReconnect(Stage stage, int code) {
        Device device = stage.device().loggedIn("alice");
        stage.server().testing().refuseLogins(1, code);
        stage.server().testing().cutConnections();
        return device;
    }

    private static void requestsMeanwhile(Drafts drafts) {
        drafts.scenario("logout-while-reconnecting", "A logout needs no network")
                .from(HEADERS)
                .does("logs in, stops the server, logs out, starts the server")
                .expects("callback 0, status 3, and no attempt to connect any more", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(Device.DISCONNECTED);
                    device.logout().answers(0);
                    device.mustBeLoggedOut();
                    stage.server().testing().listenAgain();
                    device.forget();
                    stage.pause(1500);
                    stage.that("network callbacks", device.network()).is(List.of());
                });

        drafts.scenario("logout-dead-network", "A logout does not wait for a server that is silent")
                .from(HEADERS)
                .does("logs in, lets the server fall silent, logs out")
                .expects("callback 0 within three seconds, status 3", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().halfOpenConnections();
                    long begin = System.nanoTime();
                    device.logout().answers(0);
                    long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                    stage.that("milliseconds", millis).matches(took -> took < 3000, "below 3000");
                    device.mustBeLoggedOut();
                });

        drafts.scenario(
                        "switch-while-reconnecting",
                        "A switch of the account works while the connection is being restored")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("logs in as alice, stops the server, calls TIMLogin for bob, starts the server")
                .expects("callback 0; bob is logged in; alice's connection is not restored", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(Device.DISCONNECTED);
                    Request bob = device.login("bob");
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGING_IN);
                    stage.server().testing().listenAgain();
                    bob.answers(0);
                    device.mustBeLoggedIn("bob");
                    stage.that("reconnects on the server", stage.count(Type.RECONNECT))
                            .is(0L);
                });

        drafts.scenario("renewal-while-reconnecting", "A new UserSig is taken while the connection is being restored")
                .from(FLUTTER_GUIDE, HEADERS)
                .does("logs in, stops the server, calls TIMLogin with a new UserSig, starts the server")
                .expects("callback 0 once, status 1, connected", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(Device.DISCONNECTED);
                    Request renewal = device.login("alice", stage.freshUserSig("alice"));
                    device.mustBeLoggedIn("alice");
                    stage.server().testing().listenAgain();
                    renewal.answers(0);
                    device.mustBeLoggedIn("alice");
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario(
                        "renewal-refused-while-reconnecting",
                        "If a new UserSig is refused while the connection is being restored, that goes on")
                .from(HEADERS)
                .does(
                        "logs in, stops the server, calls TIMLogin with a UserSig signed with another key, starts the server")
                .expects("70009; then connected again as before", stage -> {
                    Device device = stage.device().loggedIn("alice");
                    stage.server().testing().stopListening();
                    device.awaitNetwork(Device.DISCONNECTED);
                    Request renewal = device.login("alice", LoginScenarios.wrongKey(stage, "alice"));
                    stage.server().testing().listenAgain();
                    renewal.answers(70009);
                    device.awaitNetwork(Device.CONNECTED);
                    device.mustBeLoggedIn("alice");
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario("server-comes-later", "A login that is under way succeeds when the server comes")
                .from(HEADERS)
                .does("stops the server, calls TIMLogin, waits for a failed attempt, starts the server")
                .expects("one callback, 0; meanwhile 2 and 3 in turns", stage -> {
                    stage.server().testing().stopListening();
                    Device device = stage.device().init();
                    Request login = device.login("alice");
                    device.awaitNetwork(Device.CONNECTING, Device.CONNECT_FAILED);
                    stage.that("TIMGetLoginStatus", device.status()).is(Device.LOGGING_IN);
                    stage.server().testing().listenAgain();
                    login.answers(0);
                    device.mustBeLoggedIn("alice");
                });
    }

    private static void unreachable(Drafts drafts) {
        Source[] sources = {ERROR_CODES, HEADERS};
        drafts.scenario("refused", "Nobody listens: 9511")
                .from(sources)
                .does("logs in to a port that refuses connections")
                .expects(
                        "callback 9511 after the login timeout, status 3",
                        stage -> fails(stage, stage.nowhere(), 9511));

        drafts.scenario("host-unknown", "No such host: 9516")
                .from(sources)
                .does("logs in to a host name that cannot exist")
                .expects(
                        "callback 9516 after the login timeout, status 3",
                        stage -> fails(stage, "mqtt://no..such..host:1883", 9516));

        drafts.scenario("silent", "The server does not answer: 9520")
                .from(sources)
                .does("logs in to a server that takes the CONNECT and says nothing")
                .expects(
                        "callback 9520 after the login timeout, status 3",
                        stage -> fails(
                                stage, stage.scripted().plays(connection -> {}).url(), 9520));

        drafts.scenario("closed", "The server closes the connection without a word: 9514")
                .from(sources)
                .does("logs in to a server that takes the CONNECT and closes")
                .expects(
                        "callback 9514 after the login timeout, status 3",
                        stage -> fails(
                                stage,
                                stage.scripted()
                                        .plays(ScriptedServer.Connection::cut)
                                        .url(),
                                9514));

        drafts.scenario("not-mqtt", "The server speaks something else: 9502")
                .from(ERROR_CODES, WIRE)
                .does("logs in to a server that answers in HTTP")
                .expects("callback 9502 after the login timeout, status 3", stage -> {
                    byte[] answer = "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
                    fails(
                            stage,
                            stage.scripted()
                                    .plays(connection -> connection.send(answer))
                                    .url(),
                            9502);
                });

        drafts.scenario("login-timeout", "A login is tried until the login timeout, and no longer")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs in where nobody listens, with a login timeout of 1.5 s")
                .expects("the callback comes after 1.5 s, not before, and not after 6 s", stage -> {
                    Device device = stage.device()
                            .set("shim_server", stage.nowhere())
                            .set("shim_login_timeout_ms", 1500)
                            .init();
                    long begin = System.nanoTime();
                    device.login("alice").answers(9511);
                    long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                    stage.that("milliseconds", millis).matches(took -> took >= 1450 && took < 6000, "1500 to 6000");
                });
    }

    private static void fails(Stage stage, String url, int code) {
        Device device = stage.device()
                .set("shim_server", url)
                .set("shim_allow_plaintext", true)
                .set("shim_login_timeout_ms", 700)
                .init();
        device.login("alice").answers(code);
        device.mustBeLoggedOut();
        stage.that("network callbacks", device.network().subList(0, 2))
                .is(List.of(Device.CONNECTING, Device.CONNECT_FAILED));
        stage.that("code of the network callback", device.networkCode(Device.CONNECT_FAILED))
                .is(code);
    }

    private static void heartbeat(Drafts drafts) {
        drafts.scenario("heartbeat", "A heartbeat is sent within the keep alive")
                .from(WIRE)
                .does("logs in with a heartbeat of 1 s and waits for three pings")
                .expects("three PINGREQ; the connection stays", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device = stage.device()
                            .set("shim_server", server.url())
                            .set("shim_heartbeat_s", 1)
                            .loggedIn("alice");
                    ScriptedServer.Connection connection = server.awaitConnection();
                    stage.until("three pings", () -> connection.pings.size() >= 3);
                    stage.that("network callbacks", device.network()).is(List.of());
                });

        drafts.scenario("heartbeat-after-renewal", "The connection of a new UserSig also has a heartbeat")
                .from(WIRE)
                .does(
                        "logs in with a heartbeat of 1 s, then again with a new UserSig; waits for three pings on the new connection")
                .expects("three PINGREQ; the connection stays", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device = stage.device()
                            .set("shim_server", server.url())
                            .set("shim_heartbeat_s", 1)
                            .loggedIn("alice");
                    server.awaitConnection();
                    device.login("alice", stage.freshUserSig("alice")).answers(0);
                    ScriptedServer.Connection second = server.awaitConnection();
                    stage.until("three pings", () -> second.pings.size() >= 3);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("server-keep-alive", "The server's keep alive overrides the client's")
                .from(WIRE)
                .does("logs in with a heartbeat of 300 s to a server that asks for 1 s")
                .expects("two PINGREQ within seconds", stage -> {
                    ScriptedServer server = stage.scripted()
                            .plays(connection -> connection.send(Packets.connack(0, Packets.serverKeepAlive(1))));
                    stage.device()
                            .set("shim_server", server.url())
                            .set("shim_heartbeat_s", 300)
                            .loggedIn("alice");
                    ScriptedServer.Connection connection = server.awaitConnection();
                    stage.until("two pings", () -> connection.pings.size() >= 2);
                });

        drafts.scenario("half-open", "A connection that is dead without a word is noticed")
                .from(HEADERS, WIRE)
                .does(
                        "logs in with a heartbeat of 1 s and lets the server fall silent on this connection, and then on the next one")
                .expects("network callbacks 1, 2, 0 each time; status 1 all the time", stage -> {
                    Device device = stage.device().set("shim_heartbeat_s", 1).loggedIn("alice");
                    for (int i = 0; i < 2; i++) {
                        device.forget();
                        stage.server().testing().halfOpenConnections();
                        device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                        device.mustBeLoggedIn("alice");
                    }
                    device.mustNotHaveBeenKicked();
                });

        drafts.scenario("heartbeat-in-time", "Heartbeats come in time for a server that drops who is silent")
                .from(WIRE)
                .does(
                        "logs in with a heartbeat of 2 s to a server that drops a client after 3 s of silence; waits for seven seconds")
                .expects("no network callback", stage -> {
                    Device device = stage.device().set("shim_heartbeat_s", 2).loggedIn("alice");
                    stage.pause(7000);
                    stage.that("network callbacks", device.network()).is(List.of());
                    device.mustBeLoggedIn("alice");
                });
    }

    private static void storms(Drafts drafts) {
        drafts.scenario("no-storm-of-reconnects", "A server that accepts and hangs up at once gets no storm")
                .from(HEADERS)
                .does("logs in to a server that cuts each connection right after CONNACK; counts for four seconds")
                .expects("at least two, at most ten connections", stage -> {
                    AtomicInteger count = new AtomicInteger();
                    ScriptedServer server = stage.scripted().plays(connection -> {
                        count.incrementAndGet();
                        connection.send(Packets.connack(0));
                        connection.cut();
                    });
                    Device device =
                            stage.device().set("shim_server", server.url()).init();
                    device.login("alice").answers(0);
                    stage.pause(4000);
                    stage.that("connections", count.get()).matches(n -> n >= 2 && n <= 10, "2 to 10");
                });

        drafts.scenario("no-storm-of-attempts", "A server that is away gets no storm")
                .from(HEADERS)
                .does("logs in where every connection is closed before CONNACK; counts for six seconds")
                .expects("at least two, at most five connections: the pauses grow", stage -> {
                    AtomicInteger count = new AtomicInteger();
                    ScriptedServer server = stage.scripted().plays(connection -> {
                        count.incrementAndGet();
                        connection.cut();
                    });
                    stage.device().set("shim_server", server.url()).init().login("alice");
                    stage.pause(6000);
                    stage.that("connections", count.get()).matches(n -> n >= 2 && n <= 5, "2 to 5");
                });
    }
}
