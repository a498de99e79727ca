/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.github.tim4j.LoginStatus;
import io.github.tim4j.VendorLibraryTest;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.ImSdk.TIMCommCallback;
import io.github.tim4j.jna.ImSdk.TIMLogCallback;
import io.github.tim4j.jna.ImSdk.TIMNetworkStatusListenerCallback;
import io.github.tim4j.jna.LoadedLibrary;
import io.github.tim4j.jna.NativeLibraries;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

/**
 * The functions of the vendor's library one by one, as measured where there is no network; some of it is not as documented.
 * {@link VendorLibraryTest} runs each method in a JVM of its own.
 */
public final class VendorFunctionChecks {
    private static final long APP = 1400000000L;
    private static final int LOGGING_IN = LoginStatus.LOGGING_IN.value();
    private static final int LOGGED_OUT = LoginStatus.LOGGED_OUT.value();
    /** The library's one thread for callbacks. */
    private static final String THREAD = "im_logic_thread";

    /** One callback, with the name of the request and of the thread that it came on. */
    private record Answer(String request, int code, String desc, String json, String thread) {}

    private final LoadedLibrary library = NativeLibraries.load(VendorLibrary.file());
    private final ImSdk sdk = library.sdk();
    private final List<Answer> answers = new CopyOnWriteArrayList<>();
    private final List<String> network = new CopyOnWriteArrayList<>();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final TIMNetworkStatusListenerCallback onNetwork =
            (status, code, desc, userData) -> network.add(status + " " + code);
    private final TIMLogCallback onLog = (level, line, userData) -> log.add(text(line));
    /** What the library may still call or read is not left to the garbage collector; static, because the test may have ended. */
    private static final List<Object> KEPT = new CopyOnWriteArrayList<>();

    VendorFunctionChecks() throws IOException {}

    private static String text(Pointer string) {
        return string == null ? null : string.getString(0, StandardCharsets.UTF_8.name());
    }

    private static String thread() {
        try {
            return Files.readString(Path.of("/proc/thread-self/comm")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TIMCommCallback callback(String request) {
        return callback(request, () -> {});
    }

    private TIMCommCallback callback(String request, Runnable inside) {
        TIMCommCallback callback = (code, desc, json, userData) -> {
            inside.run();
            answers.add(new Answer(request, code, text(desc), text(json), thread()));
        };
        KEPT.add(callback);
        return callback;
    }

    private Answer answer(String request) {
        await().atMost(Duration.ofSeconds(50))
                .until(() -> answers.stream().anyMatch(answer -> answer.request.equals(request)));
        return answers.stream()
                .filter(answer -> answer.request.equals(request))
                .findFirst()
                .orElseThrow();
    }

    private Pointer string(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private Pointer bytes(byte... content) {
        Memory memory = new Memory(content.length + 1L);
        memory.write(0, content, 0, content.length);
        memory.setByte(content.length, (byte) 0);
        KEPT.add(memory);
        return memory;
    }

    private int login(String userId) {
        return sdk.TIMLogin(userId, string("not a UserSig"), callback(userId), null);
    }

    private void init() {
        assertThat(sdk.TIMInit(APP, "{}")).isZero();
    }

    /** The library's own thread changes the status: right after the call that brings it about, it may still be the old one. */
    private void awaitStatus(int status) {
        await().until(() -> sdk.TIMGetLoginStatus() == status);
    }

    private void assertUserIdBufferUntouched() {
        byte[] buffer = new byte[2 * ImSdk.USER_ID_BUFFER];
        Arrays.fill(buffer, (byte) 'x');
        byte[] before = buffer.clone();
        assertThat(sdk.TIMGetLoginUserID(buffer)).isZero();
        assertThat(buffer).isEqualTo(before);
    }

    void beforeInit() {
        assertThat(sdk.TIMGetLoginStatus()).isEqualTo(LOGGED_OUT);
        assertUserIdBufferUntouched();
        assertThat(sdk.TIMGetLoginUserID(null)).isZero();
        assertThat(sdk.TIMUninit()).isZero();
        assertThat(login("alice")).isZero();
        assertThat(sdk.TIMLogout(callback("logout"), null)).isZero();
        assertThat(answer("alice")).isEqualTo(new Answer("alice", 6013, "not initialized", "", THREAD));
        assertThat(answer("logout")).isEqualTo(new Answer("logout", 6013, "not initialized", "", THREAD));
    }

    void argumentsOfInit() {
        assertThat(sdk.TIMInit(APP, "{bad")).isEqualTo(-3);
        assertThat(sdk.TIMInit(APP, "[1]")).isEqualTo(-3);
        assertThat(sdk.TIMInit(0, "{}")).isEqualTo(-4);
        assertThat(sdk.TIMInit(APP, null)).as("the documentation: all defaults").isEqualTo(-4);
        assertThat(sdk.TIMInit(APP, "")).as("the documentation: all defaults").isEqualTo(-4);
        init();
        assertThat(sdk.TIMInit(APP, "{}")).isZero();
        assertThat(sdk.TIMInit(APP + 1, "{}")).isZero();
        sdk.TIMSetLogCallback(onLog, null);
        sdk.TIMSetConfig("{\"set_config_callback_log_level\":4}", null, null);
        assertThat(login("alice")).isZero();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> log.stream().anyMatch(line -> line.contains(Long.toString(APP))));
        assertThat(log).as("another app id is ignored").noneMatch(line -> line.contains(Long.toString(APP + 1)));
    }

    void argumentsOfLogin() {
        init();
        assertThat(sdk.TIMLogin(null, string("x"), callback("refused"), null)).isEqualTo(-4);
        assertThat(sdk.TIMLogin("", string("x"), callback("refused"), null)).isEqualTo(-4);
        assertThat(sdk.TIMLogin("alice", null, callback("refused"), null)).isEqualTo(-4);
        assertThat(sdk.TIMLogin("alice", string(""), callback("refused"), null)).isEqualTo(-4);
        assertThat(sdk.TIMGetLoginStatus()).isEqualTo(LOGGED_OUT);
        assertUserIdBufferUntouched();
        assertThat(sdk.TIMLogout(callback("logout"), null)).isZero();
        assertThat(answer("logout")).isEqualTo(new Answer("logout", 0, "", "", THREAD));
        assertThat(answers).as("a refused call has no callback").hasSize(1);

        assertThat(sdk.TIMLogin("alice", string("x"), null, null)).isZero();
        awaitStatus(LOGGING_IN);
        assertUserIdBufferUntouched();
        assertThat(sdk.TIMLogout(callback("later"), null)).isZero();
        assertThat(List.of(33, 128, 200, 2000))
                .allSatisfy(length -> assertThat(login("u".repeat(length))).isZero());
        assertThat(login("用户")).isZero();
        assertThat(login("a user")).isZero();
        Pointer brokenUtf8 = bytes((byte) 'u', (byte) 0xc3, (byte) 0x28, (byte) 0xff);
        assertThat(library.handle().getFunction("TIMLogin").invokeInt(new Object[] {brokenUtf8, string("x"), null, null
                }))
                .isZero();
        assertThat(sdk.TIMGetLoginStatus()).isEqualTo(LOGGING_IN);
    }

    void anExpiredUserSigIsNotNoticedWithoutAServer() {
        String expired = new UserSigKey(APP, "a key of nobody, 64 characters long, as those of the vendor are.")
                .make("alice", Duration.ofHours(1), Instant.now().minus(Duration.ofDays(1)), null);
        init();
        sdk.TIMSetNetworkStatusListenerCallback(onNetwork, null);
        assertThat(sdk.TIMLogin("alice", string(expired), callback("alice"), null))
                .isZero();
        await().atMost(Duration.ofSeconds(30)).until(() -> network.contains("3 9512"));
        assertThat(answers).isEmpty();
        assertThat(sdk.TIMGetLoginStatus()).isEqualTo(LOGGING_IN);
    }

    void withoutANetwork() {
        init();
        sdk.TIMSetNetworkStatusListenerCallback(onNetwork, null);
        assertThat(login("alice")).isZero();
        awaitStatus(LOGGING_IN);
        assertThat(answers).as("the status comes before the callback").isEmpty();
        assertThat(sdk.TIMLogout(callback("logout"), null)).isZero();
        assertThat(answer("logout").code()).isZero();
        assertThat(answers).extracting(Answer::request).containsExactly("alice", "logout");
        assertThat(answer("alice").code()).isEqualTo(9523);
        assertThat(answer("alice").json()).isEmpty();
        assertThat(answers).extracting(Answer::thread).containsOnly(THREAD);
        assertThat(sdk.TIMGetLoginStatus()).isEqualTo(LOGGED_OUT);
        assertThat(network).startsWith("2 0", "3 9512").containsOnly("2 0", "3 9512");
        assertThat(network.stream().filter("3 9512"::equals).count())
                .as("retried")
                .isGreaterThanOrEqualTo(2);
    }

    void uninitLosesTheCallbacksOfWhatIsPending() {
        init();
        IntStream.range(0, 4).forEach(i -> {
            assertThat(login("user" + i)).isZero();
            assertThat(sdk.TIMLogout(callback("logout"), null)).isZero();
        });
        assertThat(sdk.TIMUninit()).isZero();
        awaitStatus(LOGGED_OUT);
        init();
        assertThat(sdk.TIMLogout(callback("of the second life"), null)).isZero();
        answer("of the second life");
        assertThat(answers)
                .as("the thread that has called this back has called none of the eight")
                .hasSize(1);
    }

    void theFunctionsMayBeCalledInACallback() {
        init();
        sdk.TIMLogout(
                callback(
                        "first",
                        () -> assertThat(sdk.TIMLogout(callback("second"), null))
                                .isZero()),
                null);
        assertThat(answer("second").code()).isZero();
        sdk.TIMLogout(callback("third", () -> assertThat(sdk.TIMUninit()).isZero()), null);
        answer("third");
        assertThat(sdk.TIMLogout(callback("fourth"), null)).isZero();
        assertThat(answer("fourth").code())
                .as("the callback has ended the library")
                .isEqualTo(6013);
    }

    void setConfig() {
        init();
        assertThat(sdk.TIMSetConfig("{x", callback("bad"), null)).isEqualTo(-3);
        assertThat(sdk.TIMSetConfig("{\"set_config_log_level\":6}", callback("good"), null))
                .isZero();
        assertThat(answers).as("on the calling thread, so before it returned").hasSize(1);
        Answer good = answer("good");
        assertThat(good.code()).isZero();
        assertThat(good.thread()).isEqualTo(thread());
        assertThat(good.json()).as("what it was given").isEqualTo("{\"set_config_log_level\":6}");
    }
}
