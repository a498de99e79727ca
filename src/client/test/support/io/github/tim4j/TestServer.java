/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import io.github.tim4j.jna.NativeLibraries;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;

/** A login server on loopback and clients of it, for one test; everything is closed with it. */
final class TestServer implements AutoCloseable {
    static final long APP = 1400000000L;
    static final long OTHER_APP = 1400000001L;
    static final String SECRET = "secret of the app";

    final LoginServer server = LoginServer.start(LoginServerConfig.builder()
            .app(APP, SECRET)
            .app(OTHER_APP, "another secret")
            .build());
    private final List<TimClient> clients = new ArrayList<>();

    /** A client to be configured further; a test closes it with {@link #open}. */
    TimClient.Builder client() {
        return TimClient.builder()
                .sdkAppId(APP)
                .server(server.uri().toString())
                .deviceId("here")
                .loginTimeout(Duration.ofSeconds(10));
    }

    TimClient open(TimClient.Builder builder) {
        TimClient client = builder.build();
        clients.add(client);
        return client;
    }

    /** A client on another copy of timshim, so that one process has two instances. */
    TimClient.Builder elsewhere(Path folder, String platform) {
        return client().deviceId("elsewhere").platform(platform).library(copyOfTimshim(folder));
    }

    static Path copyOfTimshim(Path folder) {
        Path bundled = Path.of(NativeLibraries.load(null).path());
        try {
            return Files.copy(bundled, Files.createTempDirectory(folder, "copy").resolve(bundled.getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String userSig(String userId) {
        return server.userSig(APP, userId);
    }

    static int codeOf(CompletableFuture<?> future) {
        return failureOf(future).code();
    }

    static TimException failureOf(CompletableFuture<?> future) {
        Throwable failure = Assertions.catchThrowable(() -> future.get(20, TimeUnit.SECONDS));
        Assertions.assertThat(failure).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(TimException.class);
        return (TimException) failure.getCause();
    }

    @Override
    public void close() {
        clients.forEach(TimClient::close);
        server.close();
    }
}
