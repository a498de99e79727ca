/* SPDX-License-Identifier: Apache-2.0 */
package example;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks the application's backend for UserSigs; the secret key never leaves it. A real one would ask who is asking: it makes a UserSig for the person
 * that has signed in to it, and for nobody else.
 */
final class Backend {
    private static final Pattern USER_SIG = Pattern.compile("\"userSig\"\\s*:\\s*\"([^\"]+)\"");

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final URI url;
    private final long sdkAppId;

    Backend(String url, long sdkAppId) {
        this.url = URI.create(url);
        this.sdkAppId = sdkAppId;
    }

    /** Blocks for up to ten seconds: not for the event dispatch thread. */
    String userSig(String userId) {
        String body = "{\"sdkAppId\":" + sdkAppId + ",\"userId\":\""
                + userId.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}";
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            Matcher userSig = USER_SIG.matcher(answer.body());
            if (answer.statusCode() != 200 || !userSig.find()) {
                throw new IllegalStateException("the backend answered HTTP " + answer.statusCode());
            }
            return userSig.group(1);
        } catch (IOException e) {
            throw new IllegalStateException("the backend cannot be reached: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
