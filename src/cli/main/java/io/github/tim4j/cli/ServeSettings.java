/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.cli;

import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.Platform;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The settings of {@code serve}: from a properties file, from the environment, from options; the later counts where two name the same. One
 * table names them all: {@code max-keep-alive} is {@code max-keep-alive} in the file, {@code TIM_SERVE_MAX_KEEP_ALIVE} in the environment
 * and {@code --max-keep-alive} on the command line.
 */
final class ServeSettings {
    private static final String VARIABLE_PREFIX = "TIM_SERVE_";

    private static final String CONTROL_PORT = "8081";

    /** In the file only: an app and its key. */
    private static final String APP_KEY = "app\\.([0-9]{1,18})\\.(older-)?secret-key-file";

    /** A value, with the name that its giver knows it by. */
    private record Value(String text, String source) {}

    private record Setting(String name, String label, String description, BiConsumer<ServeSettings, String> apply) {
        String option() {
            return "--" + name;
        }

        String variable() {
            return VARIABLE_PREFIX + name.toUpperCase(Locale.ROOT).replace('-', '_');
        }
    }

    private static Setting builder(
            String name, String label, String description, BiConsumer<LoginServerConfig.Builder, String> apply) {
        return new Setting(name, label, description, (settings, value) -> apply.accept(settings.config, value));
    }

    private static final List<Setting> ALL = List.of(
            builder("host", "ADDRESS", "Where to listen; default: 127.0.0.1.", LoginServerConfig.Builder::host),
            builder(
                    "port",
                    "N",
                    "The TCP port; 0 takes a free one; default: 1883.",
                    (config, n) -> config.port(integer(n))),
            builder(
                    "allow-plaintext",
                    "true|false",
                    "Listen without TLS on an address that is not loopback: on the way, everybody can read UserSigs.",
                    (config, b) -> config.allowPlaintext(bool(b))),
            builder(
                    "proxy-protocol",
                    "true|false",
                    "Every connection begins with a PROXY protocol header, from a balancer that alone can reach the MQTT ports.",
                    (config, b) -> config.proxyProtocol(bool(b))),
            new Setting(
                    "tls-port",
                    "N",
                    "The TCP port with TLS; 0 takes a free one; default: 8883, if there is a certificate.",
                    (settings, n) -> settings.tlsPort = integer(n)),
            new Setting(
                    "tls-cert",
                    "FILE",
                    "PEM file with the server's certificate and those between it and its CA.",
                    (settings, file) -> settings.tlsCert = Path.of(file)),
            new Setting(
                    "tls-key",
                    "FILE",
                    "PEM file with its private key, PKCS#8, without a password.",
                    (settings, file) -> settings.tlsKey = Path.of(file)),
            new Setting(
                    "tls-self-signed",
                    "CA-FILE",
                    "TLS for development: makes a certificate for localhost and the host, and writes the CA file that clients need; default:"
                            + " tim4j-ca.pem.",
                    (settings, file) -> settings.tlsCaFile = Path.of(file)),
            builder(
                    "http-port",
                    "N",
                    "The TCP port of the server API (/v4/), /metrics, /healthz and /readyz; 0 takes a free one; default: no such port. HTTPS"
                            + " as well if there is a certificate.",
                    (config, n) -> config.httpPort(integer(n))),
            later(
                    "control",
                    "PORT",
                    "Test control (/control/v1/) and its console (/), on a port of their own, 8081 if none is named; 0 takes a free one. Without a"
                            + " token only on loopback. Default: off."),
            builder(
                    "control-token-file",
                    "FILE",
                    "Ask for the token in this file (Authorization: Bearer TOKEN) before test control, which is on then, and"
                            + " /metrics may be used. Without it: only from this machine.",
                    (config, file) -> config.controlToken(token(file))),
            builder(
                    "data",
                    "DIR",
                    "Keep accounts, sessions and revocations in this folder; default: in memory, until the server stops.",
                    (config, folder) -> config.dataFolder(Path.of(folder))),
            later(
                    "redis",
                    "URI",
                    "Keep them in Redis, for all servers that use it: redis://HOST:PORT, rediss:// (TLS), redis-sentinel:// or redis-cluster://."
                            + " One with a password: in the variable or the file, as arguments can be read by everybody on this machine."),
            new Setting(
                    "log-format",
                    "text|json",
                    "How lines on standard error look; default: text.",
                    (settings, format) -> settings.jsonLog = oneOf(format, "json", "text")),
            new Setting(
                    "audit-log",
                    "FILE",
                    "Add a line of JSON to this file for whatever is ordered over the server API and test control.",
                    (settings, file) -> settings.auditLog = Path.of(file)),
            later("admins", "USER,…", "Administrators of the server API beside \"administrator\", in every app."),
            later(
                    "login-policy",
                    "KIND",
                    "SINGLE_PLATFORM, DUAL_PLATFORM, TRIPLE_PLATFORM or MULTI_PLATFORM (default)."),
            later(
                    "instances",
                    "PLATFORM=N,…",
                    "Instances of one user together by platform, 1 to 3, for Web 1 to 10; default: 1."),
            later("state-webhook", "URL", "Where state changes are posted, of every app."),
            builder(
                    "webhook-token-file",
                    "FILE",
                    "What they are signed with, 16 to 128 characters: Sign and RequestTime in the URL, X-Body-Sign over the body.",
                    (config, file) -> config.webhookToken(token(file))),
            new Setting(
                    "drain-seconds",
                    "N",
                    "At the end, how long clients are let go one after another, 0 to 3600; default: 0, all at once.",
                    (settings, n) -> settings.drain = Duration.ofSeconds(inRange(integer(n), 0, 3600))),
            builder(
                    "disconnect-grace-ms",
                    "N",
                    "How long a lost instance may be back before a webhook reports it; default: 1000.",
                    (config, n) -> config.disconnectGrace(Duration.ofMillis(integer(n)))),
            builder(
                    "connect-timeout-ms",
                    "N",
                    "How long a client has to send its CONNECT; default: 10000.",
                    (config, n) -> config.connectTimeout(Duration.ofMillis(integer(n)))),
            number(
                    "max-keep-alive",
                    "The longest keep alive, in seconds; default: 300.",
                    LoginServerConfig.Builder::maxKeepAlive),
            number(
                    "max-connections",
                    "Connections in all; default: 100000, or as many as there are file descriptors for.",
                    LoginServerConfig.Builder::maxConnections),
            number(
                    "max-connections-per-address",
                    "Connections from one address; default: 20000.",
                    LoginServerConfig.Builder::maxConnectionsPerAddress),
            number(
                    "max-logins-per-second",
                    "Logins a second; default: 50000.",
                    LoginServerConfig.Builder::maxLoginsPerSecond),
            number(
                    "max-handshakes-per-second",
                    "TLS handshakes a second; a connection beyond is closed; default: 2000.",
                    LoginServerConfig.Builder::maxHandshakesPerSecond),
            number(
                    "max-failures-per-user",
                    "Wrong UserSigs in a minute that lock a user out for a minute; default: 50.",
                    LoginServerConfig.Builder::maxFailuresPerUser),
            number(
                    "max-failures-per-address",
                    "Wrong UserSigs in a minute that lock an address out for a minute; default: 1000.",
                    LoginServerConfig.Builder::maxFailuresPerAddress),
            number(
                    "max-rest-per-second",
                    "Requests of the server API a second; default: 10000.",
                    LoginServerConfig.Builder::maxRestPerSecond));

    private interface IntegerSetter {
        void set(LoginServerConfig.Builder config, int value);
    }

    private static Setting number(String name, String description, IntegerSetter set) {
        return builder(name, "N", description, (config, n) -> set.set(config, integer(n)));
    }

    /** One that {@link #config} applies, together with others or when the apps are known. */
    private static Setting later(String name, String label, String description) {
        return new Setting(name, label, description, (settings, value) -> {});
    }

    /** Adds an option for each setting to the command. */
    static final class Options implements IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            for (Setting setting : ALL) {
                OptionSpec.Builder option = OptionSpec.builder(setting.option())
                        .type(String.class)
                        .paramLabel(setting.label())
                        .description(setting.description());
                if (Set.of("allow-plaintext", "proxy-protocol").contains(setting.name())) {
                    option.arity("0..1").fallbackValue("true");
                } else if (setting.name().equals("tls-self-signed")) {
                    option.arity("0..1").fallbackValue("tim4j-ca.pem");
                } else if (setting.name().equals("control")) {
                    option.arity("0..1").fallbackValue(CONTROL_PORT);
                }
                command.addOption(option.build());
            }
            return command;
        }
    }

    private final LoginServerConfig.Builder config = LoginServerConfig.builder().port(1883);
    private final Map<String, Value> values = new TreeMap<>();
    private final Map<Long, Path> keyFiles = new TreeMap<>();
    private final Map<Long, Path> olderKeyFiles = new TreeMap<>();
    private Duration drain = Duration.ZERO;
    private String warning;
    private boolean jsonLog;
    private Path auditLog;
    private Integer tlsPort;
    private Path tlsCert;
    private Path tlsKey;
    private Path tlsCaFile;

    /**
     * Collects the settings.
     *
     * @param file        a properties file, or null
     * @param environment the variables of the process
     * @param command     the command with its options as they were given
     */
    ServeSettings(Path file, Map<String, String> environment, CommandSpec command) {
        if (file != null) {
            readFile(file);
        }
        readEnvironment(environment);
        for (Setting setting : ALL) {
            String given = command.findOption(setting.option()).getValue();
            if (given != null) {
                values.put(setting.name(), new Value(given, setting.option()));
            }
        }
        for (Setting setting : ALL) {
            Value value = values.get(setting.name());
            if (value != null) {
                using(value, () -> setting.apply().accept(this, value.text()));
            }
        }
        applyTls();
        applyControl();
    }

    private static void using(Value value, Runnable action) {
        try {
            action.run();
        } catch (IllegalArgumentException e) {
            throw CliException.usage(value.source() + " " + value.text() + ": " + e.getMessage());
        }
    }

    private void readFile(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            reader.mark(1);
            if (reader.read() != 0xFEFF) {
                reader.reset(); // No byte order mark.
            }
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw CliException.usage("cannot read --config " + file + ": there is no such file");
        } catch (IOException | IllegalArgumentException e) {
            throw CliException.usage("cannot read --config " + file + ": " + e.getMessage());
        }
        Set<String> known = new TreeSet<>();
        ALL.forEach(setting -> known.add(setting.name()));
        for (String key : properties.stringPropertyNames()) {
            String value = properties.getProperty(key).strip();
            if (key.matches(APP_KEY)) {
                long app = Long.parseLong(key.replaceAll(APP_KEY, "$1"));
                (key.contains(".older-") ? olderKeyFiles : keyFiles).put(app, Path.of(value));
            } else if (known.contains(key)) {
                values.put(key, new Value(value, key + " in " + file));
            } else {
                throw CliException.usage(file + " has an unknown key " + key + ": choose from " + known
                        + ", app.N.secret-key-file and app.N.older-secret-key-file");
            }
        }
    }

    /** Kubernetes makes such variables in each container beside a service named tim-serve. */
    private static boolean isKubernetes(String variable, String value) {
        return variable.matches("TIM_SERVE_(SERVICE_(HOST|PORT.*)|PORT_[0-9]+_(TCP|UDP).*)")
                || variable.equals("TIM_SERVE_PORT") && value.matches("(tcp|udp)://.*");
    }

    private void readEnvironment(Map<String, String> environment) {
        Map<String, String> byVariable = new TreeMap<>();
        ALL.forEach(setting -> byVariable.put(setting.variable(), setting.name()));
        environment.forEach((variable, value) -> {
            if (variable.startsWith(VARIABLE_PREFIX) && !isKubernetes(variable, value)) {
                String name = byVariable.get(variable);
                if (name == null) {
                    throw CliException.usage(
                            "unknown variable " + variable + ": choose from " + byVariable.keySet() + ", or unset it");
                }
                values.put(name, new Value(value, "variable " + variable));
            }
        });
    }

    private void applyTls() {
        boolean own = tlsCert != null || tlsKey != null;
        if (own && (tlsCert == null || tlsKey == null)) {
            throw CliException.usage("TLS needs both --tls-cert and --tls-key");
        }
        if (own && tlsCaFile != null) {
            throw CliException.usage("choose one: --tls-cert and --tls-key, or --tls-self-signed");
        }
        if (!own && tlsCaFile == null) {
            if (tlsPort != null) {
                throw CliException.usage(
                        "--tls-port needs a certificate: give --tls-cert and --tls-key, or --tls-self-signed");
            }
            return;
        }
        int port = tlsPort == null ? 8883 : tlsPort;
        Value given = values.getOrDefault("tls-port", new Value("8883", "--tls-port"));
        using(given, () -> {
            if (own) {
                config.tls(port, tlsCert, tlsKey);
            } else {
                config.tlsSelfSigned(port, tlsCaFile);
            }
        });
    }

    private void applyControl() {
        if (values.containsKey("control") || values.containsKey("control-token-file")) {
            Value port = values.getOrDefault("control", new Value(CONTROL_PORT, "--control"));
            using(port, () -> config.controlPort(integer(port.text())));
        }
    }

    /** Ends the configuration of these apps, which are in the builder already. */
    LoginServerConfig config(Set<Long> apps) {
        each("admins", user -> apps.forEach(app -> config.admin(app, user)));
        Value webhook = values.get("state-webhook");
        if (webhook != null) {
            using(webhook, () -> apps.forEach(app -> config.stateWebhook(app, URI.create(webhook.text()))));
        }
        policy();
        redis();
        Descriptors.connections().ifPresent(this::roomFor);
        return config.build();
    }

    private void roomFor(int connections) {
        Value wanted = values.get("max-connections");
        if (wanted == null) {
            config.maxConnections(Math.min(connections, 100_000));
        } else if (integer(wanted.text()) > connections) {
            warning = "there are file descriptors for " + connections + " connections, and not for the " + wanted.text()
                    + " of " + wanted.source() + ": raise the limit (ulimit -n, LimitNOFILE), or lower this one";
        }
    }

    private void redis() {
        Value uri = values.get("redis");
        if (uri == null) {
            return;
        }
        if (uri.source().startsWith("--")) {
            refusePassword(uri.text());
        }
        config.redis(uri.text());
    }

    /** Of an address of Redis that is an argument. */
    static void refusePassword(String uri) {
        if (uri.contains("@")) {
            throw CliException.usage(
                    "--redis with a password: everybody on this machine can read arguments; put the address into"
                            + " the variable TIM_SERVE_REDIS, or, for serve, as redis = URI into the --config file");
        }
    }

    private void each(String name, Consumer<String> action) {
        Value value = values.get(name);
        if (value != null) {
            using(value, () -> List.of(value.text().split(",")).forEach(part -> action.accept(part.strip())));
        }
    }

    private void policy() {
        List<LoginPolicy> policy = new ArrayList<>(List.of(LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM)));
        each("login-policy", kind -> policy.set(0, LoginPolicy.of(kind(kind))));
        each("instances", limit -> {
            String[] parts = limit.split("=");
            Platform platform = Platform.of(parts[0])
                    .orElseThrow(() -> new IllegalArgumentException(
                            "platform " + parts[0] + " is not one of Windows, Mac, Linux, Android, iPhone, iPad, Web"));
            policy.set(0, policy.get(0).withInstances(platform, integer(parts.length == 2 ? parts[1] : "")));
        });
        config.loginPolicy(policy.get(0));
    }

    private static LoginPolicy.Kind kind(String name) {
        for (LoginPolicy.Kind kind : LoginPolicy.Kind.values()) {
            if (kind.name().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("choose from " + List.of(LoginPolicy.Kind.values()));
    }

    private static int integer(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text + "\" is not a whole number", e);
        }
    }

    private static int inRange(int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("choose " + min + " to " + max);
        }
        return value;
    }

    private static boolean bool(String text) {
        return oneOf(text, "true", "false");
    }

    private static boolean oneOf(String text, String yes, String no) {
        if (!text.equals(yes) && !text.equals(no)) {
            throw new IllegalArgumentException("\"" + text + "\" is neither " + yes + " nor " + no);
        }
        return text.equals(yes);
    }

    private static String token(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException("the file cannot be read", e);
        }
    }

    LoginServerConfig.Builder builder() {
        return config;
    }

    /** The apps in the file, with the files of their keys. */
    Map<Long, Path> keyFiles() {
        return keyFiles;
    }

    Map<Long, Path> olderKeyFiles() {
        return olderKeyFiles;
    }

    /** What is worth a line at the start, or null. */
    String warning() {
        return warning;
    }

    /** Lets the logs be as they are set. Once, before the server starts. */
    void applyLogs() {
        if (jsonLog) {
            LogConfiguration.toJson();
        }
        if (auditLog != null) {
            using(values.get("audit-log"), () -> LogConfiguration.auditTo(auditLog));
        }
    }

    /** How long clients are let go at the end. */
    Duration drain() {
        return drain;
    }

    /** Where the CA file of a certificate for development is, or null. */
    Path tlsCaFile() {
        return tlsCaFile;
    }
}
