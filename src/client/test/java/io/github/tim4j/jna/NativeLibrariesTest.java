/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.ForkedJvm;
import io.github.tim4j.testing.ForkedJvm.Result;
import io.github.tim4j.testing.Project;
import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is looked for, each case in a JVM of its own. */
class NativeLibrariesTest {
    @TempDir
    Path folder;

    /** Prints what was loaded, or why nothing was. */
    static final class Load {
        public static void main(String[] args) {
            try {
                LoadedLibrary library = NativeLibraries.load(args.length > 0 ? Path.of(args[0]) : null);
                System.out.println("loaded " + library.version() + " " + library.path());
            } catch (LibraryLoadException e) {
                System.out.println(e.getMessage());
                System.exit(1);
            }
        }
    }

    /** Opens a client in each of two class loaders, which share nothing but the JVM. */
    static final class TwoLoaders {
        public static void main(String[] args) throws Exception {
            Object first = build(loader());
            try {
                build(loader());
                System.out.println("a second client could be opened");
            } catch (java.lang.reflect.InvocationTargetException e) {
                System.out.println(e.getCause().getMessage());
            }
            first.getClass().getMethod("close").invoke(first);
            Object second = build(loader());
            second.getClass().getMethod("close").invoke(second);
            System.out.println("opened after the first was closed");
        }

        private static ClassLoader loader() throws MalformedURLException {
            List<URL> urls = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        }

        private static Object build(ClassLoader loader) throws Exception {
            Class<?> client = loader.loadClass("io.github.tim4j.TimClient");
            Object builder = client.getMethod("builder").invoke(null);
            builder.getClass().getMethod("sdkAppId", long.class).invoke(builder, 1L);
            return builder.getClass().getMethod("build").invoke(builder);
        }
    }

    /** Initialises the bundled library and two copies, and prints which of the three each answer comes from. */
    static final class Copies {
        public static void main(String[] args) {
            List<LoadedLibrary> libraries = List.of(
                    NativeLibraries.load(null),
                    NativeLibraries.load(NativeLibraries.bundledCopy(1)),
                    NativeLibraries.load(NativeLibraries.bundledCopy(2)));
            for (int i = 0; i < 3; i++) {
                System.out.println(libraries.get(i).sdk().TIMInit(i + 1, "{}"));
            }
            System.out.println(libraries.get(1).sdk().TIMInit(1, "{}"));
            System.out.println(NativeLibraries.bundledCopy(1)
                    .equals(Path.of(libraries.get(1).path())));
            libraries.forEach(library -> library.sdk().TIMUninit());
        }
    }

    private static Path hostile() {
        return CCompiler.library("hostile", List.of("src/client/test/native/hostile.c"));
    }

    private ForkedJvm load(Object... arguments) {
        return ForkedJvm.of(Load.class, arguments).option("-Dtim4j.cache=" + folder.resolve("cache"));
    }

    /** The test class path without the module that has the library. */
    private static String classPathWithoutLibrary() {
        List<String> entries = new ArrayList<>(ForkedJvm.testClassPath());
        entries.removeIf(entry -> Path.of(entry).startsWith(Project.ROOT.resolve("native/target")));
        return String.join(File.pathSeparator, entries);
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
            return files.toList();
        }
    }

    @Test
    void aGivenPathComesBeforeThePropertyAndThatBeforeTheBundledLibrary() {
        assertThat(load(hostile()).option("-Dtim4j.library=/nonexistent.so").run(folder))
                .isEqualTo(new Result(0, "loaded hostile " + hostile() + "\n"));
        assertThat(load().option("-Dtim4j.library=" + hostile()).run(folder).output())
                .startsWith("loaded hostile");
        assertThat(load().run(folder).output())
                .startsWith("loaded 0.")
                .contains(folder.resolve("cache").toString());
    }

    @Test
    void aNamedLibraryThatCannotBeLoadedIsNeverReplacedByAnother() throws IOException {
        Result missing = load("/nonexistent/libImSDK.so").run(folder);
        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.output())
                .contains("given path: /nonexistent/libImSDK.so: no such file", System.getProperty("os.arch"))
                .doesNotContain("bundled");

        Path text = Files.writeString(folder.resolve("text.so"), "not a library");
        assertThat(load().option("-Dtim4j.library=" + text).run(folder).output())
                .contains("system property tim4j.library: " + text + ": ")
                .containsAnyOf("invalid ELF header", "file too short");
    }

    @Test
    void aLibraryWithoutThisApiIsNamedWithWhatItLacks() throws IOException {
        Path source = Files.writeString(folder.resolve("other.c"), "int TIMUninit(void) { return 0; }\n");
        Path other = CCompiler.library("other", List.of(source.toString()));
        assertThat(load(other).run(folder).output())
                .contains("lacks", "TIMInit", "TIMLogin")
                .doesNotContain("TIMUninit,");
        Files.delete(other);
    }

    @Test
    void withoutABundledLibraryTheSystemIsSearched() throws IOException {
        assumeTrue(Platform.isLinux(), "skipped: LD_LIBRARY_PATH is Linux's");
        Path system = Files.createDirectory(folder.resolve("system"));
        Files.copy(hostile(), system.resolve("libImSDK.so"));
        ForkedJvm jvm = load().classPath(classPathWithoutLibrary()).environment("LD_LIBRARY_PATH", system.toString());
        assertThat(jvm.run(folder).output()).startsWith("loaded hostile").contains("ImSDK");
    }

    @Test
    void aFailureListsEverythingThatWasTried() throws IOException {
        Result failed = load().classPath(classPathWithoutLibrary()).run(folder);
        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.output())
                .contains(
                        "no TIM library could be loaded on " + System.getProperty("os.name"),
                        "bundled: no " + Platform.RESOURCE_PREFIX,
                        "system: timshim: ",
                        "system: ImSDK: ",
                        "-Dtim4j.library=");
    }

    @Test
    void theCopyIsNamedByItsContentSharedAndMendedWhenDamaged() throws IOException {
        load().run(folder);
        assertThat(cached())
                .singleElement()
                .satisfies(file -> assertThat(file.getFileName().toString()).matches(".*timshim-[0-9a-f]{16}\\..*"));
        Path file = cached().get(0);
        byte[] content = Files.readAllBytes(file);
        FileTime old = FileTime.fromMillis(1_000_000_000_000L);
        Files.setLastModifiedTime(file, old);
        load().run(folder);
        assertThat(cached()).containsExactly(file);
        assertThat(Files.getLastModifiedTime(file))
                .as("the second run uses the same file")
                .isEqualTo(old);

        Files.write(file, new byte[100]);
        assertThat(load().run(folder).output()).startsWith("loaded 0.");
        assertThat(cached()).containsExactly(file);
        assertThat(file).hasBinaryContent(content);
    }

    @Test
    void severalJvmsAtOnceShareTheCopy() throws IOException {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(load().start(folder));
        }
        for (Process process : processes) {
            assertThat(ForkedJvm.await(process, folder).output()).startsWith("loaded 0.");
        }
        assertThat(cached()).hasSize(1);
    }

    @Test
    void aHomeThatCannotBeWrittenIsReplacedByTheTemporaryFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Result result = ForkedJvm.of(Load.class)
                .option("-Duser.home=" + file)
                .environment("XDG_CACHE_HOME", "")
                .option("-Djava.io.tmpdir=" + temporary)
                .run(folder);
        assertThat(result.output()).startsWith("loaded 0.").contains(temporary.toString());
    }

    @Test
    void aFolderThatOthersCanWriteToIsNotTrusted() throws IOException {
        assumeTrue(!Platform.isWindows(), "skipped: no POSIX permissions");
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(load().run(folder).output()).contains("others may write to it (rwxrwxrwx)", "chmod 700");
    }

    @Test
    void aFolderMountedNoexecIsToldAndTheNextOneIsUsed() throws IOException, InterruptedException {
        assumeTrue(
                Platform.isLinux()
                        && new ProcessBuilder(
                                                "unshare",
                                                "-rm",
                                                "mount",
                                                "-t",
                                                "tmpfs",
                                                "-o",
                                                "noexec",
                                                "none",
                                                folder.toString())
                                        .start()
                                        .waitFor()
                                == 0,
                "skipped: no user namespaces with mounts here");
        Path noexec = Files.createDirectory(folder.resolve("noexec"));
        String[] mounted = {
            "unshare", "-rm", "sh", "-c", "mount -t tmpfs -o noexec none '" + noexec + "' && exec \"$@\"", "sh"
        };
        Result told = ForkedJvm.of(Load.class)
                .option("-Dtim4j.cache=" + noexec.resolve("cache"))
                .under(mounted)
                .run(folder);
        assertThat(told.output()).contains("mounted noexec", "tim4j.cache");

        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Result next = ForkedJvm.of(Load.class)
                .environment("XDG_CACHE_HOME", noexec.toString())
                .option("-Djava.io.tmpdir=" + temporary)
                .option("-Djna.tmpdir=" + temporary)
                .under(mounted)
                .run(folder);
        assertThat(next.output()).startsWith("loaded 0.").contains(temporary.toString());

        Result jna = ForkedJvm.of(Load.class)
                .option("-Djna.tmpdir=" + noexec)
                .under(mounted)
                .run(folder);
        assertThat(jna.output()).startsWith("no TIM library").contains("JNA's own native part", "noexec", "jna.tmpdir");
    }

    @Test
    void aHomeThatIsNoAbsolutePathIsPassedOver() throws IOException {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Result result = ForkedJvm.of(Load.class)
                .option("-Duser.home=?")
                .option("-Djava.io.tmpdir=" + temporary)
                .option("-Djna.tmpdir=" + temporary)
                .environment("XDG_CACHE_HOME", "relative")
                .run(folder);
        assertThat(result.output()).startsWith("loaded 0.").contains(temporary.toString());
        assertThat(folder.resolve("?")).doesNotExist();
        assertThat(folder.resolve("relative")).doesNotExist();
    }

    @Test
    void aNameThatTheLocaleLacksIsOneMoreLineOfWhatWasTried() throws IOException {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path chinese = Files.createDirectory(folder.resolve("\u7528\u6237"));
        Result result = ForkedJvm.of(Load.class)
                .environment("LC_ALL", "C")
                .environment("XDG_CACHE_HOME", chinese.toString())
                .option("-Djava.io.tmpdir=" + temporary)
                .option("-Djna.tmpdir=" + temporary)
                .run(folder);
        assertThat(result.output()).startsWith("loaded 0.");
    }

    @Test
    void anIdenticalFileOnAReadOnlyFileSystemIsUsed() throws IOException, InterruptedException {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(load().run(folder).output()).startsWith("loaded 0.");
        String[] readOnly = {
            "unshare",
            "-rm",
            "sh",
            "-c",
            "mount --bind '" + cache + "' '" + cache + "' && mount -o remount,ro,bind '" + cache + "' && exec \"$@\"",
            "sh"
        };
        String[] probe = Arrays.copyOf(readOnly, readOnly.length + 1);
        probe[readOnly.length] = "true";
        assumeTrue(
                Platform.isLinux() && new ProcessBuilder(probe).start().waitFor() == 0,
                "skipped: no user namespaces with read-only mounts here");
        assertThat(load().under(readOnly).run(folder).output())
                .startsWith("loaded 0.")
                .contains(cache.toString());
    }

    @Test
    void twoClassLoadersHaveOneLibraryBetweenThem() {
        Result result = ForkedJvm.of(TwoLoaders.class)
                .option("-Dtim4j.cache=" + folder.resolve("cache"))
                .run(folder);
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains("open already", "opened after the first was closed");
    }

    @Test
    void aLibraryThatIsClosedWhileItsThreadsRunStaysInMemory() throws IOException {
        Path copy = Files.copy(Path.of(NativeLibraries.load(null).path()), folder.resolve("libcopy.so"));
        NativeLibrary library = NativeLibrary.getInstance(copy.toString());
        assertThat(library.getFunction("TIMInit").invokeInt(new Object[] {1L, null}))
                .isZero();
        library.close();
        NativeLibrary again = NativeLibrary.getInstance(copy.toString());
        assertThat(again.getFunction("TIMInit").invokeInt(new Object[] {2L, null}))
                .as("app 1 is still initialised")
                .isEqualTo(-4);
        assertThat(again.getFunction("TIMUninit").invokeInt(new Object[0])).isZero();
        again.close();
    }

    @Test
    void aCopyOfTheBundledLibraryIsASessionOfItsOwn() throws IOException {
        ForkedJvm copies = ForkedJvm.of(Copies.class).option("-Dtim4j.cache=" + folder.resolve("cache"));
        assertThat(copies.run(folder)).isEqualTo(new Result(0, "0\n0\n0\n-4\ntrue\n"));
        assertThat(cached()).hasSize(3);
        assertThat(copies.run(folder).exitCode()).isZero();
        assertThat(cached()).as("the same files again").hasSize(3);
    }
}
