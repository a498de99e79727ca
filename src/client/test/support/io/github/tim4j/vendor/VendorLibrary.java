/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.vendor;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The vendor's own library, where somebody has put it: {@code .ci/vendor-library} fetches it. It contacts the vendor's service by itself,
 * so it is loaded only where there is no way out: inside {@code .ci/isolated}.
 */
public final class VendorLibrary {
    /** The system property with the path of {@code libImSDK.so}. */
    public static final String PROPERTY = "tim4j.vendor.library";
    /** The file that the {@linkplain #main program} writes into its folder. Not standard output, on which the library writes its log. */
    public static final String OUTCOME = "outcome.txt";
    /** The outcome if all is as expected; otherwise it is what is not. */
    public static final String PASSED = "passed";

    private VendorLibrary() {}

    /** @return why the library cannot be tried here; empty if it can */
    public static Optional<String> missing() {
        String path = System.getProperty(PROPERTY, "");
        if (path.isEmpty()) {
            return Optional.of("the system property " + PROPERTY + " does not name the vendor's library");
        }
        return Files.isRegularFile(Path.of(path)) ? Optional.empty() : Optional.of("no such file: " + path);
    }

    /**
     * The library's file.
     *
     * @throws IllegalStateException if this process has a network other than loopback
     */
    public static Path file() throws IOException {
        requireIsolation();
        return Path.of(System.getProperty(PROPERTY)).toAbsolutePath();
    }

    private static void requireIsolation() throws IOException {
        List<String> up = NetworkInterface.networkInterfaces()
                .filter(VendorLibrary::leadsOut)
                .map(NetworkInterface::getName)
                .toList();
        // The first line names the columns, the first column is the interface.
        List<String> routes = Files.readAllLines(Path.of("/proc/net/route")).stream()
                .skip(1)
                .map(line -> line.split("\\s+")[0])
                .filter(device -> !device.equals("lo"))
                .toList();
        if (!up.isEmpty() || !routes.isEmpty()) {
            throw new IllegalStateException(
                    "the vendor's library is not loaded where it could reach a network (interfaces " + up
                            + ", routes by " + routes + "): run this inside .ci/isolated");
        }
    }

    private static boolean leadsOut(NetworkInterface device) {
        try {
            return device.isUp() && !device.isLoopback();
        } catch (IOException e) {
            return true;
        }
    }

    /** Runs one check, the arguments being its class and method. A JVM for each, because the library keeps state for the whole process. */
    public static void main(String[] args) throws Exception {
        Path outcome = Path.of(OUTCOME);
        try {
            file();
            // The checks are no part of any API, and those of TimClient stand in another package.
            Constructor<?> constructor = Class.forName(args[0]).getDeclaredConstructor();
            constructor.setAccessible(true);
            Method check = constructor.getDeclaringClass().getDeclaredMethod(args[1]);
            check.setAccessible(true);
            check.invoke(constructor.newInstance());
            Files.writeString(outcome, PASSED);
        } catch (Throwable e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text));
            Files.writeString(outcome, text.toString());
        }
        System.exit(0);
    }
}
