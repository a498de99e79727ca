/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** One or several reports as one HTML file that needs nothing else: one column a library, one row a scenario. */
public final class HtmlReport {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final List<Report> reports;
    private final List<FoundFault> found;
    private final StringBuilder out = new StringBuilder();

    private HtmlReport(List<Report> reports, List<FoundFault> found) {
        this.reports = reports;
        this.found = found;
    }

    /**
     * Writes reports side by side.
     *
     * @param reports at least one
     * @param file    is overwritten
     * @throws IOException if it cannot be written
     */
    public static void write(List<Report> reports, Path file) throws IOException {
        Files.writeString(file, new HtmlReport(reports, List.of()).html());
    }

    /** @param found deliberate faults of libraries made for a test of the kit, and what the kit made of them */
    public static void writeFaults(List<FoundFault> found, Path file) throws IOException {
        Files.writeString(file, new HtmlReport(List.of(), found).html());
    }

    private String html() throws IOException {
        String page;
        try (InputStream in = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.html"))) {
            page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        libraries();
        String libraries = take();
        filters();
        String filters = take();
        faults();
        groups();
        String title = reports.isEmpty()
                ? "libraries with a deliberate fault each"
                : String.join(
                        " and ",
                        reports.stream()
                                .map(report -> report.library() + " " + report.version())
                                .toList());
        return page.replace("{{columns}}", Integer.toString(Math.max(1, reports.size())))
                .replace("{{title}}", escape(title))
                .replace("{{libraries}}", libraries)
                .replace("{{filters}}", filters)
                .replace("{{groups}}", take());
    }

    private String take() {
        String text = out.toString();
        out.setLength(0);
        return text;
    }

    // ---- the libraries at the top

    private void libraries() {
        for (Report report : reports) {
            out.append("<section class=\"library\"><h2>")
                    .append(escape(report.library()))
                    .append(" <small>")
                    .append(escape(report.version()))
                    .append("</small></h2><p class=\"verdict\">")
                    .append(report.isConformant() ? "No faults found" : "Faults found")
                    .append("</p>");
            bar(report);
            out.append("<p class=\"counts\">");
            for (Verdict verdict : Verdict.values()) {
                if (report.count(verdict) > 0) {
                    out.append("<span class=\"badge ")
                            .append(verdict)
                            .append("\">")
                            .append(report.count(verdict))
                            .append(' ')
                            .append(verdict)
                            .append("</span> ");
                }
            }
            out.append("</p><p class=\"run\">")
                    .append(report.results().size())
                    .append(" scenarios in ")
                    .append(String.format(Locale.ROOT, "%.1f", report.millis() / 1000.0))
                    .append(" s · ")
                    .append(TIME.format(report.started()))
                    .append(" · ")
                    .append(escape(report.machine()))
                    .append("</p></section>\n");
        }
    }

    private void bar(Report report) {
        out.append("<div class=\"bar\" aria-hidden=\"true\">");
        for (Verdict verdict : Verdict.values()) {
            if (report.count(verdict) > 0) {
                out.append("<i class=\"")
                        .append(verdict)
                        .append("\" style=\"flex:")
                        .append(report.count(verdict))
                        .append("\"></i>");
            }
        }
        out.append("</div>");
    }

    // ---- what can be chosen

    private void filters() {
        for (Verdict verdict : Verdict.values()) {
            long count =
                    reports.stream().mapToLong(report -> report.count(verdict)).sum();
            if (count > 0) {
                out.append("<label title=\"")
                        .append(escape(verdict.meaning()))
                        .append("\"><input type=\"checkbox\" checked value=\"")
                        .append(verdict)
                        .append("\"> <span class=\"badge ")
                        .append(verdict)
                        .append("\">")
                        .append(verdict)
                        .append("</span></label>\n");
            }
        }
        if (reports.size() > 1) {
            out.append("<label><input type=\"checkbox\" id=\"differing\"> only where they differ</label>\n");
        }
    }

    // ---- what the kit finds

    private void faults() {
        if (found.isEmpty()) {
            return;
        }
        out.append("<section class=\"faults\"><h3>Deliberate faults <small>")
                .append(found.size())
                .append(
                        " libraries, each with one fault, and the scenario that must find it. Without the fault it does not fail.")
                .append(
                        "</small></h3><table><tr><th>library</th><th>fault</th><th>scenario</th><th>verdict</th></tr>\n");
        for (FoundFault fault : found) {
            out.append("<tr><td>")
                    .append(escape(fault.library()))
                    .append("</td><td>")
                    .append(escape(fault.what()))
                    .append("</td><td><code>")
                    .append(escape(fault.scenario()))
                    .append("</code></td><td>")
                    .append("<span class=\"badge ")
                    .append(fault.verdict())
                    .append("\">")
                    .append(fault.verdict())
                    .append("</span> ")
                    .append(escape(fault.detail()))
                    .append("</td></tr>\n");
        }
        out.append("</table></section>\n");
    }

    // ---- the scenarios

    private void groups() {
        Map<String, Result> scenarios = new LinkedHashMap<>();
        reports.forEach(report -> report.results().forEach(result -> scenarios.putIfAbsent(result.id(), result)));
        section(
                "faults",
                "of one library at least",
                scenarios.values().stream().filter(this::isFaulty).toList());
        for (Group group : Group.values()) {
            section(
                    group.toString(),
                    group.about(),
                    scenarios.values().stream()
                            .filter(result -> result.group().equals(group.toString()) && !isFaulty(result))
                            .toList());
        }
    }

    private boolean isFaulty(Result scenario) {
        return reports.stream()
                .flatMap(report -> report.results().stream())
                .anyMatch(result ->
                        result.id().equals(scenario.id()) && result.verdict().isFault());
    }

    private void section(String name, String about, List<Result> scenarios) {
        if (!scenarios.isEmpty()) {
            out.append("<section class=\"group\"><h3>")
                    .append(name)
                    .append(" <small>")
                    .append(escape(about))
                    .append("</small></h3>\n");
            scenarios.forEach(this::scenario);
            out.append("</section>\n");
        }
    }

    private void scenario(Result scenario) {
        List<Result> results = new ArrayList<>();
        reports.forEach(report -> results.add(report.results().stream()
                .filter(result -> result.id().equals(scenario.id()))
                .findFirst()
                .orElse(null)));
        List<String> verdicts = results.stream()
                .map(result -> result == null ? "skipped" : result.verdict().toString())
                .toList();
        out.append("<details data-verdicts=\"")
                .append(String.join(" ", verdicts))
                .append("\" data-differs=\"")
                .append(verdicts.stream().distinct().count() > 1)
                .append("\"><summary><span class=\"title\">")
                .append(escape(scenario.title()))
                .append(" <code>")
                .append(escape(scenario.id()))
                .append("</code></span>");
        for (Result result : results) {
            Verdict verdict = result == null ? Verdict.SKIPPED : result.verdict();
            out.append("<span class=\"badge ")
                    .append(verdict)
                    .append("\" title=\"")
                    .append(escape(verdict.meaning()))
                    .append("\">")
                    .append(result == null ? "not run" : verdict)
                    .append("</span>");
        }
        out.append("</summary><div class=\"body\"><dl><dt>Does</dt><dd>")
                .append(escape(scenario.does()))
                .append("</dd><dt>Expects</dt><dd>")
                .append(escape(scenario.expects()))
                .append("</dd><dt>From</dt><dd>")
                .append(escape(String.join(", ", scenario.sources())))
                .append("</dd></dl><div class=\"columns\">");
        for (int i = 0; i < results.size(); i++) {
            outcome(reports.get(i), results.get(i));
        }
        out.append("</div></div></details>\n");
    }

    private void outcome(Report report, Result result) {
        out.append("<div>");
        if (reports.size() > 1) {
            out.append("<h4>").append(escape(report.library())).append("</h4>");
        }
        if (result == null) {
            out.append("<p>not run</p></div>");
            return;
        }
        out.append("<p class=\"detail ")
                .append(result.verdict())
                .append("\">")
                .append(words(result))
                .append("</p>");
        result.divergences().forEach(this::divergence);
        if (!result.transcript().isEmpty()) {
            out.append("<details class=\"transcript\"><summary>")
                    .append(result.transcript().size())
                    .append(" calls and callbacks, ")
                    .append(result.millis())
                    .append(" ms</summary><pre>")
                    .append(escape(String.join("\n", result.transcript())))
                    .append("</pre></details>");
        }
        out.append("</div>");
    }

    private static String words(Result result) {
        return switch (result.verdict()) {
            case PASS -> "As expected.";
            case DIVERGES -> escape(result.why());
            default -> escape(result.detail()).replace("\n", "<br>");
        };
    }

    private void divergence(Divergence divergence) {
        out.append("<table><caption>").append(escape(divergence.what())).append("</caption>");
        row("documentation", divergence.documentation() == null ? "silent" : divergence.documentation());
        row("timshim", divergence.timshim());
        row("libImSDK 8.0", divergence.vendor());
        row("this library", divergence.observed());
        out.append("</table>");
    }

    private void row(String who, String what) {
        out.append("<tr><th>")
                .append(escape(who))
                .append("</th><td>")
                .append(escape(what))
                .append("</td></tr>");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
