// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.tim4j.jna.LibraryLoadException;
import io.github.tim4j.server.LoginServerException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code java -jar tim4j-all.jar COMMAND}. */
@Command(
        name = "tim4j",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        scope = ScopeType.INHERIT,
        description = "The login lifecycle of Tencent IM (TIM) on your own machine.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:success",
            "1:what was asked for failed: a login, a service, a check, a scenario",
            "2:wrong usage"
        })
public final class Main implements Callable<Integer> {
    private static final String NEXT = """

            Start with the whole lifecycle as a story, on a server and with processes of its own:
              java -jar tim4j-all.jar demo
            Then try it by hand, in two terminals:
              java -jar tim4j-all.jar serve --sdkappid 1400000000 --secret-key-file FILE
              java -jar tim4j-all.jar login --server mqtt://127.0.0.1:1883 --sdkappid 1400000000 --secret-key-file FILE --user alice --hold
            Every command explains itself with --help.
            """;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description =
                    "Log more on standard error: once what happens, twice each detail. Without it, warnings only.")
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void verbose(boolean[] given) {
        for (String logger : List.of("io.github.tim4j", "io.github.tim4j.native")) {
            ((Logger) LoggerFactory.getLogger(logger)).setLevel(given.length > 1 ? Level.DEBUG : Level.INFO);
        }
    }

    private Main() {}

    /**
     * Runs a command and ends the JVM with its exit code.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new Main());
        addCommands(commandLine, args);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setParameterExceptionHandler(Main::wrongUsage);
        commandLine.setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command));
        System.exit(commandLine.execute(args));
    }

    /** The one that is called for alone, as looking at all of them takes longer than some of them do; else all, from which help and suggestions come. */
    private static void addCommands(CommandLine commandLine, String[] args) {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand.class);
        commands.put("serve", ServeCommand.class);
        commands.put("exec", ExecCommand.class);
        commands.put("usersig", UserSigCommand.class);
        commands.put("login", LoginCommand.class);
        commands.put("export", ExportCommand.class);
        commands.put("import", ImportCommand.class);
        commands.put("conformance", ConformanceCommand.class);
        if (args.length > 0 && commands.containsKey(args[0])) {
            commands.keySet().retainAll(Set.of(args[0]));
        } else {
            commands.put("help", CommandLine.HelpCommand.class);
            commands.put("generate-completion", AutoComplete.GenerateCompletion.class);
        }
        commands.forEach((name, type) -> commandLine.addSubcommand(name, new CommandLine(type)));
        if (commands.containsKey("generate-completion")) {
            // For packages, and whoever makes one.
            CommandLine completion = commandLine.getSubcommands().get("generate-completion");
            completion.getCommandSpec().usageMessage().hidden(true);
        }
        if (commands.containsKey("exec")) {
            commandLine.getSubcommands().get("exec").setStopAtPositional(true);
        }
    }

    /** Without a command: says what there is, and what to do next. */
    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        spec.commandLine().usage(out);
        out.print(NEXT);
        out.flush();
        return ExitCode.OK;
    }

    private static int wrongUsage(ParameterException mistake, String[] args) {
        CommandLine command = mistake.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        List<String> meant =
                mistake instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        return complain(
                command,
                name + ": " + mistake.getMessage()
                        + (meant.isEmpty() ? "" : "; did you mean " + String.join(" or ", meant) + "?") + " (see: "
                        + name
                        + " --help)",
                ExitCode.USAGE);
    }

    private static int failed(Exception failure, CommandLine command) throws Exception {
        String name = command.getCommandSpec().qualifiedName();
        if (failure instanceof CliException expected) {
            return complain(command, name + ": " + expected.getMessage(), expected.exitCode());
        }
        if (failure instanceof LoginServerException || failure instanceof LibraryLoadException) {
            return complain(command, name + ": " + failure.getMessage(), ExitCode.FAILED);
        }
        throw failure;
    }

    private static int complain(CommandLine command, String line, int exitCode) {
        PrintWriter err = command.getErr();
        err.println(command.getColorScheme().errorText(line));
        err.flush();
        return exitCode;
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"tim4j " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
