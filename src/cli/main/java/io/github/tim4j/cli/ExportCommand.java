// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.server.store.AccountStore;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what a login server keeps. */
@Command(
        name = "export",
        description = {
            "Prints the accounts and revocations that a login server keeps, a line of JSON for each user.",
            "Who is logged in, and how many users there were on a day, is not in it; nor is any UserSig."
        })
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private AccountsOptions accounts;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        AtomicInteger users = new AtomicInteger();
        try (AccountStore store = accounts.open()) {
            store.exportTo(line -> {
                        out.println(line);
                        users.incrementAndGet();
                    })
                    .toCompletableFuture()
                    .join();
        }
        out.flush();
        if (out.checkError()) {
            throw CliException.failed("standard output could not be written to");
        }
        spec.commandLine().getErr().println(users + " users exported");
        return ExitCode.OK;
    }
}
