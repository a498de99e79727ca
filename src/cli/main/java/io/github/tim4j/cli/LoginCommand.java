// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.KickReason;
import io.github.tim4j.TimClient;
import io.github.tim4j.TimError;
import io.github.tim4j.TimException;
import io.github.tim4j.TimListener;
import io.github.tim4j.UserSigRenewal;
import io.github.tim4j.server.Platform;
import io.github.tim4j.usersig.UserId;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Logs in through the C API, as an application would, and reports what happens. */
@Command(
        name = "login",
        description = {
            "Logs in through the C API and prints what happens.",
            "The UserSig comes from the variable " + LoginCommand.VARIABLE
                    + ", or is made where a secret key is given, or is read from " + "standard input."
        })
final class LoginCommand implements Callable<Integer> {
    static final String VARIABLE = "TIM_USER_SIG";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--server",
            paramLabel = "URL",
            required = true,
            description = "The login server, mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS.")
    private String server;

    @Option(names = "--sdkappid", paramLabel = "N", required = true, description = "The app.")
    private long sdkAppId;

    @Option(names = "--user", paramLabel = "U", required = true, description = "The user id.")
    private String userId;

    @Option(
            names = "--platform",
            paramLabel = "P",
            description = "Windows, Mac, Linux, Android, iPhone, iPad or Web; default: this system's.")
    private String platform;

    @Option(names = SecretKey.OPTION, paramLabel = "FILE", description = SecretKey.DESCRIPTION)
    private Path secretKeyFile;

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description = "PEM file of the CAs to trust with mqtts://; default: the system's.")
    private Path caFile;

    @Option(
            names = "--allow-plaintext",
            description = "Allow mqtt:// to another machine: on the way, everybody can read the UserSig.")
    private boolean allowPlaintext;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long to try to reach the server; default: ${DEFAULT-VALUE}.")
    private int timeout;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "An existing folder to keep the device id in. Without it, each run is another device to the server.")
    private Path folder;

    @Option(
            names = "--hold",
            description = "Stay logged in and print every event until Ctrl-C or SIGTERM, then log out. "
                    + "Ends by itself, with 1, when the server ends the session.")
    private boolean hold;

    private final Stop stop = new Stop();
    /** Why the server ended the session; null while it has not. Set by the callback thread. */
    private volatile String ended;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        checkArguments();
        Optional<UserSigKey> key = System.getenv(VARIABLE) != null
                ? Optional.empty()
                : SecretKey.read(secretKeyFile).map(secret -> new UserSigKey(sdkAppId, secret));
        String userSig = key.isPresent() ? null : userSig();
        try (TimClient tim = client(key)) {
            tim.addListener(new EventLines(line -> out.println("event   " + line)));
            tim.addListener(endOfSession(key.isPresent()));
            out.println("logging in to " + server + " as " + userId + ", SDKAppID " + sdkAppId + ", by timshim "
                    + tim.sdkVersion());
            logIn(tim, userSig);
            out.println("logged in");
            if (hold) {
                stop.catchSignals();
                stop.await();
            }
            if (ended != null) {
                throw CliException.failed("the server ended the session: " + ended);
            }
            tim.logout().join();
            out.println("logged out");
            return ExitCode.OK;
        }
    }

    private void checkArguments() {
        if (!UserId.isValid(userId)) {
            throw CliException.usage(
                    "--user \"" + userId + "\" is not 1 to " + UserId.MAX_LENGTH + " characters of printable ASCII");
        }
        if (platform != null && Platform.of(platform).isEmpty()) {
            throw CliException.usage("--platform " + platform + " is not one of "
                    + Stream.of(Platform.values()).map(Platform::text).collect(Collectors.joining(", ")));
        }
        if (sdkAppId < 1) {
            throw CliException.usage("--sdkappid " + sdkAppId + " is not at least 1");
        }
        if (timeout < 1 || timeout > 600) {
            throw CliException.usage("--timeout " + timeout + " is not from 1 to 600 seconds");
        }
        if (caFile != null && !Files.isReadable(caFile)) {
            throw CliException.usage("--ca-file " + caFile + " cannot be read: give an existing PEM file");
        }
        if (folder != null) {
            checkWritable(folder);
        }
    }

    private static void checkWritable(Path folder) {
        try {
            Files.delete(Files.createTempFile(folder, "tim4j", ".tmp"));
        } catch (IOException e) {
            throw CliException.usage("--folder " + folder + " cannot be written to: "
                    + (Files.isDirectory(folder) ? "permission denied, or no space" : "it is not an existing folder"));
        }
    }

    private static String userSig() {
        String variable = System.getenv(VARIABLE);
        String userSig = variable != null ? variable.strip() : StandardInput.userSig();
        if (userSig.isEmpty()) {
            throw CliException.usage(
                    variable != null
                            ? "the variable " + VARIABLE + " is empty: set it to the user's UserSig, or unset it"
                            : "there is no UserSig on standard input: pipe one in, or set " + VARIABLE
                                    + ", or give a secret key to make one with");
        }
        return userSig;
    }

    private TimClient client(Optional<UserSigKey> key) {
        TimClient.Builder builder = TimClient.builder()
                .sdkAppId(sdkAppId)
                .server(server)
                .loginTimeout(Duration.ofSeconds(timeout))
                .requestTimeout(Duration.ofSeconds(timeout + 15));
        key.ifPresent(known -> builder.userSigProvider(known::make));
        Optional.ofNullable(platform).ifPresent(builder::platform);
        Optional.ofNullable(folder).ifPresent(builder::configDir);
        Optional.ofNullable(caFile).ifPresent(file -> builder.config("shim_ca_file", file.toString()));
        if (allowPlaintext) {
            builder.config("shim_allow_plaintext", true);
        }
        return builder.build();
    }

    /** @param renews whether an expired UserSig is replaced, so that the session goes on */
    private TimListener endOfSession(boolean renews) {
        return new TimListener() {
            @Override
            public void onKickedOffline(KickReason reason) {
                end("kicked offline, " + reason);
            }

            @Override
            public void onUserSigExpired(String expired) {
                if (!renews) {
                    end("the UserSig expired");
                }
            }

            @Override
            public void onUserSigRenewal(UserSigRenewal renewal) {
                if (renewal.step() == UserSigRenewal.Step.GAVE_UP) {
                    end("the UserSig expired, and fresh ones are refused too");
                }
            }
        };
    }

    private void end(String why) {
        ended = why;
        stop.end();
    }

    private void logIn(TimClient tim, String userSig) {
        try {
            (userSig == null ? tim.login(userId) : tim.login(userId, userSig)).join();
        } catch (CompletionException e) {
            String line = "login failed: " + e.getCause().getMessage();
            boolean wrongUsage = e.getCause() instanceof TimException error
                    && error.code() == TimError.ERR_INVALID_PARAMETERS.code();
            throw wrongUsage ? CliException.usage(line) : CliException.failed(line);
        }
    }
}
