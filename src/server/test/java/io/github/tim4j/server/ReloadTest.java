/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.server.tls.DevelopmentCertificate;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server takes while it runs, and what it does not. */
class ReloadTest {
    private static final long APP = RawClient.APP;

    @TempDir
    private Path folder;

    private static LoginServerConfig.Builder config(String secret) {
        return LoginServerConfig.builder().app(APP, secret);
    }

    private static int login(LoginServer server, String secret, String device) throws IOException {
        RawClient client = new RawClient(server.port());
        String sig = new UserSigKey(APP, secret).make("alice");
        client.send(RawClient.connect(APP, "alice", Platform.LINUX, device, sig, 60));
        return RawClient.reason(client.next());
    }

    @Test
    void secretsPoliciesAndLimitsAreTakenAndNobodyIsTouched() throws Exception {
        try (LoginServer server = LoginServer.start(config("old").build())) {
            assertThat(login(server, "old", "d1")).isZero();
            LoginPolicy two = LoginPolicy.of(LoginPolicy.Kind.MULTI_PLATFORM).withInstances(Platform.LINUX, 2);
            server.reload(config("new").olderSecret(APP, "old").loginPolicy(two).build());
            assertThat(login(server, "old", "d2")).isZero();
            assertThat(login(server, "new", "d2")).isZero();
            assertThat(server.sessions()).as("the policy of two").hasSize(2);
            server.reload(config("new").maxConnections(1).build());
            assertThat(server.sessions()).hasSize(2);
            assertThat(login(server, "new", "d1")).as("full").isNotZero();
            server.reload(config("new").build());
            assertThat(login(server, "old", "d3")).isNotZero();
            assertThat(login(server, "new", "d3")).isZero();
            assertThat(server.sessions()).as("the policy of one").hasSize(1);
            server.reload(config("new").app(77, "of another app").build());
            assertThat(server.userSig(77, "alice")).isNotEmpty();
        }
    }

    @Test
    void administratorsAndTheControlTokenAreTaken() throws Exception {
        try (LoginServer server =
                LoginServer.start(config("secret").httpPort(0).controlPort(0).build())) {
            assertThat(check(server)).contains("70403");
            assertThat(control(server)).isEqualTo(200);
            server.reload(config("secret")
                    .httpPort(0)
                    .controlPort(0)
                    .admin(APP, "boss")
                    .controlToken("0123456789abcdef")
                    .build());
            assertThat(check(server)).contains("\"OK\"");
            assertThat(control(server)).isEqualTo(401);
        }
    }

    private static String check(LoginServer server) throws Exception {
        URI uri = URI.create(server.httpUri() + "/v4/im_open_login_svc/account_check?sdkappid=" + APP
                + "&identifier=boss&usersig=" + server.userSig(APP, "boss") + "&random=1&contenttype=json");
        HttpRequest request = HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.ofString("{\"CheckItem\":[{\"UserID\":\"alice\"}]}"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static int control(LoginServer server) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.controlUri() + "/control/v1/sessions"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void theCertificatesFilesAreReadAgain() throws Exception {
        X509Certificate first = certificate();
        LoginServerConfig config = config("secret")
                .tls(0, folder.resolve("cert.pem"), folder.resolve("key.pem"))
                .httpPort(0)
                .build();
        try (LoginServer server = LoginServer.start(config)) {
            List<Integer> ports = List.of(server.tlsPort(), server.httpPort());
            for (int port : ports) {
                TlsTest.connect(port, first, "localhost").close();
            }
            X509Certificate second = certificate();
            server.reload(config);
            for (int port : ports) {
                TlsTest.connect(port, second, "localhost").close();
                assertThatThrownBy(() -> TlsTest.connect(port, first, "localhost"))
                        .isInstanceOf(SSLHandshakeException.class);
            }
            Files.writeString(folder.resolve("cert.pem"), "spoilt");
            assertThatThrownBy(() -> server.reload(config))
                    .isInstanceOf(LoginServerException.class)
                    .hasMessageContaining("cert.pem");
            TlsTest.connect(server.tlsPort(), second, "localhost").close();
        }
    }

    private X509Certificate certificate() throws IOException {
        Instant now = Instant.now();
        DevelopmentCertificate made =
                DevelopmentCertificate.issue(List.of("localhost"), now.minusSeconds(60), now.plusSeconds(3600));
        Files.writeString(folder.resolve("cert.pem"), DevelopmentCertificate.pem(made.certificate()));
        Files.writeString(folder.resolve("key.pem"), DevelopmentCertificate.pem(made.key()));
        return made.ca();
    }

    @Test
    void whatIsOnlyLookedAtAtTheStartIsRefusedByName() throws Exception {
        try (LoginServer server = LoginServer.start(config("secret").build())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> server.reload(config("other")
                            .eventsKept(5)
                            .dataFolder(folder)
                            .stateWebhook(APP, URI.create("http://127.0.0.1:1/"))
                            .httpPort(0)
                            .build()))
                    .withMessageContaining("HTTP port, webhooks, events kept, data folder");
            assertThat(login(server, "other", "d1")).as("nothing was taken").isNotZero();
            assertThat(login(server, "secret", "d1")).isZero();
        }
    }
}
