/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.tls;

import java.io.ByteArrayInputStream;
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
import java.util.ArrayList;
import java.util.List;

/**
 * A CA for development, as RFC 5280 has it, with EC P-256 keys.
 *
 * @param key         its private key
 * @param certificate what clients must trust
 */
public record DevelopmentCa(PrivateKey key, X509Certificate certificate) {
    private static final String NAME = "tim4j development CA";
    private static final byte[] ECDSA_WITH_SHA256 = Der.sequence(Der.oid(1, 2, 840, 10045, 4, 3, 2));

    public static DevelopmentCa make(Instant from, Instant until) {
        try {
            KeyPair keys = keys();
            return new DevelopmentCa(
                    keys.getPrivate(),
                    sign(
                            keys.getPrivate(),
                            NAME,
                            keys.getPublic(),
                            from,
                            until,
                            List.of(
                                    Der.extension(Der.oid(2, 5, 29, 19), true, Der.sequence(Der.der(0x01, new byte[] {
                                        (byte) 0xff
                                    }))),
                                    Der.extension(Der.oid(2, 5, 29, 15), true, Der.der(0x03, new byte[] {1, 0x06})),
                                    Der.extension(
                                            Der.oid(2, 5, 29, 14), false, Der.der(0x04, keyId(keys.getPublic()))))));
        } catch (GeneralSecurityException e) {
            throw unable(e);
        }
    }

    /** For these host names and IP addresses. */
    public DevelopmentCertificate issue(List<String> hosts, Instant from, Instant until) {
        try {
            KeyPair keys = keys();
            X509Certificate issued = sign(
                    key,
                    hosts.get(0),
                    keys.getPublic(),
                    from,
                    until,
                    List.of(
                            Der.extension(Der.oid(2, 5, 29, 19), true, Der.sequence()),
                            Der.extension(Der.oid(2, 5, 29, 15), true, Der.der(0x03, new byte[] {7, (byte) 0x80})),
                            Der.extension(
                                    Der.oid(2, 5, 29, 37), false, Der.sequence(Der.oid(1, 3, 6, 1, 5, 5, 7, 3, 1))),
                            Der.extension(Der.oid(2, 5, 29, 14), false, Der.der(0x04, keyId(keys.getPublic()))),
                            Der.extension(
                                    Der.oid(2, 5, 29, 35),
                                    false,
                                    Der.sequence(Der.der(0x80, keyId(certificate.getPublicKey())))),
                            Der.extension(Der.oid(2, 5, 29, 17), false, alternativeNames(hosts))));
            return new DevelopmentCertificate(keys.getPrivate(), issued, certificate);
        } catch (GeneralSecurityException e) {
            throw unable(e);
        }
    }

    private static KeyPair keys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static IllegalStateException unable(GeneralSecurityException cause) {
        return new IllegalStateException("this Java cannot make an EC certificate", cause);
    }

    private static X509Certificate sign(
            PrivateKey issuer, String subject, PublicKey key, Instant from, Instant until, List<byte[]> extensions)
            throws GeneralSecurityException {
        byte[] signed = Der.sequence(
                Der.der(0xA0, Der.der(0x02, new byte[] {2})),
                Der.der(
                        0x02,
                        new BigInteger(120, new SecureRandom()).setBit(119).toByteArray()),
                ECDSA_WITH_SHA256,
                Der.name(NAME),
                Der.sequence(Der.time(from), Der.time(until)),
                Der.name(subject),
                key.getEncoded(),
                Der.der(0xA3, Der.sequence(extensions.toArray(byte[][]::new))));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(issuer);
        signature.update(signed);
        byte[] certificate = Der.sequence(signed, ECDSA_WITH_SHA256, Der.der(0x03, new byte[] {0}, signature.sign()));
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
            names.add(
                    address == null ? Der.der(0x82, host.getBytes(StandardCharsets.US_ASCII)) : Der.der(0x87, address));
        }
        return Der.sequence(names.toArray(byte[][]::new));
    }
}
