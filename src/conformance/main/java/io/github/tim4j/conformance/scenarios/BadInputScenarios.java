/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.scenarios;

import static io.github.tim4j.conformance.scenarios.Source.C_REFERENCE;
import static io.github.tim4j.conformance.scenarios.Source.ERROR_CODES;
import static io.github.tim4j.conformance.scenarios.Source.FLUTTER_GUIDE;
import static io.github.tim4j.conformance.scenarios.Source.HEADERS;
import static io.github.tim4j.conformance.scenarios.Source.MEASURED;
import static io.github.tim4j.conformance.scenarios.Source.WIRE;

import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.stage.Client;
import io.github.tim4j.conformance.stage.Device;
import io.github.tim4j.conformance.stage.Packets;
import io.github.tim4j.conformance.stage.Request;
import io.github.tim4j.conformance.stage.ScriptedServer;
import io.github.tim4j.conformance.stage.Stage;
import io.github.tim4j.server.ServerEvent.Type;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Arguments that no application should pass, and packets that no server should send. */
final class BadInputScenarios {
    private static final int MEGABYTE = 1 << 20;

    private BadInputScenarios() {}

    static List<Scenario> all() {
        Drafts drafts = new Drafts(Group.BAD_INPUT, Need.LIBRARY);
        configuration(drafts);
        arguments(drafts);
        settings(drafts);
        packets(drafts);
        return drafts.all();
    }

    private static void configuration(Drafts drafts) {
        drafts.scenario("init-json-wrong-type", "TIMInit refuses a known key with a value of the wrong type")
                .from(HEADERS)
                .why("A setting that is ignored without a word is looked for in the wrong place.")
                .does(
                        "calls TIMInit with numbers, objects and booleans where there must be texts, and the other way round")
                .expects("-3 each time", stage -> {
                    Device device = stage.device();
                    for (String json : List.of(
                            "{\"sdk_config_log_file_path\":1}",
                            "{\"sdk_config_config_file_path\":{}}",
                            "{\"sdk_config_log_file_path\":[\"a\"]}",
                            "{\"sdk_config_main_thread_id\":\"1\"}")) {
                        stage.that("TIMInit(" + json + ")", device.init(Stage.APP, json))
                                .shimOrVendor(-3L, 0L);
                        device.uninit();
                    }
                });

        drafts.scenario("init-json-unknown-keys", "TIMInit ignores keys that it does not know")
                .from(HEADERS)
                .does("calls TIMInit with unknown keys with values of every type, among keys that it knows")
                .expects("0", stage -> {
                    Device device = stage.device();
                    String more = "\"unknown\":{\"a\":[1,2.5e3,true,null,\"\\u00e9\\ud83d\\ude00\"]},\"other\":null,";
                    stage.that(
                                    "TIMInit",
                                    device.init(
                                            Stage.APP,
                                            "{" + more + device.config().substring(1)))
                            .is(0L);
                    device.logout().answers(0);
                });

        drafts.scenario("init-json-monsters", "TIMInit survives any text")
                .from(HEADERS, C_REFERENCE)
                .does(
                        "calls TIMInit with JSON that is nested deeply, very long, cut short, not UTF-8, or begins with a byte order mark")
                .expects("an error for each; then 0 for a right one", stage -> {
                    Device device = stage.device();
                    List<byte[]> monsters = List.of(
                            bytes("{\"a\":" + "[".repeat(100_000)),
                            bytes("{\"a\":" + "{\"b\":".repeat(50_000)),
                            bytes("{\"a\":\"" + "x".repeat(MEGABYTE)),
                            bytes("{\"a\":\"\\u12\"}"),
                            bytes("{\"a\":\"\\ud800\"}x"),
                            new byte[] {'{', '"', (byte) 0xff, (byte) 0xfe, '"', ':', '1'},
                            new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf, '{'},
                            bytes("{\"a\":1e}"),
                            bytes("{\"a\":01"),
                            bytes("{} {}x"),
                            bytes("{\"a\":\"\n"));
                    for (byte[] monster : monsters) {
                        stage.that("TIMInit of " + monster.length + " bytes", device.init(Stage.APP, monster))
                                .matches(result -> result < 0, "an error");
                    }
                    device.init();
                });

        drafts.scenario("set-config-null", "TIMSetConfig without a text")
                .from(HEADERS)
                .why("Without a text nothing changes, and the callback gets the configuration: that is how it is read.")
                .does("calls TIMSetConfig with NULL and with an empty text")
                .expects("success; the vendor's library refuses it", stage -> {
                    Device device = stage.device().init();
                    stage.that("TIMSetConfig(NULL)", device.setConfig(null).result())
                            .shimOrVendor(0L, -4L);
                    stage.that("TIMSetConfig(\"\")", device.setConfig("").result())
                            .shimOrVendor(0L, -4L);
                });

        drafts.scenario(
                        "set-config-wrong-type",
                        "TIMSetConfig refuses values of the wrong type and levels that do not exist")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does(
                        "calls TIMSetConfig with levels -1, 8 and \"6\", and a boolean that is a number; then asks for the configuration")
                .expects("-3 each time, without callback; nothing has changed", stage -> {
                    Device device = stage.device().init();
                    for (String json : List.of(
                            "{\"set_config_log_level\":-1}",
                            "{\"set_config_log_level\":8}",
                            "{\"set_config_callback_log_level\":\"6\"}",
                            "{\"set_config_log_level\":3,\"set_config_is_log_output_console\":1}")) {
                        stage.that(
                                        "TIMSetConfig(" + json + ")",
                                        device.setConfig(json).result())
                                .is(-3L);
                    }
                    Request all = device.setConfig("{}").answers(0);
                    stage.that("the configuration", device.text(all.answer().json()))
                            .matches(
                                    json -> json.contains("\"set_config_log_level\":4"),
                                    "log level 4, as at the start");
                });

        drafts.scenario("set-config-proxy", "A proxy's password is not in the configuration that is answered")
                .from(HEADERS)
                .why("An application may log what it is answered.")
                .does("calls TIMSetConfig with a proxy that has a password")
                .expects("callback 0 with the proxy's address, without the password", stage -> {
                    Device device = stage.device().init();
                    String password = "the-password-of-the-proxy";
                    Request set = device.setConfig(
                                    "{\"set_config_socks5_proxy_info\":{\"socks5_proxy_info_ip\":\"127.0.0.1\","
                                            + "\"socks5_proxy_info_port\":1080,\"socks5_proxy_info_username\":\"u\","
                                            + "\"socks5_proxy_info_password\":\"" + password + "\"}}")
                            .answers(0);
                    String json = device.text(set.answer().json()).replaceAll("\\s", "");
                    stage.that("the configuration", json)
                            .matches(
                                    text -> text.contains("\"socks5_proxy_info_ip\":\"127.0.0.1\"")
                                            && text.contains("\"socks5_proxy_info_port\":1080"),
                                    "JSON with the address and the port");
                    stage.that("the password", json.contains(password) ? "is in it" : "is left out")
                            .shimOrVendor("is left out", "is in it");
                });

        drafts.scenario("set-config-proxy-wrong", "TIMSetConfig refuses a proxy that cannot be one")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("calls TIMSetConfig with ports 0, 65536 and \"1080\", and with an address of 256 bytes")
                .expects("-3 each time", stage -> {
                    Device device = stage.device().init();
                    for (String proxy : List.of(
                            "\"http_proxy_info_ip\":\"127.0.0.1\",\"http_proxy_info_port\":0",
                            "\"http_proxy_info_ip\":\"127.0.0.1\",\"http_proxy_info_port\":65536",
                            "\"http_proxy_info_ip\":\"127.0.0.1\",\"http_proxy_info_port\":\"1080\"",
                            "\"http_proxy_info_ip\":\"" + "a".repeat(256) + "\",\"http_proxy_info_port\":1080")) {
                        stage.that(
                                        "TIMSetConfig with " + proxy,
                                        device.setConfig("{\"set_config_http_proxy_info\":{" + proxy + "}}")
                                                .outcome())
                                .is("returns -3, no callback");
                    }
                });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void arguments(Drafts drafts) {
        drafts.scenario("user-id-any-bytes", "TIMLogin accepts any user id that is not empty, and judges later")
                .from(MEASURED, FLUTTER_GUIDE, HEADERS)
                .does(
                        "calls TIMLogin with 33, 128, 200 and 2000 bytes, a megabyte, UTF-8, broken UTF-8, a blank; then TIMUninit")
                .expects("0 each time", stage -> {
                    Device device = stage.device().init();
                    for (byte[] user : strangeUsers()) {
                        stage.that(
                                        "TIMLogin with " + user.length + " bytes",
                                        device.tryLogin(user, stage.userSig("alice"))
                                                .result())
                                .is(0L);
                    }
                    device.uninit();
                });

        drafts.scenario("user-id-7003", "An invalid user id gets 7003")
                .from(FLUTTER_GUIDE, ERROR_CODES, HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs in with the same user ids")
                .expects("callback 7003 each time; nothing sent to the server", stage -> {
                    Device device = stage.device().init();
                    for (byte[] user : strangeUsers()) {
                        if (!Arrays.equals(user, bytes("a b"))) {
                            device.tryLogin(user, stage.userSig("alice")).answers(7003);
                        }
                    }
                    device.mustBeLoggedOut();
                    stage.that("events on the server", stage.server().events(0).size())
                            .is(0);
                });

        drafts.scenario("usersig-8192", "A UserSig of 8192 bytes is sent; a longer one is refused here")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs in with a UserSig of 8192, of 8193 bytes and of a megabyte")
                .expects("70003 each time; the server has seen one", stage -> {
                    Device device = stage.device().init();
                    device.login("alice", "s".repeat(8192)).answers(70003);
                    stage.that("refusals on the server", stage.count(Type.LOGIN_REFUSED))
                            .is(1L);
                    device.login("alice", "s".repeat(8193)).answers(70003);
                    device.login("alice", "s".repeat(MEGABYTE)).answers(70003);
                    stage.that("refusals on the server", stage.count(Type.LOGIN_REFUSED))
                            .is(1L);
                });

        drafts.scenario(
                        "usersig-strange",
                        "A UserSig with line ends, blanks or other bytes is a wrong one, nothing worse")
                .from(ERROR_CODES)
                .needs(Need.KIT_SERVER)
                .does("logs in with such UserSigs, then with a right one")
                .expects("a refusal each time, then 0", stage -> {
                    Device device = stage.device().init();
                    for (String userSig : List.of("a\nb", "\r\n\r\n", " ", "\u5f20", "\u0001", "eJw*".repeat(20))) {
                        stage.that("the code", device.login("alice", userSig).code())
                                .matches(code -> code != 0, "not 0");
                    }
                    device.login("alice").answers(0);
                });

        drafts.scenario("texts-copied", "Texts are the application's again when the call has returned")
                .from(HEADERS, FLUTTER_GUIDE)
                .needs(Need.KIT_SERVER)
                .does(
                        "begins a login while another one is under way, and overwrites configuration, user id and UserSig when each call "
                                + "has returned")
                .expects("both succeed", stage -> {
                    stage.server().testing().delayLogins(Duration.ofMillis(200));
                    Device device = stage.device().init();
                    Request first = device.login("alice");
                    Request second = device.login("bob");
                    first.answers(0);
                    second.answers(0);
                    device.mustBeLoggedIn("bob");
                });

        drafts.scenario("usersig-nowhere", "The UserSig stands in no log, no message and no file")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does(
                        "logs everything to file, console and callback; logs in with right, wrong and expired UserSigs; is kicked; loses "
                                + "the connection")
                .expects("none of them anywhere", stage -> {
                    Device device = stage.device().init();
                    device.setConfig("{\"set_config_log_level\":1,\"set_config_callback_log_level\":1,"
                                    + "\"set_config_is_log_output_console\":true}")
                            .answers(0);
                    device.login("alice", stage.userSig("bob")).answers(70013);
                    device.login("alice").answers(0);
                    device.forget();
                    stage.server().testing().cutConnections();
                    device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    stage.server().expireUserSigs(Stage.APP, "alice");
                    device.mustHaveExpired();
                    device.login("alice").answers(6206);
                    stage.that(
                                    "log lines",
                                    device.messages().stream()
                                            .filter(LogLine.class::isInstance)
                                            .count())
                            .matches(lines -> lines > 5, "more than 5");
                    stage.that("the log file", device.process().written())
                            .matches(text -> text.contains("kicked") || text.contains("expired"), "lines");
                });
    }

    private static List<byte[]> strangeUsers() {
        return List.of(
                bytes("u".repeat(33)),
                bytes("u".repeat(128)),
                bytes("u".repeat(200)),
                bytes("u".repeat(2000)),
                bytes("u".repeat(MEGABYTE)),
                bytes("\u5f20\u4e09"),
                new byte[] {'a', (byte) 0xc3, (byte) 0x28},
                bytes("a b"));
    }

    private static void settings(Drafts drafts) {
        Object[][] unusable = {
            {"shim_server", "http://127.0.0.1"},
            {"shim_server", "mqtt://127.0.0.1:0"},
            {"shim_server", "mqtt://"},
            {"shim_server", "mqtt://127.0.0.1:99999"},
            {"shim_platform", "Amiga"},
            {"shim_device_id", "a b"},
            {"shim_login_timeout_ms", -1},
            {"shim_heartbeat_s", 0},
            {"shim_heartbeat_s", 3601}
        };
        drafts.scenario("setting-unusable", "A setting that cannot be used makes logins fail with a text that names it")
                .from(HEADERS, ERROR_CODES)
                .needs(Need.TIMSHIM)
                .does("calls TIMInit with one such setting after another, and logs in")
                .expects("0, then callback 6017 with the key in its text", stage -> {
                    for (Object[] pair : unusable) {
                        Device device =
                                stage.reusable().set((String) pair[0], pair[1]).init();
                        Request login = device.login("alice").answers(6017);
                        stage.that(
                                        "the text for " + pair[0] + " " + pair[1],
                                        device.text(login.answer().desc()))
                                .matches(text -> text.contains((String) pair[0]), "a text that names the key");
                        device.uninit();
                        device.set((String) pair[0], null);
                        device.set("shim_server", stage.server().uri());
                    }
                });

        drafts.scenario("server-not-set", "Without a server a login says which key to set")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("calls TIMInit without shim_server, and logs in")
                .expects("callback 6017 with shim_server in its text", stage -> {
                    Device device = stage.device().set("shim_server", null).init();
                    Request login = device.login("alice").answers(6017);
                    stage.that("the text", device.text(login.answer().desc()))
                            .matches(text -> text.contains("shim_server"), "one that names shim_server");
                });

        drafts.scenario("plaintext-refused", "Without TLS only loopback is allowed")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("logs in to mqtt:// with an address that is not loopback")
                .expects("callback 6017 that names shim_allow_plaintext; nothing is sent", stage -> {
                    Device device = stage.device()
                            .set("shim_server", "mqtt://192.0.2.1")
                            .init();
                    Request login = device.login("alice").answers(6017);
                    stage.that("the text", device.text(login.answer().desc()))
                            .matches(text -> text.contains("shim_allow_plaintext"), "one that names the key");
                });

        drafts.scenario("environment", "What the JSON does not name is taken from the environment")
                .from(HEADERS)
                .needs(Need.TIMSHIM)
                .does("sets TIM_SHIM_SERVER and TIM_SHIM_PLATFORM, calls TIMInit with another platform, and logs in")
                .expects("the server of the environment, the platform of the JSON", stage -> {
                    Device device = stage.device("iPad", "tablet").set("shim_server", null);
                    device.call("environment", "TIM_SHIM_SERVER", stage.server().uri());
                    device.call("environment", "TIM_SHIM_PLATFORM", "Mac");
                    device.init().login("alice").answers(0);
                    stage.that(
                                    "platform on the server",
                                    stage.server().sessions().get(0).platform().text())
                            .is("iPad");
                });

        drafts.scenario("folder-chinese", "Folders may have names in any script")
                .from(HEADERS)
                .does("calls TIMInit with folders whose names are Chinese and have blanks, logs out, calls TIMUninit")
                .expects("0, and the log stands there", stage -> {
                    Device device = stage.device();
                    Path folder = Files.createDirectories(
                            device.process().folder().resolve("\u4e2d\u6587 \u6587\u4ef6\u5939"));
                    device.set("sdk_config_config_file_path", folder)
                            .set("sdk_config_log_file_path", folder)
                            .init();
                    device.logout().answers(0);
                    device.uninit();
                    try (var files = Files.list(folder)) {
                        stage.that("files in the folder", files.count()).matches(count -> count > 0, "at least one");
                    }
                });

        drafts.scenario("log-file", "The log is written to its folder")
                .from(HEADERS)
                .does("calls TIMInit with a folder for the log and another one for the rest, logs out, calls TIMUninit")
                .expects("a file that is not empty in the folder for the log", stage -> {
                    Device device = stage.device();
                    Path log = Files.createDirectories(device.process().folder().resolve("log"));
                    Path rest =
                            Files.createDirectories(device.process().folder().resolve("rest"));
                    device.set("sdk_config_config_file_path", rest)
                            .set("sdk_config_log_file_path", log)
                            .init();
                    device.logout().answers(0);
                    device.uninit();
                    try (var files = Files.walk(log)) {
                        long written = files.map(Path::toFile)
                                .filter(file -> file.isFile() && file.length() > 0)
                                .count();
                        stage.that("files that are not empty", written).matches(count -> count > 0, "at least one");
                    }
                });

        drafts.scenario("folder-missing", "A log folder that does not exist does no harm")
                .from(HEADERS)
                .needs(Need.KIT_SERVER)
                .does("calls TIMInit with folders that do not exist, and logs in")
                .expects(
                        "0, callback 0",
                        stage -> stage.device()
                                .set("sdk_config_log_file_path", "/no/such/folder")
                                .set("sdk_config_config_file_path", "/no/such/folder")
                                .init()
                                .login("alice")
                                .answers(0));
    }

    private static void packets(Drafts drafts) {
        drafts.scenario("packet-drips", "A CONNACK may come byte by byte")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that sends each byte of CONNACK by itself, with properties of every kind")
                .expects("callback 0", stage -> {
                    byte[] properties = {
                        0x11, 0, 0, 0, 0, 0x21, 0, 10, 0x24, 1, 0x25, 1, 0x27, 0, 1, 0, 0, 0x22, 0, 5, 0x28, 1, 0x29, 1,
                        0x2A, 1, 0x12, 0, 1, 'c'
                    };
                    byte[] connack = Packets.connack(
                            0,
                            properties,
                            Packets.userProperty("unknown", "x".repeat(300)),
                            Packets.userProperty("server-time", "1900000000"));
                    ScriptedServer server = stage.scripted().plays(connection -> {
                        for (byte one : connack) {
                            connection.send(one);
                            pause();
                        }
                    });
                    Device device =
                            stage.device().set("shim_server", server.url()).loggedIn("alice");
                    stage.that(
                                    "TIMGetServerTime",
                                    device.call("TIMGetServerTime").number())
                            .matches(
                                    time -> time >= 1_900_000_000L && time < 1_900_000_100L,
                                    "1900000000, as the server said");
                });

        drafts.scenario("packet-too-long", "A packet that is announced as huge is not waited for")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that announces a CONNACK of 256 MB")
                .expects(
                        "callback 9502",
                        stage -> loginFails(
                                stage, new byte[] {0x20, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, 0, 0}, 9502));

        drafts.scenario("packet-length-malformed", "A length of five bytes is an error")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that sends such a length")
                .expects(
                        "callback 9502",
                        stage -> loginFails(
                                stage, new byte[] {0x20, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 1}, 9502));

        drafts.scenario("packet-before-connack", "A packet that is not CONNACK is an error")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that answers with PINGRESP")
                .expects("callback 9502", stage -> loginFails(stage, new byte[] {(byte) 0xD0, 0}, 9502));

        drafts.scenario(
                        "packet-unexpected",
                        "A packet that does not belong in a session is answered with a new connection")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that then sends PUBLISH")
                .expects("1, 2, 0; status 1", stage -> {
                    ScriptedServer server = stage.scripted().plays(connection -> connection.send(Packets.connack(0)));
                    Device device =
                            stage.device().set("shim_server", server.url()).loggedIn("alice");
                    server.awaitConnection().send(Packets.packet(0x30, new byte[] {0, 1, 't', 0, 'x'}));
                    device.awaitNetwork(Device.DISCONNECTED, Device.CONNECTING, Device.CONNECTED);
                    device.mustBeLoggedIn("alice");
                });

        drafts.scenario("packets-random", "No bytes of a server do harm")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does(
                        "logs in 25 times to a server that answers with bytes made up at random, most of them almost a CONNACK")
                .expects("an answer each time, and the library works afterwards", stage -> {
                    Random random = new Random(20261121);
                    Device device = stage.device().set("shim_login_timeout_ms", 120);
                    ScriptedServer server = stage.scripted().plays(connection -> {
                        connection.send(rubbish(random));
                        connection.cut();
                    });
                    device.set("shim_server", server.url()).init();
                    for (int i = 0; i < 25; i++) {
                        device.login("user" + i, "sig" + i).answer();
                        device.logout().answers(0);
                    }
                    server.plays(connection -> connection.send(Packets.connack(0)));
                    device.uninit();
                    device.set("shim_login_timeout_ms", 12_000).loggedIn("alice");
                });

        drafts.scenario("reason-string-long", "A long reason of the server is cut, not overflowed")
                .from(HEADERS, WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that refuses with a reason of 60,000 bytes of Chinese")
                .expects("its code; at most 255 bytes of valid UTF-8", stage -> {
                    byte[] reason = bytes("\u4e2d".repeat(20_000));
                    Answer answer = refusal(
                            stage,
                            Packets.connack(
                                    0x87, Packets.reasonString(reason), Packets.userProperty("tim-code", "70009")),
                            70009);
                    stage.that("bytes", answer.desc().length).matches(length -> length <= 255, "at most 255");
                    stage.that("valid UTF-8", Client.isUtf8(answer.desc())).is(true);
                });

        drafts.scenario("tim-code-rubbish", "A server's code that is not a number is ignored")
                .from(WIRE)
                .needs(Need.KIT_SERVER)
                .does("logs in to a server that refuses with 0x86 and a tim-code that is not a number")
                .expects("70003, as without it", stage -> {
                    for (String code : new String[] {"many", "", "99999999999999999999", "70003x"}) {
                        refusal(stage, Packets.connack(0x86, Packets.userProperty("tim-code", code)), 70003);
                    }
                });
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static byte[] rubbish(Random random) {
        byte[] packet = Packets.connack(
                random.nextInt(256), Packets.reasonString(bytes("reason")), Packets.userProperty("tim-code", "7"));
        List<Byte> changed = new ArrayList<>();
        for (byte one : packet) {
            changed.add(random.nextInt(8) == 0 ? (byte) random.nextInt(256) : one);
        }
        while (random.nextInt(4) != 0) {
            changed.add((byte) random.nextInt(256));
        }
        byte[] result = new byte[changed.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = changed.get(i);
        }
        return result;
    }

    private static void loginFails(Stage stage, byte[] answer, int code) throws IOException {
        ScriptedServer server = stage.scripted().plays(connection -> connection.send(answer));
        Device device = stage.device()
                .set("shim_server", server.url())
                .set("shim_login_timeout_ms", 700)
                .init();
        device.login("alice").answers(code);
        device.mustBeLoggedOut();
    }

    private static Answer refusal(Stage stage, byte[] connack, int code) throws IOException {
        ScriptedServer server = stage.scripted().plays(connection -> connection.send(connack));
        Device device = stage.reusable().set("shim_server", server.url()).init();
        Answer answer = device.login("alice").answers(code).answer();
        device.uninit();
        return answer;
    }
}
