/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.Admission;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.store.Account.Key;
import io.github.tim4j.server.store.Account.Link;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Login servers that share a database, and devices that log in to them, in virtual time and on one thread: requests and answers take their time and are lost,
 * servers stop, wake up, and die, the way to the database is cut, the database forgets everything. One seed is one run, always the same.
 */
final class Simulation {
    /** What is wrong at the end, or came to pass that must not. */
    final List<String> faults = new ArrayList<>();

    private static final LoginPolicy POLICY = LoginPolicy.of(LoginPolicy.Kind.SINGLE_PLATFORM);
    private static final long APP = 1;
    private static final long LEASE_MS = 15_000;
    /** How long a database may take, as {@link Redis} has it. */
    private static final long TIMEOUT_MS = 2_000;
    /** How long a client has to show that it was told. */
    private static final long LINGER_MS = 2_000;

    private record Event(long at, long number, Runnable action) {}

    private final Random random;
    private final PriorityQueue<Event> events = new PriorityQueue<>((one, other) ->
            one.at() != other.at() ? Long.compare(one.at(), other.at()) : Long.compare(one.number(), other.number()));
    private final List<String> history = new ArrayList<>();
    private long now = 1_000_000;
    private long lastNumber;
    /** Whether anything but what devices do can happen in this run; without it, whoever was kicked is told exactly once. */
    private boolean rough;
    /** Whether it can happen now. */
    private boolean troubled;

    private final Map<Key, String> texts =
            new TreeMap<>((one, other) -> (one.sdkAppId() + one.userId()).compareTo(other.sdkAppId() + other.userId()));
    private final Map<String, Long> leases = new TreeMap<>();
    private int names = 1;

    private final List<Node> nodes = new ArrayList<>();
    private final List<Device> devices = new ArrayList<>();
    /** Those who were kicked, and how often each has been told; by their connections. */
    private final Map<Link, Integer> kicked = new LinkedHashMap<>();

    private Simulation(long seed) {
        random = new Random(seed);
    }

    /** @return what was wrong, with the history; empty if nothing was */
    static String run(long seed) {
        Simulation simulation = new Simulation(seed);
        simulation.play();
        return simulation.faults.isEmpty()
                ? ""
                : "seed " + seed + ": " + simulation.faults + "\n" + String.join("\n", simulation.history);
    }

    private void play() {
        int servers = 1 + random.nextInt(3);
        for (int i = 0; i < servers; i++) {
            nodes.add(new Node(i));
        }
        int users = 1 + random.nextInt(2);
        for (int i = 0; i < users * 3; i++) {
            devices.add(new Device("u" + i % users, "d" + i));
        }
        rough = random.nextInt(4) > 0;
        troubled = rough;
        until(now + 1_000);
        for (int step = random.nextInt(40); step >= 0; step--) {
            step();
            until(now + random.nextInt(random.nextInt(5) == 0 ? 20_000 : 500));
        }
        heal();
        until(now + 60_000);
        check();
    }

    private void step() {
        Device device = devices.get(random.nextInt(devices.size()));
        Node node = nodes.get(random.nextInt(nodes.size()));
        switch (random.nextInt(troubled ? 16 : 10)) {
            case 0, 1, 2, 3, 4, 5 -> device.login();
            case 6 -> device.logout();
            case 7 -> device.loseLink(true);
            case 8 -> device.loseLink(false);
            case 9 -> node.kick(device.user);
            case 10 -> node.cut(true);
            case 11 -> node.cut(false);
            case 12 -> node.pause(true);
            case 13 -> node.pause(false);
            case 14 -> node.restart();
            default -> {
                if (random.nextInt(4) == 0) {
                    forget();
                }
            }
        }
    }

    private void forget() {
        say("the database forgets everything");
        texts.clear();
        leases.clear();
        names++;
        // What was owed is not known to anybody any more.
        kicked.clear();
        nodes.forEach(Node::reconnected);
    }

    private void heal() {
        troubled = false;
        nodes.forEach(node -> {
            node.pause(false);
            node.cut(false);
        });
    }

    private void check() {
        for (Map.Entry<Key, String> entry : texts.entrySet()) {
            Account account = AccountText.read(entry.getKey(), entry.getValue());
            account.untold.stream()
                    .filter(mark -> mark.lease() != null)
                    .forEach(mark -> fault("it is still open whether " + mark + " was told"));
            for (Account.Held held : account.held) {
                boolean online = nodes.stream().anyMatch(node -> node.online(held.session()));
                if (online != (held.lease() != null)) {
                    fault(held + " is " + (online ? "" : "not ") + "online");
                }
                if (held.lease() != null && !leases.containsKey(held.lease().replaceFirst("/.*", ""))) {
                    fault("the lease of " + held + " is over");
                }
            }
        }
        for (Node node : nodes) {
            for (Connection one : node.connections.values()) {
                Key user = one.device.key();
                Account account = AccountText.read(user, texts.get(user));
                if (account.held.stream().noneMatch(held -> held.isOn(Link.of(one.session)))) {
                    fault(one.device + " is online at " + node.id + ", and not in its account");
                }
            }
        }
        devices.stream().map(device -> device.user).distinct().forEach(user -> {
            long online = nodes.stream()
                    .flatMap(node -> node.connections.values().stream())
                    .filter(one -> one.device.user.equals(user))
                    .count();
            if (online > 1) {
                fault(online + " devices of " + user + " are online");
            }
        });
        if (!rough) {
            kicked.forEach((link, times) -> {
                boolean marked = texts.entrySet().stream()
                        .flatMap(one -> AccountText.read(one.getKey(), one.getValue()).untold.stream())
                        .anyMatch(mark -> mark.link().equals(link));
                if (times == 0 && !marked) {
                    fault("who was on " + link + " was never told that it was kicked");
                }
            });
        }
        devices.stream().filter(device -> device.waiting).forEach(device -> fault(device + " has no answer"));
    }

    private void fault(String text) {
        say("FAULT " + text);
        faults.add(text);
    }

    private void say(String text) {
        history.add(now + " " + text);
    }

    private Event at(long millis, Runnable action) {
        Event event = new Event(now + millis, ++lastNumber, action);
        events.add(event);
        return event;
    }

    private void until(long time) {
        while (!events.isEmpty() && events.peek().at() <= time) {
            Event event = events.remove();
            now = event.at();
            event.action().run();
        }
        now = time;
    }

    private long moment() {
        return rough && random.nextInt(20) == 0 ? random.nextInt(1_000) : 1 + random.nextInt(20);
    }

    private boolean goesMissing() {
        return troubled && random.nextInt(30) == 0;
    }

    /** Of a device to a server. */
    private static final class Connection {
        private final Device device;
        private final Session session;
        /** It is gone, and the server does not know. */
        private boolean dead;

        Connection(Device device, Session session) {
            this.device = device;
            this.session = session;
        }
    }

    /** A server, and its own end of the way to the database. */
    private final class Node implements SessionStore.Holder {
        private final int index;
        private int life;
        private String id = "";
        private boolean ready;
        private boolean cut;
        private boolean paused;
        private final Deque<Runnable> whenAwake = new ArrayDeque<>();
        private final Map<Long, Connection> connections = new HashMap<>();
        /** The store has not decided yet, as far as this server knows. */
        private final Map<Long, Device> loggingIn = new HashMap<>();

        private RedisSessionStore store;
        private Database.@Nullable Listener listener;
        private String channel = "";
        private long lastSession;

        Node(int index) {
            this.index = index;
            store = start();
        }

        private RedisSessionStore start() {
            id = "n" + index + "-" + ++life;
            RedisSessionStore fresh = new RedisSessionStore(new Way(life), "process" + id, LEASE_MS);
            fresh.join(id, this);
            begin(fresh, life);
            return fresh;
        }

        /** Until there is a lease. */
        private void begin(RedisSessionStore fresh, int inLife) {
            ready = false;
            fresh.open().whenComplete((done, failure) -> {
                if (failure == null) {
                    ready = true;
                } else {
                    here(inLife, 500, () -> begin(fresh, inLife));
                }
            });
        }

        /** At this server, if it is still the same process by then. */
        private Event here(int inLife, long millis, Runnable action) {
            return at(millis, () -> {
                if (inLife != life) {
                    return;
                }
                if (paused) {
                    whenAwake.add(action);
                } else {
                    action.run();
                }
            });
        }

        private void here(long millis, Runnable action) {
            here(life, millis, action);
        }

        void cut(boolean off) {
            if (cut != off) {
                say(id + (off ? " is cut off" : " is connected again"));
                cut = off;
                if (!off) {
                    reconnected();
                }
            }
        }

        void reconnected() {
            here(moment(), () -> {
                if (listener != null) {
                    listener.connectedAgain();
                }
            });
        }

        void pause(boolean on) {
            if (paused != on) {
                say(id + (on ? " stops" : " goes on"));
                paused = on;
                while (!paused && !whenAwake.isEmpty()) {
                    whenAwake.remove().run();
                }
            }
        }

        void restart() {
            say(id + " dies");
            List<Connection> lost = List.copyOf(connections.values());
            connections.clear();
            loggingIn.clear();
            whenAwake.clear();
            paused = false;
            cut = false;
            store = start();
            lost.forEach(one -> say(one.device + " loses its server"));
            devices.stream().filter(device -> device.node == this).forEach(device -> device.waiting = false);
        }

        void kick(String user) {
            say("kick " + user + " at " + id);
            here(0, () -> store.kick(APP, user, null, null, KickCause.REST));
        }

        boolean online(Session session) {
            return session.server().equals(id) && connections.containsKey(session.id());
        }

        @Override
        public CompletionStage<Boolean> evict(Session session, KickCause cause, @Nullable Platform by) {
            CompletableFuture<Boolean> told = new CompletableFuture<>();
            Device early = loggingIn.remove(session.id());
            Connection connection = connections.remove(session.id());
            if (early != null) {
                say(id + " refuses " + early + ": " + cause);
                at(moment(), () -> {
                    early.out(session, cause);
                    early.waiting = false;
                });
                here(50 + moment(), () -> told.complete(true));
            } else if (connection == null) {
                told.complete(false);
            } else if (connection.dead) {
                here(LINGER_MS, () -> told.complete(false));
            } else {
                say(id + " ends " + connection.device + ": " + cause);
                at(moment(), () -> connection.device.out(session, cause));
                here(50 + moment(), () -> told.complete(true));
            }
            return told;
        }

        /** As the login service does it. */
        void login(Device device) {
            if (!ready) {
                device.answered(null);
                return;
            }
            Session session = new Session(
                    APP,
                    device.user,
                    Platform.WINDOWS,
                    device.id,
                    id,
                    ++lastSession,
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                    Instant.ofEpochMilli(now),
                    Instant.MAX);
            int inLife = life;
            loggingIn.put(session.id(), device);
            store.login(session, new SigStamp(1, 1), POLICY).whenComplete((admission, failure) -> {
                if (inLife != life) {
                    return;
                }
                boolean waits = loggingIn.remove(session.id()) != null;
                if (failure != null) {
                    store.end(session, true);
                    at(moment(), () -> device.answered(null));
                } else if (admission instanceof Admission.Admitted admitted) {
                    admitted(device, admitted.session(), waits);
                } else {
                    say(device + " is refused " + admission);
                    at(moment(), () -> device.answered(((Admission.Refused) admission)));
                }
            });
        }

        private void admitted(Device device, Session session, boolean waits) {
            if (!waits) {
                // It has been evicted already.
                store.end(session, false);
                return;
            }
            say(device + " is online");
            device.connection = new Connection(device, session);
            device.waiting = false;
            connections.put(session.id(), device.connection);
        }

        /** The way to the database of a server's process. */
        private final class Way implements Database {
            private final int ofLife;

            Way(int life) {
                ofLife = life;
            }

            private <T extends @Nullable Object> CompletionStage<T> ask(Supplier<T> request) {
                CompletableFuture<T> answer = new CompletableFuture<>();
                if (cut) {
                    here(ofLife, 0, () -> answer.completeExceptionally(new IllegalStateException("not connected")));
                    return answer;
                }
                boolean there = !goesMissing();
                boolean back = !goesMissing();
                at(moment(), () -> {
                    if (there && !cut) {
                        T value = request.get();
                        if (back) {
                            here(ofLife, moment(), () -> answer.complete(value));
                        }
                    }
                });
                here(ofLife, TIMEOUT_MS, () -> answer.completeExceptionally(new IllegalStateException("no answer")));
                return answer;
            }

            @Override
            public void listen(String to, Listener who) {
                channel = to;
                listener = who;
            }

            @Override
            public CompletionStage<@Nullable String> swap(Key user, String expected, String next) {
                return this.<@Nullable String>ask(() -> {
                    String found = texts.getOrDefault(user, "");
                    if (!found.equals(expected)) {
                        return found;
                    }
                    owe(user, found, next);
                    if (next.isEmpty()) {
                        texts.remove(user);
                    } else {
                        texts.put(user, next);
                    }
                    return null;
                });
            }

            @Override
            public CompletionStage<?> each(BiFunction<Key, String, CompletionStage<?>> action) {
                return ask(() -> Map.copyOf(texts))
                        .thenCompose(all -> CompletableFuture.allOf(all.entrySet().stream()
                                .map(one -> action.apply(one.getKey(), one.getValue())
                                        .toCompletableFuture())
                                .toArray(CompletableFuture[]::new)));
            }

            @Override
            public CompletionStage<?> count(long sdkAppId, LocalDate day) {
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public CompletionStage<Map<LocalDate, Integer>> counts(long sdkAppId) {
                return CompletableFuture.completedFuture(Map.of());
            }

            @Override
            public CompletionStage<?> clear() {
                throw new UnsupportedOperationException("no test asks for it");
            }

            @Override
            public CompletionStage<Lease> renew(String lease, long millis, boolean isNew) {
                return ask(() -> {
                    boolean held = leases.getOrDefault(lease, 0L) > now;
                    if (held || isNew) {
                        leases.put(lease, now + millis);
                    }
                    long next = leases.values().stream()
                            .filter(end -> end > now)
                            .mapToLong(Long::longValue)
                            .min()
                            .orElse(now);
                    List<String> over = new ArrayList<>();
                    for (String one : List.copyOf(leases.keySet())) {
                        if (leases.get(one) <= now) {
                            leases.remove(one);
                            over.add(one.replaceFirst("^over:", ""));
                            leases.put("over:" + over.get(over.size() - 1), now + 10_000);
                        }
                    }
                    return new Lease(held, "database" + names, next - now, over);
                });
            }

            @Override
            public CompletionStage<?> end(String lease) {
                return ask(() -> {
                    leases.remove("over:" + lease);
                    return leases.remove(lease) != null;
                });
            }

            @Override
            public CompletionStage<Set<String>> leases() {
                return ask(() -> leases.keySet().stream()
                        .filter(lease -> !lease.startsWith("over:"))
                        .collect(Collectors.toSet()));
            }

            @Override
            public CompletionStage<Boolean> publish(String to, String message) {
                return ask(() -> {
                    boolean heard = false;
                    for (Node node : nodes) {
                        heard |= node.channel.equals(to) && node.hears(to, message);
                    }
                    return heard;
                });
            }

            @Override
            public CompletionStage<?> publishToAll(String message) {
                return ask(() ->
                        nodes.stream().filter(node -> node.hears("", message)).count());
            }

            @Override
            public Future<?> schedule(Runnable action, long millis) {
                CompletableFuture<Void> due = new CompletableFuture<>();
                due.thenRun(action);
                here(ofLife, millis, () -> due.complete(null));
                return due;
            }

            @Override
            public void close() {}
        }

        private boolean hears(String to, String message) {
            Database.Listener heard = listener;
            if (cut || heard == null) {
                return false;
            }
            here(moment(), () -> {
                if (!cut) {
                    heard.heard(to, message);
                }
            });
            return true;
        }
    }

    /** Whoever leaves an account with a mark is to be told; whoever loses it has been. */
    private void owe(Key user, String before, String after) {
        Account old = AccountText.read(user, before.isEmpty() ? null : before);
        Account next = AccountText.read(user, after.isEmpty() ? null : after);
        for (Account.Untold mark : next.untold) {
            if (old.untold.stream().noneMatch(one -> one.link().equals(mark.link()))) {
                kicked.put(mark.link(), 0);
            }
        }
    }

    /** An installation of a user's; it does what its user wants, and connects again when its link is gone. */
    private final class Device {
        private final String user;
        private final String id;
        private @Nullable Node node;
        /** The last one. */
        private @Nullable Connection connection;

        private boolean waiting;

        Device(String user, String id) {
            this.user = user;
            this.id = id;
        }

        Key key() {
            return new Key(APP, user);
        }

        /** Its connection, if it is there and the device has not lost it. */
        private @Nullable Connection live() {
            Connection last = connection;
            return node != null && last != null && !last.dead && node.connections.get(last.session.id()) == last
                    ? last
                    : null;
        }

        void login() {
            if (waiting || live() != null) {
                return;
            }
            Node to = nodes.get(random.nextInt(nodes.size()));
            node = to;
            waiting = true;
            say(this + " logs in to " + to.id);
            int life = to.life;
            at(moment(), () -> {
                if (to.life == life) {
                    to.here(0, () -> to.login(this));
                }
            });
        }

        void answered(Admission.@Nullable Refused refused) {
            waiting = false;
            if (refused != null && refused.code() == 6208 && connection != null) {
                told(Link.of(connection.session));
            }
        }

        void logout() {
            Connection last = live();
            Node at = node;
            if (last != null && at != null) {
                say(this + " logs out");
                at.connections.remove(last.session.id());
                at.here(moment(), () -> at.store.end(last.session, true));
            }
        }

        /** @param noticed whether the server notices at once */
        void loseLink(boolean noticed) {
            Connection last = live();
            Node at = node;
            if (last == null || at == null) {
                return;
            }
            say(this + " loses its link" + (noticed ? "" : ", unnoticed"));
            last.dead = true;
            // Or the heartbeat is missing.
            at.here(noticed ? moment() : 30_000, () -> {
                if (at.connections.remove(last.session.id(), last)) {
                    at.store.end(last.session, false);
                }
            });
        }

        /** Its server says that it is out. */
        void out(Session which, KickCause cause) {
            if (cause == KickCause.OTHER_INSTANCE) {
                told(Link.of(which));
            }
        }

        private void told(Link link) {
            kicked.computeIfPresent(link, (same, times) -> times + 1);
            if (kicked.getOrDefault(link, 0) > 1 && !rough) {
                fault(this + " was told twice that it was kicked");
            }
        }

        @Override
        public String toString() {
            return user + "/" + id
                    + (connection == null ? "" : " on " + connection.session.server() + "/" + connection.session.id());
        }
    }
}
