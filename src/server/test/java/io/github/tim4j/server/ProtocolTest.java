/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the server does with bytes that are not a login. */
class ProtocolTest {
    private static final long APP = RawClient.APP;

    private LoginServer server;

    @BeforeEach
    void start() {
        server = start(Duration.ofSeconds(10));
    }

    private static LoginServer start(Duration connectTimeout) {
        return LoginServer.start(LoginServerConfig.builder()
                .app(APP, "secret")
                .connectTimeout(connectTimeout)
                .maxKeepAlive(60)
                .maxFailuresPerUser(1_000_000)
                .maxFailuresPerAddress(1_000_000)
                .build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private byte[] answerTo(int... bytes) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            client.send(bytes);
            return client.rest();
        }
    }

    private void assertDisconnect(int reason, int... bytes) throws IOException {
        try (RawClient client = online()) {
            client.send(bytes);
            assertEnded(client, reason);
        }
    }

    private RawClient online() throws IOException {
        RawClient client = new RawClient(server.port());
        assertThat(RawClient.reason(client.login(server, "alice", Platform.LINUX, "d1")))
                .isZero();
        return client;
    }

    private static void assertEnded(RawClient client, int reason) throws IOException {
        MqttMessage disconnect = client.next();
        assertThat(disconnect.fixedHeader().messageType().value())
                .as("DISCONNECT")
                .isEqualTo(14);
        assertThat(RawClient.reason(disconnect)).isEqualTo(reason);
        assertThat(client.next()).as("closed").isNull();
    }

    @Test
    void olderMqttGetsItsOwnAnswer() throws IOException {
        assertThat(answerTo(0x10, 0x0d, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 1, 'x'))
                .containsExactly(0x20, 2, 0, 1);
        assertThat(answerTo(0x10, 0x0f, 0, 6, 'M', 'Q', 'I', 's', 'd', 'p', 3, 2, 0, 60, 0, 1, 'x'))
                .containsExactly(0x20, 2, 0, 1);
    }

    @Test
    void anUnknownVersionIsRefusedAsSuch() throws IOException {
        byte[] answer = answerTo(0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 6, 2, 0, 60, 0, 0, 1, 'x');
        assertThat(answer[0]).isEqualTo((byte) 0x20);
        assertThat(answer[3]).isEqualTo((byte) 0x84);
    }

    @Test
    void whatIsNotMqttIsClosedWithoutAnAnswer() throws IOException {
        assertThat(answerTo("GET / HTTP/1.1\r\n\r\n".chars().toArray())).isEmpty();
        assertThat(answerTo(0xC0, 0x00)).isEmpty();
        assertThat(answerTo(0x30, 0x05)).isEmpty();
    }

    @Test
    void aMalformedConnectIsAnsweredAndClosed() throws IOException {
        for (int[] malformed : new int[][] {
            {0x11, 0x00},
            {0x10, 0x00},
            {0x10, 0xff, 0xff, 0xff, 0xff, 0x7f},
            {0x10, 0x80, 0x00},
            {0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 5, 3, 0, 60, 0, 0, 1, 'x'},
            {0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 9, 0, 1, 'x'},
            {0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 2, 'x'},
            {0x10, 0x0f, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 1, 'x', 'y'},
            {0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 1, 0xff},
            {0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 1, 0},
        }) {
            byte[] answer = answerTo(malformed);
            assertThat(answer).as(Arrays.toString(malformed)).startsWith(0x20);
            assertThat(answer[3]).as(Arrays.toString(malformed)).isEqualTo((byte) 0x81);
        }
        byte[] twice =
                answerTo(0x10, 0x14, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 6, 0x21, 0, 1, 0x21, 0, 1, 0, 1, 'x');
        assertThat(twice[3]).as("a property given twice").isEqualTo((byte) 0x82);
        assertThat(server.events(0)).extracting(ServerEvent::type).containsOnly(ServerEvent.Type.PROTOCOL_ERROR);
    }

    @Test
    void aConnectOfMoreThan64KibIsRefusedBeforeItIsThere() throws IOException {
        byte[] answer = answerTo(0x10, 0xff, 0xff, 0xff, 0x7f);
        assertThat(answer[0]).isEqualTo((byte) 0x20);
        assertThat(answer[3]).isEqualTo((byte) 0x95);
    }

    @Test
    void aConnectOf64KibIsRead() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            String padding = "x".repeat(30_000);
            MqttProperties properties = RawClient.properties(
                    "sdkappid", "" + APP, "platform", "Web", "device-id", "d", "p", padding, "q", padding);
            client.send(RawClient.connect("", "alice", server.userSig(APP, "alice"), 60, properties));
            assertThat(RawClient.reason(client.next())).isZero();
        }
    }

    @Test
    void aWillIsNotTaken() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            client.send(MqttMessageBuilders.connect()
                    .protocolVersion(io.netty.handler.codec.mqtt.MqttVersion.MQTT_5)
                    .clientId("x")
                    .willFlag(true)
                    .willTopic("t")
                    .willMessage(new byte[] {1})
                    .willQoS(MqttQoS.AT_MOST_ONCE)
                    .build());
            assertThat(RawClient.reason(client.next())).isEqualTo(0x83);
        }
    }

    @Test
    void whatALoginServerDoesNotServeEndsTheConnection() throws IOException {
        assertDisconnect(0x83, 0x30, 0x04, 0, 1, 't', 0);
        assertDisconnect(0x83, 0x82, 0x07, 0, 1, 0, 0, 1, 't', 0);
        assertDisconnect(0x83, 0xA2, 0x06, 0, 1, 0, 0, 1, 't');
        assertDisconnect(0x82, 0x40, 0x02, 0, 1);
        assertDisconnect(0x82, 0x62, 0x02, 0, 1);
        assertDisconnect(0x82, 0x20, 0x03, 0, 0, 0);
        assertDisconnect(0x82, 0xD0, 0x00);
        assertDisconnect(0x82, 0xF0, 0x02, 0x18, 0);
    }

    @Test
    void malformedPacketsEndTheConnection() throws IOException {
        assertDisconnect(0x81, 0x00, 0x00);
        assertDisconnect(0x81, 0xC1, 0x00);
        assertDisconnect(0x81, 0xC0, 0x01, 0x00);
        assertDisconnect(0x81, 0x36, 0x03, 0, 1, 't');
        assertDisconnect(0x81, 0xE0, 0x02, 0x00, 0x05);
        assertDisconnect(0x81, 0xC0, 0xff, 0xff, 0xff, 0xff, 0x01);
        assertDisconnect(0x95, 0x30, 0xff, 0xff, 0xff, 0x7f);
        assertThat(server.sessions()).isEmpty();
    }

    @Test
    void aSecondConnectEndsTheConnection() throws IOException {
        try (RawClient client = online()) {
            client.send(RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
            assertEnded(client, 0x82);
        }
    }

    @Test
    void anAnswerSurvivesWhatTheClientSendsAfterIt() throws IOException {
        try (RawClient client = online()) {
            byte[] publish = client.encode(MqttMessageBuilders.publish()
                    .topicName("t")
                    .qos(MqttQoS.AT_MOST_ONCE)
                    .payload(Unpooled.wrappedBuffer(new byte[50_000]))
                    .build());
            for (int i = 0; i < 20; i++) {
                client.send(publish);
            }
            assertEnded(client, 0x83);
        }
    }

    @Test
    void aLoginMayComeInSingleBytesAndWithWhatFollowsIt() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            byte[] connect = client.encode(
                    RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
            for (byte one : connect) {
                client.send(new byte[] {one});
            }
            assertThat(RawClient.reason(client.next())).isZero();
        }
        server.testing().delayLogins(Duration.ofMillis(50));
        try (RawClient client = new RawClient(server.port())) {
            byte[] connect = client.encode(
                    RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
            byte[] withPings = Arrays.copyOf(connect, connect.length + 4);
            withPings[connect.length] = (byte) 0xC0;
            withPings[connect.length + 2] = (byte) 0xC0;
            client.send(withPings);
            assertThat(RawClient.reason(client.next())).isZero();
            assertThat(client.next().fixedHeader().messageType().value()).isEqualTo(13);
            assertThat(client.next().fixedHeader().messageType().value()).isEqualTo(13);
        }
    }

    @Test
    void aConnectThatDripsForTooLongIsGivenUp() throws Exception {
        server.close();
        server = start(Duration.ofMillis(300));
        try (RawClient client = new RawClient(server.port());
                RawClient silent = new RawClient(server.port())) {
            byte[] connect = client.encode(
                    RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
            Thread dripping = new Thread(() -> {
                try {
                    for (byte one : connect) {
                        client.send(new byte[] {one});
                        Thread.sleep(10);
                    }
                } catch (IOException | InterruptedException e) {
                    // The server has closed, as it should.
                }
            });
            dripping.start();
            assertThat(readToEnd(client)).isZero();
            assertThat(readToEnd(silent)).isZero();
            dripping.join();
        }
        assertThat(server.sessions()).isEmpty();
    }

    /** How many bytes come before the connection ends, by a close or a reset. */
    private static int readToEnd(RawClient client) {
        int count = 0;
        try (InputStream in = client.socket().getInputStream()) {
            while (in.read() >= 0) {
                count++;
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("not closed", e);
        } catch (IOException e) {
            return count;
        }
        return count;
    }

    @Test
    void silenceEndsTheConnectionAfter1Point5TimesTheKeepAlive() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            long start = System.nanoTime();
            client.send(RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 1));
            assertThat(RawClient.reason(client.next())).isZero();
            assertEnded(client, 0x8D);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(1500));
        }
        assertThat(server.events(0))
                .extracting(ServerEvent::type)
                .containsExactly(ServerEvent.Type.LOGIN, ServerEvent.Type.TIMED_OUT);
    }

    @Test
    void aFloodOfPingsEndsTheConnection() throws IOException {
        try (RawClient flood = online()) {
            byte[] pings = new byte[2 * 3_000];
            for (int i = 0; i < pings.length; i += 2) {
                pings[i] = (byte) 0xC0;
            }
            flood.send(pings);
            int answered = 0;
            MqttMessage answer = flood.next();
            while (answer.fixedHeader().messageType().value() == 13) {
                answered++;
                answer = flood.next();
            }
            assertThat(RawClient.reason(answer)).isEqualTo(0x96);
            assertThat(answered).isBetween(900, 1_000);
            assertThat(flood.next()).isNull();
        }
    }

    /** More cases: {@code mvn test -Dtest=ProtocolTest -Dtest.jvm.options=-Dtim4j.fuzz.cases=20000}. */
    private static final int CASES = Integer.getInteger("tim4j.fuzz.cases", 1_000);

    @Test
    void randomPacketsOfAClientThatIsOnlineEndItsConnectionAndNothingElse() throws IOException {
        Random random = new Random(20_261_122);
        String sig = server.userSig(APP, "alice");
        for (int i = 0; i < CASES; i++) {
            byte[] bytes = new byte[1 + random.nextInt(40)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                bytes = new byte[] {(byte) (random.nextInt(16) << 4), (byte) random.nextInt(4), 0, 0};
            }
            try (RawClient client = new RawClient(server.port())) {
                assertThat(RawClient.reason(client.login("alice", Platform.LINUX, "d1", sig)))
                        .isZero();
                client.send(bytes);
                client.socket().shutdownOutput();
                MqttMessage answer = client.next();
                while (answer != null && answer.fixedHeader().messageType().value() == 13) {
                    answer = client.next();
                }
                if (answer != null) {
                    assertThat(answer.fixedHeader().messageType().value())
                            .as("DISCONNECT in case " + i)
                            .isEqualTo(14);
                    assertThat(RawClient.reason(answer)).as("case " + i).isIn(0x81, 0x82, 0x83, 0x95);
                    assertThat(client.next()).isNull();
                }
            }
        }
        await().untilAsserted(() -> assertThat(server.sessions()).isEmpty());
    }

    @Test
    void randomlyChangedLoginsNeverLeaveASessionOrBreakTheServer() throws IOException {
        Random random = new Random(20_261_121);
        byte[] good;
        try (RawClient client = new RawClient(server.port())) {
            good = client.encode(
                    RawClient.connect(APP, "alice", Platform.LINUX, "d1", server.userSig(APP, "alice"), 60));
        }
        for (int i = 0; i < CASES; i++) {
            byte[] changed = good.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            int length = random.nextInt(4) == 0 ? random.nextInt(changed.length) : changed.length;
            try (RawClient client = new RawClient(server.port())) {
                client.send(Arrays.copyOf(changed, length));
                client.socket().shutdownOutput();
                byte[] answer = client.rest();
                if (answer.length > 0) {
                    assertThat(answer[0]).as("case " + i).isEqualTo((byte) 0x20);
                }
            }
        }
        await().untilAsserted(() -> assertThat(server.sessions()).isEmpty());
        online().close();
    }
}
