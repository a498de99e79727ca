/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.UserIdBuffer;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;

/** Many calls from many threads of a worker at once. */
final class Storm {
    private Storm() {}

    /**
     * Makes calls from several threads. Arguments: threads, rounds, first user_data. Each thread makes the calls of {@link Call#inside()}
     * in each round. The user_data of a request, written as "?" in its arguments, counts up from the first: ((thread * rounds) + round) *
     * calls + call.
     *
     * @return how long it took, in nanoseconds; and the results, separated by spaces, in the order of the user_data
     */
    static WorkerMessage run(long id, Call storm, Worker worker) throws InterruptedException {
        int threads = (int) storm.number(0);
        int rounds = (int) storm.number(1);
        int calls = storm.inside().size();
        long[] results = new long[threads * rounds * calls];
        CyclicBarrier start = new CyclicBarrier(threads + 1);
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int first = t * rounds * calls;
            Thread thread = Worker.applicationThread(() -> {
                await(start);
                for (int n = first; n < first + rounds * calls; n++) {
                    Call call = withTag(storm.inside().get(n % calls), storm.number(2) + n);
                    results[n] = worker.number(call);
                }
            });
            thread.start();
            all.add(thread);
        }
        long begin = System.nanoTime();
        await(start);
        for (Thread thread : all) {
            thread.join();
        }
        long nanos = System.nanoTime() - begin;
        StringBuilder text = new StringBuilder();
        for (long result : results) {
            text.append(result).append(' ');
        }
        return new Returned(id, nanos, text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    private static void await(CyclicBarrier start) {
        try {
            start.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Call withTag(Call call, long tag) {
        List<byte[]> args = new ArrayList<>();
        for (byte[] arg : call.args()) {
            boolean placeholder = arg != null && arg.length == 1 && arg[0] == '?';
            args.add(placeholder ? Long.toString(tag).getBytes(StandardCharsets.US_ASCII) : arg);
        }
        return new Call(call.function(), 0, args, call.inside());
    }

    /**
     * Reads status and user id over and over from several threads, until the gate opens. Arguments: threads, the gate's name.
     *
     * @return how often; and the different statuses and user ids that were seen, one a line
     */
    static WorkerMessage watch(long id, Call call, Worker worker, CountDownLatch gate) throws InterruptedException {
        Set<String> seen = new ConcurrentSkipListSet<>();
        AtomicLong reads = new AtomicLong();
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < call.number(0); t++) {
            Thread thread = Worker.applicationThread(() -> {
                Set<String> mine = new TreeSet<>();
                while (gate.getCount() > 0) {
                    mine.add("status " + worker.functions().status());
                    mine.add("user " + UserIdBuffer.text(worker.text(Call.of("TIMGetLoginUserID"))));
                    reads.incrementAndGet();
                }
                seen.addAll(mine);
            });
            thread.start();
            all.add(thread);
        }
        for (Thread thread : all) {
            thread.join();
        }
        return new Returned(id, reads.get(), String.join("\n", seen).getBytes(StandardCharsets.UTF_8));
    }
}
