/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Where one scenario plays: its processes, its server, its users, its checks. */
public final class Stage implements AutoCloseable {
    /** The apps of the kit's server. */
    static final long APP = 1_400_000_000L;

    static final long OTHER_APP = 1_400_000_001L;
    static final long APP_WITHOUT_KEY = 1_400_000_002L;
    static final long UNKNOWN_APP = 1_400_000_003L;
    static final String SECRET = "the secret key of the kit's own server";

    private static final int NOTES = 400;
    /** Who waits longer than this makes room for another scenario. */
    private static final Duration LONG_WAIT = Duration.ofSeconds(2);

    private final Subject subject;
    private final Site site;
    private final LoginServer server;
    private final WorkerPool workers;
    private final Slots slots;
    private final long start = System.nanoTime();
    private final List<Client> clients = new ArrayList<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final Map<String, String> userSigs = new HashMap<>();
    private final Set<String> secrets = ConcurrentHashMap.newKeySet();
    private final List<Divergence> divergences = Collections.synchronizedList(new ArrayList<>());
    private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
    /** What was noted last, as it stood there the first time, and how often; guarded by the notes. */
    private String lastNote;

    private String firstOfRepeated;
    private int repeats;
    private int fresh;

    /**
     * @param site   where to log in; null for nowhere
     * @param server the kit's own server; null if the library cannot be pointed at one
     */
    Stage(Subject subject, Site site, LoginServer server, WorkerPool workers, Slots slots) {
        this.subject = subject;
        this.site = site;
        this.server = server;
        this.workers = workers;
        this.slots = slots;
    }

    Subject subject() {
        return subject;
    }

    // ---- processes

    /** A process with the library, on Linux; not initialised. Its login server is the scenario's, or none. */
    Device device() {
        return device("Linux", "device-" + (clients.size() + 1));
    }

    Device device(Platform platform) {
        return device(platform.text(), "device-" + (clients.size() + 1));
    }

    Device device(String platform, String deviceId) {
        WorkerProcess process = worker();
        process.call(Call.of("load", "current", subject.path()), Duration.ofSeconds(30));
        Device device = new Device(this, deviceId, process);
        device.set("shim_platform", platform);
        device.set("shim_server", site == null ? nowhere() : site.url());
        clients.add(device);
        return device;
    }

    /** The scenario's one process, made when it is first asked for: for many rounds of TIMInit and TIMUninit. */
    Device reusable() {
        return clients.isEmpty() ? device() : (Device) clients.get(0);
    }

    /** A process with the classic library; not initialised. */
    ClassicDevice classic() {
        WorkerProcess process = worker();
        process.call(Call.of("load", "classic", subject.classicPath().orElseThrow()), Duration.ofSeconds(30));
        ClassicDevice device = new ClassicDevice(this, "classic-" + (clients.size() + 1), process);
        device.environment("TIM_SHIM_SERVER", site == null ? nowhere() : site.url());
        device.environment("TIM_SHIM_LOGIN_TIMEOUT_MS", "12000");
        device.environment("TIM_SHIM_PLATFORM", "Linux");
        clients.add(device);
        return device;
    }

    private WorkerProcess worker() {
        WorkerProcess process = workers.take();
        toClose.add(process);
        return process;
    }

    // ---- servers

    /** The kit's own server. */
    LoginServer server() {
        return server;
    }

    /** A server that answers with what the scenario says, byte by byte. */
    ScriptedServer scripted() throws IOException {
        return scripted("127.0.0.1");
    }

    /** @param address of this machine's loopback */
    ScriptedServer scripted(String address) throws IOException {
        ScriptedServer scripted = new ScriptedServer(InetAddress.getByName(address));
        toClose.add(scripted);
        return scripted;
    }

    /** A server of the kit's with TLS, whose certificate is for localhost and signed by the CA in the file. */
    LoginServer tlsServer(Path caFile) {
        LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, SECRET)
                .tlsSelfSigned(0, caFile)
                .build());
        toClose.add(server);
        return server;
    }

    /** A URL of a port of this machine that refuses connections. */
    String nowhere() {
        try {
            Socket reserved = new Socket();
            reserved.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            toClose.add(reserved);
            return "mqtt://127.0.0.1:" + reserved.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How often something has happened on the kit's server. */
    long count(ServerEvent.Type type) {
        return server.events(0).stream().filter(event -> event.type() == type).count();
    }

    /** Waits until something has happened on the kit's server so often; fails the scenario if it does not. */
    void awaitCount(ServerEvent.Type type, long count) {
        until(
                "the server saw " + type.name().toLowerCase(Locale.ROOT) + " " + count + " times",
                () -> count(type) >= count);
    }

    void until(String what, BooleanSupplier holds) {
        waitFor(() -> what, patience -> {
            long end = System.nanoTime() + patience.toNanos();
            while (!holds.getAsBoolean()) {
                if (System.nanoTime() > end) {
                    return false;
                }
                sleep(20);
            }
            return true;
        });
    }

    /**
     * Waits as long as the library may take; fails the scenario if that is not enough.
     *
     * @param what what it is
     * @param wait waits so long at most, and returns whether it has come
     */
    void waitFor(Supplier<String> what, Predicate<Duration> wait) {
        Duration patience = subject.patience().now();
        long begin = System.nanoTime();
        boolean come = wait.test(LONG_WAIT) || slots.whileAway(() -> wait.test(patience.minus(LONG_WAIT)));
        subject.patience().waited(Duration.ofNanos(System.nanoTime() - begin), !come);
        if (!come) {
            throw new Finding(Verdict.FAIL, what.get() + ": not within " + patience.toSeconds() + " s");
        }
    }

    // ---- users

    long app() {
        return site == null ? APP : site.key().sdkAppId();
    }

    String userId(String user) {
        return site == null ? user : user + site.suffix();
    }

    /** The user's UserSig, the same one each time. */
    String userSig(String user) {
        return userSigs.computeIfAbsent(user, this::freshUserSig);
    }

    /** What UserSigs of the scenario's app are made with. */
    UserSigKey key() {
        return site == null ? new UserSigKey(APP, SECRET) : site.key();
    }

    /** Another UserSig for the user. */
    String freshUserSig(String user) {
        // The time is in seconds and part of the UserSig: a different validity makes a different UserSig.
        Instant now = server == null ? Instant.now() : server.now();
        return secret(key().make(userId(user), UserSigKey.DEFAULT_VALIDITY.minusSeconds(++fresh), now, null));
    }

    /** A UserSig that the kit's server makes: newer than any that it has been told to hold invalid. */
    String renewedUserSig(String user) {
        return secret(server.userSig(APP, user));
    }

    /** Marks a text as one that must appear nowhere. */
    String secret(String userSig) {
        if (userSig.length() >= 16) {
            secrets.add(userSig);
        }
        return userSig;
    }

    void checkNoSecretIn(String text, String where) {
        if (secrets.stream().anyMatch(text::contains)) {
            throw new Finding(Verdict.FAIL, "a UserSig stands in " + where);
        }
    }

    // ---- checks

    <T> Check<T> that(String what, T observed) {
        return new Check<>(this, what, observed);
    }

    void diverges(Divergence divergence) {
        divergences.add(divergence);
    }

    /** Time for something to happen that must not: no event can be waited for. */
    void aMoment() {
        pause(200);
    }

    void pause(long millis) {
        if (millis < LONG_WAIT.toMillis()) {
            sleep(millis);
        } else {
            slots.whileAway(() -> sleep(millis));
        }
    }

    private static boolean sleep(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends the scenario, because it cannot be run here. */
    void skip(String reason) {
        throw new Finding(Verdict.SKIPPED, reason);
    }

    // ---- the transcript

    /** Of so many callbacks only the first are kept. */
    void note(String who, String what) {
        if (notes.size() < NOTES) {
            add(who, what);
        }
    }

    /** What the kit has measured; kept however much there is already. */
    void measured(String what) {
        add("kit", what);
    }

    private void add(String who, String what) {
        String note = who + "  " + what;
        synchronized (notes) {
            String first = String.format(Locale.ROOT, "%6.3f s  %s", (System.nanoTime() - start) / 1e9, note);
            if (note.equals(lastNote)) {
                repeats++;
                notes.set(notes.size() - 1, firstOfRepeated + " (" + repeats + " times)");
            } else {
                lastNote = note;
                firstOfRepeated = first;
                repeats = 1;
                notes.add(first);
            }
        }
    }

    void note(String who, Call call, News returned) {
        note(
                who,
                call.function()
                        + Arrays.toString(call.args().stream().map(this::shown).toArray())
                                .replaceFirst("^\\[", "(")
                                .replaceFirst("]$", ")")
                        + " = " + returned.number()
                        + (returned.text() == null ? "" : " " + shown(cut(returned.text()))));
    }

    private static byte[] cut(byte[] buffer) {
        String text = Device.terminated(buffer);
        return text == null ? buffer : text.getBytes(StandardCharsets.UTF_8);
    }

    void note(String who, News news) {
        switch (news.kind()) {
            case LOG -> {}
            case ANSWER ->
                note(
                        who,
                        "    ← answer " + news.number() + " " + shown(news.text())
                                + (news.json() == null || news.json().length > 0 ? " " + shown(news.json()) : ""));
            case NETWORK ->
                note(who, "    ← network " + shown(news.json()) + ", " + news.number() + " " + shown(news.text()));
            case INSIDE -> note(who, "    ← inside: " + shown(news.text()) + " = " + news.number());
            default ->
                note(
                        who,
                        "    ← " + news.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ')
                                + (news.kind() == News.Kind.KICK_REASON ? " " + news.number() : ""));
        }
    }

    private String shown(byte[] bytes) {
        if (bytes == null) {
            return "NULL";
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.matches("\\d{19}")) {
            return "#" + (Long.parseLong(text) - Client.FIRST_TAG + 1); // a user_data
        }
        if (Device.isUntouched(bytes)) {
            return "(untouched)";
        }
        for (Map.Entry<String, String> entry : userSigs.entrySet()) {
            if (text.equals(entry.getValue())) {
                return "<UserSig of " + entry.getKey() + ">";
            }
        }
        if (secrets.stream().anyMatch(text::contains)) {
            return "<a UserSig>";
        }
        if (text.length() > 300 || !Client.isUtf8(bytes)) {
            return "<" + bytes.length + " bytes>";
        }
        return text.matches("-?\\d+") ? text : "\"" + text + "\"";
    }

    // ---- the end

    List<Divergence> divergences() {
        return List.copyOf(divergences);
    }

    List<String> transcript() {
        synchronized (notes) {
            return List.copyOf(notes);
        }
    }

    /** Ends every process in good order and checks what holds in every scenario. */
    void finish() {
        List.copyOf(clients).forEach(Client::finish);
    }

    /** Ends what is left. */
    @Override
    public void close() {
        Collections.reverse(toClose);
        for (AutoCloseable closeable : toClose) {
            try {
                closeable.close();
            } catch (Exception e) {
                note("kit", "could not be closed: " + e);
            }
        }
    }
}
