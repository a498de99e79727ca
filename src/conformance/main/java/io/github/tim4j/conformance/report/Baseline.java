/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The known deviations of a library, so that a build fails on new ones alone, and on those that are gone. A text file in UTF-8 with a line for each: the
 * scenario's id, the verdict, and why it is accepted. Empty lines, and lines that begin with #, do not count.
 */
public final class Baseline {
    private final Path file;
    private final Map<String, Verdict> known = new LinkedHashMap<>();

    private Baseline(Path file) {
        this.file = file;
    }

    /**
     * Reads a file.
     *
     * @param file the file
     * @return what it says
     * @throws IOException if it cannot be read, or a line is not as it should be; the message names file and line
     */
    public static Baseline read(Path file) throws IOException {
        Baseline baseline = new Baseline(file);
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder, not a file");
        }
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replace("\uFEFF", "").strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                baseline.add(file + ":" + (i + 1), line.split("\\s+", 3));
            }
        }
        return baseline;
    }

    private static List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not UTF-8 text: save it as UTF-8", e);
        }
    }

    private void add(String place, String[] words) throws IOException {
        if (words.length < 3) {
            throw new IOException(place + ": a line is the scenario's id, the verdict, and why it is accepted");
        }
        Verdict verdict;
        try {
            verdict = Verdict.valueOf(words[1].toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IOException(place + ": no verdict \"" + words[1] + "\": fail, crashed or hung", e);
        }
        if (!verdict.isFault()) {
            throw new IOException(place + ": " + verdict + " is no fault: only fail, crashed and hung are listed");
        }
        if (known.put(words[0], verdict) != null) {
            throw new IOException(place + ": " + words[0] + " is listed twice");
        }
    }

    /**
     * The scenarios that it lists.
     *
     * @return their ids
     */
    public Set<String> ids() {
        return known.keySet();
    }

    /**
     * Compares. What was not run, or was skipped, is not compared.
     *
     * @param report a run
     * @return a sentence for each fault that is not listed, or not as it came, and for each that is listed and gone; empty if all is known
     */
    public List<String> unlike(Report report) {
        List<String> unlike = new ArrayList<>();
        for (Result result : report.results()) {
            Verdict accepted = known.get(result.id());
            Verdict now = result.verdict();
            if (now == accepted || now == Verdict.SKIPPED) {
                continue;
            }
            if (accepted != null) {
                unlike.add(result.id() + ": " + now + ", where " + file + " has " + accepted
                        + (now.isFault() ? "" : ": the fault is gone, remove the line"));
            } else if (now.isFault()) {
                unlike.add(result.id() + ": " + now + ", which " + file + " does not list. To accept it, add: "
                        + result.id() + " " + now + " and why");
            }
        }
        return unlike;
    }
}
