/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.NativeLibraries;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the binding costs, in nanoseconds an operation; for a whole login see {@link Measure}. Not part of the build's tests, for figures
 * need a quiet machine: {@code mvn test -Dtest=BindingBenchmark}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class BindingBenchmark {
    private static final int MANY = 20_000;

    @Test
    void run() throws RunnerException {
        Options all = new OptionsBuilder()
                .include(BindingBenchmark.class.getName())
                .shouldFailOnError(true)
                .build();
        assertThat(new Runner(all).run()).hasSize(4);
    }

    /** timshim, with nobody logged in. */
    @State(Scope.Benchmark)
    public static class Idle {
        private TimClient tim;
        private ImSdk sdk;

        @Setup
        public void open() {
            tim = TimClient.builder().sdkAppId(TestServer.APP).build();
            sdk = NativeLibraries.load(null).sdk();
        }

        @TearDown
        public void close() {
            tim.close();
        }
    }

    @Benchmark
    public int statusBareJna(Idle idle) {
        return idle.sdk.TIMGetLoginStatus();
    }

    @Benchmark
    public LoginStatus status(Idle idle) {
        return idle.tim.status();
    }

    /** A library that calls back as fast as it can. */
    @State(Scope.Benchmark)
    public static class Calling {
        private HostileLibrary.Copy library;
        private TimClient tim;

        @Setup
        public void open() throws Exception {
            library = HostileLibrary.Copy.in(Files.createTempDirectory("benchmark"));
            tim = library.client().build();
            library.commands().hostile_mode(HostileLibrary.KEEP, 0, 1, HostileLibrary.EMPTY);
        }

        @TearDown
        public void close() throws Exception {
            tim.close();
            Files.delete(library.file());
            Files.delete(library.file().getParent());
            Files.delete(library.file().getParent().getParent());
        }
    }

    /** A stream of network events from one native thread, to no listener: the delivery into Java alone. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long callback(Calling calling) {
        return calling.library.commands().hostile_stream(MANY);
    }

    /** So many requests, their answers from one native thread, and their futures completed. */
    @Benchmark
    @OperationsPerInvocation(MANY / 20)
    public void requestAnsweredAndFutureCompleted(Calling calling) {
        List<CompletableFuture<String>> answers = new ArrayList<>(MANY / 20);
        for (int i = 0; i < MANY / 20; i++) {
            answers.add(calling.tim.call("TIMHostileKept"));
        }
        calling.library.commands().hostile_burst(MANY / 20);
        answers.forEach(CompletableFuture::join);
    }
}
