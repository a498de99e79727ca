// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.ServerEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command with a login server around it: a test suite in any language, most often. */
@Command(
        name = "exec",
        description = {
            "Runs a command while a login server of its own runs, and ends with its exit code.",
            "The command finds in its environment: TIM_SHIM_SERVER, which timshim takes where no server is configured; TIM_SDKAPPID and "
                    + "TIM_SECRET_KEY, made for this run; TIM_CONTROL_URL, test control; and TIM_USERSIG_URL, which answers "
                    + "POST {\"sdkAppId\":N,\"userId\":\"U\"} with a UserSig. If it fails, what the server saw is printed on standard error."
        },
        exitCodeList = {
            "N:the exit code of the command",
            "1:the server could not be started",
            "2:wrong usage",
            "127:the command could not be started"
        })
final class ExecCommand implements Callable<Integer> {
    private static final int NOT_STARTED = 127;
    private static final int MAX_EVENTS = 100;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--sdkappid",
            paramLabel = "N",
            description = "The app to serve; default: " + ServeCommand.DEFAULT_APP + ".")
    private long sdkAppId = ServeCommand.DEFAULT_APP;

    @Parameters(
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "The command and its arguments; what follows its name is its own.")
    private List<String> command;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        String secret = SecretKey.random();
        LoginServerConfig config;
        try {
            config = LoginServerConfig.builder()
                    .app(sdkAppId, secret)
                    .controlPort(0)
                    .build();
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage());
        }
        try (LoginServer server = LoginServer.start(config)) {
            ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
            builder.environment()
                    .putAll(Map.of(
                            "TIM_SHIM_SERVER",
                            server.uri().toString(),
                            "TIM_SDKAPPID",
                            Long.toString(sdkAppId),
                            SecretKey.VARIABLE,
                            secret,
                            "TIM_CONTROL_URL",
                            server.controlUri() + "/control/v1",
                            "TIM_USERSIG_URL",
                            server.controlUri() + "/control/v1/usersig"));
            Process process;
            try {
                process = builder.start();
            } catch (IOException e) {
                err.println("tim4j exec: cannot run " + command.get(0) + ": " + reason(e));
                return NOT_STARTED;
            }
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                report(err, server, exitCode);
            }
            return exitCode;
        }
    }

    /** Java's own words name the class that starts processes, and the command once more. */
    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No such file")
                ? "there is no such command"
                : message.replaceFirst("^Cannot run program \"[^\"]*\"( \\(in directory [^)]*\\))?: ", "");
    }

    private static void report(PrintWriter err, LoginServer server, int exitCode) {
        List<ServerEvent> events = server.events(0);
        List<ServerEvent> last = events.subList(Math.max(0, events.size() - MAX_EVENTS), events.size());
        err.println("tim4j exec: the command ended with " + exitCode + "; the server saw "
                + (events.isEmpty() ? "nothing" : events.size() == 1 ? "1 event" : events.size() + " events")
                + (last.size() < events.size() ? ", the last " + MAX_EVENTS + " of which are:" : ":"));
        for (ServerEvent event : last) {
            err.println("    " + event.time() + " " + event.type() + " " + printable(event.userId()) + " "
                    + (event.platform() == null ? "" : event.platform().text() + " ") + printable(event.deviceId())
                    + (event.code() == 0 ? "" : " " + event.code()) + " " + printable(event.text()));
        }
        err.flush();
    }

    /** A client sent it, so it may be anything. */
    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
