/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A report as the XML that build servers read: one test suite a group, one test case a scenario. A scenario that fails is a failure; one
 * that
 * crashes or hangs is an error; a divergence passes and is reported in the case's output.
 */
public final class JUnitXmlReport {
    private JUnitXmlReport() {}

    /**
     * Writes a report.
     *
     * @param report the report
     * @param file   is overwritten
     * @throws IOException if it cannot be written
     */
    public static void write(Report report, Path file) throws IOException {
        try (Writer out = Files.newBufferedWriter(file)) {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(out);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            xml.writeAttribute("name", "conformance of " + report.library() + " " + report.version());
            for (Group group : Group.values()) {
                List<Result> results = report.results().stream()
                        .filter(result -> result.group().equals(group.toString()))
                        .toList();
                if (!results.isEmpty()) {
                    suite(xml, report, group, results);
                }
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IOException(e);
        }
    }

    private static void suite(XMLStreamWriter xml, Report report, Group group, List<Result> results)
            throws XMLStreamException {
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", report.library() + "." + group);
        xml.writeAttribute("tests", Integer.toString(results.size()));
        xml.writeAttribute("failures", count(results, Verdict.FAIL));
        xml.writeAttribute(
                "errors",
                Long.toString(results.stream()
                        .filter(result -> isError(result.verdict()))
                        .count()));
        xml.writeAttribute("skipped", count(results, Verdict.SKIPPED));
        xml.writeAttribute("timestamp", report.started().toString());
        xml.writeAttribute(
                "time", seconds(results.stream().mapToLong(Result::millis).sum()));
        for (Result result : results) {
            testCase(xml, group, result);
        }
        xml.writeEndElement();
    }

    private static void testCase(XMLStreamWriter xml, Group group, Result result) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", group.toString());
        xml.writeAttribute("name", result.id() + ": " + result.title());
        xml.writeAttribute("time", seconds(result.millis()));
        if (result.verdict().isFault()) {
            xml.writeStartElement(isError(result.verdict()) ? "error" : "failure");
            xml.writeAttribute("type", result.verdict().toString());
            xml.writeAttribute("message", legal(result.detail()));
            xml.writeCharacters(legal(result.expects() + "\n" + String.join("\n", result.transcript())));
            xml.writeEndElement();
        } else if (result.verdict() == Verdict.SKIPPED) {
            xml.writeStartElement("skipped");
            xml.writeAttribute("message", legal(result.detail()));
            xml.writeEndElement();
        } else if (result.verdict() == Verdict.DIVERGES) {
            xml.writeStartElement("system-out");
            xml.writeCharacters(legal(result.detail()));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static boolean isError(Verdict verdict) {
        return verdict == Verdict.CRASHED || verdict == Verdict.HUNG;
    }

    private static String count(List<Result> results, Verdict verdict) {
        return Long.toString(
                results.stream().filter(result -> result.verdict() == verdict).count());
    }

    private static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.3f", millis / 1000.0);
    }

    /** What a library says may have characters that XML cannot have. */
    private static String legal(String text) {
        return text.replaceAll("[^\\x09\\x0A\\x0D\\x20-\\uD7FF\\uE000-\\uFFFD]", "\uFFFD");
    }
}
