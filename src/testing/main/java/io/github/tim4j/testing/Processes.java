/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

/** What Java cannot do to a process. */
public final class Processes {
    private Processes() {}

    /**
     * Sends a signal.
     *
     * @param name such as STOP or CONT
     */
    public static void signal(Process process, String name) throws Exception {
        int exit = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IllegalStateException("kill -" + name + " ended with " + exit);
        }
    }
}
