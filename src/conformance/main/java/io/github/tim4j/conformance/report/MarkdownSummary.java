/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where timshim and another library agree, where they do not, and why, as Markdown for a documentation. The same each time. */
public final class MarkdownSummary {
    /** What a library that is not made for it does here is a matter of luck: libImSDK fails in some runs and passes in others. */
    private static final List<String> RACES = List.of("threads.init-uninit-race", "threads.uninit-from-many-threads");

    private MarkdownSummary() {}

    /**
     * Writes the summary.
     *
     * @param timshim the report of timshim
     * @param other   the report of the other library
     * @param file    is overwritten
     * @throws IOException if it cannot be written
     */
    public static void write(Report timshim, Report other, Path file) throws IOException {
        List<Result> ran = steady(other).stream()
                .filter(result -> result.verdict() != Verdict.SKIPPED)
                .toList();
        List<Result> agreed =
                ran.stream().filter(result -> result.verdict() == Verdict.PASS).toList();
        StringBuilder out = new StringBuilder();
        out.append("## Where they diverge\n\n");
        out.append("| scenario | what | documentation | ")
                .append(other.library())
                .append(" | timshim | why timshim does so |\n|---|---|---|---|---|---|\n");
        for (Result result : ran) {
            for (Divergence divergence : result.divergences()) {
                row(
                        out,
                        result.id(),
                        divergence.what(),
                        divergence.documentation() == null ? "–" : divergence.documentation(),
                        divergence.observed(),
                        divergence.timshim(),
                        result.why());
            }
        }
        out.append("\n## Where they agree\n\n");
        agreed.forEach(result -> out.append("- ")
                .append(cell(result.title()))
                .append(" (`")
                .append(result.id())
                .append("`)\n"));
        List<Result> faults =
                ran.stream().filter(result -> result.verdict().isFault()).toList();
        if (!faults.isEmpty()) {
            out.append("\n## Faults of ").append(other.library()).append("\n\n");
            faults.forEach(result -> out.append("- `")
                    .append(result.id())
                    .append("` ")
                    .append(result.verdict())
                    .append(": ")
                    .append(cell(result.detail()))
                    .append('\n'));
        }
        out.append(
                "\n## Not compared\n\nThese race on purpose. What a library does that is not made for it differs from run to run:\n\n");
        RACES.forEach(id -> out.append("- `").append(id).append("`\n"));
        out.append("\n## Counts\n\n| | scenarios | pass | diverges | faults | skipped |\n|---|---|---|---|---|---|\n");
        List.of(timshim, other).forEach(report -> counts(out, report));
        Files.writeString(file, out);
    }

    private static List<Result> steady(Report report) {
        return report.results().stream()
                .filter(result -> !RACES.contains(result.id()))
                .toList();
    }

    private static long count(List<Result> results, Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }

    private static void counts(StringBuilder out, Report report) {
        List<Result> results = steady(report);
        long faults =
                results.stream().filter(result -> result.verdict().isFault()).count();
        row(
                out,
                report.library() + " " + report.version(),
                Integer.toString(results.size()),
                Long.toString(count(results, Verdict.PASS)),
                Long.toString(count(results, Verdict.DIVERGES)),
                Long.toString(faults),
                Long.toString(count(results, Verdict.SKIPPED)));
    }

    private static void row(StringBuilder out, String... cells) {
        for (String cell : cells) {
            out.append("| ").append(cell(cell)).append(' ');
        }
        out.append("|\n");
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;");
    }
}
