/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.testing.CCompiler;
import io.github.tim4j.testing.Project;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;

/**
 * A program for a JVM of its own: runs the scenario of the first mutation on timshim as its sources are in this project, and with the mutation, and prints
 * both verdicts. It changes the project that it is in, which is a copy.
 */
final class OneScenario {
    private OneScenario() {}

    public static void main(String[] args) throws Exception {
        Mutation mutation = Mutation.all().get(0);
        System.out.println(mutation.scenario() + " on timshim: " + verdict(mutation.scenario(), library()));
        Path file = Project.ROOT.resolve(mutation.file());
        Matcher place = mutation.pattern().matcher(Files.readString(file));
        Files.writeString(file, place.replaceFirst(Matcher.quoteReplacement(mutation.replacement())));
        System.out.println(
                mutation.scenario() + " where " + mutation.what() + ": " + verdict(mutation.scenario(), library()));
        System.exit(0);
    }

    private static String verdict(String scenario, Path library) {
        return Conformance.of(library)
                .select(one -> one.id().equals(scenario))
                .parallel(1)
                .run()
                .results()
                .get(0)
                .verdict()
                .toString();
    }

    private static Path library() {
        List<String> sources = new ArrayList<>(CCompiler.sourcesIn("native"));
        sources.addAll(CCompiler.sourcesIn("native/posix"));
        return CCompiler.library("copied", sources, "-Inative", "-pthread", "-ldl");
    }
}
