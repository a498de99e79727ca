// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;

/**
 * Lets a command run until Ctrl-C or SIGTERM, which is its regular end: it then cleans up in peace and exits with 0. A shutdown hook could
 * do neither: hooks run all at once, and the JVM exits with 128 and the signal's number. A second signal ends the process at once.
 */
final class Stop {
    private final CountDownLatch ended = new CountDownLatch(1);

    /** From now on, a signal ends the waiting instead of the JVM. */
    void catchSignals() {
        onSignal("INT", true, this::end);
        onSignal("TERM", true, this::end);
    }

    /**
     * From now on, SIGHUP does this instead of ending the JVM; but where it comes because the terminal has been closed, it ends the waiting. Windows has
     * no such signal.
     */
    void onHangUp(Runnable action) {
        if (!System.getProperty("os.name").startsWith("Windows")) {
            boolean hadTerminal = hasTerminal();
            onSignal("HUP", false, () -> {
                if (hadTerminal && !hasTerminal()) {
                    end();
                } else {
                    action.run();
                }
            });
        }
    }

    /** This name opens whatever terminal controls the process, as long as that is there. */
    private static boolean hasTerminal() {
        try {
            new FileInputStream("/dev/tty").close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits for a signal or for {@link #end()}. */
    void await() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the waiting without a signal. Any thread. */
    void end() {
        ended.countDown();
    }

    /** By reflection, because javac warns about sun.misc whatever one does, and warnings are errors here. */
    private static void onSignal(String name, boolean once, Runnable action) {
        try {
            Class<?> signalClass = Class.forName("sun.misc.Signal");
            Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
            var handle = signalClass.getMethod("handle", signalClass, handlerClass);
            Object signal = signalClass.getConstructor(String.class).newInstance(name);
            Object systemDefault = handlerClass.getField("SIG_DFL").get(null);
            Object handler = Proxy.newProxyInstance(null, new Class<?>[] {handlerClass}, (proxy, method, args) -> {
                if (method.getName().equals("handle")) {
                    if (once) {
                        handle.invoke(null, signal, systemDefault);
                    }
                    action.run();
                }
                return null;
            });
            handle.invoke(null, signal, handler);
        } catch (InvocationTargetException e) {
            // The JVM was started with -Xrs: signals are not its business, and the system's default ends the process.
            assert e.getCause() instanceof IllegalArgumentException : e;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Java has no sun.misc.Signal", e);
        }
    }
}
