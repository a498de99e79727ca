/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import io.github.tim4j.server.event.MetricsText;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.OptionalLong;
import javax.management.JMException;
import javax.management.ObjectName;

/** The process that the server runs in, under the names that Prometheus' own clients give it. Any thread. */
final class ProcessMetrics {
    private ProcessMetrics() {}

    static void write(MetricsText out) {
        descriptors("OpenFileDescriptorCount")
                .ifPresent(count -> out.metric("process_open_fds", "gauge", "Open file descriptors.")
                        .sample(count));
        descriptors("MaxFileDescriptorCount")
                .ifPresent(count -> out.metric("process_max_fds", "gauge", "How many there may be.")
                        .sample(count));
        out.metric("jvm_memory_used_bytes", "gauge", "Used memory.")
                .sample(
                        "{area=\"heap\"}",
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        out.metric("jvm_threads_current", "gauge", "Threads.")
                .sample(ManagementFactory.getThreadMXBean().getThreadCount());
        List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
        out.metric("jvm_gc_collection_seconds", "summary", "Time spent in garbage collection, by collector.");
        for (GarbageCollectorMXBean collector : collectors) {
            String label = "{gc=\"" + collector.getName() + "\"}";
            out.sample("_sum" + label, collector.getCollectionTime() / 1e3)
                    .sample("_count" + label, collector.getCollectionCount());
        }
    }

    /** Empty where the system does not count them, as Windows, or this Java does not ask. */
    private static OptionalLong descriptors(String attribute) {
        try {
            Object value = ManagementFactory.getPlatformMBeanServer()
                    .getAttribute(new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), attribute);
            return value instanceof Long count && count >= 0 ? OptionalLong.of(count) : OptionalLong.empty();
        } catch (JMException e) {
            return OptionalLong.empty();
        }
    }
}
