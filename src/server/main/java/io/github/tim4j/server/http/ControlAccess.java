/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Who may use the control API and read the metrics: with a token, whoever sends it; without one, whoever is on this machine and is not a
 * web page from elsewhere. A browser names the page's origin, and the host that it believes to talk to.
 */
public final class ControlAccess {
    /** What proxies add: a request that has one comes from somewhere else than its connection. */
    private static final List<String> FORWARDED = List.of(
            "Forwarded",
            "Via",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Real-IP",
            "X-Client-IP",
            "CF-Connecting-IP",
            "True-Client-IP");

    private final Supplier<String> configured;

    /** @param token gives the token, or null if none is asked for */
    public ControlAccess(Supplier<String> token) {
        this.configured = token;
    }

    Optional<HttpListener.Answer> refusal(HttpListener.Ask ask) {
        String token = configured.get();
        if (token != null) {
            String given = ask.headers().getOrDefault("Authorization", "");
            boolean good = MessageDigest.isEqual(
                    ("Bearer " + token).getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
            return good ? Optional.empty() : refused(401, "send the control token: Authorization: Bearer TOKEN");
        }
        if (!ask.from().isLoopbackAddress()) {
            return refused(403, "without a control token, this is only for clients on the server's own machine");
        }
        if (ask.http10() || FORWARDED.stream().anyMatch(ask.headers()::containsKey)) {
            return refused(403, "without a control token, this is not for requests that came through a proxy");
        }
        String host = ask.headers().getOrDefault("Host", "");
        String origin = ask.headers().get("Origin");
        boolean own = origin == null || origin.equals("http://" + host) || origin.equals("https://" + host);
        if (!own || !isLoopbackName(host)) {
            return refused(
                    403,
                    "without a control token, this is not for web pages but the server's own, and only under a loopback name");
        }
        return Optional.empty();
    }

    /** Whether a token was asked for: who has none may be anybody on this machine. */
    boolean hasToken() {
        return configured.get() != null;
    }

    private static boolean isLoopbackName(String host) {
        return host.matches("(localhost|127\\.[0-9.]+|\\[::1])(:[0-9]+)?");
    }

    private static Optional<HttpListener.Answer> refused(int status, String why) {
        return Optional.of(HttpListener.Answer.json(status, "{\"error\":\"" + why + "\"}"));
    }
}
