/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.tls;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Tls;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Where the server's certificate comes from. TLS is the JDK's, versions 1.2 and 1.3. */
public final class ServerTls {
    /** How a CA file of ours begins, which says that it may be overwritten. */
    private static final String MARK = "# tim4j development CA";

    private static final Duration DEVELOPMENT_VALIDITY = Duration.ofDays(30);
    private static final Duration CA_VALIDITY = Duration.ofDays(365);

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
        Instant from = Instant.now().minus(Duration.ofHours(1));
        try {
            DevelopmentCertificate made =
                    ca(caFile).issue(new ArrayList<>(hosts), from, from.plus(DEVELOPMENT_VALIDITY));
            return built(SslContextBuilder.forServer(made.key(), made.certificate()));
        } catch (IOException e) {
            throw new LoginServerException(
                    "cannot write the CA file " + caFile + ": " + e + ". Name one in a folder that can be written", e);
        }
    }

    /** The CA of the starts before, so that clients that trust it need not be told of another; or a new one. */
    private static DevelopmentCa ca(Path file) throws IOException {
        Path keyFile = file.resolveSibling(file.getFileName() + ".key");
        Instant now = Instant.now();
        String text = ours(file);
        String key = ours(keyFile);
        if (!text.isEmpty() && !key.isEmpty()) {
            DevelopmentCa known = known(text, key);
            if (known != null
                    && known.certificate().getNotAfter().toInstant().isAfter(now.plus(DEVELOPMENT_VALIDITY))) {
                return known;
            }
        }
        DevelopmentCa made = DevelopmentCa.make(now.minus(Duration.ofHours(1)), now.plus(CA_VALIDITY));
        writeSecret(keyFile, MARK + "\n" + DevelopmentCertificate.pem(made.key()));
        Files.writeString(file, MARK + "\n" + DevelopmentCertificate.pem(made.certificate()));
        return made;
    }

    /** What is in the file; "" if nothing is, or it is not there. */
    private static String ours(Path file) throws IOException {
        if (!Files.exists(file)) {
            return "";
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (!text.isEmpty() && !text.startsWith(MARK)) {
            throw new LoginServerException("will not overwrite " + file
                    + ": it is not a file of this server's development CA. Name another CA file");
        }
        return text;
    }

    /** Null if they are not a CA and its key. */
    private static @Nullable DevelopmentCa known(String certificatePem, String keyPem) {
        try {
            X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(certificatePem
                            .substring(certificatePem.indexOf("-----BEGIN"))
                            .getBytes(StandardCharsets.US_ASCII)));
            String key = keyPem.lines()
                    .filter(line -> !line.startsWith("#") && !line.startsWith("-"))
                    .collect(Collectors.joining());
            DevelopmentCa ca = new DevelopmentCa(
                    KeyFactory.getInstance("EC")
                            .generatePrivate(
                                    new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key))),
                    certificate);
            Instant now = Instant.now();
            ca.issue(List.of("localhost"), now, now.plusSeconds(1))
                    .certificate()
                    .verify(certificate.getPublicKey());
            return ca;
        } catch (GeneralSecurityException | RuntimeException e) {
            return null;
        }
    }

    /** Readable by its owner alone, from the first byte on, where the file system knows owners. */
    private static void writeSecret(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        if (Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix")) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(file, text);
    }

    private static SslContext built(SslContextBuilder builder) throws IOException {
        return builder.sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .build();
    }
}
