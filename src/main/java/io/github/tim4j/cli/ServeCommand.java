// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The login server alone, until Ctrl-C or SIGTERM. */
@Command(name = "serve", description = {"Runs a login server until Ctrl-C or SIGTERM.",
        "Prints \"listening\" and its address when it can be logged in to. At the end it tells its clients, which then reconnect by "
                + "themselves."})
final class ServeCommand implements Callable<Integer> {
    static final long DEFAULT_APP = 1400000000L;

    /** One app; the two options may be repeated in pairs. */
    static final class App {
        @Option(names = "--sdkappid", paramLabel = "N",
                description = "An app to serve; default: " + DEFAULT_APP + ". Repeat it, with its key's file, for several apps.")
        private long sdkAppId = DEFAULT_APP;

        @Option(names = SecretKey.OPTION, paramLabel = "FILE", description = SecretKey.DESCRIPTION
                + " With neither, a key for development is made and printed.")
        private Path secretKeyFile;
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
            description = "Where to listen; default: ${DEFAULT-VALUE}.")
    private String host;

    @Option(names = "--port", paramLabel = "N", defaultValue = "1883",
            description = "The TCP port; 0 takes a free one; default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--allow-plaintext",
            description = "Listen without TLS on an address that is not loopback: on the way, everybody can read UserSigs.")
    private boolean allowPlaintext;

    @ArgGroup(exclusive = false, multiplicity = "0..*")
    private List<App> apps;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<String> made = new ArrayList<>();
        LoginServerConfig config = config(made);
        Stop stop = new Stop();
        try (LoginServer server = LoginServer.start(config)) {
            stop.catchSignals();
            made.forEach(out::println);
            out.println("listening " + server.uri());
            stop.await();
        }
        out.println("stopped");
        return ExitCode.OK;
    }

    /** @param made gets a line for each key that is made because none is given */
    private LoginServerConfig config(List<String> made) {
        LoginServerConfig.Builder config = LoginServerConfig.builder();
        Set<Long> seen = new HashSet<>();
        try {
            config.host(host).port(port).allowPlaintext(allowPlaintext);
            for (App app : apps == null ? List.of(new App()) : apps) {
                if (!seen.add(app.sdkAppId)) {
                    throw CliException.usage("--sdkappid " + app.sdkAppId + " is given twice: give each app once");
                }
                config.app(app.sdkAppId, secretKey(app, made));
            }
            return config.build();
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage());
        }
    }

    private static String secretKey(App app, List<String> made) {
        return SecretKey.read(app.secretKeyFile).orElseGet(() -> {
            String key = SecretKey.random();
            made.add("secret key of SDKAppID " + app.sdkAppId + ", made now, for development only: " + key);
            return key;
        });
    }
}
