/* SPDX-License-Identifier: Apache-2.0 */
package outside;

import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Uses the client, the server and its HTTP port, with whatever libraries the class path has. One line tells how it went. */
public final class App {
    private App() {}

    public static void main(String[] args) throws Exception {
        try {
            if (args.length > 0 && args[0].equals("client")) {
                TimClient.builder().sdkAppId(1400000000L).build().close();
            } else {
                everything();
            }
            System.out.println("ok");
        } catch (Throwable e) {
            System.out.println(e.getClass().getName() + ": " + e.getMessage());
        }
    }

    private static void everything() throws Exception {
        LoginServerConfig config = LoginServerConfig.builder().app(1400000000L, "secret").httpPort(0).controlPort(0).build();
        try (LoginServer server = LoginServer.start(config);
                TimClient tim = TimClient.builder()
                        .sdkAppId(1400000000L)
                        .server(server.uri().toString())
                        .userSigProvider(user -> server.userSig(1400000000L, user))
                        .build()) {
            tim.login("alice").get();
            String sessions = get(server.controlUri() + "/control/v1/sessions");
            if (!sessions.contains("alice")) {
                throw new IllegalStateException(sessions);
            }
            get(server.httpUri() + "/metrics");
            tim.logout().get();
        }
    }

    private static String get(String url) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(url + ": " + answer.statusCode());
        }
        return answer.body();
    }
}
