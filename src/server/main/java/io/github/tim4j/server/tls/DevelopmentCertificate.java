/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A certificate for development: signed by a CA that is made for it and whose key is forgotten at once. The JDK can read X.509 but not
 * write it; this writes the little DER (ITU-T X.690) that RFC 5280 asks for.
 *
 * @param key         the server's private key, EC P-256
 * @param certificate the server's certificate
 * @param ca          the certificate that clients must trust
 */
public record DevelopmentCertificate(PrivateKey key, X509Certificate certificate, X509Certificate ca) {
    private static final String CA_NAME = "tim4j development CA";
    private static final byte[] ECDSA_WITH_SHA256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));

    /** For these host names and IP addresses. */
    public static DevelopmentCertificate issue(List<String> hosts, Instant from, Instant until) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair caKey = generator.generateKeyPair();
            KeyPair serverKey = generator.generateKeyPair();
            byte[] caId = keyId(caKey.getPublic());
            X509Certificate ca = sign(
                    caKey.getPrivate(),
                    CA_NAME,
                    caKey.getPublic(),
                    from,
                    until,
                    List.of(
                            extension(oid(2, 5, 29, 19), true, sequence(der(0x01, new byte[] {(byte) 0xff}))),
                            extension(oid(2, 5, 29, 15), true, der(0x03, new byte[] {1, 0x06})),
                            extension(oid(2, 5, 29, 14), false, der(0x04, caId))));
            X509Certificate certificate = sign(
                    caKey.getPrivate(),
                    hosts.get(0),
                    serverKey.getPublic(),
                    from,
                    until,
                    List.of(
                            extension(oid(2, 5, 29, 19), true, sequence()),
                            extension(oid(2, 5, 29, 15), true, der(0x03, new byte[] {7, (byte) 0x80})),
                            extension(oid(2, 5, 29, 37), false, sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1))),
                            extension(oid(2, 5, 29, 14), false, der(0x04, keyId(serverKey.getPublic()))),
                            extension(oid(2, 5, 29, 35), false, sequence(der(0x80, caId))),
                            extension(oid(2, 5, 29, 17), false, alternativeNames(hosts))));
            return new DevelopmentCertificate(serverKey.getPrivate(), certificate, ca);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot make an EC certificate", e);
        }
    }

    public static String pem(X509Certificate certificate) {
        try {
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate sign(
            PrivateKey issuer, String subject, PublicKey key, Instant from, Instant until, List<byte[]> extensions)
            throws GeneralSecurityException {
        byte[] signed = sequence(
                der(0xA0, der(0x02, new byte[] {2})),
                der(0x02, new BigInteger(120, new SecureRandom()).setBit(119).toByteArray()),
                ECDSA_WITH_SHA256,
                name(CA_NAME),
                sequence(time(from), time(until)),
                name(subject),
                key.getEncoded(),
                der(0xA3, sequence(extensions.toArray(byte[][]::new))));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(issuer);
        signature.update(signed);
        byte[] certificate = sequence(signed, ECDSA_WITH_SHA256, der(0x03, new byte[] {0}, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate));
    }

    private static byte[] keyId(PublicKey key) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-1").digest(key.getEncoded());
    }

    private static byte[] alternativeNames(List<String> hosts) {
        List<byte[]> names = new ArrayList<>();
        for (String host : hosts) {
            byte[] address = io.netty.util.NetUtil.createByteArrayFromIpAddressString(host);
            names.add(address == null ? der(0x82, host.getBytes(StandardCharsets.US_ASCII)) : der(0x87, address));
        }
        return sequence(names.toArray(byte[][]::new));
    }

    private static byte[] extension(byte[] oid, boolean critical, byte[] value) {
        byte[] octets = der(0x04, value);
        return critical ? sequence(oid, der(0x01, new byte[] {(byte) 0xff}), octets) : sequence(oid, octets);
    }

    private static byte[] name(String commonName) {
        return sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0C, commonName.getBytes(StandardCharsets.UTF_8)))));
    }

    private static byte[] time(Instant instant) {
        boolean shortYear = instant.atOffset(ZoneOffset.UTC).getYear() < 2050;
        DateTimeFormatter format = DateTimeFormatter.ofPattern(shortYear ? "yyMMddHHmmss'Z'" : "yyyyMMddHHmmss'Z'");
        String text = format.withZone(ZoneOffset.UTC).format(instant);
        return der(shortYear ? 0x17 : 0x18, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] oid(int... arcs) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(arcs[0] * 40 + arcs[1]);
        for (int i = 2; i < arcs.length; i++) {
            for (int shift = 28; shift > 0; shift -= 7) {
                if (arcs[i] >>> shift != 0) {
                    bytes.write(arcs[i] >>> shift & 0x7f | 0x80);
                }
            }
            bytes.write(arcs[i] & 0x7f);
        }
        return der(0x06, bytes.toByteArray());
    }

    private static byte[] sequence(byte[]... parts) {
        return der(0x30, parts);
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        if (body.size() < 0x80) {
            all.write(body.size());
        } else if (body.size() < 0x100) {
            all.write(0x81);
            all.write(body.size());
        } else {
            all.write(0x82);
            all.write(body.size() >> 8);
            all.write(body.size());
        }
        all.writeBytes(body.toByteArray());
        return all.toByteArray();
    }
}
