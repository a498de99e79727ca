/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.tls;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Tls;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where the server's certificate comes from. TLS is the JDK's, versions 1.2 and 1.3. */
public final class ServerTls {
    /** The first line of a CA file of ours, which says that it may be overwritten. */
    private static final String MARK = "# tim4j development CA, made at each start";

    private static final Duration DEVELOPMENT_VALIDITY = Duration.ofDays(30);

    private ServerTls() {}

    /**
     * @param host what a certificate made here is for, besides localhost
     * @throws LoginServerException naming the file, if one cannot be used
     */
    public static SslContext of(Tls config, String host) {
        if (config.certificate() == null) {
            return selfSigned(host, config.caFile());
        }
        Path certificate = readable("certificate", config.certificate());
        Path key = readable("private key", config.key());
        try {
            return built(SslContextBuilder.forServer(certificate.toFile(), key.toFile()));
        } catch (IllegalArgumentException | IOException e) {
            throw new LoginServerException(
                    "cannot use the certificate " + certificate + " with the private key " + key + ": "
                            + e.getMessage()
                            + ". Both must be PEM files, the certificate chain with the server's own certificate first, the key in"
                            + " PKCS#8 without a password (openssl pkcs8 -topk8 -nocrypt)",
                    e);
        }
    }

    private static Path readable(String what, Path file) {
        if (!Files.isReadable(file)) {
            throw new LoginServerException(
                    "cannot read the " + what + " file " + file + ". Check the path and the permissions");
        }
        return file;
    }

    private static SslContext selfSigned(String host, Path caFile) {
        Set<String> hosts = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
        if (!host.equals("0.0.0.0") && !host.equals("::")) {
            hosts.add(host);
        }
        Instant now = Instant.now();
        DevelopmentCertificate made = DevelopmentCertificate.issue(
                new ArrayList<>(hosts), now.minus(Duration.ofHours(1)), now.plus(DEVELOPMENT_VALIDITY));
        try {
            if (Files.exists(caFile)
                    && Files.size(caFile) > 0
                    && !Files.readString(caFile).startsWith(MARK)) {
                throw new LoginServerException(
                        "will not overwrite " + caFile + ": it is not a CA file of this server. Name another file");
            }
            Files.writeString(caFile, MARK + "\n" + DevelopmentCertificate.pem(made.ca()));
            return built(SslContextBuilder.forServer(made.key(), made.certificate()));
        } catch (IOException e) {
            throw new LoginServerException(
                    "cannot write the CA file " + caFile + ": " + e + ". Name one in a folder that can be written", e);
        }
    }

    private static SslContext built(SslContextBuilder builder) throws IOException {
        return builder.sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .build();
    }
}
