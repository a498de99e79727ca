/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.Webhooks;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports state changes to an app's own server: {@code State.StateChange} by POST, those of one user in the order they happened, those of several users
 * side by side. One that is not answered with a 2xx is tried again, {@link #ATTEMPTS} times in all; while it is, later ones of its user wait. When they
 * wait long, the oldest make room, so that the last state arrives; the log says how many. Any thread; what waits is guarded by this.
 */
public final class StateWebhook implements Consumer<LoginEvent> {
    static final int MAX_WAITING = 100_000;
    static final int MAX_WAITING_OF_A_USER = 16;
    static final int ATTEMPTS = 4;
    private static final int SIDE_BY_SIDE = 16;
    /** How long {@link #close} waits for the app's server. */
    private static final long FLUSH_MS = 3_000;

    private static final Logger LOG = LoggerFactory.getLogger(StateWebhook.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final long FIRST_RETRY_MS = 250;

    private record Instance(String userId, Platform platform, String deviceId) {
        static Instance of(Session session) {
            return new Instance(session.userId(), session.platform(), session.deviceId());
        }
    }

    private record Lost(Session session, boolean timeout, ScheduledFuture<?> grace) {
        String reason() {
            return timeout ? "TimeOut" : "LinkClose";
        }
    }

    /** The first of a user is being sent, is to be tried again, or has its turn in {@link #ready}. */
    private static final class Posts {
        private final String userId;
        private final Deque<Post> waiting = new ArrayDeque<>(1);
        private int attempts;

        Posts(String userId) {
            this.userId = userId;
        }
    }

    /** @param uri without a signature, which has the time of the sending in it */
    private record Post(URI uri, String body) {}

    private final long sdkAppId;
    private final String url;
    private final @Nullable WebhookSignature signature;
    private final InstantSource clock;
    private final EventExecutorGroup timers;
    private final Duration grace;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private Map<String, Posts> users = new HashMap<>();
    private final Deque<Posts> ready = new ArrayDeque<>();
    private int waiting;
    private int sending;
    /** Lost connections that are not reported yet: their instance may be back at once. */
    private final Map<Instance, Lost> lost = new HashMap<>();

    private boolean closed;
    private long taken;
    private long dropped;

    public StateWebhook(long sdkAppId, Webhooks config, InstantSource clock, EventExecutorGroup timers) {
        this.sdkAppId = sdkAppId;
        URI to = Objects.requireNonNull(config.urls().get(sdkAppId));
        this.url = to + (to.getQuery() == null ? "?" : "&");
        this.signature = config.token() == null ? null : new WebhookSignature(config.token());
        this.grace = config.disconnectGrace();
        this.clock = clock;
        this.timers = timers;
    }

    /** Events of other apps are not for this webhook. */
    @Override
    public void accept(LoginEvent event) {
        if (event instanceof LoginEvent.LoginAccepted e && e.session().sdkAppId() == sdkAppId) {
            loggedIn(e.session(), e.kicked());
        } else if (event instanceof LoginEvent.SessionEnded e && e.session().sdkAppId() == sdkAppId) {
            if (e.how() == LoginEvent.SessionEnded.How.LOGOUT) {
                loggedOut(e.session());
            } else {
                lost(e.session(), e.how() == LoginEvent.SessionEnded.How.TIMED_OUT);
            }
        } else if (event instanceof LoginEvent.SessionKicked e
                && e.session().sdkAppId() == sdkAppId
                // Whom another instance kicked is named in that instance's login.
                && e.cause() != KickCause.OTHER_INSTANCE) {
            kicked(e.session());
        }
    }

    /** An instance logged in or connected again. */
    private synchronized void loggedIn(Session session, List<Session> kicked) {
        cancelLost(Instance.of(session));
        kicked.forEach(victim -> cancelLost(Instance.of(victim)));
        add(session, "Login", "Register", kicked);
    }

    private synchronized void loggedOut(Session session) {
        cancelLost(Instance.of(session));
        add(session, "Logout", "Unregister", List.of());
    }

    /** An instance was disconnected by the server, and is not expected back. */
    private synchronized void kicked(Session session) {
        cancelLost(Instance.of(session));
        add(session, "Disconnect", "LinkClose", List.of());
    }

    /** An instance lost its connection; reported after a while, unless it is back by then. */
    private synchronized void lost(Session session, boolean timeout) {
        Instance instance = Instance.of(session);
        if (!closed) {
            cancelLost(instance);
            lost.put(
                    instance,
                    new Lost(
                            session,
                            timeout,
                            timers.schedule(() -> disconnected(instance), grace.toMillis(), TimeUnit.MILLISECONDS)));
        }
    }

    private synchronized void disconnected(Instance instance) {
        Lost gone = lost.remove(instance);
        if (gone != null) {
            add(gone.session, "Disconnect", gone.reason(), List.of());
        }
    }

    private void cancelLost(Instance instance) {
        Lost back = lost.remove(instance);
        if (back != null) {
            back.grace.cancel(false);
        }
    }

    private void add(Session session, String action, String reason, List<Session> kicked) {
        if (closed) {
            return;
        }
        ObjectNode body = JSON.createObjectNode();
        body.put("CallbackCommand", "State.StateChange")
                .put("EventTime", clock.instant().toEpochMilli());
        body.putObject("Info")
                .put("Action", action)
                .put("To_Account", session.userId())
                .put("Reason", reason);
        if (!kicked.isEmpty()) {
            kicked.forEach(victim -> body.withArray("KickedDevice")
                    .addObject()
                    .put("Platform", victim.platform().text()));
        }
        URI uri = URI.create(
                url + "SdkAppid=" + sdkAppId + "&CallbackCommand=State.StateChange&contenttype=json&ClientIP="
                        + URLEncoder.encode(session.address().getAddress().getHostAddress(), StandardCharsets.UTF_8)
                        + "&OptPlatform="
                        + (session.platform() == Platform.IPHONE
                                ? "iOS"
                                : session.platform().text()));
        put(session.userId(), new Post(uri, body.toString()));
        sendReady();
    }

    private void put(String userId, Post post) {
        Posts posts = users.computeIfAbsent(userId, Posts::new);
        if (posts.waiting.isEmpty()) {
            if (waiting >= MAX_WAITING) {
                users.remove(userId);
                dropped("too much waits");
                return;
            }
            ready.add(posts);
        } else if (posts.waiting.size() >= MAX_WAITING_OF_A_USER) {
            // The first may be on its way.
            Post first = posts.waiting.remove();
            posts.waiting.remove();
            posts.waiting.addFirst(first);
            waiting--;
            dropped("it does not keep up");
        }
        posts.waiting.add(post);
        waiting++;
    }

    private void dropped(String why) {
        if (dropped++ % 1000 == 0) {
            LOG.warn("the state webhook of SDKAppID {}: {}; {} state changes dropped so far", sdkAppId, why, dropped);
        }
    }

    private void sendReady() {
        while (sending < SIDE_BY_SIDE && !ready.isEmpty()) {
            sending++;
            send(ready.remove(), users);
        }
    }

    /** @param generation what was reset meanwhile is not heard of any more */
    private void send(Posts posts, Map<String, Posts> generation) {
        Post post = posts.waiting.element();
        HttpRequest.Builder request = HttpRequest.newBuilder(post.uri())
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(post.body()));
        if (signature != null) {
            signature.sign(request, post.uri(), clock.instant(), post.body());
        }
        client.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding())
                .whenComplete((response, failure) -> answered(
                        posts,
                        generation,
                        failure != null
                                ? String.valueOf(failure.getMessage())
                                : response.statusCode() / 100 == 2 ? null : "HTTP " + response.statusCode()));
    }

    private synchronized void answered(Posts posts, Map<String, Posts> generation, @Nullable String failure) {
        if (generation != users) {
            return;
        }
        sending--;
        if (failure == null) {
            taken++;
        }
        if (failure != null && ++posts.attempts < ATTEMPTS) {
            timers.schedule(
                    () -> tryAgain(posts, generation), FIRST_RETRY_MS << (posts.attempts - 1), TimeUnit.MILLISECONDS);
        } else {
            if (failure != null) {
                dropped(ATTEMPTS + " attempts failed (" + failure + ")");
            }
            done(posts);
        }
        sendReady();
    }

    private synchronized void tryAgain(Posts posts, Map<String, Posts> generation) {
        if (generation == users) {
            ready.add(posts);
            sendReady();
        }
    }

    private void done(Posts posts) {
        posts.attempts = 0;
        posts.waiting.remove();
        waiting--;
        if (!posts.waiting.isEmpty()) {
            ready.add(posts);
            return;
        }
        users.remove(posts.userId);
        if (users.isEmpty()) {
            notifyAll();
        }
    }

    public synchronized void write(MetricsText out) {
        String app = "{sdkappid=\"" + sdkAppId + "\"}";
        out.metric("tim4j_webhook_waiting", "gauge", "State changes that wait to be posted, by app.")
                .sample(app, waiting);
        out.metric("tim4j_webhook_taken_total", "counter", "State changes that the app's server took.")
                .sample(app, taken);
        out.metric("tim4j_webhook_dropped_total", "counter", "State changes that were never taken.")
                .sample(app, dropped);
    }

    /** Forgets what waits. What is on its way arrives. */
    public synchronized void reset() {
        lost.values().forEach(gone -> gone.grace.cancel(false));
        lost.clear();
        users = new HashMap<>();
        ready.clear();
        waiting = 0;
        sending = 0;
        dropped = 0;
    }

    /** Reports what is known, without waiting for anybody to come back, and waits a moment for the app's server. */
    public synchronized void close() {
        List.copyOf(lost.keySet()).forEach(instance -> {
            lost.get(instance).grace.cancel(false);
            disconnected(instance);
        });
        closed = true;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MS);
        try {
            while (!users.isEmpty() && System.nanoTime() < deadline) {
                TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!users.isEmpty()) {
            LOG.warn(
                    "the state webhook of SDKAppID {} did not take {} state changes before the end", sdkAppId, waiting);
        }
        reset();
    }
}
