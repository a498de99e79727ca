/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.event.EventLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The test control methods of {@link LoginServer} as REST under {@code /control/v1/}; {@code openapi.json} beside this class describes it,
 * and is also served.
 */
public final class ControlApi implements HttpListener.Service {
    public static final String PREFIX = "/control/v1/";
    private static final String EVENTS_STREAM = "events/stream";
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private interface Action {
        JsonNode run(Request request);
    }

    private final LoginServer server;
    private final Supplier<LoginServerConfig> config;
    private final EventLog log;
    private final ControlAccess access;
    /** By method and name. */
    private final Map<String, Action> actions = new TreeMap<>();

    /** @param config gives the configuration as it is now */
    public ControlApi(LoginServer server, Supplier<LoginServerConfig> config, EventLog log, ControlAccess access) {
        this.server = server;
        this.config = config;
        this.log = log;
        this.access = access;
        actions.put("GET server", request -> server());
        actions.put("GET sessions", this::sessions);
        actions.put("GET events", this::events);
        actions.put("GET time", request -> time());
        actions.put("POST time", this::setTime);
        actions.put("GET dau", request -> dailyActiveUsers());
        actions.put("POST usersig", this::userSig);
        actions.put("POST kick", this::kick);
        actions.put("POST expire", request -> count("kicked", server.expireUserSigs(request.app(), request.user())));
        actions.put(
                "POST invalidate",
                request -> count("kicked", server.invalidateUserSigs(request.app(), request.user())));
        actions.put("POST refuse", this::refuse);
        actions.put("POST delay", this::delay);
        actions.put("POST cut", this::cut);
        actions.put("POST half-open", this::halfOpen);
        actions.put("POST policy", this::policy);
        actions.put("POST pause", request -> done(server.testing()::pauseAccepting));
        actions.put("POST resume", request -> done(server.testing()::resumeAccepting));
        actions.put("POST stop", request -> done(server.testing()::stopListening));
        actions.put("POST listen", request -> done(server.testing()::listenAgain));
        actions.put("POST restart", request -> done(server.testing()::restart));
        actions.put("POST reset", request -> done(server.testing()::reset));
    }

    /** By method and path; all are described by {@code openapi.json}. */
    public Set<String> actions() {
        Set<String> all = new TreeSet<>(actions.keySet());
        all.add("GET " + EVENTS_STREAM);
        return all;
    }

    @Override
    public HttpListener.Answer answer(HttpListener.Ask ask) throws IOException {
        Optional<HttpListener.Answer> refusal = access.refusal(ask);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        String name = ask.path().substring(PREFIX.length());
        if (name.equals("openapi.json")) {
            return HttpListener.Answer.json(200, openApi());
        }
        if (ask.method().equals("GET") && name.equals(EVENTS_STREAM)) {
            return eventsStream(ask);
        }
        Action action = actions.get(ask.method() + " " + name);
        if (action == null) {
            boolean otherMethod = actions.containsKey("GET " + name) || actions.containsKey("POST " + name);
            return otherMethod
                    ? error(405, "another method is needed; see openapi.json")
                    : error(404, "no such path; see openapi.json");
        }
        JsonNode body = null;
        HttpListener.Answer answer = error(500, "internal error");
        try {
            body = ask.body().isBlank() ? JSON.createObjectNode() : JSON.readTree(ask.body());
            answer = HttpListener.Answer.json(200, JSON.writeValueAsString(action.run(new Request(body, ask.query()))));
        } catch (JsonProcessingException e) {
            answer = error(400, "the body is not JSON: " + e.getOriginalMessage());
        } catch (IllegalArgumentException e) {
            answer = error(400, e.getMessage());
        } catch (LoginServerException e) {
            answer = error(503, e.getMessage());
        } finally {
            if (ask.method().equals("POST")) {
                AuditLog.write(ask, "control", 0, name, body, answer.status() == 200 ? 0 : answer.status());
            }
        }
        return answer;
    }

    static String openApi() throws IOException {
        try (InputStream in = ControlApi.class.getResourceAsStream("openapi.json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static HttpListener.Answer error(int status, String message) throws IOException {
        return HttpListener.Answer.json(
                status, JSON.writeValueAsString(JSON.createObjectNode().put("error", message)));
    }

    /** A request's parameters; one that is missing or out of range is an IllegalArgumentException, which becomes a 400. */
    private record Request(JsonNode body, Map<String, String> query) {
        long app() {
            return number("sdkAppId", 1, Long.MAX_VALUE);
        }

        String user() {
            return text("userId");
        }

        boolean has(String name) {
            return body.hasNonNull(name);
        }

        String text(String name) {
            if (!body.path(name).isTextual()) {
                throw new IllegalArgumentException(name + " is missing or not a string");
            }
            return body.path(name).textValue();
        }

        long number(String name, long min, long max) {
            JsonNode value = body.path(name);
            if (!value.isIntegralNumber()
                    || !value.canConvertToLong()
                    || value.longValue() < min
                    || value.longValue() > max) {
                throw new IllegalArgumentException(name + " is missing or not an integer from " + min + " to " + max);
            }
            return value.longValue();
        }

        Platform platform(String name) {
            return platformNamed(text(name));
        }
    }

    private static Platform platformNamed(String name) {
        return Platform.of(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "platform " + name + " is not one of Windows, Mac, Linux, Android, iPhone, iPad, Web"));
    }

    private static <E extends Enum<E>> E named(Class<E> type, String name) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equals(name)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(
                name + " is not one of " + java.util.Arrays.toString(type.getEnumConstants()));
    }

    private static JsonNode done(Runnable action) {
        action.run();
        return JSON.createObjectNode();
    }

    private static JsonNode count(String name, int count) {
        return JSON.createObjectNode().put(name, count);
    }

    private JsonNode sessions(Request request) {
        ArrayNode list = JSON.createArrayNode();
        for (Session session : server.sessions()) {
            list.addObject()
                    .put("sdkAppId", session.sdkAppId())
                    .put("userId", session.userId())
                    .put("platform", session.platform().text())
                    .put("deviceId", session.deviceId())
                    .put("address", session.address().getAddress().getHostAddress())
                    .put("port", session.address().getPort())
                    .put("node", session.server())
                    .put("since", session.loggedInAt().toString())
                    .put("userSigExpiresAt", session.userSigExpiresAt().toString());
        }
        return JSON.createObjectNode().set("sessions", list);
    }

    private JsonNode server() {
        ObjectNode about =
                JSON.createObjectNode().put("uri", server.uri().toString()).put("controlToken", access.hasToken());
        config.get().apps().keySet().stream().sorted().forEach(about.putArray("sdkAppIds")::add);
        return about;
    }

    private static long cursor(Map<String, String> query) {
        String after = query.getOrDefault("after", "0");
        if (!after.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("after is not a number of an event");
        }
        return Long.parseLong(after);
    }

    private HttpListener.Answer eventsStream(HttpListener.Ask ask) throws IOException {
        try {
            return EventStream.answer(log, event -> json(event).toString(), cursor(ask.query()));
        } catch (IllegalArgumentException e) {
            return error(400, e.getMessage());
        }
    }

    private static ObjectNode json(ServerEvent event) {
        return JSON.createObjectNode()
                .put("number", event.number())
                .put("time", event.time().toString())
                .put("type", event.type().name())
                .put("sdkAppId", event.sdkAppId())
                .put("userId", event.userId())
                .put(
                        "platform",
                        event.platform() == null ? null : event.platform().text())
                .put("deviceId", event.deviceId())
                .put("code", event.code())
                .put("text", event.text());
    }

    private JsonNode events(Request request) {
        long cursor = cursor(request.query());
        ArrayNode list = JSON.createArrayNode();
        for (ServerEvent event : server.events(cursor)) {
            list.add(json(event));
            cursor = event.number();
        }
        ObjectNode answer = JSON.createObjectNode();
        answer.set("events", list);
        return answer.put("cursor", cursor);
    }

    private JsonNode time() {
        return JSON.createObjectNode().put("now", server.now().toString());
    }

    private JsonNode setTime(Request request) {
        if (request.has("now")) {
            try {
                server.testing().setClock(Instant.parse(request.text("now")));
            } catch (DateTimeException e) {
                throw new IllegalArgumentException("now is not a time such as 2026-11-21T12:00:00Z", e);
            }
        } else {
            server.testing()
                    .advanceClock(
                            Duration.ofSeconds(request.number("advanceSeconds", -10_000_000_000L, 10_000_000_000L)));
        }
        return time();
    }

    private JsonNode dailyActiveUsers() {
        ObjectNode all = JSON.createObjectNode();
        for (long app : config.get().apps().keySet()) {
            ObjectNode days = all.putObject(Long.toString(app));
            server.dailyActiveUsers(app).forEach((day, count) -> days.put(day.toString(), count));
        }
        return all;
    }

    private JsonNode userSig(Request request) {
        if (!access.hasToken() && config.get().http().isAdmin(request.app(), request.user())) {
            throw new IllegalArgumentException(
                    "without a control token, no UserSig is made for an administrator, who may do anything: start the server"
                            + " with a control token, or make it with the secret key");
        }
        long validity =
                request.has("validitySeconds") ? request.number("validitySeconds", 1, 100_000_000_000L) : 86_400;
        return JSON.createObjectNode()
                .put("userSig", server.userSig(request.app(), request.user(), Duration.ofSeconds(validity)));
    }

    private JsonNode kick(Request request) {
        Platform platform = request.has("platform") ? request.platform("platform") : null;
        String device = request.has("deviceId") ? request.text("deviceId") : null;
        KickCause cause = request.has("cause") ? named(KickCause.class, request.text("cause")) : KickCause.REST;
        return count("kicked", server.kick(request.app(), request.user(), platform, device, cause));
    }

    private JsonNode refuse(Request request) {
        int count = (int) request.number("count", 1, 1_000_000);
        int code = (int) request.number("code", -100_000, 100_000);
        if (request.has("userId")) {
            server.testing().refuseLogins(request.app(), request.user(), count, code);
        } else {
            server.testing().refuseLogins(count, code);
        }
        return JSON.createObjectNode();
    }

    private JsonNode delay(Request request) {
        server.testing().delayLogins(Duration.ofMillis(request.number("milliseconds", 0, 86_400_000)));
        return JSON.createObjectNode();
    }

    private JsonNode cut(Request request) {
        if (request.has("userId")) {
            server.testing().cutConnections(request.app(), request.user());
        } else {
            server.testing().cutConnections();
        }
        return JSON.createObjectNode();
    }

    private JsonNode halfOpen(Request request) {
        if (request.has("userId")) {
            server.testing().halfOpenConnections(request.app(), request.user());
        } else {
            server.testing().halfOpenConnections();
        }
        return JSON.createObjectNode();
    }

    private JsonNode policy(Request request) {
        LoginPolicy policy = LoginPolicy.of(named(LoginPolicy.Kind.class, request.text("kind")));
        for (Map.Entry<String, JsonNode> limit :
                request.body().path("instances").properties()) {
            policy = policy.withInstances(
                    platformNamed(limit.getKey()), limit.getValue().asInt());
        }
        server.loginPolicy(request.app(), policy);
        return JSON.createObjectNode();
    }
}
