/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.UserIdBuffer;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.Expired;
import io.github.tim4j.conformance.message.WorkerMessage.KickReason;
import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.process.Finding;
import io.github.tim4j.conformance.process.WorkerProcess;
import io.github.tim4j.conformance.report.Verdict;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** A process with a library of the current C API. */
public final class Device extends Client {
    public static final int LOGGED_IN = 1;
    public static final int LOGGING_IN = 2;
    public static final int LOGGED_OUT = 3;
    public static final int LOGGING_OUT = 4;

    public static final int CONNECTED = 0;
    public static final int DISCONNECTED = 1;
    public static final int CONNECTING = 2;
    public static final int CONNECT_FAILED = 3;

    private final Map<String, Object> settings = new LinkedHashMap<>();

    public Device(Stage stage, String name, WorkerProcess process) {
        super(stage, name, process);
        set("sdk_config_config_file_path", process.folder());
        set("sdk_config_log_file_path", process.folder());
        set("shim_device_id", name);
        set("shim_login_timeout_ms", 12_000);
    }

    /** A key of TIMInit's JSON; null removes it. Counts from the next {@link #init()}. */
    public Device set(String key, Object value) {
        settings.put(key, value);
        settings.values().removeIf(Objects::isNull);
        return this;
    }

    public String config() {
        return settings.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\":" + json(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String json(Object value) {
        return value instanceof Number || value instanceof Boolean
                ? value.toString()
                : "\"" + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    @Override
    public boolean isClassic() {
        return false;
    }

    // ---- the functions

    /** Registers every callback, then TIMInit with the settings, which must succeed. */
    public Device init() {
        listen();
        return initOnly();
    }

    public Device initOnly() {
        stage().that("TIMInit", init(stage().app(), config())).is(0L);
        return this;
    }

    /** @param json a text, bytes or null */
    public long init(long app, Object json) {
        long result = call("TIMInit", app, json).number();
        if (result == 0) {
            initialised(true);
        }
        return result;
    }

    public void listen() {
        for (String register : List.of(
                "TIMSetNetworkStatusListenerCallback", "TIMSetKickedOfflineCallback", "TIMSetUserSigExpiredCallback")) {
            if (!isMissing(register)) {
                call(register, EVENTS);
            }
        }
        if (stage().subject().tellsReason()) {
            call("TIMShimSetKickedOfflineReasonCallback", EVENTS);
        }
        if (stage().subject().isShim()) {
            call("TIMSetLogCallback", EVENTS);
        }
    }

    public void uninit() {
        stage().that("TIMUninit", call("TIMUninit").number()).is(0L);
        initialised(false);
    }

    /** TIMLogin with the user's UserSig; must be accepted. */
    public Request login(String user) {
        return login(user, stage().userSig(user));
    }

    public Request login(String user, Object userSig) {
        return tryLogin(stage().userId(user), userSig).accepted();
    }

    /** TIMLogin with anything. */
    public Request tryLogin(Object user, Object userSig) {
        return request(plannedLogin(user, userSig));
    }

    public Request plannedLogin(Object user, Object userSig) {
        return newRequest("TIMLogin", user, userSig);
    }

    /** TIMLogout; must be accepted. */
    public Request logout() {
        return tryLogout().accepted();
    }

    public Request tryLogout() {
        return request(plannedLogout());
    }

    public Request plannedLogout() {
        return newRequest("TIMLogout");
    }

    public Request setConfig(Object json) {
        return request(newRequest("TIMSetConfig", json));
    }

    /** The next request makes these calls in its callback. */
    public Device inside(Request... calls) {
        insideNext(calls);
        return this;
    }

    /** The next callback for an event makes these calls; the function is the one that registers it. */
    public void insideEvent(String register, Request... calls) {
        for (Request call : calls) {
            call.plannedInside(EVENTS + 1);
        }
        call(Call.of(register, EVENTS + 1)
                .inside(Arrays.stream(calls).map(Request::call).toList()));
    }

    public int status() {
        return (int) call("TIMGetLoginStatus").number();
    }

    /** What TIMGetLoginUserID put into the buffer; the scenario fails if it did not terminate it. */
    public String userId() {
        Returned news = call("TIMGetLoginUserID");
        stage().that("TIMGetLoginUserID", news.number()).is(0L);
        String user = UserIdBuffer.text(news.text());
        if (user == null) {
            throw new Finding(Verdict.FAIL, "TIMGetLoginUserID did not terminate the text in the buffer of 128 bytes");
        }
        return user;
    }

    /** What TIMGetLoginUserID did to its buffer, in words. */
    public String userIdBuffer() {
        Returned news = call("TIMGetLoginUserID");
        String user = UserIdBuffer.text(news.text());
        return "returns " + news.number()
                + (UserIdBuffer.isUntouched(news.text())
                        ? ", buffer untouched"
                        : user == null ? ", not terminated" : ", \"" + user + "\"");
    }

    // ---- states

    /** Initialises and logs a user in; forgets the callbacks so far. */
    public Device loggedIn(String user) {
        init();
        login(user).answers(0);
        mustBeLoggedIn(user);
        forget();
        return this;
    }

    public void mustBeLoggedIn(String user) {
        stage().that("TIMGetLoginStatus", status()).is(LOGGED_IN);
        stage().that("TIMGetLoginUserID", userId()).is(stage().userId(user));
    }

    /** Waits for status 2 of a login that cannot reach a server; fails the scenario if it is answered before. */
    public void awaitLoggingIn(Request login) {
        stage().until("the status becomes 2", () -> status() == LOGGING_IN || login.isAnswered());
        stage().that("whether the login has been answered, although no server can be reached", login.isAnswered())
                .is(false);
    }

    public void mustBeLoggedOut() {
        if (!stage().subject().isShim()) {
            // The vendor's library sets its status a moment later; a scenario of its own is about that.
            stage().until("the status becomes 3", () -> status() == LOGGED_OUT);
        }
        stage().that("TIMGetLoginStatus", status()).is(LOGGED_OUT);
        noUserId();
    }

    /** Nobody is logged in, or not yet. The vendor's library leaves the buffer alone then; a scenario of its own is about that. */
    public void noUserId() {
        if (stage().subject().isShim()) {
            stage().that("TIMGetLoginUserID", userId()).is("");
        } else {
            stage().that("TIMGetLoginUserID", userIdBuffer()).isAnyOf("returns 0, \"\"", "returns 0, buffer untouched");
        }
    }

    // ---- events

    /** The network statuses told since {@link #forget}. */
    public List<Integer> network() {
        return statuses(recent());
    }

    private static List<Integer> statuses(List<WorkerMessage> all) {
        return all.stream()
                .filter(NetworkEvent.class::isInstance)
                .map(message -> ((NetworkEvent) message).status())
                .toList();
    }

    /** Waits until the network callback has told these statuses one after another, since {@link #forget}. */
    public Device awaitNetwork(Integer... expected) {
        require("TIMSetNetworkStatusListenerCallback");
        until(
                "network callbacks " + Arrays.toString(expected),
                all -> Collections.indexOfSubList(statuses(all), List.of(expected)) >= 0);
        return this;
    }

    /** The code of the last network callback with this status, since {@link #forget}. */
    public int networkCode(int status) {
        List<NetworkEvent> found = recent(NetworkEvent.class).stream()
                .filter(event -> event.status() == status)
                .toList();
        return found.get(found.size() - 1).code();
    }

    public Device awaitKick() {
        require("TIMSetKickedOfflineCallback");
        awaitRecent(Kicked.class);
        return this;
    }

    public Device awaitExpiry() {
        require("TIMSetUserSigExpiredCallback");
        awaitRecent(Expired.class);
        return this;
    }

    /** Kicked since {@link #forget}: the callback came once, the reason (timshim only) right before it, and nobody is logged in. */
    public void mustHaveBeenKicked(int reason) {
        awaitKick();
        mustBeLoggedOut();
        onlyEnd(Kicked.class, reason);
    }

    public void mustHaveExpired() {
        awaitExpiry();
        mustBeLoggedOut();
        onlyEnd(Expired.class, 4);
    }

    private void onlyEnd(Class<? extends CalledBack> kind, int reason) {
        stage().aMoment();
        List<Class<?>> ends = recent().stream()
                .filter(m -> m instanceof Kicked || m instanceof Expired || m instanceof KickReason)
                .<Class<?>>map(Object::getClass)
                .toList();
        List<WorkerMessage> after =
                recent().subList(recent().indexOf(recent(kind).get(0)), recent().size());
        stage().that("network callbacks after the end of the session", statuses(after))
                .is(List.of());
        stage().that("the callbacks that end the session", names(ends))
                .is(names(stage().subject().tellsReason() ? List.of(KickReason.class, kind) : List.of(kind)));
        if (stage().subject().tellsReason()) {
            stage().that("the kick reason", recent(KickReason.class).get(0).reason())
                    .is(reason);
        }
    }

    private static List<String> names(List<? extends Class<?>> kinds) {
        return kinds.stream().map(Class::getSimpleName).toList();
    }

    public void mustNotHaveBeenKicked() {
        stage().that(
                        "callbacks that end the session",
                        recent().stream()
                                .filter(news -> news instanceof Kicked || news instanceof Expired)
                                .count())
                .is(0L);
    }
}
