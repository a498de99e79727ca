/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.tls.DevelopmentCertificate;
import io.github.tim4j.testing.CCompiler;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/**
 * timshim over TLS: the C program {@code src/client/test/native/login.c}, under AddressSanitizer with its look for leaks, against the login server
 * and against servers that behave badly. Each failure has its code and its words. It runs with the machine's OpenSSL; for another, such
 * as 1.1.1: {@code mvn test -Dtest=NativeTlsTest -Dopenssl.folder=F}, where F has its two libraries, and a text file libssl.so.3.
 */
@Timeout(120)
class NativeTlsTest {
    private static final long APP = 1400000000L;
    private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};
    private static final String CLOSED_AT_ONCE =
            "it closed the connection when the TLS handshake began; use its port for TLS, or mqtt:// if this one is not";

    private static final String OPENSSL = System.getProperty("openssl.folder");

    @TempDir
    static Path folder;

    private static Path program;

    @BeforeAll
    static void compile() {
        String sanitizer = "-fsanitize=address,undefined";
        try {
            CCompiler.assumeSupports(sanitizer);
        } catch (TestAbortedException e) {
            System.out.println("NativeTlsTest: " + e.getMessage());
            throw e;
        }
        List<String> sources = new ArrayList<>(CCompiler.sourcesIn("native"));
        sources.addAll(CCompiler.sourcesIn("native/posix"));
        sources.addAll(List.of(
                "src/client/test/native/login.c", "src/client/test/native/stutter.c", "native/test/failing_alloc.c"));
        program = CCompiler.executable(
                "login",
                sources,
                "-O1",
                "-fno-omit-frame-pointer",
                sanitizer,
                "-fno-sanitize-recover=all",
                "-Inative/test",
                "-Wl,--wrap=send,--wrap=recv",
                "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup");
    }

    // ---- Certificates ----

    private record Identity(PrivateKey key, X509Certificate certificate, Path ca) {
        static Identity of(String name, Instant from, Instant until, String... hosts) throws IOException {
            DevelopmentCertificate made = DevelopmentCertificate.issue(List.of(hosts), from, until);
            Path ca = Files.writeString(folder.resolve(name + "-ca.pem"), DevelopmentCertificate.pem(made.ca()));
            return new Identity(made.key(), made.certificate(), ca);
        }

        static Identity of(String name, String... hosts) throws IOException {
            return of(
                    name,
                    Instant.now().minus(1, ChronoUnit.HOURS),
                    Instant.now().plus(1, ChronoUnit.DAYS),
                    hosts);
        }

        /** With the JDK's keytool, since a certificate that signs itself is none that the server would make. */
        static Identity selfSigned(String name, String... more) throws Exception {
            Path store = folder.resolve(name + ".p12");
            Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
            List<String> command = new ArrayList<>(List.of(
                    keytool.toString(),
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-alias",
                    "it",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "san=dns:localhost",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    "password",
                    "-keystore",
                    store.toString()));
            command.addAll(List.of(more));
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
            KeyStore keys = KeyStore.getInstance(store.toFile(), "password".toCharArray());
            X509Certificate certificate = (X509Certificate) keys.getCertificate("it");
            Path pem = Files.writeString(folder.resolve(name + ".pem"), DevelopmentCertificate.pem(certificate));
            return new Identity((PrivateKey) keys.getKey("it", "password".toCharArray()), certificate, pem);
        }

        SSLContext context() throws GeneralSecurityException, IOException {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            keys.setKeyEntry("it", key, new char[0], new Certificate[] {certificate});
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(keys, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(factory.getKeyManagers(), null, null);
            return context;
        }

        LoginServer loginServer() throws IOException {
            Path chain = Files.writeString(
                    Files.createTempFile(folder, "cert", ".pem"), DevelopmentCertificate.pem(certificate));
            Path pem = Files.writeString(
                    Files.createTempFile(folder, "key", ".pem"),
                    "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                            + "\n-----END PRIVATE KEY-----\n");
            return LoginServer.start(LoginServerConfig.builder()
                    .app(APP, "secret")
                    .tls(0, chain, pem)
                    .build());
        }
    }

    // ---- Servers ----

    private interface Script {
        void run(Socket socket) throws Exception;
    }

    /** Gives each connection to the script, on a thread of its own, then closes it. */
    private static final class Server implements AutoCloseable {
        private final ServerSocket listening;
        private final AtomicReference<Script> script;

        Server(ServerSocket listening, Script script) {
            this.listening = listening;
            this.script = new AtomicReference<>(script);
            start("server", this::accept);
        }

        static Server plain(Script script) throws IOException {
            return new Server(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), script);
        }

        static Server tls(Identity identity, String host, Script script, String... protocols) throws Exception {
            SSLServerSocket socket = (SSLServerSocket)
                    identity.context().getServerSocketFactory().createServerSocket(0, 50, InetAddress.getByName(host));
            if (protocols.length > 0) socket.setEnabledProtocols(protocols);
            return new Server(socket, script);
        }

        static Server tls(Identity identity, Script script) throws Exception {
            return tls(identity, "127.0.0.1", script);
        }

        private static void start(String name, Runnable work) {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            thread.start();
        }

        private void accept() {
            try {
                while (true) {
                    Socket socket = listening.accept();
                    start("connection", () -> serve(socket));
                }
            } catch (IOException closed) {
                // the end of the test
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                socket.setTcpNoDelay(true);
                script.get().run(socket);
            } catch (Exception broken) {
                // the client, or the test, ended it
            }
        }

        int port() {
            return listening.getLocalPort();
        }

        String url() {
            return "mqtts://localhost:" + port();
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }

    private static byte[] packet(DataInputStream in) throws IOException {
        int type = in.readUnsignedByte();
        int length = 0;
        int shift = 0;
        int more;
        do {
            more = in.readUnsignedByte();
            length |= (more & 0x7f) << shift;
            shift += 7;
        } while (more >= 0x80);
        byte[] packet = new byte[length + 1];
        packet[0] = (byte) type;
        in.readFully(packet, 1, length);
        return packet;
    }

    private static byte[] connackWithUserProperty(int size) {
        ByteBuffer packet = ByteBuffer.allocate(size + 16).put((byte) 0x20);
        putLength(packet, size + 10).putShort((short) 0);
        putLength(packet, size + 5).put((byte) 0x26).putShort((short) 0).putShort((short) size);
        byte[] bytes = Arrays.copyOf(packet.array(), packet.position() + size);
        Arrays.fill(bytes, packet.position(), bytes.length, (byte) 'x');
        return bytes;
    }

    /** As MQTT writes it, in three bytes. */
    private static ByteBuffer putLength(ByteBuffer packet, int length) {
        return packet.put((byte) (length | 0x80))
                .put((byte) (length >> 7 | 0x80))
                .put((byte) (length >> 14));
    }

    /** Accepts any login, then reads until the end. */
    private static void acceptLogin(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        packet(in);
        socket.getOutputStream().write(CONNACK);
        in.readAllBytes();
    }

    /** Ends a connection the rough way. */
    private static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /**
     * Bytes between a client and a server, one at a time; the client's are added to {@code copy} too, with -1 at the end. After
     * {@code limit} bytes from the server it resets the client's connection.
     */
    private static Server dripping(int port, int limit, BlockingQueue<Integer> copy) throws IOException {
        return Server.plain(client -> {
            try (Socket server = new Socket("127.0.0.1", port)) {
                server.setTcpNoDelay(true);
                Server.start("drip", () -> drip(client, server, Integer.MAX_VALUE, copy));
                drip(server, client, limit, new LinkedBlockingQueue<>());
                if (limit == 0) copy.take(); // the handshake has begun
                if (limit == Integer.MAX_VALUE) client.shutdownOutput();
                else reset(client);
            }
        });
    }

    private static void drip(Socket from, Socket to, int limit, BlockingQueue<Integer> copy) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int count = 0;
            for (int one = 0; count < limit && (one = in.read()) >= 0; count++) {
                copy.add(one);
                out.write(one);
            }
        } catch (IOException ended) {
            // as good as the end of the stream
        }
        copy.add(-1);
    }

    // ---- The program ----

    private static final class Login implements AutoCloseable {
        private final Process process;
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        private final StringBuffer seen = new StringBuffer();

        Login(String config) throws IOException {
            this(config, OPENSSL == null ? Map.of() : Map.of("LD_LIBRARY_PATH", OPENSSL));
        }

        Login(String config, Map<String, String> environment) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(program.toString()).redirectErrorStream(true);
            builder.environment().putAll(environment);
            process = builder.start();
            Server.start("lines", () -> process.inputReader().lines().forEach(lines::add));
            say("init " + config);
        }

        void say(String command) throws IOException {
            process.outputWriter().write(command + "\n");
            process.outputWriter().flush();
        }

        /** The next line that begins like this, without that beginning. */
        String heard(String beginning) throws InterruptedException {
            for (String line = ""; line != null; line = lines.poll(60, TimeUnit.SECONDS)) {
                seen.append(line).append('\n');
                if (line.startsWith(beginning)) return line.substring(beginning.length());
            }
            throw new AssertionError("no line \"" + beginning + "\" after 60 s, but:\n" + seen);
        }

        String login(String userSig) throws Exception {
            say("login " + userSig);
            return heard("login ");
        }

        /** Ends the program: neither a signal nor a sanitizer may have ended it, and nothing may have leaked. */
        @Override
        public void close() throws IOException {
            process.outputWriter().close();
            assertThat(process.onExit()).as("the program ends").succeedsWithin(Duration.ofSeconds(60));
            lines.forEach(line -> seen.append(line).append('\n'));
            assertThat(process.exitValue()).as(seen.toString()).isZero();
        }
    }

    private static String config(String url, Path ca, String... more) {
        String keys = more.length == 0 ? "" : "," + String.join(",", more);
        return "{\"shim_server\":\"" + url + "\"" + (ca == null ? "" : ",\"shim_ca_file\":\"" + ca + "\"") + keys + "}";
    }

    /** What the login callback gets. */
    private static String login(String config) throws Exception {
        try (Login login = new Login(config)) {
            return login.login("sig");
        }
    }

    /** What the network callback gets for the first attempt, where a login goes on trying. */
    private static String firstAttempt(String config) throws Exception {
        try (Login login = new Login(config)) {
            login.say("login sig");
            return login.heard("network 3 ");
        }
    }

    // ---- What works ----

    @Test
    void logsInToTheLoginServerWithItsDevelopmentCertificate() throws Exception {
        Path ca = folder.resolve("development-ca.pem");
        try (LoginServer server = LoginServer.start(LoginServerConfig.builder()
                        .app(APP, "secret")
                        .tlsSelfSigned(0, ca)
                        .build());
                Login login = new Login(config(server.tlsUri().toString(), ca))) {
            login.say("login " + server.userSig(APP, "alice"));
            System.out.println("NativeTlsTest: with " + login.heard("log TLS by "));
            assertThat(login.heard("login ")).isEqualTo("0 ");
            assertThat(server.sessions()).hasSize(1);
            login.say("logout");
            assertThat(login.heard("logout ")).isEqualTo("0 ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void speaksBothVersions(String version) throws Exception {
        Identity identity = Identity.of("versions", "localhost");
        CountDownLatch goodbye = new CountDownLatch(1);
        Script script = socket -> {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            packet(in);
            socket.getOutputStream().write(CONNACK);
            if ((packet(in)[0] & 0xff) == 0xE0) goodbye.countDown();
        };
        try (Server server = Server.tls(identity, "127.0.0.1", script, version);
                Login login = new Login(config(server.url(), identity.ca()))) {
            login.say("login sig");
            assertThat(login.heard("log TLSv")).isEqualTo(version.substring(4) + " with localhost");
            assertThat(login.heard("login ")).isEqualTo("0 ");
            login.say("logout");
            login.heard("logout 0");
            assertThat(goodbye.await(30, TimeUnit.SECONDS)).as("DISCONNECT").isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1", "::1, [::1]"})
    void verifiesAnAddress(String address, String host) throws Exception {
        assumePresent(address);
        Identity identity = Identity.of("address", address);
        try (Server server = Server.tls(identity, address, NativeTlsTest::acceptLogin)) {
            assertThat(login(config("mqtts://" + host + ":" + server.port(), identity.ca())))
                    .isEqualTo("0 ");
        }
    }

    private static void assumePresent(String address) throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            assertThat(probe.isBound()).isTrue();
        } catch (SocketException e) {
            System.out.println("NativeTlsTest: skipped: this machine has no " + address);
            Assumptions.abort("this machine has no " + address);
        }
    }

    @Test
    void theNameToVerifyCanBeSetAndIsToldToTheServer() throws Exception {
        Identity identity = Identity.of("name", "im.example.com");
        BlockingQueue<Object> asked = new LinkedBlockingQueue<>();
        Script script = socket -> {
            ((SSLSocket) socket).startHandshake();
            asked.addAll(((ExtendedSSLSession) ((SSLSocket) socket).getSession()).getRequestedServerNames());
            acceptLogin(socket);
        };
        try (Server server = Server.tls(identity, script)) {
            String name = "\"shim_tls_server_name\":\"im.example.com\"";
            assertThat(login(config(server.url(), identity.ca(), name))).isEqualTo("0 ");
            assertThat(asked).containsExactly(new SNIHostName("im.example.com"));
        }
    }

    @Test
    void aSelfSignedCertificateInTheFileIsTrusted() throws Exception {
        Identity identity = Identity.selfSigned("self-signed");
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin)) {
            assertThat(login(config(server.url(), identity.ca()))).isEqualTo("0 ");
        }
    }

    /** In TLS 1.2 everybody can see which records are alerts. */
    @Test
    void aServerThatDripsItsBytesIsUnderstoodAndToldGoodbye() throws Exception {
        Identity identity = Identity.of("drip", "localhost");
        BlockingQueue<Integer> sent = new LinkedBlockingQueue<>();
        try (Server server = Server.tls(identity, "127.0.0.1", NativeTlsTest::acceptLogin, "TLSv1.2");
                Server dripping = dripping(server.port(), Integer.MAX_VALUE, sent);
                Login login = new Login(config(dripping.url(), identity.ca()))) {
            assertThat(login.login("sig")).isEqualTo("0 ");
            login.say("logout");
            assertThat(login.heard("logout ")).isEqualTo("0 ");
            List<Integer> records = new ArrayList<>();
            for (int type = sent.take(); type >= 0; type = sent.take()) {
                records.add(type);
                sent.take();
                sent.take();
                for (int left = sent.take() << 8 | sent.take(); left > 0; left--) sent.take();
            }
            assertThat(records)
                    .as("two of data: CONNECT, DISCONNECT; then the alert close_notify")
                    .endsWith(0x17, 0x17, 0x15);
        }
    }

    /** Every other call of send and recv does nothing, and the others take 1 to 16 bytes. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aSocketThatTakesLittleAtATimeIsEnough(String version) throws Exception {
        Identity identity = Identity.of("stutter", "localhost");
        BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
        Script script = socket -> {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            received.add(packet(in));
            socket.getOutputStream().write(CONNACK);
            received.add(packet(in));
        };
        String userSig = "s".repeat(8000);
        try (Server server = Server.tls(identity, "127.0.0.1", script, version);
                Login login = new Login(config(server.url(), identity.ca()), Map.of("STUTTER", "1"))) {
            assertThat(login.login(userSig)).isEqualTo("0 ");
            assertThat(new String(received.take(), StandardCharsets.ISO_8859_1)).endsWith(userSig);
            login.say("logout");
            assertThat(login.heard("logout ")).isEqualTo("0 ");
        }
    }

    @Test
    void recordsOfTheLargestSizeAreReadToTheEnd() throws Exception {
        Identity identity = Identity.of("records", "localhost");
        CountDownLatch goodbye = new CountDownLatch(1);
        Script script = socket -> {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            packet(in);
            socket.getOutputStream().write(connackWithUserProperty(60_000));
            if ((packet(in)[0] & 0xff) == 0xE0) goodbye.countDown();
        };
        try (Server server = Server.tls(identity, script);
                Login login = new Login(config(server.url(), identity.ca()))) {
            assertThat(login.login("s".repeat(8192))).isEqualTo("0 ");
            login.say("logout");
            assertThat(login.heard("logout ")).isEqualTo("0 ");
            assertThat(goodbye.await(30, TimeUnit.SECONDS)).as("DISCONNECT").isTrue();
        }
    }

    @Test
    void aServerThatSendsWithoutEndHoldsUpNothing() throws Exception {
        Identity identity = Identity.of("flood", "localhost");
        byte[] answers = new byte[65_536];
        for (int i = 0; i < answers.length; i += 2) answers[i] = (byte) 0xD0; // PINGRESP
        Script script = socket -> {
            packet(new DataInputStream(socket.getInputStream()));
            socket.getOutputStream().write(CONNACK);
            while (true) socket.getOutputStream().write(answers);
        };
        try (Server server = Server.tls(identity, script);
                Login login = new Login(config(server.url(), identity.ca()))) {
            assertThat(login.login("sig")).isEqualTo("0 ");
            login.say("logout");
            assertThat(login.heard("logout ")).isEqualTo("0 ");
            assertThat(login.login("sig")).isEqualTo("0 ");
            login.say("uninit");
            login.heard("uninit done");
        }
    }

    @Test
    void aSessionIsRestoredAndSurvivesABadCertificateMeanwhile() throws Exception {
        Identity good = Identity.of("restored", "localhost");
        Identity bad = Identity.of("restored-bad", "localhost");
        AtomicReference<Socket> connection = new AtomicReference<>();
        AtomicReference<Identity> identity = new AtomicReference<>(good);
        Script script = socket -> {
            connection.set(socket);
            SSLSocket secured =
                    (SSLSocket) identity.get().context().getSocketFactory().createSocket(socket, null, false);
            acceptLogin(secured);
        };
        try (Server server = Server.plain(script);
                Login login = new Login(config(server.url(), good.ca()))) {
            assertThat(login.login("sig")).isEqualTo("0 ");
            identity.set(bad);
            reset(connection.get());
            assertThat(login.heard("network 1 "))
                    .startsWith("9514 localhost port " + server.port() + " closed the connection");
            assertThat(login.heard("network 3 "))
                    .startsWith("9502 ")
                    .contains("its certificate is from a CA that is not in shim_ca_file");
            identity.set(good);
            assertThat(login.heard("network 0 ")).startsWith("0 ");
        }
    }

    // ---- What must not work ----

    @Test
    void aCertificateForAnotherNameOrAddress() throws Exception {
        Identity identity = Identity.of("other-host", "im.example.com", "127.0.0.2");
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin)) {
            String remedy = "; if it is for another name of the server, set shim_tls_server_name to that";
            for (String host : List.of("localhost", "127.0.0.1"))
                assertThat(login(config("mqtts://" + host + ":" + server.port(), identity.ca())))
                        .isEqualTo("9502 " + host + " port " + server.port() + ": its certificate is not for " + host
                                + remedy);
            assertThat(login(config(server.url(), identity.ca(), "\"shim_tls_server_name\":\"127.0.0.2\"")))
                    .isEqualTo("0 ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-30, -1, 'has expired; the server needs a new one, unless the clock here is wrong'",
        "1, 30, is not valid yet; check the clock of this machine"
    })
    void aCertificateOfAnotherTime(int from, int until, String problem) throws Exception {
        Instant now = Instant.now();
        Identity identity = Identity.of(
                "time" + from, now.plus(from, ChronoUnit.DAYS), now.plus(until, ChronoUnit.DAYS), "localhost");
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin)) {
            assertThat(login(config(server.url(), identity.ca())))
                    .isEqualTo("9502 localhost port " + server.port() + ": its certificate, or its CA's, " + problem);
        }
    }

    @Test
    void aCertificateOfAnUnknownCa() throws Exception {
        Identity identity = Identity.of("unknown", "localhost");
        Path other = Identity.of("another", "localhost").ca();
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin)) {
            String beginning = "9502 localhost port " + server.port() + ": its certificate is from a CA ";
            assertThat(login(config(server.url(), other))).startsWith(beginning + "that is not in shim_ca_file, ");
            assertThat(login(config(server.url(), null)))
                    .isEqualTo(beginning + "not trusted here; set shim_ca_file to its PEM file");
        }
        Identity itself = Identity.selfSigned("self-signed-unknown");
        try (Server server = Server.tls(itself, NativeTlsTest::acceptLogin)) {
            for (Path ca : Arrays.asList(null, other))
                assertThat(login(config(server.url(), ca)))
                        .isEqualTo(
                                "9502 localhost port " + server.port()
                                        + ": its certificate is self-signed and not trusted; set shim_ca_file to a PEM file that has it");
        }
    }

    @Test
    void aPortWithoutTls() throws Exception {
        Path ca = Identity.of("plain", "localhost").ca();
        String noTls = ": it does not speak TLS on this port; use its port for TLS, or mqtt:// for this one";
        for (String words : List.of("220 welcome\r\n", "!")) {
            Script script = socket -> {
                socket.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
                socket.getInputStream().readAllBytes();
            };
            try (Server server = Server.plain(script)) {
                assertThat(login(config(server.url(), ca))).isEqualTo("9502 localhost port " + server.port() + noTls);
            }
        }
        try (Server server = Server.plain(socket -> socket.getInputStream().read())) {
            assertThat(firstAttempt(config(server.url(), ca)))
                    .isEqualTo("9514 localhost port " + server.port() + ": " + CLOSED_AT_ONCE);
        }
        try (LoginServer server =
                LoginServer.start(LoginServerConfig.builder().app(APP, "secret").build())) {
            assertThat(firstAttempt(config("mqtts://localhost:" + server.port(), ca)))
                    .contains(" port " + server.port() + ": it ")
                    .containsAnyOf(noTls, CLOSED_AT_ONCE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "15 0301 0002 0246", // the alert protocol_version
                // a ServerHello of TLS 1.1 with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
                "16 0302 002a 02 000026 0302 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 00 c013 00"
            })
    void aServerOfAnOlderVersion(String answer) throws Exception {
        Path ca = Identity.of("old", "localhost").ca();
        Script script = socket -> {
            socket.getInputStream().read(new byte[4096]);
            socket.getOutputStream().write(HexFormat.of().parseHex(answer.replace(" ", "")));
            socket.getInputStream().readAllBytes();
        };
        try (Server server = Server.plain(script)) {
            assertThat(login(config(server.url(), ca)))
                    .isEqualTo(
                            "9502 localhost port " + server.port()
                                    + ": it offers neither TLS 1.2 nor TLS 1.3, and no older version is used; the server must be updated");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "28, 'it refused the TLS handshake: no common cipher, or it wants a client certificate, and timshim has none'",
        "70, 'it does not know the name localhost; set shim_tls_server_name to one that it knows'",
        "2f, 'the TLS connection failed: '"
    })
    void aServerThatRefusesTheHandshake(String alert, String problem) throws Exception {
        try (Server server = alerting(alert)) {
            assertThat(login(config(server.url(), null)))
                    .startsWith("9502 localhost port " + server.port() + ": " + problem);
        }
    }

    @Test
    void aServerWithAnErrorOfItsOwnIsTriedAgain() throws Exception {
        try (Server server = alerting("50")) {
            assertThat(firstAttempt(config(server.url(), null)))
                    .isEqualTo("9502 localhost port " + server.port()
                            + ": it broke the TLS connection off because of an error of its own");
        }
    }

    /** @param alert its number, in hexadecimal */
    private static Server alerting(String alert) throws IOException {
        return Server.plain(socket -> {
            socket.getInputStream().read(new byte[4096]);
            socket.getOutputStream().write(HexFormat.of().parseHex("1503030002" + "02" + alert));
            socket.getInputStream().readAllBytes();
        });
    }

    @Test
    void aCertificateForSomethingElse() throws Exception {
        Identity identity = Identity.selfSigned("purpose", "-ext", "eku=clientAuth");
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin)) {
            assertThat(login(config(server.url(), identity.ca())))
                    .startsWith("9502 localhost port " + server.port() + ": its certificate cannot be trusted: ");
        }
    }

    /** Each allocation of a login finds no memory once: it is answered, and when there is memory again the next one works. */
    @Test
    void withoutMemory() throws Exception {
        Identity identity = Identity.of("memory", "localhost");
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin);
                Login login = new Login(config(server.url(), identity.ca()))) {
            String config = config(server.url(), identity.ca(), "\"shim_login_timeout_ms\":100");
            int n = 0;
            do {
                login.say("uninit");
                login.say("init " + config);
                login.say("fail " + ++n);
                login.login("sig");
                login.say("fail 0");
            } while (login.heard("failed ").equals("1"));
            assertThat(n).as("allocations of a login").isGreaterThan(10);
            login.say("uninit");
            login.say("init " + config(server.url(), identity.ca()));
            assertThat(login.login("sig")).isEqualTo("0 ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aServerThatWantsAClientCertificate(String version) throws Exception {
        Identity identity = Identity.of("client", "localhost");
        Script script = socket -> {
            ((SSLSocket) socket).setNeedClientAuth(true);
            acceptLogin(socket);
        };
        try (Server server = Server.tls(identity, "127.0.0.1", script, version)) {
            // Which alert says it is the server's choice: JDK 25 sends the same as without a common cipher.
            assertThat(login(config(server.url(), identity.ca())))
                    .startsWith("9502 localhost port " + server.port() + ": it ")
                    .endsWith("it wants a client certificate, and timshim has none");
        }
    }

    @Test
    void aHandshakeThatNobodyAnswers() throws Exception {
        Path ca = Identity.of("silent", "localhost").ca();
        try (Server server = Server.plain(socket -> socket.getInputStream().readAllBytes())) {
            assertThat(login(config(server.url(), ca, "\"shim_login_timeout_ms\":2000")))
                    .isEqualTo("9520 connected, but the TLS handshake was not finished in time");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 100, 600})
    void aServerThatBreaksOffInTheHandshake(int after) throws Exception {
        Identity identity = Identity.of("broken", "localhost");
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin);
                Server broken = dripping(server.port(), after, new LinkedBlockingQueue<>())) {
            assertThat(firstAttempt(config(broken.url(), identity.ca())))
                    .isEqualTo("9514 localhost port " + broken.port() + ": "
                            + (after == 0
                                    ? CLOSED_AT_ONCE
                                    : "it closed the connection in the middle of the TLS handshake"));
        }
    }

    @Test
    void endsAtOnceInTheMiddleOfAHandshake() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Script script = socket -> {
            socket.getInputStream().read();
            begun.countDown();
            socket.getInputStream().readAllBytes();
        };
        try (Server server = Server.plain(script);
                Login login = new Login(config(server.url(), null))) {
            login.say("login sig");
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            login.say("uninit");
            assertThat(login.heard("login ")).isEqualTo("7009 ended by TIMUninit");
            login.heard("uninit done");
        }
    }

    // ---- What is missing here ----

    @Test
    void aCaFileThatCannotBeUsedIsNamed() throws Exception {
        String url = "mqtts://localhost:1"; // nobody listens there, and nobody needs to
        Path missing = folder.resolve("missing.pem");
        Path words = Files.writeString(folder.resolve("words.pem"), "no certificate\n");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        Path good = Identity.of("good", "localhost").ca();
        Path damaged = Files.writeString(
                folder.resolve("damaged.pem"),
                Files.readString(good) + Files.readString(good).replace('M', '!'));
        Path huge = folder.resolve("huge.pem");
        Files.write(huge, new byte[4 * 1024 * 1024 + 1]);
        for (var file : Map.of(
                        missing,
                        "No such file or directory",
                        folder,
                        "Is a directory",
                        huge,
                        "it has more than 4 MiB",
                        words,
                        "it has no certificate in PEM form",
                        empty,
                        "it has no certificate in PEM form",
                        damaged,
                        "a certificate in it is damaged")
                .entrySet())
            assertThat(login(config(url, file.getKey())))
                    .isEqualTo("6017 shim_ca_file is \"" + file.getKey() + "\": " + file.getValue()
                            + "; name a PEM file of the CAs to trust");
    }

    @Test
    void aChangedCaFileCountsForTheNextConnection() throws Exception {
        Identity identity = Identity.of("changed", "localhost");
        Path ca = Files.copy(Identity.of("unchanged", "localhost").ca(), folder.resolve("current.pem"));
        try (Server server = Server.tls(identity, NativeTlsTest::acceptLogin);
                Login login = new Login(config(server.url(), ca))) {
            assertThat(login.login("sig")).startsWith("9502 ");
            Files.write(ca, Files.readAllBytes(identity.ca()));
            assertThat(login.login("sig")).isEqualTo("0 ");
        }
    }

    /** Files of these names, found first, stand for a machine without OpenSSL, and for one with something else. */
    @Test
    void withoutOpenSslItSaysWhatToInstall() throws Exception {
        Path unreadable = Files.createDirectory(folder.resolve("no-openssl"));
        Path other = Files.createDirectory(folder.resolve("other-openssl"));
        Path empty = Files.writeString(folder.resolve("empty.c"), "int tim4j_no_openssl;\n");
        Path library = CCompiler.library("empty", List.of(empty.toString()));
        for (String name : List.of("libssl.so.3", "libssl.so.1.1", "libssl.so")) {
            Files.writeString(unreadable.resolve(name), "not a library");
            Files.copy(library, other.resolve(name));
        }
        String remedy =
                ": install the package libssl3 (Debian, Ubuntu), openssl-libs (Fedora, RHEL) or libopenssl3 (SUSE)";
        String url = config("mqtts://localhost:1", null);
        try (Login login = new Login(url, Map.of("LD_LIBRARY_PATH", unreadable.toString()))) {
            assertThat(login.login("sig"))
                    .isEqualTo("9501 mqtts:// needs OpenSSL 3 or 1.1.1, and this machine has none" + remedy);
        }
        try (Login login = new Login(url, Map.of("LD_LIBRARY_PATH", other.toString()))) {
            assertThat(login.login("sig"))
                    .isEqualTo("9501 mqtts:// needs OpenSSL 3 or 1.1.1, and what was found here is neither" + remedy);
        }
    }
}
