/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A report as text for a terminal. */
public final class TextTable {
    private TextTable() {}

    /**
     * One result as a line, with its detail below it unless it passed.
     *
     * @param result a result
     * @return the text, without a line end at its end
     */
    public static String line(Result result) {
        String line = String.format(Locale.ROOT, "%-8s  %-34s %s", result.verdict(), result.id(), result.title());
        return result.detail().isEmpty()
                ? line
                : line + "\n" + result.detail().strip().indent(10).stripTrailing();
    }

    /**
     * Where several libraries have different verdicts.
     *
     * @param reports at least one
     * @param out     where to
     */
    public static void printDifferences(List<Report> reports, PrintWriter out) {
        Map<String, List<String>> verdicts = new LinkedHashMap<>();
        for (int i = 0; i < reports.size(); i++) {
            for (Result result : reports.get(i).results()) {
                List<String> row = verdicts.computeIfAbsent(
                        result.id(), id -> new ArrayList<>(Collections.nCopies(reports.size(), "·")));
                row.set(i, result.verdict().toString());
            }
        }
        out.printf("%-40s", "");
        reports.forEach(report -> out.printf("%22s", report.library()));
        out.println();
        String notRun = Verdict.SKIPPED.toString();
        Map<String, List<String>> comparable = new LinkedHashMap<>(verdicts);
        comparable.values().removeIf(row -> row.contains(notRun) || row.contains("·"));
        comparable.forEach((id, row) -> {
            if (row.stream().distinct().count() > 1) {
                out.printf("%-40s", id);
                row.forEach(verdict -> out.printf("%22s", verdict));
                out.println();
            }
        });
        out.printf(
                "%d scenarios ran on each of them, %d with the same verdict; %d did not%n",
                comparable.size(),
                comparable.values().stream()
                        .filter(row -> row.stream().distinct().count() == 1)
                        .count(),
                verdicts.size() - comparable.size());
        out.flush();
    }

    /**
     * The counts, group by group.
     *
     * @param report the report
     * @param out    where to
     */
    public static void print(Report report, PrintWriter out) {
        Map<String, Map<Verdict, Long>> groups = new TreeMap<>();
        for (Result result : report.results()) {
            groups.computeIfAbsent(result.group(), group -> new TreeMap<>()).merge(result.verdict(), 1L, Long::sum);
        }
        out.printf("%-10s", "");
        Stream.of(Verdict.values()).forEach(verdict -> out.printf("%10s", verdict));
        out.println();
        for (Group group : Group.values()) {
            Map<Verdict, Long> counts = groups.get(group.toString());
            if (counts != null) {
                out.printf("%-10s", group);
                for (Verdict verdict : Verdict.values()) {
                    out.printf("%10s", counts.containsKey(verdict) ? counts.get(verdict) : "·");
                }
                out.println();
            }
        }
        out.printf("%-10s", "all");
        Stream.of(Verdict.values()).forEach(verdict -> out.printf("%10d", report.count(verdict)));
        out.println();
        Map<String, Long> reasons = report.results().stream()
                .filter(result -> result.verdict() == Verdict.SKIPPED)
                .collect(Collectors.groupingBy(Result::detail, TreeMap::new, Collectors.counting()));
        reasons.forEach((reason, count) -> out.println("skipped " + count + ": " + reason));
        out.printf(
                Locale.ROOT,
                "%s %s: %d scenarios in %.1f s%n",
                report.library(),
                report.version(),
                report.results().size(),
                report.millis() / 1000.0);
        out.flush();
    }
}
