/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/**
 * A server's certificate for development.
 *
 * @param key         the server's private key, EC P-256
 * @param certificate the server's certificate
 * @param ca          the certificate that clients must trust
 */
public record DevelopmentCertificate(PrivateKey key, X509Certificate certificate, X509Certificate ca) {
    /** Of a CA that is made for it, and whose key is forgotten at once. */
    public static DevelopmentCertificate issue(List<String> hosts, Instant from, Instant until) {
        return DevelopmentCa.make(from, until).issue(hosts, from, until);
    }

    public static String pem(X509Certificate certificate) {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static String pem(PrivateKey key) {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    private static String pem(String what, byte[] content) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
                + "\n-----END " + what + "-----\n";
    }
}
