/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs webhooks: as the vendor does, which says who sent it and when; and the body, which the vendor's signature leaves out. Any thread. */
final class WebhookSignature {
    private static final String HMAC = "HmacSHA256";

    private final String token;

    WebhookSignature(String token) {
        this.token = token;
    }

    void sign(HttpRequest.Builder request, URI uri, Instant now, String body) {
        String time = Long.toString(now.getEpochSecond());
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(bytes(token), HMAC));
            String sign = hex(MessageDigest.getInstance("SHA-256").digest(bytes(token + time)));
            request.uri(URI.create(uri + "&Sign=" + sign + "&RequestTime=" + time))
                    .header("X-Body-Sign", hex(mac.doFinal(bytes(time + "." + body))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
