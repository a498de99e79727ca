/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports state changes to an app's own server: {@code State.StateChange} by POST, one after another in the order they happened. One that is
 * not answered with a 2xx is tried again, {@link #ATTEMPTS} times in all; while it is, later ones wait, up to {@link #MAX_WAITING}; more
 * are dropped, and the log says so. Any thread; the queue is guarded by this.
 */
public final class StateWebhook implements Consumer<LoginEvent> {
    static final int MAX_WAITING = 10_000;
    static final int ATTEMPTS = 4;
    private static final Logger LOG = LoggerFactory.getLogger(StateWebhook.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final long FIRST_RETRY_MS = 250;

    private record Instance(String userId, Platform platform, String deviceId) {
        static Instance of(Session session) {
            return new Instance(session.userId(), session.platform(), session.deviceId());
        }
    }

    private record Post(URI uri, String body) {}

    private final long sdkAppId;
    private final String url;
    private final InstantSource clock;
    private final EventExecutorGroup timers;
    private final Duration grace;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final Deque<Post> waiting = new ArrayDeque<>();
    /** Lost connections that are not reported yet: their instance may be back at once. */
    private final Map<Instance, ScheduledFuture<?>> lost = new HashMap<>();

    private boolean sending;
    private boolean closed;
    private long dropped;

    public StateWebhook(long sdkAppId, URI url, Duration grace, InstantSource clock, EventExecutorGroup timers) {
        this.sdkAppId = sdkAppId;
        this.url = url + (url.getQuery() == null ? "?" : "&");
        this.grace = grace;
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
        ScheduledFuture<?> disconnect = lost.remove(Instance.of(session));
        if (disconnect != null) {
            disconnect.cancel(false);
        }
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
        if (!closed && lost.size() < MAX_WAITING) {
            cancelLost(instance);
            lost.put(
                    instance,
                    timers.schedule(
                            () -> disconnected(instance, session, timeout), grace.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    private synchronized void disconnected(Instance instance, Session session, boolean timeout) {
        if (lost.remove(instance) != null) {
            add(session, "Disconnect", timeout ? "TimeOut" : "LinkClose", List.of());
        }
    }

    private void cancelLost(Instance instance) {
        ScheduledFuture<?> disconnect = lost.remove(instance);
        if (disconnect != null) {
            disconnect.cancel(false);
        }
    }

    private void add(Session session, String action, String reason, List<Session> kicked) {
        if (closed) {
            return;
        }
        if (waiting.size() >= MAX_WAITING) {
            if (dropped++ % 1000 == 0) {
                LOG.warn(
                        "the state webhook of SDKAppID {} does not keep up: {} state changes dropped",
                        sdkAppId,
                        dropped);
            }
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
                        + session.platform().text());
        waiting.add(new Post(uri, body.toString()));
        sendNext();
    }

    private synchronized void sendNext() {
        if (!sending && !waiting.isEmpty() && !closed) {
            sending = true;
            send(waiting.poll(), 1);
        }
    }

    private void send(Post post, int attempt) {
        HttpRequest request = HttpRequest.newBuilder(post.uri())
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(post.body()))
                .build();
        client.sendAsync(request, HttpResponse.BodyHandlers.discarding()).whenComplete((response, failure) -> {
            if (failure == null && response.statusCode() / 100 == 2) {
                done();
            } else if (attempt < ATTEMPTS) {
                retry(post, attempt);
            } else {
                LOG.warn(
                        "the state webhook of SDKAppID {} failed {} times ({}); one state change dropped",
                        sdkAppId,
                        ATTEMPTS,
                        failure == null ? "HTTP " + response.statusCode() : failure.getMessage());
                done();
            }
        });
    }

    private synchronized void retry(Post post, int attempt) {
        if (!closed) {
            timers.schedule(() -> send(post, attempt + 1), FIRST_RETRY_MS << (attempt - 1), TimeUnit.MILLISECONDS);
        }
    }

    private void done() {
        synchronized (this) {
            sending = false;
        }
        sendNext();
    }

    /** What waits is not sent any more. */
    public synchronized void close() {
        closed = true;
        waiting.clear();
        lost.values().forEach(disconnect -> disconnect.cancel(false));
        lost.clear();
    }
}
