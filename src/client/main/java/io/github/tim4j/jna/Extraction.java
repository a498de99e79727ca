/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Copies the bundled library to a file, from which alone the system can load it.
 *
 * <p>The folder is the user's cache folder ({@code tim4j} in {@code $XDG_CACHE_HOME}, {@code ~/.cache}, {@code ~/Library/Caches} or
 * {@code %LOCALAPPDATA%}); if that cannot be used, {@code tim4j-USER} in the temporary folder; where the system property
 * {@value #CACHE_PROPERTY} names a folder, only that. The file's name carries a hash of its content: processes and versions share the
 * folder without disturbing each other, and no run leaves a file of its own behind. A file with other content is replaced.
 */
final class Extraction {
    /** System property: the folder to copy the bundled library to. */
    static final String CACHE_PROPERTY = "tim4j.cache";

    private Extraction() {}

    static List<Path> folders() {
        String property = System.getProperty(CACHE_PROPERTY, "");
        if (!property.isEmpty()) {
            return List.of(Path.of(property).toAbsolutePath());
        }
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"), "tim4j-" + System.getProperty("user.name"));
        return List.of(userCache().resolve("tim4j").toAbsolutePath(), temporary.toAbsolutePath());
    }

    private static Path userCache() {
        Path home = Path.of(System.getProperty("user.home"));
        if (Platform.isMac()) {
            return home.resolve("Library/Caches");
        }
        String set = System.getenv(Platform.isWindows() ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
        return set != null && !set.isEmpty()
                ? Path.of(set)
                : home.resolve(Platform.isWindows() ? "AppData/Local" : ".cache");
    }

    /** @return the file with this content in the folder; its name is the library's with a hash */
    static Path extract(String name, byte[] content, Path folder) throws IOException {
        createPrivate(folder);
        int dot = name.lastIndexOf('.');
        Path file = folder.resolve(name.substring(0, dot) + "-" + hash(content) + name.substring(dot));
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Arrays.equals(Files.readAllBytes(file), content)) {
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

    private static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
