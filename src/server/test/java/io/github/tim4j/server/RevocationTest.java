/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tim4j.usersig.UserSig;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A UserSig that was made useless stays so, whatever becomes of the account. */
@Timeout(60)
class RevocationTest {
    private static final long APP = 1400000000L;

    private final UserSigKey key = new UserSigKey(APP, "secret");
    private final LoginServer server = LoginServer.start(LoginServerConfig.builder()
            .app(APP, "secret")
            .httpPort(0)
            .controlPort(0)
            .build());
    private final String admin = old("administrator");

    @AfterEach
    void stop() {
        server.close();
    }

    private String old(String user) {
        return key.make(user, Duration.ofDays(180), Instant.now().minusSeconds(3600), null);
    }

    private JsonNode rest(String command, String body) throws Exception {
        String url = server.httpUri() + "/v4/" + command + "?sdkappid=" + APP + "&identifier=administrator&usersig="
                + URLEncoder.encode(admin, StandardCharsets.UTF_8) + "&random=1&contenttype=json";
        return new ObjectMapper()
                .readTree(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(url))
                                        .POST(HttpRequest.BodyPublishers.ofString(body))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    private static String code(LoginServer at, String user, String sig) throws IOException {
        try (RawClient client = new RawClient(at.port())) {
            return RawClient.code(client.login(user, Platform.LINUX, "d1", sig));
        }
    }

    @Test
    void itOutlivesTheAccount() throws Exception {
        String alice = old("alice");
        assertThat(code(server, "alice", alice)).isNull();
        assertThat(rest("im_open_login_svc/kick", "{\"UserID\":\"alice\"}")
                        .get("ErrorCode")
                        .intValue())
                .isZero();
        rest("im_open_login_svc/account_delete", "{\"DeleteItem\":[{\"UserID\":\"alice\"}]}");
        assertThat(code(server, "alice", alice)).isEqualTo("70052");
        assertThat(code(server, "alice", server.userSig(APP, "alice"))).isNull();
    }

    @Test
    void itNeedsNoAccountAndHoldsForAUserSigThatWasNeverUsed() throws Exception {
        for (int i = 0; i < 20; i++) {
            String unused = server.userSig(APP, "zoe");
            server.expireUserSigs(APP, "zoe");
            assertThat(code(server, "zoe", unused)).as("round %d", i).isEqualTo("70001");
        }
        assertThat(code(server, "zoe", server.userSig(APP, "zoe"))).isNull();
    }

    @Test
    void itMovesNobodyElsesTime() throws Exception {
        for (int i = 0; i < 500; i++) {
            server.invalidateUserSigs(APP, "zoe");
        }
        Instant soon = Instant.now().plusSeconds(2);
        assertThat(UserSig.parse(server.userSig(APP, "yan")).issuedAt()).isBefore(soon);
        assertThat(UserSig.parse(server.userSig(APP, "zoe")).issuedAt()).isBefore(soon);
    }

    @Test
    void itHoldsForTheServerApiAsWell() throws Exception {
        assertThat(rest("im_open_login_svc/account_import", "{\"Identifier\":\"bob\"}")
                        .get("ErrorCode")
                        .intValue())
                .isZero();
        server.invalidateUserSigs(APP, "administrator");
        assertThat(rest("im_open_login_svc/account_import", "{\"UserID\":\"bob\"}")
                        .get("ErrorCode")
                        .intValue())
                .isEqualTo(60005);
    }

    @Test
    void aListWithAWrongUserIdDeletesNobody() throws Exception {
        rest("im_open_login_svc/account_import", "{\"UserID\":\"u1\"}");
        JsonNode answer =
                rest("im_open_login_svc/account_delete", "{\"DeleteItem\":[{\"UserID\":\"u1\"},{\"UserID\":\"\"}]}");
        assertThat(answer.get("ActionStatus").textValue()).isEqualTo("FAIL");
        assertThat(rest("im_open_login_svc/account_check", "{\"CheckItem\":[{\"UserID\":\"u1\"}]}")
                        .at("/ResultItem/0/AccountStatus")
                        .textValue())
                .isEqualTo("Imported");
    }

    @Test
    void controlMakesNoAdministratorsUserSigWithoutAToken() throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(server.controlUri() + "/control/v1/usersig"))
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        "{\"sdkAppId\":" + APP + ",\"userId\":\"administrator\"}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("control token").doesNotContain("eJ");
    }

    @Test
    void controlRefusesWhatCameThroughAProxy() throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(server.controlUri() + "/control/v1/sessions"))
                                .header("X-Forwarded-For", "203.0.113.9")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(403);
    }

    @Test
    void aWildcardAddressIsReportedAsOneThatCanBeReached() {
        for (String host : new String[] {"0.0.0.0", "127.0.0.1"}) {
            try (LoginServer any = LoginServer.start(LoginServerConfig.builder()
                    .app(APP, "secret")
                    .host(host)
                    .allowPlaintext(true)
                    .build())) {
                assertThat(any.uri().getHost()).isEqualTo("127.0.0.1");
            }
        }
    }
}
