/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * The page at {@code /}: who is logged in, what happens, and a button for each method of test control, which it calls as anybody would. It holds no
 * data itself: where there is a control token, it asks for it.
 */
public final class ConsolePage implements HttpListener.Service {
    /** Nothing from anywhere else, and in nobody's frame. */
    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none';"
                    + " form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Cache-Control",
            "no-cache");

    private static final Map<String, String> FILES =
            Map.of("/", "console.html", "/console.js", "console.js", "/console.css", "console.css");
    private static final Map<String, String> TYPES =
            Map.of("html", "text/html", "js", "text/javascript", "css", "text/css");

    private final ControlAccess access;

    public ConsolePage(ControlAccess access) {
        this.access = access;
    }

    @Override
    public HttpListener.Answer answer(HttpListener.Ask ask) throws IOException {
        Optional<HttpListener.Answer> refusal = access.hasToken() ? Optional.empty() : access.refusal(ask);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        String file = FILES.get(ask.path());
        if (file == null) {
            return HttpListener.Answer.text(404, "there is nothing at this path\n");
        }
        String type = TYPES.get(file.substring(file.indexOf('.') + 1));
        try (InputStream in = ConsolePage.class.getResourceAsStream(file)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return new HttpListener.Answer(200, type + "; charset=utf-8", text, HEADERS, null);
        }
    }
}
