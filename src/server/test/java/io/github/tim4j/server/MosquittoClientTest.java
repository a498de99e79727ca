/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client that knows nothing of this project: mosquitto_pub and mosquitto_sub. */
class MosquittoClientTest {
    private static final long APP = RawClient.APP;

    private LoginServer server;

    @BeforeEach
    void start() {
        assumeTrue(installed(), "skipped: mosquitto_pub is not installed");
        server =
                LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build());
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static boolean installed() {
        try {
            Process process = new ProcessBuilder("mosquitto_pub", "--help")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            return true;
        } catch (IOException e) {
            System.out.println("MosquittoClientTest is skipped: mosquitto_pub is not installed");
            return false;
        }
    }

    /** What the client prints with -d, when it has ended. */
    private String run(String program, String version, String user, String sig, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                program,
                "-d",
                "-V",
                version,
                "-h",
                "127.0.0.1",
                "-p",
                "" + server.port(),
                "-u",
                user,
                "-P",
                sig,
                "-t",
                "t"));
        if (version.equals("5")) {
            command.addAll(List.of(
                    "-D",
                    "connect",
                    "user-property",
                    "sdkappid",
                    "" + APP,
                    "-D",
                    "connect",
                    "user-property",
                    "platform",
                    "Linux",
                    "-D",
                    "connect",
                    "user-property",
                    "device-id",
                    "d1"));
        }
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    @Test
    void getsTheConnackItDeserves() throws Exception {
        String sig = server.userSig(APP, "alice");
        assertThat(run("mosquitto_pub", "5", "alice", sig, "-m", "x")).contains("received CONNACK (0)");
        assertThat(run("mosquitto_pub", "5", "alice", sig, "-m", "x", "-i", APP + ":alice:Linux:d1"))
                .contains("received CONNACK (0)");
        assertThat(run("mosquitto_pub", "5", "alice", "wrong", "-m", "x")).contains("received CONNACK (134)");
        assertThat(run("mosquitto_pub", "5", "alice", server.userSig(APP, "bob"), "-m", "x"))
                .contains("received CONNACK (135)");
        assertThat(run("mosquitto_pub", "5", "alice", sig, "-m", "x", "-i", "other"))
                .contains("received CONNACK (133)");
        assertThat(server.events(0))
                .filteredOn(event -> event.type() == ServerEvent.Type.LOGIN_REFUSED)
                .extracting(ServerEvent::code)
                .containsExactly(70003, 70013, 6017);
    }

    @Test
    void ofAnOlderVersionIsToldSo() throws Exception {
        assertThat(run("mosquitto_pub", "311", "alice", server.userSig(APP, "alice"), "-m", "x"))
                .contains("CONNACK (1)");
        assertThat(run("mosquitto_pub", "31", "alice", server.userSig(APP, "alice"), "-m", "x", "-i", "x"))
                .contains("CONNACK (1)");
    }

    @Test
    void thatSubscribesIsDisconnectedWithTheReason() throws Exception {
        assertThat(run("mosquitto_sub", "5", "alice", server.userSig(APP, "alice"), "-W", "5"))
                .contains("received CONNACK (0)")
                .contains("Received DISCONNECT (131)");
    }
}
