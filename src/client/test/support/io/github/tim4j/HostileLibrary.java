/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Library;
import com.sun.jna.Native;
import io.github.tim4j.testing.CCompiler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A native library that does what a test tells it, however wrong. Each test gets a copy of its own, with a state of its own, in the
 * same process.
 */
interface HostileLibrary extends Library {
    /** Only {@link #hostile_answer} answers. */
    int KEEP = 0;

    int BEFORE_RETURN = 1;
    int DYING_THREAD = 2;
    /** One after another on one thread, like a good library. */
    int WORKER = 3;
    /** On eight threads at once. */
    int CROWD = 4;

    int EMPTY = 0;
    int NULL = 1;
    int INVALID_UTF8 = 2;
    int MEGABYTE = 3;
    int CHINESE = 4;
    /** The UserSig of the last login. */
    int USER_SIG = 5;

    /** A fresh copy in the folder, and its file. */
    record Copy(Path file, HostileLibrary commands) {
        static Copy in(Path folder) {
            Path compiled = CCompiler.library("hostile", List.of("src/client/test/native/hostile.c"));
            try {
                Path file = Files.copy(
                                compiled,
                                Files.createTempDirectory(folder, "hostile").resolve(compiled.getFileName()))
                        .toRealPath();
                return new Copy(
                        file,
                        Native.load(
                                file.toString(),
                                HostileLibrary.class,
                                Map.of(OPTION_STRING_ENCODING, "UTF-8", OPTION_OPEN_FLAGS, 1)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        TimClient.Builder client() {
            return TimClient.builder().sdkAppId(1400000000L).library(file);
        }
    }

    void hostile_mode(int mode, int code, int times, int text);

    void hostile_returns(int result);

    void hostile_init_returns(int result);

    void hostile_user_id_style(int style);

    void hostile_status(int value);

    void hostile_server_time(long seconds);

    void hostile_uninit_answers(int yes);

    int hostile_requests();

    int hostile_init_count();

    int hostile_uninit_count();

    String hostile_config();

    /** From a thread that ends then; returns when it has. */
    void hostile_answer(int number, int code, int text, int times);

    void hostile_network(int status, int code, int text, int times, int threads);

    void hostile_kick(int times);

    void hostile_expire(int times);

    void hostile_log(int level, String line);

    /** Answers the last requests from one thread; returns nanoseconds. */
    long hostile_burst(int count);

    /** Network events from one thread; returns nanoseconds. */
    long hostile_stream(int count);
}
