/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import io.github.tim4j.server.KickCause;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** What has been counted since the start. Any thread. */
public final class LoginMetrics implements Consumer<LoginEvent> {
    /** Upper bounds of the latency histogram in seconds. */
    private static final double[] BUCKETS = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
    };

    private final Map<Integer, LongAdder> loginsByCode = new ConcurrentSkipListMap<>();
    private final Map<KickCause, LongAdder> kicks = new ConcurrentSkipListMap<>();
    private final LongAdder[] latency = new LongAdder[BUCKETS.length + 1];
    private final LongAdder latencyNanos = new LongAdder();
    private final LongAdder protocolErrors = new LongAdder();
    private final LongAdder storeDecisions = new LongAdder();
    private final LongAdder storeNanos = new LongAdder();
    private final LongAdder storeFailures = new LongAdder();

    public LoginMetrics() {
        for (int i = 0; i < latency.length; i++) {
            latency[i] = new LongAdder();
        }
    }

    @Override
    public void accept(LoginEvent event) {
        if (event instanceof LoginEvent.LoginAnswered answered) {
            answered(answered.code(), answered.took().toNanos());
        } else if (event instanceof LoginEvent.SessionKicked kicked) {
            kicks.computeIfAbsent(kicked.cause(), key -> new LongAdder()).increment();
        } else if (event instanceof LoginEvent.ProtocolBroken) {
            protocolErrors.increment();
        } else if (event instanceof LoginEvent.StoreDecided decided) {
            storeDecisions.increment();
            storeNanos.add(decided.took().toNanos());
            if (decided.failed()) {
                storeFailures.increment();
            }
        }
    }

    /** The codes are few, so that the map stays small. */
    private void answered(int code, long nanos) {
        loginsByCode.computeIfAbsent(code, key -> new LongAdder()).increment();
        int bucket = 0;
        while (bucket < BUCKETS.length && nanos > BUCKETS[bucket] * 1e9) {
            bucket++;
        }
        latency[bucket].increment();
        latencyNanos.add(nanos);
    }

    public void write(MetricsText out) {
        out.metric("tim4j_logins_total", "counter", "Logins by the code that they were answered with; 0 is success.");
        loginsByCode.forEach((code, count) -> out.sample("{code=\"" + code + "\"}", count));
        out.metric("tim4j_kicks_total", "counter", "Sessions ended by the server, by cause.");
        kicks.forEach((cause, count) -> out.sample("{cause=\"" + cause.name().toLowerCase(Locale.ROOT) + "\"}", count));
        out.metric("tim4j_protocol_errors_total", "counter", "Connections ended because the client broke the protocol.")
                .sample(protocolErrors);
        out.metric("tim4j_store_failures_total", "counter", "Logins about which the session store did not decide.")
                .sample(storeFailures);
        out.metric("tim4j_store_seconds", "summary", "How long the session store took to decide about a login.")
                .sample("_sum", storeNanos.sum() / 1e9)
                .sample("_count", storeDecisions);
        out.metric("tim4j_login_seconds", "histogram", "Time from the CONNECT to its answer.");
        long count = 0;
        for (int i = 0; i < latency.length; i++) {
            count += latency[i].sum();
            out.sample("_bucket{le=\"" + (i < BUCKETS.length ? "" + BUCKETS[i] : "+Inf") + "\"}", count);
        }
        out.sample("_sum", latencyNanos.sum() / 1e9).sample("_count", count);
    }
}
