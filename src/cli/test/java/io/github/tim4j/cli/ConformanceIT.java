// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.jna.NativeLibraries;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command conformance, as a user runs it. */
class ConformanceIT {
    @TempDir
    private Path folder;

    @Test
    void runsScenariosAndWritesReports() throws Exception {
        Path json = folder.resolve("report.json");
        Path html = folder.resolve("report.html");
        Path xml = folder.resolve("report.xml");
        try (Cli run = Cli.start(
                "conformance",
                "--scenario",
                "login.success",
                "--scenario",
                "classic.login",
                "--json",
                json.toString(),
                "--html",
                html.toString(),
                "--junit-xml",
                xml.toString())) {
            assertThat(run.exitCode()).isZero();
            assertThat(String.join("\n", run.out()))
                    .contains("login.success", "classic.login", "TIMLogin", "2 scenarios");
        }
        assertThat(Files.readString(html)).contains("login.success");
        assertThat(Files.readString(xml)).contains("failures=\"0\"");
        Path both = folder.resolve("both.html");
        try (Cli compare =
                Cli.start("conformance", "--compare", json.toString(), json.toString(), "--html", both.toString())) {
            assertThat(compare.exitCode()).isZero();
            assertThat(compare.out()).contains("2 scenarios ran on each of them, 2 with the same verdict; 0 did not");
        }
        assertThat(Files.readString(both)).contains("only where they differ");
    }

    @Test
    void listsTheScenariosOfAGroup() {
        try (Cli list = Cli.start("conformance", "--list", "--group", "faults")) {
            assertThat(list.exitCode()).isZero();
            assertThat(list.out()).hasSizeGreaterThan(20).allMatch(line -> line.startsWith("faults."));
        }
    }

    @Test
    void aGroupOfWhichNothingCouldBeTestedIsNoSuccess() {
        String library = NativeLibraries.load(null).path();
        wrong(3, "NOTHING WAS TESTED of classic", "--library", library, "--group", "classic");
        try (Cli run = Cli.start("conformance", "--library", library, "--group", "classic", "--allow-skipped")) {
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void aFaultThatIsKnownAndGoneIsReported() throws Exception {
        Path baseline =
                Files.writeString(folder.resolve("known"), "offline.status-before-init fail of the first version\n");
        wrong(1, "the fault is gone", "--scenario", "offline.status-before-init", "--baseline", baseline.toString());
        try (Cli run = Cli.start(
                "conformance", "--scenario", "offline.login-before-init", "--baseline", baseline.toString())) {
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void aMistakeIsToldInOneLine() throws Exception {
        Path notALibrary = Files.writeString(folder.resolve("libnone.so"), "no library");
        wrong(2, "no group \"none\"", "--group", "none");
        wrong(2, "no scenario \"none\"", "--scenario", "none");
        wrong(2, "missing.so is not a file", "--library", "missing.so");
        wrong(2, "no folder", "--html", folder.resolve("none/report.html").toString(), "--list");
        wrong(2, "is no report of this kit", "--compare", notALibrary.toString());
        wrong(2, "--sdkappid", "--server", "mqtt://127.0.0.1:1");
        Path baseline = Files.writeString(folder.resolve("known"), "none.such fail because\n");
        wrong(2, "no scenario \"none.such\"", "--baseline", baseline.toString());
        Files.writeString(baseline, "login.success maybe because\n");
        wrong(2, "known:1: no verdict \"maybe\"", "--baseline", baseline.toString());
        wrong(2, "no file missing", "--baseline", "missing");
        wrong(2, "--repeat 0 is not at least 1", "--repeat", "0");
        wrong(1, "libnone.so", "--library", notALibrary.toString());
    }

    private static void wrong(int exitCode, String words, String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "conformance";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        try (Cli run = Cli.start(all)) {
            assertThat(run.exitCode()).isEqualTo(exitCode);
            assertThat(String.join("\n", run.err())).contains(words).doesNotContain("\tat ");
        }
    }
}
