/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.doocs.im.ImClient;
import io.github.doocs.im.model.request.AccountCheckItem;
import io.github.doocs.im.model.request.AccountCheckRequest;
import io.github.doocs.im.model.request.AccountDeleteItem;
import io.github.doocs.im.model.request.AccountDeleteRequest;
import io.github.doocs.im.model.request.AccountImportRequest;
import io.github.doocs.im.model.request.KickRequest;
import io.github.doocs.im.model.request.MultiAccountImportRequest;
import io.github.doocs.im.model.request.QueryOnlineStatusRequest;
import io.github.doocs.im.model.response.AccountCheckResult;
import io.github.doocs.im.model.response.AccountDeleteResult;
import io.github.doocs.im.model.response.KickResult;
import io.github.doocs.im.model.response.MultiAccountImportResult;
import io.github.doocs.im.model.response.QueryOnlineStatusResult;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vendor's server API: by a published client, unmodified, over HTTPS; and by hand, for what that client never says. */
class RestApiTest {
    private static final long APP = RawClient.APP;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static LoginServer server;
    private static ImClient client;
    private static String trustStoreBefore;

    /** That client speaks only HTTPS, and trusts what the JVM trusts: for this class, the server's development CA. */
    @BeforeAll
    static void start() throws Exception {
        Path ca = folder.resolve("ca.pem");
        server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .admin(APP, "boss")
                .tlsSelfSigned(0, ca)
                .httpPort(0)
                .build());
        KeyStore trusted = KeyStore.getInstance("JKS");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(ca)) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        Path store = folder.resolve("trusted.jks");
        try (OutputStream out = Files.newOutputStream(store)) {
            trusted.store(out, "changeit".toCharArray());
        }
        trustStoreBefore = System.getProperty("javax.net.ssl.trustStore");
        System.setProperty("javax.net.ssl.trustStore", store.toString());
        client = new ImClient(APP, "administrator", "secret", "localhost:" + server.httpPort());
    }

    @AfterAll
    static void stop() {
        if (trustStoreBefore == null) {
            System.clearProperty("javax.net.ssl.trustStore");
        } else {
            System.setProperty("javax.net.ssl.trustStore", trustStoreBefore);
        }
        server.close();
    }

    @BeforeEach
    void reset() {
        server.testing().reset();
    }

    private static String online(RawClient raw, String user, Platform platform) throws Exception {
        String sig = server.userSig(APP, user);
        assertThat(RawClient.reason(raw.login(user, platform, "d1", sig))).isZero();
        return sig;
    }

    @Test
    void aPublishedClientImportsChecksAndDeletesAccounts() throws Exception {
        assertThat(client.account
                        .accountImport(new AccountImportRequest("alice", "Alice", "https://example.com/a.png"))
                        .getActionStatus())
                .isEqualTo("OK");
        assertThat(client.account
                        .accountImport(new AccountImportRequest("alice"))
                        .getErrorCode())
                .as("idempotent")
                .isZero();
        MultiAccountImportResult many =
                client.account.multiAccountImport(new MultiAccountImportRequest(List.of("bob", "x".repeat(33))));
        assertThat(many.getErrorCode()).isZero();
        assertThat(many.getFailAccounts()).containsExactly("x".repeat(33));
        AccountCheckResult check = client.account.accountCheck(new AccountCheckRequest(
                List.of(new AccountCheckItem("alice"), new AccountCheckItem("bob"), new AccountCheckItem("carol"))));
        assertThat(check.getResultItems())
                .extracting(item -> item.getUserId() + " " + item.getAccountStatus())
                .containsExactly("alice Imported", "bob Imported", "carol NotImported");
        AccountDeleteResult deleted = client.account.accountDelete(
                new AccountDeleteRequest(List.of(new AccountDeleteItem("bob"), new AccountDeleteItem("carol"))));
        assertThat(deleted.getResultItems())
                .extracting(item -> item.getUserId() + " " + item.getResultCode())
                .containsExactly("bob 0", "carol 70107");
        assertThat(client.account
                        .accountCheck(new AccountCheckRequest(List.of(new AccountCheckItem("bob"))))
                        .getResultItems()
                        .get(0)
                        .getAccountStatus())
                .isEqualTo("NotImported");
    }

    @Test
    void aPublishedClientKicks() throws Exception {
        try (RawClient raw = new RawClient(server.port())) {
            String sig = online(raw, "alice", Platform.WINDOWS);
            KickResult kicked = client.account.kick(new KickRequest("alice"));
            assertThat(kicked.getActionStatus()).isEqualTo("OK");
            assertThat(RawClient.reason(raw.next())).isEqualTo(0x98);
            assertThat(code("alice", sig)).isEqualTo("70052");
            assertThat(code("alice", server.userSig(APP, "alice"))).isNull();
        }
        KickResult nobody = client.account.kick(new KickRequest("nobody"));
        assertThat(nobody.getActionStatus()).isEqualTo("FAIL");
        assertThat(nobody.getErrorCode()).isEqualTo(70107);
    }

    private static String code(String user, String sig) throws Exception {
        try (RawClient raw = new RawClient(server.port())) {
            return RawClient.code((MqttMessage) raw.login(user, Platform.WINDOWS, "d1", sig));
        }
    }

    @Test
    void aPublishedClientAsksWhoIsOnline() throws Exception {
        try (RawClient alice = new RawClient(server.port());
                RawClient phone = new RawClient(server.port());
                RawClient bob = new RawClient(server.port())) {
            online(alice, "alice", Platform.WINDOWS);
            online(phone, "alice", Platform.IPHONE);
            online(bob, "bob", Platform.ANDROID);
            bob.socket().close();
            await().until(() -> server.sessions().size() == 2);
            QueryOnlineStatusResult result =
                    client.account.queryOnlineStatus(new QueryOnlineStatusRequest(1, List.of("alice", "bob", "carol")));
            assertThat(result.getErrorCode()).isZero();
            assertThat(result.getQueryResult())
                    .extracting(item -> item.getToAccount() + " " + item.getStatus())
                    .containsExactly("alice Online", "bob PushOnline");
            assertThat(result.getQueryResult().get(0).getDetail())
                    .extracting(detail -> detail.getPlatform() + " " + detail.getStatus())
                    .containsExactly("Windows Online", "iPhone Online");
            assertThat(result.getErrorList())
                    .extracting(item -> item.getToAccount() + " " + item.getErrorCode())
                    .containsExactly("carol 70107");
            server.testing().advanceClock(Duration.ofDays(7).minusMinutes(1));
            assertThat(statusOf("bob")).isEqualTo("PushOnline");
            server.testing().advanceClock(Duration.ofMinutes(2));
            assertThat(statusOf("bob")).isEqualTo("Offline");
        }
    }

    private static String statusOf(String user) throws Exception {
        return post("openim/query_online_status", as("administrator"), "{\"To_Account\":[\"" + user + "\"]}")
                .at("/QueryResult/0/Status")
                .asText();
    }

    private static JsonNode post(String command, String query, String body) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(server.httpUri() + "/v4/" + command + "?" + query))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private static JsonNode send(HttpRequest request) throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as("HTTP 200 whatever happened").isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        assertThat(answer.get("ActionStatus").asText())
                .isEqualTo(answer.get("ErrorCode").asInt() == 0 ? "OK" : "FAIL");
        return answer;
    }

    private static String as(String admin) {
        return "sdkappid=" + APP + "&identifier=" + admin + "&usersig=" + server.userSig(APP, admin)
                + "&random=1&contenttype=json";
    }

    private static int error(String command, String query, String body) throws Exception {
        return post(command, query, body).get("ErrorCode").asInt();
    }

    @Test
    void everyWayToBeWrongHasItsCode() throws Exception {
        String kick = "im_open_login_svc/kick";
        String good = "{\"UserID\":\"alice\"}";
        assertThat(error("im_open_login_svc/account_import", as("boss"), good)).isZero();
        assertThat(error(kick, as("boss"), good)).isZero();
        assertThat(error(kick, "identifier=administrator", good)).isEqualTo(60012);
        assertThat(error(kick, as("administrator").replace("" + APP, "77"), good))
                .isEqualTo(60006);
        assertThat(error(kick, as("administrator").replace("" + APP, "x"), good))
                .isEqualTo(60006);
        assertThat(error(kick, as("administrator").replaceAll("identifier=[a-z]*", ""), good))
                .isEqualTo(60004);
        assertThat(error(kick, as("administrator").replaceAll("usersig=[^&]*", "usersig=x"), good))
                .isEqualTo(60005);
        assertThat(error(kick, as("administrator").replaceAll("usersig=[^&]*", ""), good))
                .isEqualTo(60005);
        assertThat(error(kick, as("alice"), good)).isEqualTo(70403);
        assertThat(error(kick, as("boss"), "{")).isEqualTo(60003);
        assertThat(error(kick, as("boss"), "[]")).isEqualTo(60003);
        assertThat(error(kick, as("boss"), "")).isEqualTo(60003);
        assertThat(error(kick, as("boss"), "{}")).isEqualTo(70402);
        assertThat(error("openim/sendmsg", as("boss"), good)).isEqualTo(60009);
        assertThat(send(HttpRequest.newBuilder(URI.create(server.httpUri() + "/v4/" + kick + "?" + as("boss")))
                                .build())
                        .get("ErrorCode")
                        .asInt())
                .isEqualTo(60002);
        String expired = as("boss");
        server.testing().advanceClock(Duration.ofDays(400));
        assertThat(error(kick, expired, good)).isEqualTo(70001);
    }

    @Test
    void anAppHasItsDailyNumbers() throws Exception {
        try (RawClient client = new RawClient(server.port())) {
            client.login(server, "daily", Platform.WINDOWS, "d1");
        }
        JsonNode today = post("openconfigsvr/getappinfo", as("boss"), "{\"RequestField\":[\"ActiveUserNum\"]}")
                .get("Result")
                .get(0);
        assertThat(today.get("Date").asText()).matches("[0-9]{8}");
        assertThat(today.get("ActiveUserNum").isTextual()).isTrue();
        assertThat(today.get("ActiveUserNum").asInt()).isPositive();
        assertThat(today.has("LoginUserNum")).isFalse();
        assertThat(post("openconfigsvr/getappinfo", as("boss"), "{}")
                        .at("/Result/0/AppId")
                        .asText())
                .isEqualTo(Long.toString(APP));
    }

    @Test
    void aProfileIsKept() throws Exception {
        post("im_open_login_svc/account_import", as("boss"), "{\"UserID\":\"nick\"}");
        String set =
                "{\"From_Account\":\"nick\",\"ProfileItem\":[{\"Tag\":\"Tag_Profile_IM_Nick\",\"Value\":\"Old Nick\"},"
                        + "{\"Tag\":\"Tag_Profile_Custom_Age\",\"Value\":7}]}";
        assertThat(error("profile/portrait_set", as("boss"), set)).isZero();
        JsonNode answer = post(
                "profile/portrait_get",
                as("boss"),
                "{\"To_Account\":[\"nick\",\"nobody\"],\"TagList\":[\"Tag_Profile_IM_Nick\",\"Tag_Profile_Custom_Age\",\"Tag_Profile_IM_Image\"]}");
        assertThat(answer.at("/UserProfileItem/0/ProfileItem/0/Value").asText()).isEqualTo("Old Nick");
        assertThat(answer.at("/UserProfileItem/0/ProfileItem/1/Value").asInt()).isEqualTo(7);
        assertThat(answer.at("/UserProfileItem/0/ProfileItem")).hasSize(2);
        assertThat(answer.at("/UserProfileItem/1/ResultCode").asInt()).isEqualTo(40003);
        assertThat(answer.get("Fail_Account")).hasSize(1);
        assertThat(error("profile/portrait_set", as("boss"), set.replace("nick", "nobody")))
                .isEqualTo(40003);
        assertThat(error("profile/portrait_set", as("boss"), set.replace("Tag_Profile_IM_Nick", "Nick")))
                .isEqualTo(40001);
        assertThat(error("profile/portrait_set", as("boss"), set.replace("Old Nick", "x".repeat(501))))
                .isEqualTo(40001);
        post("im_open_login_svc/account_delete", as("boss"), "{\"DeleteItem\":[{\"UserID\":\"nick\"}]}");
        post("im_open_login_svc/account_import", as("boss"), "{\"UserID\":\"nick\"}");
        assertThat(post(
                                "profile/portrait_get",
                                as("boss"),
                                "{\"To_Account\":[\"nick\"],\"TagList\":[\"Tag_Profile_IM_Nick\"]}")
                        .at("/UserProfileItem/0/ProfileItem"))
                .isEmpty();
    }

    @Test
    void listsHaveTheirLimits() throws Exception {
        String accounts = "{\"Accounts\":[" + String.join(",", Collections.nCopies(101, "\"u\"")) + "]}";
        assertThat(error("im_open_login_svc/multiaccount_import", as("administrator"), accounts))
                .isEqualTo(70402);
        String queried = String.join(",", Collections.nCopies(500, "\"u\""));
        assertThat(error("openim/query_online_status", as("administrator"), "{\"To_Account\":[" + queried + "]}"))
                .isZero();
        assertThat(error("openim/query_online_status", as("administrator"), "{\"To_Account\":[" + queried + ",\"u\"]}"))
                .isEqualTo(70402);
        assertThat(error("im_open_login_svc/account_check", as("administrator"), "{\"CheckItem\":[]}"))
                .isEqualTo(70402);
    }

    @Test
    void theNewerFormOfAnImportTellsOfEachAccount() throws Exception {
        JsonNode answer = post(
                "im_open_login_svc/multiaccount_import",
                as("administrator"),
                "{\"AccountList\":[{\"UserID\":\"dave\",\"Nick\":\"D\"},{\"UserID\":\"\"}]}");
        assertThat(answer.get("ErrorCode").asInt()).isZero();
        assertThat(answer.get("ResultItem").findValuesAsText("ResultCode")).containsExactly("0", "70402");
    }

    @Test
    void tooManyRequestsASecondAreRefused() throws Exception {
        try (LoginServer slow = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .httpPort(0)
                .maxRestPerSecond(1)
                .build())) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create(slow.httpUri() + "/v4/im_open_login_svc/account_import?" + as("administrator")))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"UserID\":\"a\"}"))
                    .build();
            assertThat(send(request).get("ErrorCode").asInt()).isZero();
            assertThat(send(request).get("ErrorCode").asInt()).isEqualTo(60007);
        }
    }

    /** A slow sender must hold up nobody: there are fewer threads than slow senders here. */
    @Test
    void slowSendersHoldUpNobody() throws Exception {
        RawClient[] slow = new RawClient[20];
        for (int i = 0; i < slow.length; i++) {
            slow[i] = new RawClient(server.httpPort());
            slow[i].send("POST /v4/im_open_login_svc/kick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
                    .getBytes());
        }
        assertThat(error("im_open_login_svc/account_import", as("administrator"), "{\"UserID\":\"alice\"}"))
                .isZero();
        for (RawClient one : slow) {
            one.close();
        }
    }
}
