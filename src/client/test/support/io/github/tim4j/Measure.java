// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j;

import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.NativeLibraries;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.testing.Project;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.stream.LongStream;

/**
 * Measures what tim4j costs, on this machine, and prints a table. Each figure comes from a process of its own; the login server is in
 * this one. Linux only, since it reads /proc; needs gcc. Takes about two minutes.
 *
 * <pre>
 * mvn -q -DskipTests package
 * java -cp src/client/target/test-classes:src/testing/target/classes:target/tim4j-all.jar io.github.tim4j.Measure
 * </pre>
 */
public final class Measure {
    private static final long APP = 1400000000L;
    private static final int LOGINS = 10_000;
    private static final int WARM_UP = 2000;
    private static final int JAVA_WARM_UP = 40_000;
    private static final int BLOCK = 50;
    private static final int CPU_SECONDS = 60;
    private static final Path LIBRARY = Project.ROOT
            .resolve("native/target/classes")
            .resolve(Platform.RESOURCE_PREFIX)
            .resolve("libtimshim.so");
    private static final Path PROGRAM = Project.ROOT.resolve("target/measure");

    private Measure() {}

    /**
     * Measures.
     *
     * @param args none; the process that this one starts for the logins from Java gets the server
     */
    public static void main(String[] args) throws Exception {
        if (args.length == 1) {
            logInFromJava(args[0]);
            return;
        }
        compile();
        try (LoginServer server = start();
                LoginServer away = start()) {
            System.out.println("| what | measured | aim |\n|---|---|---|");
            roundTrips(server);
            footprint(server);
            cpu(server, away);
            sizes();
        }
    }

    private static LoginServer start() {
        return LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build());
    }

    private static void compile() throws Exception {
        Process gcc = new ProcessBuilder(
                        "gcc",
                        "-std=c11",
                        "-D_GNU_SOURCE",
                        "-O2",
                        "-Iinclude",
                        "native/test/measure.c",
                        "-pthread",
                        "-ldl",
                        "-o",
                        PROGRAM.toString())
                .inheritIO()
                .start();
        if (gcc.waitFor() != 0) {
            throw new IllegalStateException("measure.c does not compile");
        }
    }

    private static void roundTrips(LoginServer server) throws Exception {
        // Both run twice, and the first run warms up the server, which is Java too.
        inC(server, "login", LOGINS + WARM_UP);
        List<Long> c = lastOf(inC(server, "login", LOGINS + WARM_UP));
        Path jvm = Path.of(System.getProperty("java.home"), "bin", "java");
        List<Long> both = output(userSig(
                server,
                new ProcessBuilder(
                        jvm.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Measure.class.getName(),
                        server.uri().toString())));
        List<Long> java = lastOf(both.subList(0, both.size() / 2));
        List<Long> bare = lastOf(both.subList(both.size() / 2, both.size()));
        row(
                "login round trip from C, median / p99 of " + LOGINS,
                "%.0f / %.0f us",
                "",
                quantile(c, 0.5),
                quantile(c, 0.99));
        row(
                "login round trip with TimClient, the same",
                "%.0f / %.0f us",
                "",
                quantile(java, 0.5),
                quantile(java, 0.99));
        row(
                "login round trip with bare JNA, the same",
                "%.0f / %.0f us",
                "",
                quantile(bare, 0.5),
                quantile(bare, 0.99));
        row("TimClient to C, median", "%.2f", "at most 1.5", quantile(java, 0.5) / quantile(c, 0.5));
        row("TimClient to bare JNA, median", "%.2f", "at most 1.1", quantile(java, 0.5) / quantile(bare, 0.5));
    }

    /** With TimClient and with the C API by turns, on the same library, so that whatever else the machine does concerns both. */
    private static void logInFromJava(String server) throws InterruptedException {
        String userSig = System.getenv("TIM_USER_SIG");
        Semaphore answered = new Semaphore(0);
        ImSdk.TIMCommCallback callback = (code, desc, json, userData) -> answered.release();
        Native.setCallbackThreadInitializer(callback, new CallbackThreadInitializer(true, false, "callback"));
        ImSdk sdk = NativeLibraries.load(null).sdk();
        long[] wrapped = new long[JAVA_WARM_UP + LOGINS];
        long[] bare = new long[JAVA_WARM_UP + LOGINS];
        try (TimClient tim = TimClient.builder().sdkAppId(APP).server(server).build();
                Memory nativeUserSig = new Memory(userSig.length() + 1L)) {
            nativeUserSig.setString(0, userSig, "UTF-8");
            for (int i = 0; i < 2 * bare.length; i++) {
                int block = i / BLOCK;
                int turn = block / 2 * BLOCK + i % BLOCK;
                long from = System.nanoTime();
                if (block % 2 == 0) {
                    tim.login("alice", userSig).join();
                    wrapped[turn] = System.nanoTime() - from;
                    tim.logout().join();
                } else {
                    sdk.TIMLogin("alice", nativeUserSig, callback, null);
                    answered.acquire();
                    bare[turn] = System.nanoTime() - from;
                    sdk.TIMLogout(callback, null);
                    answered.acquire();
                }
            }
        }
        // Not while measuring: each line would wake the reader.
        LongStream.concat(LongStream.of(wrapped), LongStream.of(bare)).forEach(System.out::println);
    }

    private static void footprint(LoginServer server) throws Exception {
        List<Long> values = inC(server, "footprint", 0);
        row(
                "resident memory that timshim adds to a C program",
                "%d KiB",
                "under 2048 KiB",
                values.get(2) - values.get(0));
        row("threads that timshim adds to a C program", "%d", "at most 2", values.get(3) - values.get(1));
    }

    private static void cpu(LoginServer idle, LoginServer away) throws Exception {
        try (Cpu idleClient = new Cpu(idle);
                Cpu awayClient = new Cpu(away)) {
            away.testing().stopListening();
            idleClient.begin();
            awayClient.begin();
            row("CPU of a logged-in idle client, of a core", "%.4f %%", "under 0.05 %", idleClient.percent());
            row("CPU of a client whose server is away, of a core", "%.4f %%", "under 0.05 %", awayClient.percent());
        }
    }

    /** A C program that measures its own CPU time, on request. */
    private static final class Cpu implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;

        Cpu(LoginServer server) throws IOException {
            process = userSig(server, program(server.uri(), "cpu", CPU_SECONDS)).start();
            out = process.inputReader();
            if (!"ready".equals(out.readLine())) {
                throw new IOException("the client could not log in");
            }
        }

        void begin() throws IOException {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }

        double percent() throws IOException {
            return Long.parseLong(out.readLine()) / (CPU_SECONDS * 1e9) * 100;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    private static void sizes() throws IOException {
        row(
                "tim4j.jar",
                "%d KB",
                "",
                Files.size(Project.ROOT.resolve("src/client/target/tim4j-0.1.0-SNAPSHOT.jar")) / 1000);
        row("tim4j-all.jar", "%d KB", "", Files.size(Project.ROOT.resolve("target/tim4j-all.jar")) / 1000);
        row("libtimshim.so", "%d KB", "under 150 KB", Files.size(LIBRARY) / 1000);
    }

    // ----

    private static ProcessBuilder program(URI server, String what, long number) {
        return new ProcessBuilder(
                PROGRAM.toString(), LIBRARY.toString(), server.toString(), what, Long.toString(number));
    }

    private static List<Long> inC(LoginServer server, String what, long number) throws Exception {
        return output(userSig(server, program(server.uri(), what, number)));
    }

    private static ProcessBuilder userSig(LoginServer server, ProcessBuilder builder) {
        builder.environment().put("TIM_USER_SIG", server.userSig(APP, "alice"));
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    private static List<Long> output(ProcessBuilder builder) throws Exception {
        Process process = builder.start();
        List<Long> numbers = new ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().map(Long::valueOf).forEach(numbers::add);
        }
        if (process.waitFor() != 0) {
            throw new IllegalStateException(builder.command() + " failed");
        }
        return numbers;
    }

    private static List<Long> lastOf(List<Long> durations) {
        return durations.subList(durations.size() - LOGINS, durations.size()).stream()
                .sorted()
                .toList();
    }

    /** In microseconds. */
    private static double quantile(List<Long> sorted, double quantile) {
        return sorted.get((int) (quantile * (sorted.size() - 1))) / 1000.0;
    }

    private static void row(String what, String format, String aim, Object... values) {
        System.out.println("| " + what + " | " + String.format(Locale.ROOT, format, values) + " | " + aim + " |");
    }
}
