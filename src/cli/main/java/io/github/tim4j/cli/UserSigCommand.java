// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigFormatException;
import io.github.tim4j.usersig.UserSigKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a UserSig, or checks one. */
@Command(
        name = "usersig",
        description = {
            "Makes a UserSig, or checks one.",
            "Prints the UserSig alone on standard output. Or, with --check, reads one from standard input, prints what it says, and exits "
                    + "with 0 only if it is valid."
        })
final class UserSigCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--sdkappid",
            paramLabel = "N",
            description = "The app. With --check: the app that it must be for; default: its own.")
    private Long sdkAppId;

    @Option(
            names = "--user",
            paramLabel = "U",
            description = "The user id. With --check: the user that it must be for; default: its own.")
    private String userId;

    @Option(
            names = "--validity",
            paramLabel = "SECONDS",
            defaultValue = "86400",
            description = "How long it is valid; default: ${DEFAULT-VALUE}.")
    private long validity;

    @Option(names = SecretKey.OPTION, paramLabel = "FILE", description = SecretKey.DESCRIPTION)
    private Path secretKeyFile;

    @Option(
            names = "--check",
            description = "Check the UserSig on standard input; its signature too if there is a secret key.")
    private boolean check;

    @Override
    public Integer call() {
        Optional<String> secret = SecretKey.read(secretKeyFile);
        return check ? check(secret) : make(secret);
    }

    private int make(Optional<String> secret) {
        if (sdkAppId == null || userId == null) {
            throw new ParameterException(
                    spec.commandLine(), "a UserSig is made for an app and a user: give --sdkappid and --user");
        }
        String key = secret.orElseThrow(() -> CliException.usage("a UserSig is signed with the app's secret key: give "
                + SecretKey.OPTION + " or set " + SecretKey.VARIABLE));
        try {
            spec.commandLine()
                    .getOut()
                    .println(new UserSigKey(sdkAppId, key).make(userId, Duration.ofSeconds(validity)));
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage());
        }
        return ExitCode.OK;
    }

    private int check(Optional<String> secret) {
        String text = StandardInput.userSig();
        UserSig userSig;
        try {
            userSig = UserSig.parse(text);
        } catch (UserSigFormatException e) {
            throw CliException.failed("not valid: " + e.problem().code() + ", " + e.getMessage());
        }
        Instant now = Instant.now();
        Optional<UserSigKey> key = secret.map(known -> new UserSigKey(userSig.sdkAppId(), known));
        show(userSig, now, key);
        Optional<String> problem = problem(userSig, now, key);
        spec.commandLine()
                .getOut()
                .println("valid       " + problem.map(why -> "no: " + why).orElse("yes"));
        return problem.isPresent() ? ExitCode.FAILED : ExitCode.OK;
    }

    private void show(UserSig userSig, Instant now, Optional<UserSigKey> key) {
        PrintWriter out = spec.commandLine().getOut();
        long left = Duration.between(now, userSig.expiresAt()).toSeconds();
        out.println("user        " + userSig.userId());
        out.println("SDKAppID    " + userSig.sdkAppId());
        out.println("made        " + userSig.issuedAt());
        out.println(
                "expires     " + userSig.expiresAt() + (left < 0 ? ", " + -left + " s ago" : ", in " + left + " s"));
        userSig.userbuf().ifPresent(bytes -> out.println("userbuf     " + bytes.length + " bytes"));
        out.println("signature   "
                + key.map(known -> known.signed(userSig) ? "right" : "wrong")
                        .orElse("not checked: no secret key was given"));
    }

    /** What a login server would refuse it for, in the server's order. */
    private Optional<String> problem(UserSig userSig, Instant now, Optional<UserSigKey> key) {
        if (sdkAppId != null && sdkAppId != userSig.sdkAppId()) {
            return Optional.of("70014, it was made for another SDKAppID");
        }
        if (userId != null && !userId.equals(userSig.userId())) {
            return Optional.of("70013, it was made for another user id");
        }
        if (key.isPresent() && !key.get().signed(userSig)) {
            return Optional.of("70009, it was not signed with this secret key");
        }
        return userSig.isExpiredAt(now) ? Optional.of("70001, it has expired") : Optional.empty();
    }
}
