// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/** Where the secret key of an app comes from: a file or the environment, never an argument. */
final class SecretKey {
    static final String VARIABLE = "TIM_SECRET_KEY";
    static final String OPTION = "--secret-key-file";
    static final String DESCRIPTION =
            "The file that holds the app's secret key. Without it, the variable " + VARIABLE + " counts.";
    /** The console's keys have 64 characters; a far larger file is not one. */
    private static final int MAX_BYTES = 4096;

    private SecretKey() {}

    /**
     * The key of an app.
     *
     * @param file null for the variable
     * @return empty if there is neither file nor variable
     */
    static Optional<String> read(Path file) {
        return file == null ? fromEnvironment() : Optional.of(fromFile(file));
    }

    /** A key that nobody can guess: 64 hexadecimal digits, as long as the console's. */
    static String random() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static Optional<String> fromEnvironment() {
        Optional<String> value = Optional.ofNullable(System.getenv(VARIABLE)).map(String::strip);
        if (value.isPresent() && value.get().isEmpty()) {
            throw CliException.usage(
                    "the variable " + VARIABLE + " is empty: set it to the app's secret key, or unset it");
        }
        return value;
    }

    private static String fromFile(Path file) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw unusable(file, "there is no such file");
        } catch (AccessDeniedException e) {
            throw unusable(file, "permission denied");
        } catch (IOException e) {
            throw unusable(file, Files.isDirectory(file) ? "it is a folder" : e.getMessage());
        }
        if (bytes.length > MAX_BYTES) {
            throw unusable(file, "it has more than " + MAX_BYTES + " bytes");
        }
        String key = new String(bytes, StandardCharsets.UTF_8).strip();
        if (key.startsWith("\uFEFF")) {
            key = key.substring(1).strip(); // Windows' editors put a byte order mark there.
        }
        if (key.indexOf('\0') >= 0 || key.indexOf('\uFFFD') >= 0) {
            throw unusable(file, "it is not UTF-8 text: save it as UTF-8 or ASCII");
        }
        if (key.startsWith("-----BEGIN")) {
            throw unusable(
                    file,
                    "it is a PEM key of the older UserSig scheme; take the app's secret key from the console, a line of hexadecimal digits");
        }
        if (key.length() > 1
                && (key.startsWith("\"") && key.endsWith("\"") || key.startsWith("'") && key.endsWith("'"))) {
            throw unusable(file, "the key stands in quotes: take them away");
        }
        if (key.lines().count() > 1) {
            throw unusable(file, "it has several lines: the key is one");
        }
        if (key.isEmpty()) {
            throw unusable(file, "it is empty");
        }
        return key;
    }

    private static CliException unusable(Path file, String why) {
        return CliException.usage("cannot take the secret key from " + file + ": " + why);
    }
}
