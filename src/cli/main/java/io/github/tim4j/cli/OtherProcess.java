// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.conformance.process.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A second process of this program: {@code login --hold}. */
final class OtherProcess implements AutoCloseable {
    private final Process process;
    private final Thread reader;

    private OtherProcess(Process process, Consumer<String> out) {
        this.process = process;
        this.reader = new Thread(() -> read(out), "tim4j-other-process");
        reader.setDaemon(true);
        reader.start();
    }

    /** @param out gets every line that the process prints, on a thread of its own */
    static OtherProcess logIn(URI server, long sdkAppId, String userId, String userSig, Consumer<String> out)
            throws IOException {
        List<String> command = new ArrayList<>(ChildJvm.command(Main.class, List.of()));
        command.addAll(List.of(
                "login",
                "--server",
                server.toString(),
                "--sdkappid",
                Long.toString(sdkAppId),
                "--user",
                userId,
                "--hold"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        // What the user may have set for logins of his own; the device id would make it the same instance as this
        // process.
        List.of(LoginCommand.VARIABLE, SecretKey.VARIABLE, "TIM_SHIM_DEVICE_ID").forEach(environment::remove);
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(userSig.getBytes(StandardCharsets.UTF_8));
        }
        return new OtherProcess(process, out);
    }

    private void read(Consumer<String> out) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(out);
        } catch (IOException | UncheckedIOException e) {
            out.accept("cannot be read any more: " + e.getMessage());
        }
    }

    long pid() {
        return process.pid();
    }

    /** Waits for its end, and until all that it printed has been told. */
    int exitCode(long seconds) throws Story.Failure, InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            throw new Story.Failure("the other process did not end within " + seconds + " s");
        }
        reader.join(TimeUnit.SECONDS.toMillis(seconds));
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
