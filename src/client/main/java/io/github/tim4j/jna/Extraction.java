/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Copies the bundled library to a file, from which alone the system can load it.
 *
 * <p>The folder is the user's cache folder ({@code tim4j} in {@code $XDG_CACHE_HOME}, {@code ~/.cache}, {@code ~/Library/Caches} or
 * {@code %LOCALAPPDATA%}); if that cannot be used, or is no absolute path, {@code tim4j-USER} in the temporary folder; where the system property
 * {@value #CACHE_PROPERTY} names a folder, only that. The file's name carries a hash of its content: processes and versions share the
 * folder without disturbing each other, and no run leaves a file of its own behind. A file with other content is replaced.
 */
final class Extraction {
    /** System property: the folder to copy the bundled library to. */
    static final String CACHE_PROPERTY = "tim4j.cache";

    private Extraction() {}

    /**
     * @param tried gets a line for each folder that cannot even be named
     * @return absolute folders, the first to be tried first
     */
    static List<Path> folders(List<String> tried) {
        List<Path> folders = new ArrayList<>();
        String property = System.getProperty(CACHE_PROPERTY, "");
        if (!property.isEmpty()) {
            Path named = folder(tried, "system property " + CACHE_PROPERTY, property, "");
            return named == null ? List.of() : List.of(named.toAbsolutePath());
        }
        addAbsolute(folders, userCache(tried));
        String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
        String temporary = System.getProperty("java.io.tmpdir", "");
        addAbsolute(folders, folder(tried, "system property java.io.tmpdir", temporary, "tim4j-" + user));
        return folders;
    }

    /** Relative ones, such as Java's "?" for a user without a home, would be in the working directory, which may be anybody's. */
    private static void addAbsolute(List<Path> folders, @Nullable Path folder) {
        if (folder != null && folder.isAbsolute()) {
            folders.add(folder);
        }
    }

    private static @Nullable Path userCache(List<String> tried) {
        String variable = Platform.isWindows() ? "LOCALAPPDATA" : Platform.isMac() ? "" : "XDG_CACHE_HOME";
        String set = variable.isEmpty() ? null : System.getenv(variable);
        if (set != null) {
            Path named = folder(tried, "environment variable " + variable, set, "tim4j");
            if (named != null && named.isAbsolute()) {
                return named;
            }
        }
        String below = Platform.isMac()
                ? "Library/Caches/tim4j"
                : Platform.isWindows() ? "AppData/Local/tim4j" : ".cache/tim4j";
        return folder(tried, "system property user.home", System.getProperty("user.home", ""), below);
    }

    /** Null if it is not set, or, as a name with letters that the locale's encoding lacks, is no path here. */
    private static @Nullable Path folder(List<String> tried, String source, String folder, String below) {
        if (folder.isEmpty()) {
            return null;
        }
        try {
            return Path.of(folder, below);
        } catch (InvalidPathException e) {
            tried.add("bundled: cannot be copied to the folder of the " + source
                    + ", whose name this locale's encoding does not have: " + e.getReason());
            return null;
        }
    }

    /** @return the file with this content in the folder; its name is the library's with a hash */
    static Path extract(String name, byte[] content, Path folder) throws IOException {
        int dot = name.lastIndexOf('.');
        Path file = folder.resolve(name.substring(0, dot) + "-" + hash(content) + name.substring(dot));
        if (isTrusted(folder) && hasContent(file, content)) {
            // It may be on a file system that is read-only by now.
            return file;
        }
        createPrivate(folder);
        if (hasContent(file, content)) {
            return file;
        }
        Path unfinished = Files.createTempFile(folder, name, ".tmp");
        try {
            Files.write(unfinished, content);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
        return file;
    }

    private static boolean hasContent(Path file, byte[] content) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && Files.size(file) == content.length
                && Arrays.equals(Files.readAllBytes(file), content);
    }

    /** Whether nobody can have put a file there but this user, or the system's administrator, who can do anything anyhow. */
    private static boolean isTrusted(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("unix")
                || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
        return !permissions.contains(PosixFilePermission.GROUP_WRITE)
                && !permissions.contains(PosixFilePermission.OTHERS_WRITE)
                && (Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                        || Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS)
                                .getName()
                                .equals(System.getProperty("user.name")));
    }

    /** A library is loaded from here, so nobody else may write here: a folder that another user owns or can write to is refused. */
    private static void createPrivate(Path folder) throws IOException {
        Path parent = folder.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        // Asked of the file system, not of the FileStore, which the JDK does not find in a chroot.
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(folder);
            return;
        }
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("not a folder");
        }
        if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    "others may write to it (" + PosixFilePermissions.toString(permissions) + "); run chmod 700 on it");
        }
        Path probe = Files.createTempFile(folder, "owner", ".tmp");
        try {
            if (!Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(probe))) {
                throw new IOException("it belongs to " + Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS));
            }
        } finally {
            Files.delete(probe);
        }
    }

    /** Two checksums, which take no time, unlike a digest, whose classes take more than all of this: it is only a name, the content is compared. */
    private static String hash(byte[] content) {
        CRC32 one = new CRC32();
        CRC32C other = new CRC32C();
        one.update(content);
        other.update(content);
        return HexFormat.of().toHexDigits((int) one.getValue()) + HexFormat.of().toHexDigits((int) other.getValue());
    }
}
