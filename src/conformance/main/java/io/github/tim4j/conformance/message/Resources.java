/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

/**
 * What a process holds of the system. Each is -1 where the system does not tell, so that it never seems to have grown.
 *
 * @param threads its threads
 * @param files   its open files and sockets
 * @param heap    bytes that malloc has given out; Java objects are not among them
 */
public record Resources(long threads, long files, long heap) {
    /** A JVM starts threads, opens files and compiles now and then; its compiler's memory alone comes and goes by two megabytes. */
    private static final int SPARE = 8;

    private static final long SPARE_HEAP = 4 << 20;

    public boolean isNotMoreThan(Resources before) {
        return threads <= before.threads + SPARE && files <= before.files + SPARE && heap <= before.heap + SPARE_HEAP;
    }

    public Resources withMoreHeap(long bytes) {
        return new Resources(threads, files, heap < 0 ? heap : heap + bytes);
    }

    public static Resources of(String text) {
        String[] numbers = text.replaceAll("[^-\\d]+", " ").trim().split(" ");
        return new Resources(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
    }
}
