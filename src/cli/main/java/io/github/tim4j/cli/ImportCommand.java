// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.server.store.AccountStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Adds to what a login server keeps. */
@Command(
        name = "import",
        description = {
            "Adds the accounts and revocations on standard input, as export prints them, to those that a login server keeps.",
            "What is there already stays. With a line that cannot be read, nothing is added."
        })
final class ImportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private AccountsOptions accounts;

    @Override
    public Integer call() {
        List<String> lines = lines();
        try (AccountStore store = accounts.open()) {
            for (int i = 0; i < lines.size(); i++) {
                try {
                    AccountStore.checkExported(lines.get(i));
                } catch (IllegalArgumentException e) {
                    throw CliException.usage("line " + (i + 1) + " of standard input: " + e.getMessage());
                }
            }
            CompletableFuture.allOf(lines.stream()
                            .map(store::importFrom)
                            .map(CompletionStage::toCompletableFuture)
                            .toArray(CompletableFuture[]::new))
                    .join();
        }
        spec.commandLine().getErr().println(lines.size() + " users imported");
        return ExitCode.OK;
    }

    private static List<String> lines() {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.isBlank()) {
                    lines.add(line);
                }
            }
        } catch (IOException e) {
            throw CliException.usage("cannot read standard input: " + e.getMessage());
        }
        return lines;
    }
}
