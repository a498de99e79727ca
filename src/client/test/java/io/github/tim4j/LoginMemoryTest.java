/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.ForkedJvm;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Logging in and out for ever, a client needs no more memory, threads and file descriptors than at first; nor does a process that opens and closes
 * clients. For more of both, and the figures:
 *
 * <pre>mvn -q test -Dtest=LoginMemoryTest -Dtim4j.logins=100000 -Dtim4j.clients=30000</pre>
 */
@Timeout(600)
class LoginMemoryTest {
    private static final int LOGINS = Integer.getInteger("tim4j.logins", 10_000);
    /** What may be kept of each login, in bytes: noise, but far less than a leak of any object. */
    private static final int ALLOWANCE = 300;

    private static final int CLIENTS = Integer.getInteger("tim4j.clients", 500);
    /** Of each client: so few of them are measured that noise is more. */
    private static final int CLIENT_ALLOWANCE = 10_000;

    @TempDir
    Path folder;

    /** What the process of a client has. Memory in bytes: the Java heap after a collection, and all that is resident. */
    private record Sample(long times, long heap, long resident, long threads, long files) {
        static Sample of(long times) throws IOException {
            System.gc();
            System.gc();
            long pages =
                    Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
            return new Sample(
                    times,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    pages * 4096,
                    entries("/proc/self/task"),
                    entries("/proc/self/fd"));
        }

        private static long entries(String folder) {
            return new File(folder).list().length;
        }

        static Sample parse(String line) {
            String[] fields = line.split(" ");
            return new Sample(
                    Long.parseLong(fields[0]),
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]),
                    Long.parseLong(fields[3]),
                    Long.parseLong(fields[4]));
        }

        String line() {
            return times + " " + heap + " " + resident + " " + threads + " " + files;
        }
    }

    /**
     * Arguments: server, UserSigs of alice and of bob, logins. Prints samples: after the warm-up, and after 10, 50 and 100 % of the
     * logins.
     */
    static final class Logins {
        public static void main(String[] args) throws IOException {
            int logins = Integer.parseInt(args[3]);
            List<Sample> samples = new ArrayList<>();
            try (TimClient tim =
                    TimClient.builder().sdkAppId(TestServer.APP).server(args[0]).build()) {
                tim.addListener(new TimListener() {});
                logInAndOut(tim, args, 5_000);
                samples.add(Sample.of(0));
                for (int until : new int[] {logins / 10, logins / 2, logins}) {
                    logInAndOut(tim, args, until - (int) samples.get(samples.size() - 1).times);
                    samples.add(Sample.of(until));
                }
            }
            samples.forEach(sample -> System.out.println(sample.line()));
        }

        private static void logInAndOut(TimClient tim, String[] args, int times) {
            for (int i = 0; i < times; i++) {
                boolean alice = i % 2 == 0;
                tim.login(alice ? "alice" : "bob", args[alice ? 1 : 2]).join();
                tim.logout().join();
            }
        }
    }

    /** Arguments: server, UserSig of alice, clients. Prints a sample after as many clients, and one after as many again. */
    static final class Clients {
        public static void main(String[] args) throws IOException {
            int clients = Integer.parseInt(args[2]);
            for (int until : new int[] {0, clients}) {
                for (int i = 0; i < clients; i++) {
                    try (TimClient tim = TimClient.builder()
                            .sdkAppId(TestServer.APP)
                            .server(args[0])
                            .build()) {
                        tim.addListener(new TimListener() {});
                        tim.login("alice", args[1]).join();
                    }
                }
                System.out.println(Sample.of(until).line());
            }
        }
    }

    /** @return the samples that a program prints */
    private List<Sample> samples(Class<?> program, Object... arguments) throws Exception {
        Assumptions.assumeTrue(
                Files.exists(Path.of("/proc/self/statm")), "skipped: no /proc, from which the memory is read");
        List<Sample> samples = new ArrayList<>();
        // All of the heap is resident from the start, so that what is added later is not the heap's.
        Process process = ForkedJvm.of(program, arguments)
                .option("-Xms24m")
                .option("-Xmx24m")
                .option("-XX:+AlwaysPreTouch")
                .start(folder);
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println("LoginMemoryTest: " + line);
                samples.add(Sample.parse(line));
            }
        }
        assertThat(process.waitFor()).isZero();
        return samples;
    }

    private static void assertNothingIsLeft(List<Sample> samples, int times, int allowance) {
        Sample first = samples.get(0);
        Sample last = samples.get(samples.size() - 1);
        assertThat(last.times).isEqualTo(times);
        assertThat((last.heap - first.heap) / times)
                .as("bytes of the Java heap each time, %s", samples)
                .isLessThan(allowance);
        assertThat((last.resident - first.resident) / times)
                .as("bytes resident each time, %s", samples)
                .isLessThan(allowance);
        // The JVM starts and ends threads of its own, a few.
        assertThat(last.threads).as("threads, %s", samples).isLessThanOrEqualTo(first.threads + 5);
        assertThat(last.files).as("file descriptors, %s", samples).isLessThanOrEqualTo(first.files);
    }

    @Test
    void aLoginLeavesNothingBehind() throws Exception {
        try (TestServer at = new TestServer()) {
            assertNothingIsLeft(
                    samples(Logins.class, at.server.uri(), at.userSig("alice"), at.userSig("bob"), LOGINS),
                    LOGINS,
                    ALLOWANCE);
        }
    }

    @Test
    void aClientLeavesNothingBehind() throws Exception {
        try (TestServer at = new TestServer()) {
            assertNothingIsLeft(
                    samples(Clients.class, at.server.uri(), at.userSig("alice"), CLIENTS), CLIENTS, CLIENT_ALLOWANCE);
        }
    }
}
