/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
