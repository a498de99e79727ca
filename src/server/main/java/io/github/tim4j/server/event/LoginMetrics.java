/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import io.github.tim4j.server.KickCause;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** What has been counted since the start, as Prometheus text (exposition format 0.0.4). Any thread. */
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

    /** The text, with gauges whose values only the caller knows. */
    public String text(int connections, int sessions, Map<Long, Integer> dailyActiveUsers) {
        StringBuilder out = new StringBuilder();
        head(out, "connections", "gauge", "Open MQTT connections.")
                .append("tim4j_connections ")
                .append(connections)
                .append('\n');
        head(out, "sessions", "gauge", "Connected sessions.")
                .append("tim4j_sessions ")
                .append(sessions)
                .append('\n');
        head(out, "logins_total", "counter", "Logins by the code that they were answered with; 0 is success.");
        loginsByCode.forEach((code, count) -> out.append("tim4j_logins_total{code=\"" + code + "\"} ")
                .append(count)
                .append('\n'));
        head(out, "kicks_total", "counter", "Sessions ended by the server, by cause.");
        kicks.forEach((cause, count) -> out.append(
                        "tim4j_kicks_total{cause=\"" + cause.name().toLowerCase(Locale.ROOT) + "\"} ")
                .append(count)
                .append('\n'));
        head(out, "protocol_errors_total", "counter", "Connections ended because the client broke the protocol.")
                .append("tim4j_protocol_errors_total ")
                .append(protocolErrors)
                .append('\n');
        histogram(out);
        head(out, "daily_active_users", "gauge", "Distinct users that logged in today (UTC), by app.");
        dailyActiveUsers.forEach((app, count) -> out.append("tim4j_daily_active_users{sdkappid=\"" + app + "\"} ")
                .append(count)
                .append('\n'));
        return out.toString();
    }

    private void histogram(StringBuilder out) {
        head(out, "login_seconds", "histogram", "Time from the CONNECT to its answer.");
        long count = 0;
        for (int i = 0; i < latency.length; i++) {
            count += latency[i].sum();
            String bound = i < BUCKETS.length ? "" + BUCKETS[i] : "+Inf";
            out.append("tim4j_login_seconds_bucket{le=\"")
                    .append(bound)
                    .append("\"} ")
                    .append(count)
                    .append('\n');
        }
        out.append("tim4j_login_seconds_sum ").append(latencyNanos.sum() / 1e9).append('\n');
        out.append("tim4j_login_seconds_count ").append(count).append('\n');
    }

    private static StringBuilder head(StringBuilder out, String name, String type, String help) {
        return out.append("# HELP tim4j_")
                .append(name)
                .append(' ')
                .append(help)
                .append("\n# TYPE tim4j_")
                .append(name)
                .append(' ')
                .append(type)
                .append('\n');
    }
}
