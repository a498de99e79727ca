/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads a library with the C API. The first of these that applies decides:
 *
 * <ol>
 * <li>the path that the caller gives;
 * <li>the path in the system property {@value #LIBRARY_PROPERTY};
 * <li>timshim as bundled in the jar, copied once to a folder of the user's (see {@link Extraction});
 * <li>{@code timshim}, then {@code ImSDK}, where the system looks for libraries.
 * </ol>
 *
 * <p>A path that was given and cannot be loaded is an error: another library, which may dial another service, never takes its place. What
 * fails is reported in one {@link LibraryLoadException} with everything that was tried and why it failed. A loaded library stays loaded
 * until the JVM ends, because threads of its own may still run in it. All methods may be called from any thread.
 */
public final class NativeLibraries {
    /** System property: the path of the library to load. */
    public static final String LIBRARY_PROPERTY = "tim4j.library";

    /** Bind on first use, and keep the symbols private: two libraries with the same names may be loaded in one process. */
    private static final int RTLD_LAZY_LOCAL = Platform.isMac() ? 1 | 4 : 1;

    /** JNA unloads a library that nobody refers to. timshim keeps itself in memory; of others that is not known. */
    private static final Set<NativeLibrary> KEPT = ConcurrentHashMap.newKeySet();

    private static final Map<String, ClassicTim> CLASSIC = new ConcurrentHashMap<>();

    private NativeLibraries() {}

    /**
     * Loads a library.
     *
     * @param path the library's file, or null to search
     * @throws LibraryLoadException if none could be loaded; its message lists each attempt
     */
    public static LoadedLibrary load(@Nullable Path path) {
        return load(path, System.getProperty(LIBRARY_PROPERTY, ""), List.of("timshim", "ImSDK"), NativeLibraries::open);
    }

    /**
     * Loads a further copy of the bundled timshim, from a file of its own beside the bundled one's. It is a library of its own, with a
     * session of its own, so that one process can be several instances; meant for tests.
     *
     * @param number distinguishes copies: the same number gives the same file, also in other processes
     * @return the copy's file, to be given to {@link #load(Path)}
     * @throws LibraryLoadException if it could not be loaded; its message lists each attempt
     */
    public static Path bundledCopy(int number) {
        requireJna();
        List<String> tried = new ArrayList<>();
        String fileName = System.mapLibraryName("timshim-copy" + number);
        Optional<LoadedLibrary> copy = bundled("timshim", fileName, NativeLibraries::open, tried);
        return Path.of(copy.orElseThrow(() -> new LibraryLoadException(tried)).path());
    }

    /**
     * Loads a library with the classic C API: the one given, else the bundled timshim_classic, else the system's.
     *
     * @param path the library's file, or null to search
     * @throws LibraryLoadException if none could be loaded; its message lists each attempt
     */
    public static ClassicTim loadClassic(@Nullable Path path) {
        return load(
                path,
                "",
                List.of("timshim_classic"),
                name -> CLASSIC.computeIfAbsent(name, NativeLibraries::openClassic));
    }

    /** @param names what to search: the first is the bundled library's */
    private static <T> T load(@Nullable Path path, String property, List<String> names, Function<String, T> open) {
        requireJna();
        List<String> tried = new ArrayList<>();
        Optional<T> found = Optional.empty();
        if (path != null) {
            found = file(path, "given path", open, tried);
        } else if (!property.isEmpty()) {
            String source = "system property " + LIBRARY_PROPERTY;
            try {
                found = file(Path.of(property), source, open, tried);
            } catch (InvalidPathException e) {
                tried.add(source + ": this locale's encoding does not have the name: " + e.getMessage());
            }
        } else {
            found = bundled(names.get(0), System.mapLibraryName(names.get(0)), open, tried);
            for (String name : names) {
                found = found.or(() -> attempt(name, "system", open, tried));
            }
        }
        return found.orElseThrow(() -> new LibraryLoadException(tried));
    }

    /** JNA has a native part of its own, which it copies to a folder of its own. */
    private static void requireJna() {
        try {
            Class.forName("com.sun.jna.Native");
        } catch (ClassNotFoundException | LinkageError e) {
            throw new LibraryLoadException(List.of("JNA's own native part: " + reason(e, "jna.tmpdir")));
        }
    }

    private static <T> Optional<T> file(Path path, String source, Function<String, T> open, List<String> tried) {
        Path file = path.toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            tried.add(source + ": " + file + ": " + (Files.exists(file) ? "not a file" : "no such file"));
            return Optional.empty();
        }
        try {
            return attempt(file.toRealPath().toString(), source, open, tried);
        } catch (IOException e) {
            tried.add(source + ": " + file + ": " + e);
            return Optional.empty();
        }
    }

    /** @param fileName the copied file's, without the hash */
    private static <T> Optional<T> bundled(String name, String fileName, Function<String, T> open, List<String> tried) {
        String resource = Platform.RESOURCE_PREFIX + "/" + System.mapLibraryName(name);
        byte[] content;
        ClassLoader loader = NativeLibraries.class.getClassLoader();
        try (InputStream in = loader == null
                ? ClassLoader.getSystemResourceAsStream(resource)
                : loader.getResourceAsStream(resource)) {
            if (in == null) {
                tried.add("bundled: no " + resource + " in the jar");
                return Optional.empty();
            }
            content = in.readAllBytes();
        } catch (IOException e) {
            tried.add("bundled: " + resource + ": " + e);
            return Optional.empty();
        }
        for (Path folder : Extraction.folders(tried)) {
            try {
                Optional<T> library =
                        attempt(Extraction.extract(fileName, content, folder).toString(), "bundled", open, tried);
                if (library.isPresent()) {
                    return library;
                }
            } catch (IOException | RuntimeException e) {
                tried.add("bundled: cannot be copied to " + folder + ": " + e);
            }
        }
        return Optional.empty();
    }

    /** @param name an absolute path, or a plain name for the system to find */
    private static <T> Optional<T> attempt(String name, String source, Function<String, T> open, List<String> tried) {
        try {
            return Optional.of(open.apply(name));
        } catch (UnsatisfiedLinkError e) {
            tried.add(source + ": " + name + ": " + reason(e, Extraction.CACHE_PROPERTY));
            return Optional.empty();
        }
    }

    /**
     * Gives a library that is loaded a further interface, for functions that {@link ImSdk} does not declare.
     *
     * @param functions declares them, as JNA has it; strings are UTF-8
     */
    public static <L extends Library> L load(LoadedLibrary library, Class<L> functions) {
        return Native.load(library.path(), functions, options());
    }

    private static LoadedLibrary open(String name) {
        Map<String, Object> options = options();
        NativeLibrary library = NativeLibrary.getInstance(name, options);
        requireFunctions(library, ImSdk.class);
        ImSdk sdk = Native.load(name, ImSdk.class, options);
        boolean isShim = missing(library, ImSdkShim.class).isEmpty();
        Optional<ImSdkShim> shim = isShim ? Optional.of(Native.load(name, ImSdkShim.class, options)) : Optional.empty();
        if (!isShim) {
            KEPT.add(library);
        }
        String file = library.getFile() == null ? name : library.getFile().getPath();
        return new LoadedLibrary(file, String.valueOf(sdk.TIMGetSDKVersion()), sdk, shim, library);
    }

    private static ClassicTim openClassic(String name) {
        Map<String, Object> options = options();
        requireFunctions(NativeLibrary.getInstance(name, options), ClassicTim.class);
        return Native.load(name, ClassicTim.class, options);
    }

    private static Map<String, Object> options() {
        Map<String, Object> options = new HashMap<>();
        options.put(Library.OPTION_STRING_ENCODING, "UTF-8");
        // JNA would look into class path resources for a plain name; the bundled library has had its turn.
        options.put(Library.OPTION_CLASSLOADER, ClassLoader.getPlatformClassLoader());
        if (!Platform.isWindows()) {
            options.put(Library.OPTION_OPEN_FLAGS, RTLD_LAZY_LOCAL);
        }
        return options;
    }

    private static void requireFunctions(NativeLibrary library, Class<? extends Library> header) {
        List<String> missing = missing(library, header);
        if (!missing.isEmpty()) {
            throw new UnsatisfiedLinkError("not a library with this C API: it lacks " + String.join(", ", missing));
        }
    }

    /**
     * Looks up the functions of a header.
     *
     * @return the names of those that the library does not export, sorted
     */
    public static List<String> missing(NativeLibrary library, Class<? extends Library> header) {
        Set<String> missing = new TreeSet<>();
        for (Method function : header.getDeclaredMethods()) {
            if (!function.isSynthetic() && !has(library, function.getName())) {
                missing.add(function.getName());
            }
        }
        return List.copyOf(missing);
    }

    private static boolean has(NativeLibrary library, String function) {
        try {
            library.getFunction(function);
            return true;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /**
     * Of JNA's message, which has a line for each of its own attempts, the first that says something.
     *
     * @param property names the folder that the file was copied to
     */
    private static String reason(Throwable error, String property) {
        String line = String.valueOf(error.getMessage())
                .lines()
                .map(String::strip)
                .filter(l ->
                        !l.isEmpty() && !l.startsWith("Unable to load library") && !l.startsWith("Native library ("))
                .findFirst()
                .orElse("not found");
        boolean noexec = line.contains("failed to map segment");
        return line
                + (noexec
                        ? " (is the folder mounted noexec? Set the system property " + property + " to one that is not)"
                        : "");
    }
}
