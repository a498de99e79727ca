/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.SessionStore;
import io.github.tim4j.server.event.RareLog;
import io.github.tim4j.server.login.Authenticator;
import io.github.tim4j.server.login.LoginService;
import io.github.tim4j.server.login.RateLimit;
import io.github.tim4j.server.login.Refusal;
import io.github.tim4j.usersig.UserId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The vendor's server API under {@code /v4/}: the six commands about accounts and logins. The answer is HTTP 200 whatever happened; what
 * happened is in its {@code ErrorCode}. Nick names and pictures are taken and not kept: nothing here gives them back.
 */
public final class RestApi implements HttpListener.Service {
    private static final Logger LOG = LoggerFactory.getLogger(RestApi.class);
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final RareLog UNEXPECTED = new RareLog(LOG);
    private static final int MAX_ACCOUNTS = 100;
    private static final int MAX_QUERIED = 500;
    private static final int STORE_SECONDS = 5;
    private static final Duration PUSH_ONLINE = Duration.ofDays(7);

    private static final int BAD_HTTP = 60002;
    private static final int BAD_JSON = 60003;
    private static final int BAD_ACCOUNT = 60004;
    private static final int BAD_USER_SIG = 60005;
    private static final int BAD_APP = 60006;
    private static final int TOO_FREQUENT = 60007;
    private static final int UNKNOWN_COMMAND = 60009;
    private static final int NOT_ADMIN = 70403;
    private static final int NO_APP = 60012;
    private static final int NO_SUCH_ACCOUNT = 70107;
    private static final int BAD_PARAMETERS = 70402;
    private static final int BAD_PROFILE = 40001;
    private static final int NO_SUCH_PROFILE = 40003;
    private static final int MAX_PROFILE_TEXT = 500;

    /** A command that fails, with its code. */
    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;
        private final int code;

        Failure(int code, String message) {
            super(message, null, false, false);
            this.code = code;
        }
    }

    private interface Command {
        void run(long app, JsonNode request, ObjectNode answer) throws Exception;
    }

    /** What changes nothing. */
    private static final Set<String> LOOKING = Set.of(
            "im_open_login_svc/account_check",
            "openim/query_online_status",
            "openim/querystate",
            "openconfigsvr/getappinfo",
            "profile/portrait_get");

    private final LoginService service;
    private final RateLimit rate;
    private final Profiles profiles = new Profiles();
    private final Map<String, Command> commands = Map.of(
            "im_open_login_svc/kick", this::kick,
            "im_open_login_svc/account_import", this::importOne,
            "im_open_login_svc/multiaccount_import", this::importMany,
            "im_open_login_svc/account_check", this::check,
            "im_open_login_svc/account_delete", this::delete,
            "openim/query_online_status", this::queryOnlineStatus,
            "openim/querystate", this::queryOnlineStatus,
            "openconfigsvr/getappinfo", this::appInfo,
            "profile/portrait_set", this::setProfile,
            "profile/portrait_get", this::getProfiles);

    public RestApi(LoginService service) {
        this.service = service;
        this.rate = new RateLimit(service.config().limits().maxRestPerSecond());
    }

    @Override
    public HttpListener.Answer answer(HttpListener.Ask ask) throws Exception {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("ActionStatus", "OK").put("ErrorInfo", "").put("ErrorCode", 0);
        try {
            run(ask, answer);
        } catch (Failure e) {
            fail(answer, e);
        } catch (RuntimeException e) {
            fail(answer, failed(e));
        }
        return HttpListener.Answer.json(200, JSON.writeValueAsString(answer));
    }

    private static void fail(ObjectNode answer, Failure failure) {
        answer.removeAll();
        answer.put("ActionStatus", "FAIL")
                .put("ErrorInfo", failure.getMessage())
                .put("ErrorCode", failure.code);
    }

    private void run(HttpListener.Ask ask, ObjectNode answer) throws Exception {
        if (!ask.method().equals("POST")) {
            throw new Failure(BAD_HTTP, "use POST, not " + ask.method());
        }
        String name = ask.path().substring("/v4/".length()).replaceFirst("^/+", "");
        Command command = commands.get(name);
        if (command == null) {
            LOG.warn(
                    "REST command {} is not implemented; there are {}",
                    name.replaceAll("[^A-Za-z0-9_/]", "?"),
                    commands.keySet());
            throw new Failure(UNKNOWN_COMMAND, "this server has no such command");
        }
        long app = checkAdmin(ask.query());
        JsonNode request = null;
        int code = Refusal.INTERNAL_ERROR;
        try {
            request = request(ask);
            command.run(app, request, answer);
            code = 0;
        } catch (Failure e) {
            code = e.code;
            throw e;
        } finally {
            if (!LOOKING.contains(name)) {
                AuditLog.write(ask, ask.query().get("identifier"), app, name, request, code);
            }
        }
    }

    private JsonNode request(HttpListener.Ask ask) throws Failure {
        rate.limit(service.config().limits().maxRestPerSecond());
        if (!rate.take()) {
            throw new Failure(
                    TOO_FREQUENT, "more than " + service.config().limits().maxRestPerSecond() + " requests a second");
        }
        JsonNode request;
        try {
            request = JSON.readTree(ask.body());
        } catch (JsonProcessingException e) {
            throw new Failure(BAD_JSON, "the body is not JSON: " + e.getOriginalMessage());
        }
        if (!request.isObject()) {
            throw new Failure(BAD_JSON, "the body is not a JSON object");
        }
        return request;
    }

    private long checkAdmin(Map<String, String> query) throws Exception {
        String app = query.getOrDefault("sdkappid", "");
        if (app.isEmpty()) {
            throw new Failure(NO_APP, "the URL has no sdkappid");
        }
        if (!app.matches("[0-9]{1,18}") || !service.authenticator().knows(Long.parseLong(app))) {
            throw new Failure(BAD_APP, "this server has no such sdkappid");
        }
        long sdkAppId = Long.parseLong(app);
        String admin = query.getOrDefault("identifier", "");
        if (!UserId.isValid(admin)) {
            throw new Failure(BAD_ACCOUNT, "the URL's identifier is not 1 to 32 characters of printable ASCII");
        }
        byte[] sig = query.getOrDefault("usersig", "").getBytes(StandardCharsets.ISO_8859_1);
        Authenticator.Result checked = service.authenticator().check(sdkAppId, admin, sig);
        Refusal refusal = checked.refusal() != null
                ? checked.refusal()
                : await(service.revocation(sdkAppId, admin, checked.userSig()));
        if (refusal != null) {
            throw new Failure(
                    refusal.code() == Refusal.USER_SIG_EXPIRED ? refusal.code() : BAD_USER_SIG, refusal.text());
        }
        if (!service.config().http().isAdmin(sdkAppId, admin)) {
            throw new Failure(NOT_ADMIN, admin + " is not an administrator of this app");
        }
        return sdkAppId;
    }

    private void kick(long app, JsonNode request, ObjectNode answer) throws Exception {
        String user = userId(user(request));
        boolean there = instances(app, user) != null;
        await(service.revoke(app, user, Refusal.USER_SIG_INVALID));
        if (!there) {
            throw new Failure(NO_SUCH_ACCOUNT, "there is no account " + user);
        }
        await(service.kick(app, user, null, null, KickCause.REST));
    }

    /** Older clients name it otherwise. */
    private static JsonNode user(JsonNode request) {
        return request.has("UserID") ? request.get("UserID") : request.get("Identifier");
    }

    private void importOne(long app, JsonNode request, ObjectNode answer) throws Exception {
        await(service.store().register(app, userId(user(request))));
    }

    private void importMany(long app, JsonNode request, ObjectNode answer) throws Exception {
        boolean older = request.has("Accounts");
        List<JsonNode> users = list(request, older ? "Accounts" : "AccountList", MAX_ACCOUNTS);
        ArrayNode failed = JSON.createArrayNode();
        ArrayNode results = JSON.createArrayNode();
        for (JsonNode one : users) {
            JsonNode user = older ? one : one.get("UserID");
            boolean good = user != null && user.isTextual() && UserId.isValid(user.textValue());
            if (good) {
                await(service.store().register(app, user.textValue()));
            } else {
                failed.add(user == null ? JSON.nullNode() : user);
            }
            results.addObject()
                    .put("UserID", user == null ? "" : user.asText())
                    .put("ResultCode", good ? 0 : BAD_PARAMETERS)
                    .put("ResultInfo", good ? "" : "not a user id");
        }
        answer.set(older ? "FailAccounts" : "ResultItem", older ? failed : results);
    }

    private void check(long app, JsonNode request, ObjectNode answer) throws Exception {
        ArrayNode results = answer.putArray("ResultItem");
        for (JsonNode item : list(request, "CheckItem", MAX_ACCOUNTS)) {
            String user = userId(item.get("UserID"));
            results.addObject()
                    .put("UserID", user)
                    .put("ResultCode", 0)
                    .put("ResultInfo", "")
                    .put("AccountStatus", instances(app, user) == null ? "NotImported" : "Imported");
        }
    }

    private void delete(long app, JsonNode request, ObjectNode answer) throws Exception {
        List<String> users = new ArrayList<>();
        for (JsonNode item : list(request, "DeleteItem", MAX_ACCOUNTS)) {
            users.add(userId(item.get("UserID")));
        }
        ArrayNode results = answer.putArray("ResultItem");
        for (String user : users) {
            await(service.kick(app, user, null, null, KickCause.REST));
            boolean there = await(service.store().delete(app, user));
            profiles.remove(app, user);
            results.addObject()
                    .put("ResultCode", there ? 0 : NO_SUCH_ACCOUNT)
                    .put("ResultInfo", there ? "" : "there is no such account")
                    .put("UserID", user);
        }
    }

    private void queryOnlineStatus(long app, JsonNode request, ObjectNode answer) throws Exception {
        boolean detail = request.path("IsNeedDetail").asInt(0) == 1;
        Set<String> users = new LinkedHashSet<>();
        for (JsonNode user : list(request, "To_Account", MAX_QUERIED)) {
            users.add(userId(user));
        }
        ArrayNode results = answer.putArray("QueryResult");
        ArrayNode errors = JSON.createArrayNode();
        for (String user : users) {
            List<SessionStore.Instance> instances = instances(app, user);
            if (instances == null) {
                errors.addObject().put("To_Account", user).put("ErrorCode", NO_SUCH_ACCOUNT);
            } else {
                status(results.addObject().put("To_Account", user), instances, detail);
            }
        }
        if (!errors.isEmpty()) {
            answer.set("ErrorList", errors);
        }
    }

    /** An instance that lost its connection can be reached by push for a week on a mobile platform; on others it is offline. */
    private String status(SessionStore.Instance instance) {
        if (instance.connected()) {
            return "Online";
        }
        boolean recent = instance.lostAt() == null
                || service.clock().instant().isBefore(instance.lostAt().plus(PUSH_ONLINE));
        return recent && instance.session().platform().kind() == Platform.Kind.MOBILE ? "PushOnline" : "Offline";
    }

    private void status(ObjectNode result, List<SessionStore.Instance> instances, boolean detail) {
        List<String> all = instances.stream().map(this::status).toList();
        result.put("Status", all.contains("Online") ? "Online" : all.contains("PushOnline") ? "PushOnline" : "Offline");
        if (detail) {
            ArrayNode details = result.putArray("Detail");
            instances.forEach(one -> details.addObject()
                    .put("Platform", one.session().platform().text())
                    .put("Status", status(one)));
        }
    }

    /** Of each day on which somebody logged in, what this server knows: how many did. Values are texts, as the vendor's are. */
    private void appInfo(long app, JsonNode request, ObjectNode answer) throws Exception {
        Set<String> wanted = new HashSet<>();
        if (request.has("RequestField")) {
            list(request, "RequestField", MAX_ACCOUNTS).forEach(field -> wanted.add(field.asText()));
        }
        ArrayNode results = answer.putArray("Result");
        new TreeMap<>(await(service.store().dailyUsers(app))).forEach((day, users) -> {
            ObjectNode result = results.addObject();
            Map.of(
                            "Date", DateTimeFormatter.BASIC_ISO_DATE.format(day),
                            "AppId", Long.toString(app),
                            "ActiveUserNum", users.toString(),
                            "LoginUserNum", users.toString())
                    .forEach((field, value) -> {
                        if (wanted.isEmpty() || wanted.contains(field) || field.equals("Date")) {
                            result.put(field, value);
                        }
                    });
        });
    }

    private void setProfile(long app, JsonNode request, ObjectNode answer) throws Exception {
        String user = userId(request.get("From_Account"));
        Map<String, Object> values = new HashMap<>();
        for (JsonNode item : list(request, "ProfileItem", Profiles.MAX_TAGS)) {
            String tag = item.path("Tag").asText();
            JsonNode value = item.path("Value");
            boolean text = value.isTextual() && value.textValue().length() <= MAX_PROFILE_TEXT;
            if (!tag.matches("Tag_Profile_(IM|Custom)_[A-Za-z0-9_]{1,32}") || !(text || value.isIntegralNumber())) {
                throw new Failure(
                        BAD_PROFILE,
                        "a tag is Tag_Profile_IM_… or Tag_Profile_Custom_…, its value a number or a text of up to "
                                + MAX_PROFILE_TEXT + " characters");
            }
            values.put(tag, text ? value.textValue() : value.longValue());
        }
        if (instances(app, user) == null) {
            throw new Failure(NO_SUCH_PROFILE, "there is no account " + user);
        }
        if (!profiles.set(app, user, values)) {
            throw new Failure(BAD_PROFILE, "a profile has " + Profiles.MAX_TAGS + " tags at most");
        }
    }

    private void getProfiles(long app, JsonNode request, ObjectNode answer) throws Exception {
        Set<String> tags = new LinkedHashSet<>();
        for (JsonNode tag : list(request, "TagList", Profiles.MAX_TAGS)) {
            tags.add(tag.asText());
        }
        ArrayNode results = answer.putArray("UserProfileItem");
        ArrayNode failed = JSON.createArrayNode();
        for (JsonNode one : list(request, "To_Account", MAX_ACCOUNTS)) {
            String user = userId(one);
            boolean there = instances(app, user) != null;
            ObjectNode result = results.addObject().put("To_Account", user);
            ArrayNode items = result.putArray("ProfileItem");
            Map<String, Object> profile = profiles.get(app, user);
            tags.stream()
                    .filter(profile::containsKey)
                    .forEach(tag -> items.addObject().put("Tag", tag).set("Value", JSON.valueToTree(profile.get(tag))));
            result.put("ResultCode", there ? 0 : NO_SUCH_PROFILE)
                    .put("ResultInfo", there ? "" : "there is no such account");
            if (!there) {
                failed.add(user);
            }
        }
        if (!failed.isEmpty()) {
            answer.set("Fail_Account", failed);
        }
    }

    private List<SessionStore.Instance> instances(long app, String user) throws Exception {
        return await(service.store().instances(app, user));
    }

    private static String userId(JsonNode node) throws Failure {
        if (node == null || !node.isTextual() || !UserId.isValid(node.textValue())) {
            throw new Failure(
                    BAD_PARAMETERS,
                    "a user id is 1 to 32 characters of printable ASCII; this is " + (node == null ? "missing" : node));
        }
        return node.textValue();
    }

    private static List<JsonNode> list(JsonNode request, String name, int max) throws Failure {
        JsonNode list = request.path(name);
        if (!list.isArray() || list.isEmpty() || list.size() > max) {
            throw new Failure(BAD_PARAMETERS, name + " is not a list of 1 to " + max);
        }
        List<JsonNode> items = new ArrayList<>();
        list.forEach(items::add);
        return items;
    }

    /** A store that fails, or does not answer, is a code as everything else is. */
    private static <T> T await(CompletionStage<T> stage) throws Failure, InterruptedException {
        try {
            return stage.toCompletableFuture().get(STORE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw failed(e);
        }
    }

    private static Failure failed(Exception cause) {
        UNEXPECTED.error("a REST command failed", cause);
        return new Failure(Refusal.INTERNAL_ERROR, "the server cannot do this now; try again");
    }
}
