// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.LoginServerException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The login server alone, until Ctrl-C or SIGTERM. */
@Command(
        name = "serve",
        modelTransformer = ServeSettings.Options.class,
        description = {
            "Runs a login server until Ctrl-C or SIGTERM.",
            "Prints \"listening\" and its address when it can be logged in to. At the end it informs its clients, which then reconnect by "
                    + "themselves. On SIGHUP it reads its settings, keys and certificates again.",
            "What an option sets, a properties file can set (--config; the same name without dashes in front; app.N.secret-key-file = FILE "
                    + "for an app), and a variable (TIM_SERVE_ and the name in capitals, with _ for -). Options override variables, "
                    + "which override the file."
        })
final class ServeCommand implements Callable<Integer> {
    static final long DEFAULT_APP = 1400000000L;

    /** One app; the two options may be repeated in pairs. */
    static final class App {
        @Option(
                names = "--sdkappid",
                paramLabel = "N",
                description = "An app to serve; default: " + DEFAULT_APP
                        + ". Repeat it, with its key's file, for several apps.")
        private long sdkAppId = DEFAULT_APP;

        @Option(
                names = SecretKey.OPTION,
                paramLabel = "FILE",
                description = SecretKey.DESCRIPTION + " With neither, a key for development is made and printed.")
        private Path secretKeyFile;
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Properties file with settings.")
    private Path configFile;

    /** Of apps for which none is given. */
    private final Map<Long, String> madeKeys = new TreeMap<>();

    @ArgGroup(exclusive = false, multiplicity = "0..*")
    private List<App> apps;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        ServeSettings settings = settings();
        LoginServerConfig config = config(settings);
        settings.applyLogs();
        if (settings.warning() != null) {
            spec.commandLine().getErr().println("tim4j serve: warning: " + settings.warning());
            spec.commandLine().getErr().flush();
        }
        Stop stop = new Stop();
        try (LoginServer server = LoginServer.start(config)) {
            stop.catchSignals();
            stop.onHangUp(() -> reload(server));
            madeKeys.forEach((app, key) ->
                    out.println("secret key of SDKAppID " + app + ", made now, for development only: " + key));
            tellAddresses(out, server, settings);
            stop.await();
            drain(out, server, settings.drain());
            config.apps().keySet().stream()
                    .sorted()
                    .forEach(app -> server.dailyActiveUsers(app)
                            .forEach((day, users) -> out.println(
                                    "daily active users of SDKAppID " + app + " on " + day + ": " + users)));
        }
        out.println("stopped");
        return ExitCode.OK;
    }

    private ServeSettings settings() {
        return new ServeSettings(configFile, System.getenv(), spec);
    }

    private LoginServerConfig config(ServeSettings settings) {
        try {
            return settings.config(apps(settings));
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage());
        }
    }

    /** On the thread of the signal. What cannot be taken is said, and the server goes on as it was. */
    private void reload(LoginServer server) {
        try {
            server.reload(config(settings()));
            spec.commandLine().getOut().println("reloaded");
        } catch (CliException | IllegalArgumentException | LoginServerException e) {
            spec.commandLine().getErr().println("tim4j serve: not reloaded: " + e.getMessage());
            spec.commandLine().getErr().flush();
        }
    }

    private static void drain(PrintWriter out, LoginServer server, Duration over) {
        if (!over.isZero()) {
            out.println("draining for " + over.toSeconds() + " s; a second signal ends it");
            server.drain(over);
        }
    }

    private static void tellAddresses(PrintWriter out, LoginServer server, ServeSettings settings) {
        if (settings.tlsCaFile() != null) {
            out.println("CA file for clients: " + settings.tlsCaFile().toAbsolutePath());
        }
        if (server.httpPort() > 0) {
            out.println("server API " + server.httpUri() + "/v4/");
        }
        if (server.controlPort() > 0) {
            out.println("console " + server.controlUri() + "/");
            out.println("test control " + server.controlUri() + "/control/v1/");
        }
        if (server.port() > 0 && server.tlsPort() > 0) {
            out.println("listening with TLS " + server.tlsUri());
        }
        out.println("listening " + server.uri());
    }

    /**
     * Adds the apps to the configuration.
     *
     * @return their ids
     */
    private Set<Long> apps(ServeSettings settings) {
        Set<Long> served = new LinkedHashSet<>();
        try {
            if (apps != null || settings.keyFiles().isEmpty()) {
                for (App app : apps == null ? List.of(new App()) : apps) {
                    if (!served.add(app.sdkAppId)) {
                        throw CliException.usage("--sdkappid " + app.sdkAppId + " is given twice: give each app once");
                    }
                    settings.builder().app(app.sdkAppId, secretKey(app));
                }
            }
            settings.keyFiles().forEach((app, file) -> {
                if (served.add(app)) {
                    settings.builder().app(app, SecretKey.read(file).orElseThrow());
                }
            });
            settings.olderKeyFiles()
                    .forEach((app, file) -> settings.builder()
                            .olderSecret(app, SecretKey.read(file).orElseThrow()));
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage());
        }
        return served;
    }

    private String secretKey(App app) {
        return SecretKey.read(app.secretKeyFile)
                .orElseGet(() -> madeKeys.computeIfAbsent(app.sdkAppId, id -> SecretKey.random()));
    }
}
