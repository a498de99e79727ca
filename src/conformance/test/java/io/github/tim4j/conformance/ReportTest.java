/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.conformance.report.Baseline;
import io.github.tim4j.conformance.report.HtmlReport;
import io.github.tim4j.conformance.report.JUnitXmlReport;
import io.github.tim4j.conformance.report.JsonReport;
import io.github.tim4j.conformance.report.Report;
import io.github.tim4j.conformance.report.Result;
import io.github.tim4j.conformance.report.TextTable;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.scenarios.Catalogue;
import io.github.tim4j.conformance.scenarios.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** A report with every verdict, in each form. */
class ReportTest {
    private static final String DETAIL = "TIMLogin: <0> & \"1\"\u0000; expected 中文";

    @TempDir
    private Path folder;

    private static Report report(String library, Verdict... verdicts) {
        List<Result> results = new ArrayList<>();
        List<Scenario> scenarios = Catalogue.scenarios();
        for (int i = 0; i < verdicts.length; i++) {
            boolean pass = verdicts[i] == Verdict.PASS;
            Scenario scenario = scenarios.get(i);
            results.add(new Result(
                    scenario.id(),
                    scenario.group().toString(),
                    scenario.title(),
                    scenario.sources().stream().map(Object::toString).toList(),
                    scenario.does(),
                    scenario.expects(),
                    verdicts[i],
                    pass ? "" : DETAIL,
                    List.of(),
                    scenario.why(),
                    List.of("TIMInit(<1>) = 0"),
                    12));
        }
        return new Report(library, "1.0", Instant.parse("2026-11-21T10:00:00Z"), 1234, "Linux", results);
    }

    @Test
    void jsonReadsBackAsItWasWritten() throws IOException {
        Report report = report("libone.so", Verdict.values());
        Path file = folder.resolve("report.json");
        JsonReport.write(report, file);
        assertThat(JsonReport.read(file)).isEqualTo(report);
    }

    @Test
    void whatIsNoReportIsRefusedWithTheFilesName() throws IOException {
        for (String text : List.of("", "{}", "[1]", "not JSON", "{\"results\":1}")) {
            Path file = Files.writeString(folder.resolve("other.json"), text);
            assertThatThrownBy(() -> JsonReport.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("other.json is no report");
        }
    }

    @Test
    void junitXmlCountsFailuresErrorsAndSkips() throws Exception {
        Path file = folder.resolve("report.xml");
        JUnitXmlReport.write(report("libone.so", Verdict.values()), file);
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
        Element suite = (Element) document.getElementsByTagName("testsuite").item(0);
        assertThat(suite.getAttribute("tests")).isEqualTo("6");
        assertThat(suite.getAttribute("failures")).isEqualTo("1");
        assertThat(suite.getAttribute("errors")).isEqualTo("2");
        assertThat(suite.getAttribute("skipped")).isEqualTo("1");
        assertThat(document.getElementsByTagName("failure").getLength()).isEqualTo(1);
        assertThat(document.getElementsByTagName("error").getLength()).isEqualTo(2);
        assertThat(document.getElementsByTagName("failure")
                        .item(0)
                        .getAttributes()
                        .getNamedItem("message")
                        .getNodeValue())
                .isEqualTo(DETAIL.replace('\u0000', '\uFFFD'));
    }

    @Test
    void htmlIsOneFileWithALineForEachScenarioAndAColumnForEachLibrary() throws IOException {
        Path file = folder.resolve("report.html");
        HtmlReport.write(
                List.of(
                        report("libone.so", Verdict.PASS, Verdict.FAIL),
                        report("libtwo.so", Verdict.PASS, Verdict.PASS)),
                file);
        String html = Files.readString(file);
        assertThat(html)
                .contains(
                        "libone.so",
                        "libtwo.so",
                        Catalogue.scenarios().get(1).id(),
                        "&lt;0&gt; &amp; &quot;1&quot;",
                        "中文",
                        "data-verdicts=\"fail pass\" data-differs=\"true\"",
                        "data-verdicts=\"pass pass\" data-differs=\"false\"");
        assertThat(html).doesNotContain("<0>", "{{", "src=", "href=", "http");
    }

    @Test
    void faultsComeFirst() throws IOException {
        Path file = folder.resolve("report.html");
        HtmlReport.write(List.of(report("libone.so", Verdict.PASS, Verdict.PASS, Verdict.HUNG)), file);
        String html = Files.readString(file);
        assertThat(html.indexOf(Catalogue.scenarios().get(2).id()))
                .isPositive()
                .isLessThan(html.indexOf(Catalogue.scenarios().get(0).id()));
    }

    private static String id(int scenario) {
        return Catalogue.scenarios().get(scenario).id();
    }

    @Test
    void aBaselineLetsPassWhatItListsAndNothingElse() throws IOException {
        Path file = Files.writeString(
                folder.resolve("known"),
                "# of libone\n\n" + id(0) + "  fail  no reason yet\n" + id(1) + " hung\tbeing looked at\n" + id(2)
                        + " fail as documented in 2019\n");
        Baseline baseline = Baseline.read(file);
        assertThat(baseline.ids()).containsExactly(id(0), id(1), id(2));
        assertThat(baseline.unlike(report("libone.so", Verdict.FAIL, Verdict.HUNG, Verdict.FAIL, Verdict.DIVERGES)))
                .isEmpty();
        assertThat(baseline.unlike(report("libone.so", Verdict.SKIPPED))).isEmpty();
        assertThat(baseline.unlike(report("libone.so", Verdict.PASS, Verdict.CRASHED, Verdict.FAIL, Verdict.FAIL)))
                .satisfiesExactly(
                        gone -> assertThat(gone).contains(id(0), "gone", "known"),
                        other -> assertThat(other).contains(id(1), "crashed", "hung"),
                        added -> assertThat(added).contains(id(3) + " fail and why"));
    }

    @Test
    void aLineOfABaselineThatIsWrongIsNamed() throws IOException {
        for (String[] wrong : new String[][] {
            {id(0) + " fail", "why it is accepted"},
            {id(0) + " bad because", "no verdict \"bad\""},
            {id(0) + " pass because", "pass is no fault"},
            {id(0) + " fail a\n" + id(0) + " hung b", "listed twice"}
        }) {
            Path file = Files.writeString(folder.resolve("known"), "\n" + wrong[0]);
            assertThatThrownBy(() -> Baseline.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("known:" + (wrong[0].contains("\n") ? 3 : 2))
                    .hasMessageContaining(wrong[1]);
        }
    }

    @Test
    void whatIsNoBaselineIsNamed() throws IOException {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0});
        assertThatThrownBy(() -> Baseline.read(binary)).hasMessageContaining("binary is not UTF-8 text");
        assertThatThrownBy(() -> Baseline.read(folder)).hasMessageContaining("is a folder, not a file");
    }

    @Test
    void theWorstOfSeveralRunsCountsAndSaysHowOftenItCame() {
        List<Result> runs =
                report("libone.so", Verdict.PASS, Verdict.FAIL, Verdict.PASS).results();
        assertThat(Result.worst(runs).verdict()).isEqualTo(Verdict.FAIL);
        assertThat(Result.worst(runs).detail()).startsWith("in 1 of 3 runs: " + DETAIL);
        assertThat(Result.worst(runs.subList(1, 2))).isEqualTo(runs.get(1));
    }

    @Test
    void aScenarioIsRunAsOftenAsAskedFor() {
        List<Result> seen = Collections.synchronizedList(new ArrayList<>());
        Report report = Conformance.of(null)
                .select(scenario -> scenario.id().equals("offline.status-before-init"))
                .repeat(3)
                .onResult(seen::add)
                .run();
        assertThat(seen).hasSize(3);
        assertThat(report.results()).singleElement().satisfies(result -> {
            assertThat(result.verdict()).isEqualTo(Verdict.PASS);
            assertThat(result.detail()).isEmpty();
        });
    }

    @Test
    void differencesAreListed() {
        StringWriter text = new StringWriter();
        TextTable.printDifferences(
                List.of(
                        report("libone.so", Verdict.PASS, Verdict.FAIL, Verdict.SKIPPED),
                        report("libtwo.so", Verdict.PASS, Verdict.DIVERGES, Verdict.PASS)),
                new PrintWriter(text));
        assertThat(text.toString())
                .contains(Catalogue.scenarios().get(1).id())
                .doesNotContain(Catalogue.scenarios().get(0).id())
                .contains("2 scenarios ran on each of them, 1 with the same verdict; 1 did not");
    }
}
