// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.conformance.Conformance;
import io.github.tim4j.conformance.ConformanceException;
import io.github.tim4j.conformance.report.Baseline;
import io.github.tim4j.conformance.report.Group;
import io.github.tim4j.conformance.report.HtmlReport;
import io.github.tim4j.conformance.report.JUnitXmlReport;
import io.github.tim4j.conformance.report.JsonReport;
import io.github.tim4j.conformance.report.MarkdownSummary;
import io.github.tim4j.conformance.report.Report;
import io.github.tim4j.conformance.report.Result;
import io.github.tim4j.conformance.report.TextTable;
import io.github.tim4j.conformance.report.Verdict;
import io.github.tim4j.conformance.scenarios.Catalogue;
import io.github.tim4j.conformance.scenarios.Scenario;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks a library against what is documented and measured of this C API. */
@Command(
        name = "conformance",
        description = {
            "Checks a library with the TIM C API: runs scenarios, each in processes of its own, and " + "reports.",
            "Without --library it checks the timshim that comes with tim4j. The vendor's library dials its service on the Internet unless "
                    + "it is run "
                    + "in a network namespace.",
            "Ends with 0 if no scenario failed, crashed or hung; with 3 if of a group that was asked for none could be run (see --allow-skipped)."
        })
final class ConformanceCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--library", paramLabel = "PATH", description = "The library to check.")
    private Path library;

    @Option(names = "--classic", paramLabel = "PATH", description = "The library with the classic API to check.")
    private Path classic;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "A login server to log in to instead of the embedded one, where a scenario need "
                    + "not control it; with --sdkappid and a secret key.")
    private URI server;

    @Option(
            names = "--sdkappid",
            paramLabel = "N",
            description = "The app to log in to. Without --server: of the service that the library knows.")
    private Long sdkAppId;

    @Option(names = SecretKey.OPTION, paramLabel = "FILE", description = SecretKey.DESCRIPTION)
    private Path secretKeyFile;

    @Option(names = "--group", paramLabel = "G", description = "Only this group; may be given several times.")
    private List<String> groups = new ArrayList<>();

    @Option(
            names = "--scenario",
            paramLabel = "ID",
            description = "Only this scenario, with its transcript; may be given several times.")
    private List<String> scenarios = new ArrayList<>();

    @Option(
            names = "--strict",
            description =
                    "Judge the library as timshim is judged, by the whole of its headers, whether or not it has the functions of"
                            + " TIMShim.h; it must know the settings of that header.")
    private boolean strict;

    @Option(
            names = "--wrap",
            paramLabel = "COMMAND",
            description =
                    "Run the processes that have the library within this command, as in --wrap 'valgrind -q'; words are split at"
                            + " spaces. One scenario at a time, with all the time it needs.")
    private String wrap;

    @Option(
            names = "--pause",
            description =
                    "Before a scenario uses a process, print its id and wait for Enter: time to attach a debugger.")
    private boolean pause;

    @Option(names = "--allow-skipped", description = "End with 0 although of a group none could be run.")
    private boolean allowSkipped;

    @Option(
            names = "--baseline",
            paramLabel = "FILE",
            description =
                    "Known faults, a line each: scenario, verdict, why it is accepted. Ends with 0 if there are these and no others.")
    private Path baselineFile;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            description = "Run each scenario N times; the worst result counts, and says how often it came.")
    private int repeat = 1;

    @Option(names = "--list", description = "List the scenarios and end.")
    private boolean list;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            description = "Scenarios at the same time; default: three times the processors.")
    private Integer parallel;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the report as JSON, for --compare.")
    private Path json;

    @Option(
            names = "--junit-xml",
            paramLabel = "FILE",
            description = "Write the report as JUnit XML, for build servers.")
    private Path junitXml;

    @Option(names = "--html", paramLabel = "FILE", description = "Write the report as one HTML file.")
    private Path html;

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "With --compare of timshim's report and another one: write where they " + "diverge and why.")
    private Path markdown;

    @Option(
            names = "--compare",
            paramLabel = "FILE",
            arity = "1..*",
            description = "Run nothing; put reports that --json wrote side by side, " + "as --html.")
    private List<Path> compare = new ArrayList<>();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        checkArguments();
        Baseline baseline = baseline();
        if (!compare.isEmpty()) {
            return compare(out);
        }
        if (list) {
            Catalogue.scenarios().stream()
                    .filter(this::isSelected)
                    .forEach(scenario -> out.printf("%-34s %s%n", scenario.id(), scenario.title()));
            return ExitCode.OK;
        }
        try {
            Report report = run(out);
            out.println();
            TextTable.print(report, out);
            writeReports(report);
            if (baseline == null ? !report.isConformant() : isNews(report, baseline)) {
                return ExitCode.FAILED;
            }
            List<String> untested = untested(report);
            if (untested.isEmpty() || allowSkipped) {
                return ExitCode.OK;
            }
            spec.commandLine()
                    .getErr()
                    .println(Ansi.AUTO.string("@|bold,red NOTHING WAS TESTED|@") + " of " + String.join(", ", untested)
                            + ": every scenario was skipped, for the reasons above. If that is right, say --allow-skipped, or name the groups"
                            + " that your library can run (--group)");
            return ExitCode.UNTESTED;
        } catch (ConformanceException e) {
            throw CliException.failed(e.getMessage());
        }
    }

    private Baseline baseline() {
        if (baselineFile == null) {
            return null;
        }
        try {
            Baseline baseline = Baseline.read(baselineFile);
            baseline.ids().forEach(ConformanceCommand::checkKnown);
            return baseline;
        } catch (NoSuchFileException e) {
            throw CliException.usage("no file " + baselineFile);
        } catch (IOException e) {
            throw CliException.usage(e.getMessage());
        }
    }

    private boolean isNews(Report report, Baseline baseline) {
        List<String> news = baseline.unlike(report);
        news.forEach(spec.commandLine().getErr()::println);
        return !news.isEmpty();
    }

    private static void checkKnown(String id) {
        if (Catalogue.scenarios().stream().noneMatch(scenario -> scenario.id().equals(id))) {
            throw CliException.usage("no scenario \"" + id + "\"; --list shows all");
        }
    }

    /** The groups of which no scenario was run, though it was asked for: the classic API only is where it or its library is named. */
    private List<String> untested(Report report) {
        Map<String, Boolean> tested = new LinkedHashMap<>();
        for (Result result : report.results()) {
            tested.merge(result.group(), result.verdict() != Verdict.SKIPPED, Boolean::logicalOr);
        }
        boolean classicAskedFor = classic != null || library == null || !groups.isEmpty() || !scenarios.isEmpty();
        return tested.entrySet().stream()
                .filter(group ->
                        !group.getValue() && (!group.getKey().equals(Group.CLASSIC.toString()) || classicAskedFor))
                .map(Map.Entry::getKey)
                .toList();
    }

    private int compare(PrintWriter out) {
        List<Report> reports = new ArrayList<>();
        for (Path file : compare) {
            try {
                reports.add(JsonReport.read(file));
            } catch (NoSuchFileException e) {
                throw CliException.usage("no file " + file);
            } catch (IOException e) {
                throw CliException.usage(e.getMessage());
            }
        }
        TextTable.printDifferences(reports, out);
        write(html, file -> HtmlReport.write(reports, file));
        if (markdown != null && reports.size() != 2) {
            throw CliException.usage("--markdown compares two reports, timshim's first; there are " + reports.size());
        }
        write(markdown, file -> MarkdownSummary.write(reports.get(0), reports.get(1), file));
        return ExitCode.OK;
    }

    private void writeReports(Report report) {
        write(json, file -> JsonReport.write(report, file));
        write(junitXml, file -> JUnitXmlReport.write(report, file));
        write(html, file -> HtmlReport.write(List.of(report), file));
    }

    private interface Writing {
        void to(Path file) throws IOException;
    }

    private static void write(Path file, Writing writing) {
        if (file == null) {
            return;
        }
        try {
            writing.to(file);
        } catch (IOException e) {
            throw CliException.failed(file + " cannot be written: " + e);
        }
    }

    private void checkArguments() {
        for (Path file : new Path[] {json, junitXml, html, markdown}) {
            Path folder = file == null ? null : file.toAbsolutePath().getParent();
            if (folder != null && (!Files.isDirectory(folder) || Files.isDirectory(file))) {
                throw CliException.usage(file + " cannot be written: "
                        + (Files.isDirectory(file) ? "it is a folder" : "no folder " + folder));
            }
        }
        for (Path file : new Path[] {library, classic}) {
            if (file != null && !Files.isRegularFile(file)) {
                throw CliException.usage(file + " is not a file");
            }
        }
        groups.forEach(ConformanceCommand::group);
        scenarios.forEach(ConformanceCommand::checkKnown);
        if (parallel != null && parallel < 1) {
            throw CliException.usage("--parallel " + parallel + " is not at least 1");
        }
        if (repeat < 1) {
            throw CliException.usage("--repeat " + repeat + " is not at least 1");
        }
        if (markdown != null && compare.isEmpty()) {
            throw CliException.usage("--markdown is for --compare");
        }
        if (server != null && sdkAppId == null) {
            throw CliException.usage("--server needs --sdkappid and the app's secret key, to make UserSigs");
        }
    }

    private static Group group(String name) {
        try {
            return Conformance.group(name);
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage());
        }
    }

    private boolean isSelected(Scenario scenario) {
        return (groups.isEmpty()
                        || groups.stream().map(ConformanceCommand::group).anyMatch(group -> group == scenario.group()))
                && (scenarios.isEmpty() || scenarios.contains(scenario.id()));
    }

    private Report run(PrintWriter out) {
        Conformance conformance =
                Conformance.of(library).select(this::isSelected).repeat(repeat).onResult(result -> show(out, result));
        if (parallel != null) {
            conformance.parallel(parallel);
        }
        if (classic != null) {
            conformance.classic(classic);
        }
        if (strict) {
            conformance.strict();
        }
        if (wrap != null || pause) {
            conformance.wrap(wrap == null ? List.of() : List.of(wrap.strip().split(" +")), id -> {
                if (pause) {
                    pause(out, id);
                }
            });
        }
        if (sdkAppId != null) {
            String secret = SecretKey.read(secretKeyFile)
                    .orElseThrow(() ->
                            CliException.usage("--sdkappid needs the app's secret key (" + SecretKey.OPTION + ")"));
            conformance.server(server, new UserSigKey(sdkAppId, secret));
        }
        return conformance.run();
    }

    private static void pause(PrintWriter out, long process) {
        out.println("process " + process + " waits: attach to it (gdb -p " + process + "), then press Enter");
        out.flush();
        try {
            int read = System.in.read();
            while (read >= 0 && read != '\n') {
                read = System.in.read();
            }
        } catch (IOException e) {
            // Nobody is there who could press it.
        }
    }

    private void show(PrintWriter out, Result result) {
        if (result.verdict() == Verdict.SKIPPED && scenarios.isEmpty()) {
            return; // the table counts them, with their reasons
        }
        String line = TextTable.line(result);
        String style = result.verdict().isFault() ? "red" : result.verdict() == Verdict.PASS ? "green" : "yellow";
        String word = result.verdict().toString();
        out.println(Ansi.AUTO.string("@|" + style + " " + word + "|@") + line.substring(word.length()));
        if (!scenarios.isEmpty()) {
            result.transcript().forEach(note -> out.println("          " + note));
        }
        if (result.verdict().isFault() && "true".equals(System.getenv("GITHUB_ACTIONS"))) {
            out.println(annotation(result));
        }
        out.flush();
    }

    /** As GitHub shows it beside the build; the details of its syntax are those of its workflow commands. */
    private static String annotation(Result result) {
        String text = (result.title() + ": " + result.detail())
                .replace("%", "%25")
                .replace("\r", "%0D")
                .replace("\n", "%0A");
        return "::error title=" + result.id() + "::" + text;
    }
}
