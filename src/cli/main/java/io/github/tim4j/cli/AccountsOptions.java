// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.server.store.AccountStore;
import io.github.tim4j.server.store.DiskSessionStore;
import io.github.tim4j.server.store.RedisSessionStore;
import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Where the accounts are that {@code export} and {@code import} are about. */
final class AccountsOptions {
    private static final String VARIABLE = "TIM_SERVE_REDIS";

    /** One of two places. */
    static final class Place {
        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "The folder of a login server that is not running now.")
        private Path folder;

        @Option(
                names = "--redis",
                paramLabel = "URI",
                description = "The Redis of login servers, running or not. One with a password: in the variable "
                        + VARIABLE + " instead.")
        private String redis;
    }

    @ArgGroup
    private Place place;

    /** To be closed by the caller. */
    AccountStore open() {
        if (place != null && place.folder != null) {
            return DiskSessionStore.open(place.folder);
        }
        String uri = place == null ? System.getenv(VARIABLE) : place.redis;
        if (uri == null) {
            throw CliException.usage("where are the accounts? Give --data DIR, or --redis URI, or set " + VARIABLE);
        }
        if (place != null) {
            ServeSettings.refusePassword(uri);
        }
        return RedisSessionStore.connect(uri);
    }
}
