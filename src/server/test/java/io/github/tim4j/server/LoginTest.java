/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.usersig.UserSigKey;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may log in: the codes, over a socket. */
class LoginTest {
    private static final long APP = RawClient.APP;
    private static final long OTHER_APP = APP + 1;
    private static final long APP_WITHOUT_KEY = APP + 2;

    private LoginServer server;

    @BeforeEach
    void start() {
        server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .app(OTHER_APP, "other secret")
                .appWithoutKey(APP_WITHOUT_KEY)
                .maxKeepAlive(120)
                .build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** The answer to a CONNECT on a connection of its own, which the server must close if it refuses. */
    private MqttConnAckMessage answer(MqttMessage connect) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            client.send(connect);
            MqttConnAckMessage connack = (MqttConnAckMessage) client.next();
            if (RawClient.reason(connack) != 0) {
                assertThat(client.rest()).as("closed after a refusal").isEmpty();
                assertThat(RawClient.properties(connack).getProperty(MqttProperties.REASON_STRING))
                        .as("a sentence")
                        .isNotNull();
            }
            return connack;
        }
    }

    private MqttConnAckMessage answer(long app, String user, String sig) throws IOException {
        return answer(RawClient.connect(app, user, Platform.LINUX, "d1", sig, 60));
    }

    @Test
    void aGoodUserSigLogsIn() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            MqttConnAckMessage connack =
                    client.login("alice", Platform.WINDOWS, "d1", server.userSig(APP, "alice", Duration.ofHours(1)));
            assertThat(RawClient.reason(connack)).isZero();
            assertThat(connack.variableHeader().isSessionPresent()).isFalse();
            assertThat(Long.parseLong(RawClient.user(connack, "server-time")))
                    .isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.data.Offset.offset(60L));
            assertThat(Long.parseLong(RawClient.user(connack, "sig-expires-in")))
                    .isBetween(3500L, 3600L);
            assertThat(RawClient.properties(connack)
                            .getProperty(MqttProperties.SERVER_KEEP_ALIVE)
                            .value())
                    .isEqualTo(60);
            client.send(0xC0, 0x00);
            assertThat(client.next().fixedHeader().messageType().value())
                    .as("PINGRESP")
                    .isEqualTo(13);
            assertThat(server.sessions()).singleElement().satisfies(session -> {
                assertThat(session.userId()).isEqualTo("alice");
                assertThat(session.platform()).isEqualTo(Platform.WINDOWS);
                assertThat(session.deviceId()).isEqualTo("d1");
                assertThat(session.address()).isEqualTo(client.socket().getLocalSocketAddress());
            });
            client.logout();
            assertThat(server.sessions()).isEmpty();
        }
        assertThat(server.events(0))
                .extracting(ServerEvent::type)
                .containsExactly(ServerEvent.Type.LOGIN, ServerEvent.Type.LOGOUT);
    }

    @Test
    void eachAppHasItsOwnSecret() throws IOException {
        assertThat(RawClient.reason(answer(OTHER_APP, "alice", server.userSig(OTHER_APP, "alice"))))
                .isZero();
        assertThat(RawClient.code(answer(OTHER_APP, "alice", new UserSigKey(OTHER_APP, "secret").make("alice"))))
                .isEqualTo("70009");
    }

    @Test
    void everyWrongUserSigHasItsCode() throws IOException {
        String good = server.userSig(APP, "alice");
        assertThat(RawClient.code(answer(APP, "alice", null))).isEqualTo("70002");
        assertThat(RawClient.code(answer(APP, "alice", ""))).isEqualTo("70002");
        assertThat(RawClient.code(answer(APP, "alice", good.substring(0, 50)))).isEqualTo("70003");
        assertThat(RawClient.code(answer(APP, "alice", "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwpqlmUVKVrUAzMQKIw__")))
                .isIn("70003", "70005");
        assertThat(RawClient.code(answer(APP, "alice", new UserSigKey(APP, "wrong").make("alice"))))
                .isEqualTo("70009");
        assertThat(RawClient.code(answer(APP, "alice", server.userSig(APP, "bob"))))
                .isEqualTo("70013");
        assertThat(RawClient.code(answer(APP, "alice", server.userSig(OTHER_APP, "alice"))))
                .isEqualTo("70014");
        assertThat(RawClient.code(answer(APP_WITHOUT_KEY, "alice", good))).isEqualTo("70016");
        assertThat(RawClient.code(answer(99, "alice", good))).isEqualTo("70020");
        assertThat(RawClient.code(answer(Long.MAX_VALUE, "alice", good))).isEqualTo("70020");
        Instant longAgo = Instant.now().minusSeconds(100);
        String expired = new UserSigKey(APP, "secret").make("alice", Duration.ofSeconds(10), longAgo, null);
        assertThat(RawClient.code(answer(APP, "alice", expired))).isEqualTo("70001");
        assertThat(server.events(0)).extracting(ServerEvent::type).containsOnly(ServerEvent.Type.LOGIN_REFUSED);
    }

    @Test
    void theReasonCodesFitTheCodes() throws IOException {
        assertThat(RawClient.reason(answer(APP, "alice", "x"))).isEqualTo(0x86);
        assertThat(RawClient.reason(answer(APP, "alice", new UserSigKey(APP, "wrong").make("alice"))))
                .isEqualTo(0x87);
        server.testing().refuseLogins(1, -302);
        assertThat(RawClient.reason(answer(APP, "alice", server.userSig(APP, "alice"))))
                .isEqualTo(0x97);
        server.testing().refuseLogins(1, 70050);
        assertThat(RawClient.reason(answer(APP, "alice", server.userSig(APP, "alice"))))
                .isEqualTo(0x9F);
        server.testing().refuseLogins(1, 70051);
        assertThat(RawClient.reason(answer(APP, "alice", server.userSig(APP, "alice"))))
                .isEqualTo(0x8A);
    }

    @Test
    void aUserIdIs1To32BytesOfPrintableAscii() throws IOException {
        assertThat(RawClient.code(answer(APP, "a".repeat(33), "x"))).isEqualTo("7003");
        assertThat(RawClient.code(answer(APP, "\u674e", "x"))).isEqualTo("7003");
        assertThat(RawClient.code(answer(APP, "", "x"))).isEqualTo("7003");
        assertThat(RawClient.code(
                        answer(RawClient.connect(APP + ":alice:Web:d", null, "x", 60, MqttProperties.NO_PROPERTIES))))
                .isEqualTo("7003");
        for (String user : List.of("a".repeat(32), "with space", "a:b:c", "~\"\\")) {
            assertThat(RawClient.reason(answer(APP, user, server.userSig(APP, user))))
                    .as(user)
                    .isZero();
        }
    }

    @Test
    void theClientIdAloneSaysItToo() throws IOException {
        String user = "a:b";
        assertThat(RawClient.reason(answer(RawClient.connect(
                        APP + ":a:b:iPhone:d1", user, server.userSig(APP, user), 60, MqttProperties.NO_PROPERTIES))))
                .isZero();
    }

    @Test
    void aClientWithoutClientIdIsGivenOne() throws IOException {
        MqttConnAckMessage connack = answer(RawClient.connect(
                "",
                "alice",
                server.userSig(APP, "alice"),
                60,
                RawClient.properties("sdkappid", "" + APP, "platform", "Web", "device-id", "d9")));
        assertThat(RawClient.reason(connack)).isZero();
        assertThat(RawClient.properties(connack)
                        .getProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER)
                        .value())
                .isEqualTo(APP + ":alice:Web:d9");
    }

    @Test
    void aClientIdThatContradictsIsNotValid() throws IOException {
        String sig = server.userSig(APP, "alice");
        MqttProperties properties = RawClient.properties("sdkappid", "" + APP, "platform", "Web", "device-id", "d1");
        Stream.of(
                        "x",
                        APP + ":bob:Web:d1",
                        APP + ":alice:Linux:d1",
                        "7:alice:Web:d1",
                        APP + ":alice:Web:d2",
                        APP + ":alice:Web:")
                .forEach(id -> {
                    try {
                        MqttConnAckMessage connack = answer(RawClient.connect(id, "alice", sig, 60, properties));
                        assertThat(RawClient.reason(connack)).as(id).isEqualTo(0x85);
                    } catch (IOException e) {
                        throw new AssertionError(id, e);
                    }
                });
        assertThat(RawClient.reason(answer(
                        RawClient.connect(APP + ":alice:Amiga:d1", "alice", sig, 60, MqttProperties.NO_PROPERTIES))))
                .isEqualTo(0x85);
    }

    @Test
    void theServerShortensTheKeepAlive() throws IOException {
        for (int wanted : new int[] {0, 121, 65_535}) {
            String sig = server.userSig(APP, "alice");
            MqttConnAckMessage connack = answer(RawClient.connect(APP, "alice", Platform.LINUX, "d1", sig, wanted));
            assertThat(RawClient.properties(connack)
                            .getProperty(MqttProperties.SERVER_KEEP_ALIVE)
                            .value())
                    .isEqualTo(120);
        }
    }

    @Test
    void aUserSigExpiresWhileOnline() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            String sig = server.userSig(APP, "alice", Duration.ofHours(1));
            assertThat(RawClient.reason(client.login("alice", Platform.LINUX, "d1", sig)))
                    .isZero();
            server.testing().advanceClock(Duration.ofMinutes(59));
            assertThat(server.sessions()).hasSize(1);
            server.testing().advanceClock(Duration.ofMinutes(2));
            MqttMessage disconnect = client.next();
            assertThat(RawClient.reason(disconnect)).isEqualTo(0xA0);
            assertThat(RawClient.code(disconnect)).isEqualTo("70001");
            assertThat(client.next()).isNull();
            assertThat(server.sessions()).isEmpty();
            assertThat(RawClient.code(answer(APP, "alice", sig))).isEqualTo("70001");
            assertThat(RawClient.reason(answer(APP, "alice", server.userSig(APP, "alice"))))
                    .isZero();
        }
    }

    /** Without a hand on the clock: the timer itself. */
    @Test
    void aUserSigOfTwoSecondsExpiresByItself() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            client.login("alice", Platform.LINUX, "d1", server.userSig(APP, "alice", Duration.ofSeconds(2)));
            assertThat(RawClient.reason(client.next())).isEqualTo(0xA0);
        }
    }
}
