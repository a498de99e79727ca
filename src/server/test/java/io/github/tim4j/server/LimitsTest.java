/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.usersig.UserSigKey;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How much the server takes, and from whom. */
class LimitsTest {
    private static final long APP = RawClient.APP;

    private static LoginServerConfig.Builder config() {
        return LoginServerConfig.builder().app(APP, "secret");
    }

    private static String code(LoginServer server, String user, String sig) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return RawClient.code(client.login(user, Platform.LINUX, "d1", sig));
        }
    }

    private static String wrong(String user) {
        return new UserSigKey(APP, "wrong").make(user);
    }

    @Test
    void aUserWithManyFailuresIsLockedOutForAMinuteAndNobodyWithTheRightUserSig() throws IOException {
        try (LoginServer server =
                LoginServer.start(config().maxFailuresPerUser(3).build())) {
            for (int i = 0; i < 3; i++) {
                assertThat(code(server, "alice", wrong("alice"))).isEqualTo("70009");
            }
            assertThat(code(server, "alice", wrong("alice"))).isEqualTo("70050");
            assertThat(code(server, "bob", wrong("bob"))).isEqualTo("70009");
            server.testing().advanceClock(Duration.ofSeconds(59));
            assertThat(code(server, "alice", wrong("alice"))).isEqualTo("70050");
            server.testing().advanceClock(Duration.ofSeconds(2));
            assertThat(code(server, "alice", wrong("alice"))).isEqualTo("70009");
            for (int i = 0; i < 3; i++) {
                code(server, "alice", wrong("alice"));
            }
            assertThat(code(server, "alice", server.userSig(APP, "alice")))
                    .as("anybody could lock out anyone")
                    .isNull();
        }
    }

    @Test
    void aSuccessMakesEarlierFailuresGood() throws IOException {
        try (LoginServer server =
                LoginServer.start(config().maxFailuresPerUser(3).build())) {
            for (int i = 0; i < 6; i++) {
                assertThat(code(server, "alice", wrong("alice"))).isEqualTo("70009");
                assertThat(code(server, "alice", server.userSig(APP, "alice"))).isNull();
            }
        }
    }

    @Test
    void anExpiredUserSigIsNoFailureOfThisKind() throws IOException {
        try (LoginServer server =
                LoginServer.start(config().maxFailuresPerUser(3).build())) {
            String sig = server.userSig(APP, "alice", Duration.ofHours(1));
            server.testing().advanceClock(Duration.ofHours(2));
            for (int i = 0; i < 6; i++) {
                assertThat(code(server, "alice", sig)).isEqualTo("70001");
            }
        }
    }

    @Test
    void anAddressWithManyFailuresIsLockedOut() throws IOException {
        try (LoginServer server =
                LoginServer.start(config().maxFailuresPerAddress(5).build())) {
            for (int i = 0; i < 5; i++) {
                assertThat(code(server, "user" + i, "garbage")).isEqualTo("70003");
            }
            assertThat(code(server, "bob", "garbage")).isEqualTo("70050");
            assertThat(code(server, "bob", server.userSig(APP, "bob"))).isNull();
            try (RawClient elsewhere = new RawClient(InetAddress.getByName("127.0.0.2"), server.port())) {
                assertThat(RawClient.code(elsewhere.login(server, "bob", Platform.LINUX, "d1")))
                        .isNull();
            }
        }
    }

    @Test
    void oneConnectionTooManyIsTold() throws IOException {
        try (LoginServer server = LoginServer.start(config().maxConnections(2).build());
                RawClient one = new RawClient(server.port());
                RawClient two = new RawClient(server.port())) {
            assertThat(RawClient.code(one.login(server, "one", Platform.LINUX, "d1")))
                    .isNull();
            assertThat(RawClient.code(two.login(server, "two", Platform.LINUX, "d1")))
                    .isNull();
            try (RawClient three = new RawClient(server.port())) {
                MqttConnAckMessage connack = three.login(server, "three", Platform.LINUX, "d1");
                assertThat(RawClient.code(connack)).isEqualTo("-302");
                assertThat(RawClient.reason(connack)).isEqualTo(0x97);
            }
            one.logout();
            await().untilAsserted(() -> assertThat(code(server, "three", server.userSig(APP, "three")))
                    .isNull());
        }
    }

    @Test
    void oneConnectionTooManyFromAnAddressIsTold() throws IOException {
        try (LoginServer server =
                        LoginServer.start(config().maxConnectionsPerAddress(1).build());
                RawClient one = new RawClient(server.port());
                RawClient elsewhere = new RawClient(InetAddress.getByName("127.0.0.2"), server.port())) {
            assertThat(RawClient.code(one.login(server, "one", Platform.LINUX, "d1")))
                    .isNull();
            assertThat(RawClient.code(elsewhere.login(server, "two", Platform.LINUX, "d1")))
                    .isNull();
            assertThat(code(server, "three", server.userSig(APP, "three"))).isEqualTo("-302");
        }
    }

    @Test
    void tooManyLoginsASecondAreTold() throws IOException {
        try (LoginServer server =
                LoginServer.start(config().maxLoginsPerSecond(1).build())) {
            assertThat(code(server, "one", server.userSig(APP, "one"))).isNull();
            assertThat(code(server, "two", server.userSig(APP, "two"))).isEqualTo("-10114");
            await().untilAsserted(() -> assertThat(code(server, "three", server.userSig(APP, "three")))
                    .isNull());
        }
    }

    @Test
    void aSecretIsRotatedWithAnOverlap() throws IOException {
        try (LoginServer server =
                LoginServer.start(config().olderSecret(APP, "oldest").build())) {
            String old = server.userSig(APP, "alice");
            String oldest = new UserSigKey(APP, "oldest").make("alice");
            assertThat(code(server, "alice", oldest)).isNull();
            server.rotateSecret(APP, "new secret", Duration.ofHours(1));
            assertThat(new UserSigKey(APP, "new secret")
                            .check(server.userSig(APP, "alice"), "alice", server.now())
                            .isValid())
                    .isTrue();
            assertThat(code(server, "alice", server.userSig(APP, "alice"))).isNull();
            assertThat(code(server, "alice", old)).isNull();
            assertThat(code(server, "alice", oldest)).isNull();
            server.testing().advanceClock(Duration.ofHours(1));
            assertThat(code(server, "alice", old)).isEqualTo("70009");
            assertThat(code(server, "alice", oldest)).isEqualTo("70009");
            assertThat(code(server, "alice", server.userSig(APP, "alice"))).isNull();
        }
    }
}
