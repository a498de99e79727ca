// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The whole lifecycle as a story. */
@Command(
        name = "demo",
        description = {
            "Walks through the whole login lifecycle, step by step.",
            "On a login server of its own, with a second process that kicks. Takes a few seconds, uses loopback only, and succeeds only if "
                    + "every step went as it should."
        })
final class DemoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Story story = new Story(spec.commandLine().getOut(), Ansi.AUTO);
        long start = System.nanoTime();
        try (Demo demo = new Demo(story)) {
            demo.run();
        } catch (Story.Failure e) {
            throw CliException.failed(e.getMessage());
        }
        story.print("");
        story.print(Ansi.AUTO.string("@|bold,green Every step went as it should,|@ in ")
                + Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000f + " s.");
        story.print("");
        story.print("What next? A login server of your own, with a console in the browser: serve --http-port 8080.");
        story.print("An application to start from: examples/desktop. A test of your own login: docs/testing.md.");
        story.print("All that an application needs to know: docs/client.md.");
        return ExitCode.OK;
    }
}
