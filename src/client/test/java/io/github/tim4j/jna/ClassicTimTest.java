/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.ForkedJvm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The classic C API from Java. Its settings are environment variables, so it runs in a JVM of its own. */
class ClassicTimTest {
    private static final int APP = 1400000000;

    @TempDir
    Path folder;

    /** Arguments: UserSig. Prints each event; reads from standard input when to go on. */
    static final class Story {
        public static void main(String[] args) throws Exception {
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            ClassicTim tim = NativeLibraries.loadClassic(null);
            ClassicTim.Event success = data -> events.add("success " + Pointer.nativeValue(data));
            ClassicTim.Failure failure = (code, desc, data) -> events.add("error " + code);
            ClassicTim.Event kicked = data -> events.add("kicked");
            ClassicTim.Event connected = data -> events.add("connected");

            System.out.println("login before init " + login(tim, "alice", args[0], success, failure));
            System.out.println("init " + tim.TIMInit());
            tim.TIMSetMode(0);
            ClassicTim.TIMForceOfflineCB force = new ClassicTim.TIMForceOfflineCB();
            force.OnKickOffline = kicked;
            tim.TIMSetKickOfflineCallBack(force);
            ClassicTim.TIMConnCB connection = new ClassicTim.TIMConnCB();
            connection.OnConnected = connected;
            tim.TIMSetConnCallBack(connection);

            System.out.println("login " + login(tim, "alice", args[0], success, failure));
            System.out.println(events.poll(10, TimeUnit.SECONDS));
            System.out.println(events.poll(10, TimeUnit.SECONDS));
            byte[] id = new byte[33];
            IntByReference length = new IntByReference(id.length);
            System.out.println("user " + tim.TIMGetLoginUser(id, length) + " "
                    + new String(id, 0, length.getValue(), StandardCharsets.UTF_8));
            System.out.println("ready to be kicked");
            System.out.println(events.poll(10, TimeUnit.SECONDS));
            login(tim, "bob", args[0], success, failure);
            System.out.println(events.poll(10, TimeUnit.SECONDS));
            ClassicTim.TIMCommCB answer = new ClassicTim.TIMCommCB();
            answer.OnSuccess = success;
            tim.TIMLogout(answer);
            System.out.println(events.poll(10, TimeUnit.SECONDS));
            System.out.println("uninit " + tim.TIMUninit());
        }

        private static int login(
                ClassicTim tim, String userId, String userSig, ClassicTim.Event success, ClassicTim.Failure failure) {
            ClassicTim.TIMUserInfo user = new ClassicTim.TIMUserInfo();
            user.account_type = "0";
            user.app_id_at_3rd = "1400000000";
            user.identifier = userId;
            ClassicTim.TIMCommCB answer = new ClassicTim.TIMCommCB();
            answer.OnSuccess = success;
            answer.OnError = failure;
            answer.data = new Pointer(42);
            return tim.TIMLogin(APP, user, userSig, answer);
        }
    }

    @Test
    void theWholeLifecycleRunsThroughStructures() throws Exception {
        try (LoginServer server = LoginServer.start(
                LoginServerConfig.builder().app(APP, "secret of the app").build())) {
            Process process = ForkedJvm.of(Story.class, server.userSig(APP, "alice"))
                    .environment("TIM_SHIM_SERVER", server.uri().toString())
                    .start(folder);
            StringBuilder output = new StringBuilder();
            try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    output.append(line).append('\n');
                    if (line.equals("ready to be kicked")) {
                        server.kick(APP, "alice", KickCause.OTHER_INSTANCE);
                    }
                }
            }
            assertThat(process.waitFor()).as(output.toString()).isZero();
            assertThat(output.toString().lines().filter(line -> !line.contains("SLF4J")))
                    .containsExactly(
                            "login before init -1",
                            "init 0",
                            "login 0",
                            "connected",
                            "success 42",
                            "user 0 alice",
                            "ready to be kicked",
                            "kicked",
                            "error 70013",
                            "success 0",
                            "uninit 0");
        }
    }

    @Test
    void aLibraryOfTheCurrentApiIsNotTakenForIt() {
        Path hostile = CCompiler.library("hostile", List.of("src/client/test/native/hostile.c"));
        assertThatThrownBy(() -> NativeLibraries.loadClassic(hostile))
                .isInstanceOf(LibraryLoadException.class)
                .hasMessageContaining("lacks")
                .hasMessageContaining("TIMSetConnCallBack");
    }
}
