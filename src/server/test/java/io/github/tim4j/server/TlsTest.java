/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.server.tls.DevelopmentCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logins over TLS, with the JDK's client, which checks the chain and the host name. */
class TlsTest {
    private static final long APP = RawClient.APP;

    @TempDir
    Path folder;

    private static LoginServerConfig.Builder config() {
        return LoginServerConfig.builder().app(APP, "secret");
    }

    static SSLSocket connect(int port, X509Certificate ca, String host, String... protocols) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", ca);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        Socket plain = new Socket("127.0.0.1", port);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (protocols.length > 0) {
            parameters.setProtocols(protocols);
        }
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    static X509Certificate read(Path file) throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    @Test
    void aSelfSignedServerIsTrustedByItsCaFile() throws Exception {
        Path ca = folder.resolve("ca.pem");
        try (LoginServer server =
                LoginServer.start(config().tlsSelfSigned(0, ca).build())) {
            assertThat(server.tlsUri()).hasToString("mqtts://127.0.0.1:" + server.tlsPort());
            for (String host : List.of("localhost", "127.0.0.1")) {
                for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
                    try (RawClient client = new RawClient(connect(server.tlsPort(), read(ca), host, protocol))) {
                        assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                                .as(host + protocol)
                                .isZero();
                        client.logout();
                    }
                }
            }
            assertThat(RawClient.reason(new RawClient(server.port()).login(server, "bob", Platform.LINUX, "d1")))
                    .isZero();
        }
    }

    @Test
    void theCaOfAnEarlierStartIsUsedAgain() throws Exception {
        Path ca = folder.resolve("ca.pem");
        Path key = folder.resolve("ca.pem.key");
        LoginServerConfig config = config().tlsSelfSigned(0, ca).build();
        LoginServer.start(config).close();
        X509Certificate trusted = read(ca);
        if (Files.getFileStore(key).supportsFileAttributeView("posix")) {
            assertThat(Files.getPosixFilePermissions(key))
                    .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        }
        try (LoginServer server = LoginServer.start(config)) {
            connect(server.tlsPort(), trusted, "localhost").close();
        }
        String text = Files.readString(key);
        for (String spoilt : List.of(text.substring(0, text.length() / 2), "")) {
            Files.writeString(key, spoilt);
            LoginServer.start(config).close();
            assertThat(read(ca)).isNotEqualTo(trusted);
            trusted = read(ca);
        }
        Files.delete(ca);
        Files.writeString(key, "somebody's");
        assertThatThrownBy(() -> LoginServer.start(config))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("ca.pem.key");
        assertThat(key).hasContent("somebody's");
    }

    @Test
    void aKickReachesAClientBehindTls() throws Exception {
        Path ca = folder.resolve("ca.pem");
        try (LoginServer server =
                        LoginServer.start(config().tlsSelfSigned(0, ca).build());
                RawClient client = new RawClient(connect(server.tlsPort(), read(ca), "localhost"))) {
            client.login(server, "alice", Platform.LINUX, "d1");
            server.kick(APP, "alice", KickCause.REST);
            assertThat(RawClient.reason(client.next())).isEqualTo(0x98);
            assertThat(client.next()).as("a close_notify, not a broken stream").isNull();
        }
    }

    @Test
    void wrongHostAndUnknownCaFailInTheHandshake() throws Exception {
        Path ca = folder.resolve("ca.pem");
        try (LoginServer server =
                LoginServer.start(config().tlsSelfSigned(0, ca).build())) {
            X509Certificate good = read(ca);
            assertThatThrownBy(() -> connect(server.tlsPort(), good, "example.com"))
                    .isInstanceOf(SSLHandshakeException.class);
            Instant now = Instant.now();
            X509Certificate other = DevelopmentCertificate.issue(List.of("localhost"), now, now.plusSeconds(3600))
                    .ca();
            assertThatThrownBy(() -> connect(server.tlsPort(), other, "localhost"))
                    .isInstanceOf(SSLHandshakeException.class);
            assertThatThrownBy(() -> connect(server.tlsPort(), good, "localhost", "TLSv1.1"))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void plaintextOnTheTlsPortIsClosed() throws Exception {
        try (LoginServer server = LoginServer.start(
                        config().tlsSelfSigned(0, folder.resolve("ca.pem")).build());
                RawClient client = new RawClient(server.tlsPort())) {
            client.send(RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
            byte[] answer = client.rest();
            assertThat(answer.length == 0 || answer[0] == 0x15)
                    .as("nothing, or a TLS alert")
                    .isTrue();
            assertThat(server.sessions()).isEmpty();
        }
    }

    @Test
    void moreHandshakesThanAllowedAreNotBegunAndPlainConnectionsAre() throws Exception {
        Path ca = folder.resolve("ca.pem");
        LoginServerConfig slow =
                config().tlsSelfSigned(0, ca).maxHandshakesPerSecond(1).build();
        try (LoginServer server = LoginServer.start(slow)) {
            int refused = 0;
            for (int i = 0; i < 30; i++) {
                try {
                    connect(server.tlsPort(), read(ca), "localhost").close();
                } catch (IOException e) {
                    refused++;
                }
            }
            assertThat(refused).isPositive();
            assertThat(RawClient.reason(new RawClient(server.port()).login(server, "bob", Platform.LINUX, "d1")))
                    .isZero();
            await().ignoreExceptions()
                    .untilAsserted(() ->
                            connect(server.tlsPort(), read(ca), "localhost").close());
        }
    }

    @Test
    void aHandshakeThatNeverEndsIsGivenUp() throws Exception {
        LoginServerConfig impatient = config().tlsSelfSigned(0, folder.resolve("ca.pem"))
                .connectTimeout(Duration.ofMillis(200))
                .build();
        try (LoginServer server = LoginServer.start(impatient);
                RawClient client = new RawClient(server.tlsPort())) {
            client.send(0x16, 0x03, 0x01);
            assertThat(client.rest().length).isLessThan(100);
        }
    }

    @Test
    void aCertificateOfYourOwn() throws Exception {
        Instant now = Instant.now();
        DevelopmentCertificate own =
                DevelopmentCertificate.issue(List.of("im.example.com"), now.minusSeconds(60), now.plusSeconds(3600));
        Path certificate = Files.writeString(folder.resolve("cert.pem"), DevelopmentCertificate.pem(own.certificate()));
        Path key = Files.writeString(
                folder.resolve("key.pem"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(own.key().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        LoginServerConfig config = config().tls(0, certificate, key).build();
        try (LoginServer server = LoginServer.start(config);
                RawClient client = new RawClient(connect(server.tlsPort(), own.ca(), "im.example.com"))) {
            assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                    .isZero();
        }
    }

    @Test
    void unusableFilesAreNamed() throws Exception {
        Path missing = folder.resolve("missing.pem");
        Path garbage = Files.writeString(folder.resolve("garbage.pem"), "garbage");
        LoginServerConfig one = config().tls(0, missing, missing).build();
        assertThatThrownBy(() -> LoginServer.start(one))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("missing.pem");
        LoginServerConfig two = config().tls(0, garbage, garbage).build();
        assertThatThrownBy(() -> LoginServer.start(two))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("garbage.pem")
                .hasMessageContaining("PKCS#8");
        LoginServerConfig three = config().tlsSelfSigned(0, garbage).build();
        assertThatThrownBy(() -> LoginServer.start(three))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("will not overwrite");
        assertThat(garbage).hasContent("garbage");
        LoginServerConfig four = config().tlsSelfSigned(0, folder.resolve("no").resolve("ca.pem"))
                .build();
        assertThatThrownBy(() -> LoginServer.start(four))
                .isInstanceOf(LoginServerException.class)
                .hasMessageContaining("ca.pem");
    }

    @Test
    void onAnOpenAddressOnlyTheTlsPortIsOpen() throws Exception {
        Path ca = folder.resolve("ca.pem");
        try (LoginServer server =
                LoginServer.start(config().host("0.0.0.0").tlsSelfSigned(0, ca).build())) {
            assertThat(server.port()).isEqualTo(-1);
            assertThat(server.uri()).isEqualTo(server.tlsUri());
            try (RawClient client = new RawClient(connect(server.tlsPort(), read(ca), "localhost"))) {
                assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                        .isZero();
            }
            server.testing().restart();
            assertThat(server.tlsPort()).isPositive();
        }
    }
}
