// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code serve --data} keeps, and {@code export} and {@code import} take from one place to another. */
class AccountsIT {
    private static final Map<String, String> KEY = Map.of("TIM_SECRET_KEY", "secret-of-7");

    @TempDir
    private Path folder;

    private Cli serve(String data) {
        return Cli.start(
                KEY,
                "",
                "serve",
                "--port",
                "0",
                "--control=0",
                "--sdkappid",
                "7",
                "--data",
                folder.resolve(data).toString());
    }

    private static int login(Cli serve, String userSig) {
        try (Cli login = Cli.start(
                Map.of(),
                userSig,
                "login",
                "--server",
                serve.await("listening "),
                "--sdkappid",
                "7",
                "--user",
                "alice")) {
            return login.exitCode();
        }
    }

    private static void end(Cli serve) {
        serve.terminate();
        assertThat(serve.exitCode()).as(serve.toString()).isEqualTo(0);
    }

    @Test
    void aRevocationOutlivesTheServerAndGoesWhereItIsTaken() throws Exception {
        String userSig;
        try (Cli made = Cli.start(KEY, "", "usersig", "--sdkappid", "7", "--user", "alice")) {
            assertThat(made.exitCode()).isZero();
            userSig = made.out().get(0);
        }
        try (Cli serve = serve("one")) {
            assertThat(login(serve, userSig)).as(serve.toString()).isZero();
            expire(serve);
            try (Cli second = serve("one")) {
                assertThat(second.exitCode()).isEqualTo(1);
                assertThat(second.err()).singleElement().asString().contains("in use by another login server");
            }
            end(serve);
        }
        try (Cli serve = serve("one")) {
            assertThat(login(serve, userSig)).isEqualTo(1);
            end(serve);
        }
        String exported;
        try (Cli export = Cli.start("export", "--data", folder.resolve("one").toString())) {
            assertThat(export.exitCode()).as(export.toString()).isZero();
            assertThat(export.err()).containsExactly("1 users exported");
            exported = export.out().get(0);
            assertThat(exported).contains("\"userId\":\"alice\"").contains("70001");
        }
        try (Cli add = Cli.start(
                Map.of(),
                exported + "\n",
                "import",
                "--data",
                folder.resolve("two").toString())) {
            assertThat(add.exitCode()).as(add.toString()).isZero();
        }
        try (Cli serve = serve("two")) {
            assertThat(login(serve, userSig)).isEqualTo(1);
            end(serve);
        }
        try (Cli add = Cli.start(
                Map.of(),
                exported + "\n{\"userId\":\"bob\"}\n",
                "import",
                "--data",
                folder.resolve("three").toString())) {
            assertThat(add.exitCode()).isEqualTo(2);
            assertThat(add.err())
                    .singleElement()
                    .asString()
                    .contains("line 2 of standard input")
                    .contains("sdkAppId");
        }
        try (Cli export = Cli.start("export", "--data", folder.resolve("three").toString())) {
            assertThat(export.exitCode()).isZero();
            assertThat(export.out()).isEmpty();
        }
    }

    private static void expire(Cli serve) throws IOException, InterruptedException {
        String control = serve.await("test control ");
        HttpRequest request = HttpRequest.newBuilder(URI.create(control + "expire"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"sdkAppId\":7,\"userId\":\"alice\"}"))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whereTheAccountsAreMustBeSaidWithoutAPassword() {
        for (List<String> arguments :
                List.of(List.of("export"), List.of("import", "--redis", "redis://:open-sesame@127.0.0.1:1"))) {
            try (Cli cli = Cli.start(arguments.toArray(String[]::new))) {
                assertThat(cli.exitCode()).isEqualTo(2);
                assertThat(cli.err())
                        .singleElement()
                        .asString()
                        .contains("TIM_SERVE_REDIS")
                        .doesNotContain("sesame");
            }
        }
        try (Cli serve = Cli.start("serve", "--redis", "redis://:open-sesame@127.0.0.1:1")) {
            assertThat(serve.exitCode()).isEqualTo(2);
            assertThat(serve.err()).singleElement().asString().doesNotContain("sesame");
        }
        try (Cli serve = Cli.start("serve", "--port", "0", "--redis", "redis://127.0.0.1:1")) {
            assertThat(serve.exitCode()).isEqualTo(1);
            assertThat(serve.err()).last().asString().contains("cannot use Redis at redis://127.0.0.1:1");
        }
    }
}
