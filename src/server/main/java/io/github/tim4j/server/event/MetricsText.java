/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

/** Prometheus text (exposition format 0.0.4), as it is put together. For one thread. */
public final class MetricsText {
    private final StringBuilder text = new StringBuilder();
    private String name = "";

    /** Begins a metric; its samples follow. */
    public MetricsText metric(String metric, String type, String help) {
        name = metric;
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    public MetricsText sample(Number value) {
        return sample("", value);
    }

    /** @param labels such as <code>{code="0"}</code>, perhaps after a suffix of the name */
    public MetricsText sample(String labels, Number value) {
        text.append(name).append(labels).append(' ').append(value).append('\n');
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
