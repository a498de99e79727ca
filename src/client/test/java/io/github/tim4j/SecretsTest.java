/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.jna.Memory;
import com.sun.jna.Platform;
import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.ForkedJvm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** UserSigs leave no trace: not in texts, not in memory that is given back. */
@Timeout(60)
class SecretsTest {
    @TempDir
    static Path folder;

    /** Arguments: server, the UserSig's halves, and "wiped" or "not wiped" for the proof that the watch sees something. */
    static final class Watched {
        public static void main(String[] args) {
            String userSig = args[1] + args[2];
            if (args[3].equals("not wiped")) {
                byte[] bytes = userSig.getBytes(StandardCharsets.US_ASCII);
                Memory memory = new Memory(bytes.length);
                memory.write(0, bytes, 0, bytes.length);
                memory.close();
            }
            try (TimClient tim =
                    TimClient.builder().sdkAppId(TestServer.APP).server(args[0]).build()) {
                System.out.println(tim.login("alice", userSig).join());
                System.out.println(tim.login("alice", userSig).join());
                System.out.println(
                        catchThrowable(() -> tim.login("bob", userSig).join()).getMessage());
                tim.login("alice", userSig).join();
            }
        }
    }

    @Test
    void nativeCopiesOfAUserSigAreWipedBeforeTheyAreFreed() {
        assumeTrue(Platform.isLinux(), "skipped: LD_PRELOAD and glibc's malloc are Linux's");
        try (TestServer at = new TestServer()) {
            assertThat(watch(at, "not wiped")).contains("blocks freed with the secret in them: 1");
            assertThat(watch(at, "wiped"))
                    .contains("repeatLogin=true", "70013", "blocks freed with the secret in them: 0");
        }
    }

    private static String watch(TestServer at, String mode) {
        Path freewatch = CCompiler.library("freewatch", List.of("src/client/test/native/freewatch.c"));
        String userSig = at.userSig("alice");
        int half = userSig.length() / 2;
        // The middle alone: what is cut off at either end, by a header or a terminator, does not hide it.
        String middle = userSig.substring(half - 20, half + 20);
        ForkedJvm.Result result = ForkedJvm.of(
                        Watched.class, at.server.uri(), userSig.substring(0, half), userSig.substring(half), mode)
                .environment("LD_PRELOAD", freewatch.toString())
                .environment(
                        "FREEWATCH_SECRET_BACKWARDS",
                        new StringBuilder(middle).reverse().toString())
                .run(folder);
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output();
    }

    @Test
    void noTextContainsAUserSig() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Level before = root.getLevel();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        root.addAppender(log);
        Path logDir = Files.createDirectory(folder.resolve("log"));
        StringBuilder texts = new StringBuilder();
        String[] userSigs;
        try (TestServer at = new TestServer()) {
            userSigs = new String[] {at.userSig("alice"), at.userSig("bob")};
            root.setLevel(Level.TRACE);
            TimClient tim = at.open(at.client().logDir(logDir).userSigProvider(userId -> userSigs[0]));
            tim.addListener(new Recorder() {
                @Override
                public void onStatusChanged(StatusChange change) {
                    texts.append(change);
                }

                @Override
                public void onUserSigRenewal(UserSigRenewal renewal) {
                    texts.append(renewal);
                }
            });
            CompletableFuture<LoginResult> login = tim.login("alice");
            texts.append(login.join()).append(login).append(tim);
            texts.append(catchThrowable(() -> tim.login("alice", userSigs[1]).join()));
            at.server.expireUserSigs(TestServer.APP, "alice");
            texts.append(catchThrowable(() -> tim.login("alice", userSigs[0]).join()));
            tim.call("TIMSetConfig", "{\"set_config_log_level\":1}").join();
            texts.append(catchThrowable(() -> tim.login("alice", userSigs[1]).join()));
            tim.logout().join();
        } finally {
            root.setLevel(before);
            root.detachAppender(log);
        }
        for (ILoggingEvent event : List.copyOf(log.list)) {
            texts.append(event.getFormattedMessage());
        }
        try (var files = Files.list(logDir)) {
            for (Path file : files.toList()) {
                texts.append(Files.readString(file));
            }
        }
        assertThat(texts).hasSizeGreaterThan(1000);
        for (String userSig : userSigs) {
            assertThat(texts).doesNotContain(userSig.substring(10, 40));
        }
    }
}
