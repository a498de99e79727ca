/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A client on a plain socket, with Netty's MQTT codec, which is not the server's: says exactly the bytes it is told to. */
final class RawClient implements AutoCloseable {
    static final long APP = 1400000000L;

    /** Those that a test leaves open: the garbage collector would close a socket that nobody refers to. */
    private static final Set<RawClient> OPEN = ConcurrentHashMap.newKeySet();

    private final Socket socket;
    private final EmbeddedChannel codec = new EmbeddedChannel(new MqttDecoder(1 << 20), MqttEncoder.INSTANCE);

    RawClient(int port) throws IOException {
        this(InetAddress.getByName("127.0.0.1"), port);
    }

    /** From an address of this machine's own. */
    RawClient(InetAddress from, int port) throws IOException {
        this(connected(from, port));
    }

    /** On a connection that is there already. */
    RawClient(Socket connected) throws IOException {
        socket = connected;
        OPEN.add(this);
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        codec.attr(AttributeKey.<MqttVersion>valueOf("NETTY_CODEC_MQTT_VERSION"))
                .set(MqttVersion.MQTT_5);
    }

    private static Socket connected(InetAddress from, int port) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress("127.0.0.1", port), 5000);
        return socket;
    }

    /** A CONNECT as timshim sends it. */
    static MqttConnectMessage connect(
            long app, String user, Platform platform, String device, String sig, int keepAlive) {
        return connect(
                app + ":" + user + ":" + platform.text() + ":" + device,
                user,
                sig,
                keepAlive,
                properties(
                        "sdkappid",
                        Long.toString(app),
                        "platform",
                        platform.text(),
                        "device-id",
                        device,
                        "sdk-version",
                        "test"));
    }

    static MqttProperties properties(String... namesAndValues) {
        MqttProperties.UserProperties user = new MqttProperties.UserProperties();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            user.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        MqttProperties properties = new MqttProperties();
        properties.add(user);
        return properties;
    }

    static MqttConnectMessage connect(
            String clientId, String user, String sig, int keepAlive, MqttProperties properties) {
        return MqttMessageBuilders.connect()
                .protocolVersion(MqttVersion.MQTT_5)
                .cleanSession(true)
                .clientId(clientId)
                .hasUser(user != null)
                .username(user)
                .hasPassword(sig != null)
                .password(sig == null ? null : sig.getBytes(StandardCharsets.UTF_8))
                .keepAlive(keepAlive)
                .properties(properties)
                .build();
    }

    byte[] encode(MqttMessage message) {
        codec.writeOutbound(message);
        ByteBuf bytes = codec.readOutbound();
        byte[] array = new byte[bytes.readableBytes()];
        bytes.readBytes(array);
        bytes.release();
        return array;
    }

    void send(MqttMessage message) throws IOException {
        send(encode(message));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void send(int... bytes) throws IOException {
        byte[] array = new byte[bytes.length];
        for (int i = 0; i < array.length; i++) {
            array[i] = (byte) bytes[i];
        }
        send(array);
    }

    MqttConnAckMessage login(LoginServer server, String user, Platform platform, String device) throws IOException {
        return login(user, platform, device, server.userSig(APP, user));
    }

    MqttConnAckMessage login(String user, Platform platform, String device, String sig) throws IOException {
        send(connect(APP, user, platform, device, sig, 60));
        return (MqttConnAckMessage) next();
    }

    /** Says that nothing more will come; can still read. */
    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** DISCONNECT with reason 0x00, which is a logout; returns when the server has closed. */
    void logout() throws IOException {
        send(0xE0, 0x00);
        rest();
    }

    /** The next packet, or null at the end of the stream. Waits at most 20 s. */
    MqttMessage next() throws IOException {
        byte[] one = new byte[1];
        MqttMessage message = codec.readInbound();
        while (message == null) {
            if (socket.getInputStream().read(one) < 0) {
                return null;
            }
            codec.writeInbound(Unpooled.copiedBuffer(one));
            message = codec.readInbound();
        }
        if (message.decoderResult().isFailure()) {
            throw new AssertionError(
                    "the server sent what Netty's decoder refuses",
                    message.decoderResult().cause());
        }
        return message;
    }

    /** All bytes until the end of the stream. */
    byte[] rest() throws IOException {
        return socket.getInputStream().readAllBytes();
    }

    Socket socket() {
        return socket;
    }

    static int reason(MqttMessage message) {
        return 0xff
                & (message instanceof MqttConnAckMessage connack
                        ? connack.variableHeader().connectReturnCode().byteValue()
                        : ((MqttReasonCodeAndPropertiesVariableHeader) message.variableHeader()).reasonCode());
    }

    /** A user property of a CONNACK or a DISCONNECT, or null. */
    static String user(MqttMessage message, String name) {
        for (MqttProperties.MqttProperty<?> property :
                properties(message).getProperties(MqttProperties.USER_PROPERTY)) {
            MqttProperties.StringPair pair = (MqttProperties.StringPair) property.value();
            if (pair.key.equals(name)) {
                return pair.value;
            }
        }
        return null;
    }

    static String code(MqttMessage message) {
        return user(message, "tim-code");
    }

    static MqttProperties properties(MqttMessage message) {
        return message instanceof MqttConnAckMessage connack
                ? connack.variableHeader().properties()
                : ((MqttReasonCodeAndPropertiesVariableHeader) message.variableHeader()).properties();
    }

    /** Without a DISCONNECT. */
    @Override
    public void close() throws IOException {
        OPEN.remove(this);
        socket.close();
        codec.finishAndReleaseAll();
    }
}
