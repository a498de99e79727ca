/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Why a process ended: by its exit code, and by the file that the JVM writes when a signal ends it. */
final class CrashReport {
    private static final Map<Integer, String> SIGNALS = Map.of(
            4, "SIGILL", 5, "SIGTRAP", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL", 11, "SIGSEGV", 13,
            "SIGPIPE", 15, "SIGTERM");
    private static final int FRAMES = 12;
    private static final Pattern SANITIZER = Pattern.compile("(ERROR|WARNING): \\w+Sanitizer|: runtime error: ");

    private CrashReport() {}

    /** @param lastWords what the process has printed last */
    static String of(int exitCode, Path folder, List<String> lastWords) {
        Path file = folder.resolve("hs_err.log");
        try {
            if (Files.exists(file)) {
                return fromFile(Files.readAllLines(file, StandardCharsets.ISO_8859_1));
            }
            Path errors = folder.resolve("stderr");
            String printed = Files.exists(errors)
                    ? Files.readString(errors, StandardCharsets.ISO_8859_1).strip()
                    : "";
            String sanitizer = sanitizer(printed.lines().toList());
            if (!sanitizer.isEmpty()) {
                return byExitCode(exitCode) + "; it had printed: " + sanitizer;
            }
            String said = printed.isEmpty()
                    ? String.join(" / ", lastWords)
                    : printed.substring(Math.max(0, printed.length() - 300));
            return byExitCode(exitCode) + (said.isEmpty() ? "" : "; it had printed: " + said);
        } catch (IOException e) {
            return byExitCode(exitCode);
        }
    }

    /** The first lines and the frames of a sanitizer's report, which goes on with much about memory; "" if there is none. */
    private static String sanitizer(List<String> lines) {
        int begin = 0;
        while (begin < lines.size() && !SANITIZER.matcher(lines.get(begin)).find()) {
            begin++;
        }
        StringBuilder text = new StringBuilder();
        for (int i = begin; i < lines.size() && i < begin + FRAMES + 2; i++) {
            if (lines.get(i).isBlank()) {
                break;
            }
            text.append(i == begin ? "" : "\n    ").append(lines.get(i).strip());
        }
        return text.toString();
    }

    private static String byExitCode(int code) {
        String signal = SIGNALS.get(code - 128);
        return signal == null
                ? "the process ended by itself with exit code " + code
                : "the process was ended by " + signal;
    }

    /** The signal, the frame and the native stack. */
    private static String fromFile(List<String> lines) {
        StringBuilder text = new StringBuilder("the process was ended by ");
        text.append(lines.stream()
                .filter(line -> line.matches("#  SIG.*|#  EXCEPTION.*"))
                .findFirst()
                .map(line -> line.substring(3).split(" ")[0])
                .orElse("a fatal error of the JVM"));
        int frame = lines.indexOf("# Problematic frame:");
        if (frame >= 0 && frame + 1 < lines.size()) {
            text.append(" in ")
                    .append(lines.get(frame + 1).replaceFirst("^# ", "").strip());
        }
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("Native frames:")) {
                for (int f = i + 1;
                        f < lines.size() && f <= i + FRAMES && !lines.get(f).isBlank();
                        f++) {
                    text.append("\n    ").append(lines.get(f).strip());
                }
            }
        }
        return text.toString();
    }
}
