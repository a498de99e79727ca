/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/**
 * An application with JNA and tim4j of its own is loaded, logs in, and is let go, as an application server does: once its client is closed nothing holds
 * its class loader. JNA's thread for native memory does, until nothing is left for it to free; it then ends by itself within half a minute.
 */
@Timeout(120)
class RedeployTest {
    private static final long APP = 1400000000L;

    /** Runs in the class loader of its own. */
    public static final class Application {
        private Application() {}

        public static void run(String server, String userSig) {
            try (TimClient tim =
                    TimClient.builder().sdkAppId(APP).server(server).build()) {
                tim.addListener(new TimListener() {});
                tim.login("alice", userSig).join();
                tim.logout().join();
            }
        }
    }

    private static URLClassLoader applicationsOwn() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        // Logging is the container's: what a logging back end keeps is not ours to free.
        ClassLoader container = LoggerFactory.class.getClassLoader();
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader()) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                return name.startsWith("org.slf4j.") ? container.loadClass(name) : super.findClass(name);
            }
        };
    }

    private static void run(ClassLoader loader, LoginServer server) throws Exception {
        loader.loadClass(Application.class.getName())
                .getMethod("run", String.class, String.class)
                .invoke(null, server.uri().toString(), server.userSig(APP, "alice"));
    }

    /** Runs an application, and forgets it. */
    private static WeakReference<ClassLoader> redeployed(LoginServer server) throws Exception {
        try (URLClassLoader loader = applicationsOwn()) {
            run(loader, server);
            awaitThatJnaHasFreedEverything(loader);
            return new WeakReference<>(loader);
        }
    }

    private static void awaitThatJnaHasFreedEverything(ClassLoader loader) throws Exception {
        Class<?> type = loader.loadClass("com.sun.jna.internal.Cleaner");
        Object cleaner = type.getMethod("getCleaner").invoke(null);
        Field first = type.getDeclaredField("firstCleanable");
        first.setAccessible(true);
        awaitAfterCollections("JNA has freed everything", () -> first.get(cleaner) == null);
        Field thread = type.getDeclaredField("cleanerThread");
        thread.setAccessible(true);
        Thread ending = (Thread) thread.get(cleaner);
        if (ending != null) {
            ending.interrupt(); // Or it would wait for half a minute for more to free.
            ending.join();
        }
    }

    private static void awaitAfterCollections(String what, Callable<Boolean> condition) {
        await(what)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    System.gc();
                    return condition.call();
                });
    }

    @Test
    void nothingHoldsTheClassLoaderOfAnApplicationThatWasLetGo() throws Exception {
        try (LoginServer server =
                LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build())) {
            WeakReference<ClassLoader> held = redeployed(server);
            awaitAfterCollections("the class loader is gone", () -> held.get() == null);
        }
    }
}
