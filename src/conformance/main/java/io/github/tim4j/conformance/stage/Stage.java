/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.UserIdBuffer;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.KickReason;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.message.WorkerMessage.ReturnedInside;
import io.github.tim4j.conformance.process.Finding;
import io.github.tim4j.conformance.process.WorkerPool;
import io.github.tim4j.conformance.process.WorkerProcess;
import io.github.tim4j.conformance.report.Divergence;
import io.github.tim4j.conformance.report.Verdict;
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
    public static final long APP = 1_400_000_000L;

    public static final long OTHER_APP = 1_400_000_001L;
    public static final long APP_WITHOUT_KEY = 1_400_000_002L;
    public static final long UNKNOWN_APP = 1_400_000_003L;
    public static final String SECRET = "the secret key of the kit's own server";

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
    public Stage(Subject subject, Site site, LoginServer server, WorkerPool workers, Slots slots) {
        this.subject = subject;
        this.site = site;
        this.server = server;
        this.workers = workers;
        this.slots = slots;
    }

    public Subject subject() {
        return subject;
    }

    // ---- processes

    /** A process with the library, on Linux; not initialised. Its login server is the scenario's, or none. */
    public Device device() {
        return device("Linux", "device-" + (clients.size() + 1));
    }

    public Device device(Platform platform) {
        return device(platform.text(), "device-" + (clients.size() + 1));
    }

    public Device device(String platform, String deviceId) {
        WorkerProcess process = worker();
        process.load(subject.path());
        Device device = new Device(this, deviceId, process);
        device.set("shim_platform", platform);
        device.set("shim_server", site == null ? nowhere() : site.url());
        clients.add(device);
        return device;
    }

    /** The scenario's one process, made when it is first asked for: for many rounds of TIMInit and TIMUninit. */
    public Device reusable() {
        return clients.isEmpty() ? device() : (Device) clients.get(0);
    }

    /** A process with the classic library; not initialised. */
    public ClassicDevice classic() {
        WorkerProcess process = worker();
        process.loadClassic(subject.classicPath().orElseThrow());
        ClassicDevice device = new ClassicDevice(this, "classic-" + (clients.size() + 1), process);
        device.environment("TIM_SHIM_SERVER", site == null ? nowhere() : site.url());
        device.environment("TIM_SHIM_LOGIN_TIMEOUT_MS", "12000");
        device.environment("TIM_SHIM_PLATFORM", "Linux");
        clients.add(device);
        return device;
    }

    private WorkerProcess worker() {
        WorkerProcess process = workers.takeForScenario();
        toClose.add(process);
        return process;
    }

    // ---- servers

    /** The kit's own server. */
    public LoginServer server() {
        return server;
    }

    /** A server that answers with what the scenario says, byte by byte. */
    public ScriptedServer scripted() throws IOException {
        return scripted("127.0.0.1");
    }

    /** @param address of this machine's loopback */
    public ScriptedServer scripted(String address) throws IOException {
        ScriptedServer scripted = new ScriptedServer(InetAddress.getByName(address));
        toClose.add(scripted);
        return scripted;
    }

    /** A server of the kit's with TLS, whose certificate is for localhost and signed by the CA in the file. */
    public LoginServer tlsServer(Path caFile) {
        LoginServer server = LoginServer.start(LoginServerConfig.builder()
                .app(APP, SECRET)
                .tlsSelfSigned(0, caFile)
                .build());
        toClose.add(server);
        return server;
    }

    /** A URL of a port of this machine that refuses connections. */
    public String nowhere() {
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
    public long count(ServerEvent.Type type) {
        return server.events(0).stream().filter(event -> event.type() == type).count();
    }

    /** Waits until something has happened on the kit's server so often; fails the scenario if it does not. */
    public void awaitCount(ServerEvent.Type type, long count) {
        until(
                "the server saw " + type.name().toLowerCase(Locale.ROOT) + " " + count + " times",
                () -> count(type) >= count);
    }

    public void until(String what, BooleanSupplier holds) {
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
    public void waitFor(Supplier<String> what, Predicate<Duration> wait) {
        Duration patience = subject.patience().now();
        long begin = System.nanoTime();
        boolean come = wait.test(LONG_WAIT) || slots.whileAway(() -> wait.test(patience.minus(LONG_WAIT)));
        subject.patience().waited(Duration.ofNanos(System.nanoTime() - begin), !come);
        if (!come) {
            throw new Finding(Verdict.FAIL, what.get() + ": not within " + patience.toSeconds() + " s");
        }
    }

    // ---- users

    public long app() {
        return site == null ? APP : site.key().sdkAppId();
    }

    public String userId(String user) {
        return site == null ? user : user + site.suffix();
    }

    /** The user's UserSig, the same one each time. */
    public String userSig(String user) {
        return userSigs.computeIfAbsent(user, this::freshUserSig);
    }

    /** What UserSigs of the scenario's app are made with. */
    public UserSigKey key() {
        return site == null ? new UserSigKey(APP, SECRET) : site.key();
    }

    /** Another UserSig for the user. */
    public String freshUserSig(String user) {
        // The time is in seconds and part of the UserSig: a different validity makes a different UserSig.
        Instant now = server == null ? Instant.now() : server.now();
        return secret(key().make(userId(user), UserSigKey.DEFAULT_VALIDITY.minusSeconds(++fresh), now, null));
    }

    /** A UserSig that the kit's server makes: newer than any that it has been told to hold invalid. */
    public String renewedUserSig(String user) {
        return secret(server.userSig(APP, user));
    }

    /** Marks a text as one that must appear nowhere. */
    public String secret(String userSig) {
        if (userSig.length() >= 16) {
            secrets.add(userSig);
        }
        return userSig;
    }

    public void checkNoSecretIn(String text, String where) {
        if (secrets.stream().anyMatch(text::contains)) {
            throw new Finding(Verdict.FAIL, "a UserSig stands in " + where);
        }
    }

    // ---- checks

    public <T> Check<T> that(String what, T observed) {
        return new Check<>(this, what, observed);
    }

    public void diverges(Divergence divergence) {
        divergences.add(divergence);
    }

    /** Time for something to happen that must not: no event can be waited for. */
    public void aMoment() {
        pause(200);
    }

    public void pause(long millis) {
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
    public void skip(String reason) {
        throw new Finding(Verdict.SKIPPED, reason);
    }

    // ---- the transcript

    /** Of so many callbacks only the first are kept. */
    public void note(String who, String what) {
        if (notes.size() < NOTES) {
            add(who, what);
        }
    }

    /** What the kit has measured; kept however much there is already. */
    public void measured(String what) {
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

    public void note(String who, Call call, Returned returned) {
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
        String text = UserIdBuffer.text(buffer);
        return text == null ? buffer : text.getBytes(StandardCharsets.UTF_8);
    }

    public void note(String who, WorkerMessage message) {
        if (message instanceof Answer answer) {
            String json = answer.json() == null || answer.json().length > 0 ? " " + shown(answer.json()) : "";
            note(who, "    ← answer " + answer.code() + " " + shown(answer.desc()) + json);
        } else if (message instanceof NetworkEvent network) {
            note(who, "    ← network " + network.status() + ", " + network.code() + " " + shown(network.desc()));
        } else if (message instanceof ReturnedInside inside) {
            note(who, "    ← inside: \"" + inside.function() + "\" = " + inside.number());
        } else if (message instanceof KickReason reason) {
            note(who, "    ← kick reason " + reason.reason());
        } else if (message instanceof CalledBack callback && !(callback instanceof LogLine)) {
            note(who, "    ← " + callback.kind());
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
        if (UserIdBuffer.isUntouched(bytes)) {
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

    public List<Divergence> divergences() {
        return List.copyOf(divergences);
    }

    public List<String> transcript() {
        synchronized (notes) {
            return List.copyOf(notes);
        }
    }

    /** Ends every process in good order and checks what holds in every scenario. */
    public void finish() {
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
