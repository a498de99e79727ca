/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.conformance.News.Kind;
import io.github.tim4j.jna.ImSdk;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** A process with a library of the current C API. */
final class Device extends Client {
    static final int LOGGED_IN = 1;
    static final int LOGGING_IN = 2;
    static final int LOGGED_OUT = 3;
    static final int LOGGING_OUT = 4;

    static final int CONNECTED = 0;
    static final int DISCONNECTED = 1;
    static final int CONNECTING = 2;
    static final int CONNECT_FAILED = 3;

    private final Map<String, Object> settings = new LinkedHashMap<>();

    Device(Stage stage, String name, WorkerProcess process) {
        super(stage, name, process);
        set("sdk_config_config_file_path", process.folder());
        set("sdk_config_log_file_path", process.folder());
        set("shim_device_id", name);
        set("shim_login_timeout_ms", 12_000);
    }

    /** A key of TIMInit's JSON; null removes it. Counts from the next {@link #init()}. */
    Device set(String key, Object value) {
        settings.put(key, value);
        settings.values().removeIf(Objects::isNull);
        return this;
    }

    String config() {
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
    boolean isClassic() {
        return false;
    }

    // ---- the functions

    /** Registers every callback, then TIMInit with the settings, which must succeed. */
    Device init() {
        listen();
        return initOnly();
    }

    Device initOnly() {
        stage().that("TIMInit", init(stage().app(), config())).is(0L);
        return this;
    }

    /** @param json a text, bytes or null */
    long init(long app, Object json) {
        long result = call("TIMInit", app, json).number();
        if (result == 0) {
            initialised(true);
        }
        return result;
    }

    void listen() {
        for (String register : List.of(
                "TIMSetNetworkStatusListenerCallback", "TIMSetKickedOfflineCallback", "TIMSetUserSigExpiredCallback")) {
            if (!isMissing(register)) {
                call(register, EVENTS);
            }
        }
        if (stage().subject().isShim()) {
            call("TIMShimSetKickedOfflineReasonCallback", EVENTS);
            call("TIMSetLogCallback", EVENTS);
        }
    }

    void uninit() {
        stage().that("TIMUninit", call("TIMUninit").number()).is(0L);
        initialised(false);
    }

    /** TIMLogin with the user's UserSig; must be accepted. */
    Request login(String user) {
        return login(user, stage().userSig(user));
    }

    Request login(String user, Object userSig) {
        return tryLogin(stage().userId(user), userSig).accepted();
    }

    /** TIMLogin with anything. */
    Request tryLogin(Object user, Object userSig) {
        return request(plannedLogin(user, userSig));
    }

    Request plannedLogin(Object user, Object userSig) {
        return newRequest("TIMLogin", user, userSig);
    }

    /** TIMLogout; must be accepted. */
    Request logout() {
        return tryLogout().accepted();
    }

    Request tryLogout() {
        return request(plannedLogout());
    }

    Request plannedLogout() {
        return newRequest("TIMLogout");
    }

    Request setConfig(Object json) {
        return request(newRequest("TIMSetConfig", json));
    }

    /** The next request makes these calls in its callback. */
    Device inside(Request... calls) {
        insideNext(calls);
        return this;
    }

    /** The next callback for an event makes these calls; the function is the one that registers it. */
    void insideEvent(String register, Request... calls) {
        for (Request call : calls) {
            call.plannedInside(EVENTS + 1);
        }
        call(Call.of(register, EVENTS + 1)
                .inside(Arrays.stream(calls).map(Request::call).toList()));
    }

    int status() {
        return (int) call("TIMGetLoginStatus").number();
    }

    /** What TIMGetLoginUserID put into the buffer; the scenario fails if it did not terminate it. */
    String userId() {
        News news = call("TIMGetLoginUserID");
        stage().that("TIMGetLoginUserID", news.number()).is(0L);
        String user = terminated(news.text());
        if (user == null) {
            throw new Finding(Verdict.FAIL, "TIMGetLoginUserID did not terminate the text in the buffer of 128 bytes");
        }
        return user;
    }

    /** What TIMGetLoginUserID did to its buffer, in words. */
    String userIdBuffer() {
        News news = call("TIMGetLoginUserID");
        String user = terminated(news.text());
        return "returns " + news.number()
                + (isUntouched(news.text())
                        ? ", buffer untouched"
                        : user == null ? ", not terminated" : ", \"" + user + "\"");
    }

    static boolean isUntouched(byte[] buffer) {
        byte[] untouched = new byte[ImSdk.USER_ID_BUFFER];
        Arrays.fill(untouched, CurrentFunctions.UNTOUCHED);
        return Arrays.equals(buffer, untouched);
    }

    /** The text of a buffer; null if it has no end. */
    static String terminated(byte[] buffer) {
        for (int i = 0; i < buffer.length; i++) {
            if (buffer[i] == 0) {
                return new String(buffer, 0, i, StandardCharsets.UTF_8);
            }
        }
        return null;
    }

    // ---- states

    /** Initialises and logs a user in; forgets the callbacks so far. */
    Device loggedIn(String user) {
        init();
        login(user).answers(0);
        mustBeLoggedIn(user);
        forget();
        return this;
    }

    void mustBeLoggedIn(String user) {
        stage().that("TIMGetLoginStatus", status()).is(LOGGED_IN);
        stage().that("TIMGetLoginUserID", userId()).is(stage().userId(user));
    }

    /** Waits for status 2 of a login that cannot reach a server; fails the scenario if it is answered before. */
    void awaitLoggingIn(Request login) {
        stage().until("the status becomes 2", () -> status() == LOGGING_IN || login.isAnswered());
        stage().that("whether the login has been answered, although no server can be reached", login.isAnswered())
                .is(false);
    }

    void mustBeLoggedOut() {
        if (!stage().subject().isShim()) {
            // The vendor's library sets its status a moment later; a scenario of its own is about that.
            stage().until("the status becomes 3", () -> status() == LOGGED_OUT);
        }
        stage().that("TIMGetLoginStatus", status()).is(LOGGED_OUT);
        noUserId();
    }

    /** Nobody is logged in, or not yet. The vendor's library leaves the buffer alone then; a scenario of its own is about that. */
    void noUserId() {
        if (stage().subject().isShim()) {
            stage().that("TIMGetLoginUserID", userId()).is("");
        } else {
            stage().that("TIMGetLoginUserID", userIdBuffer()).isAnyOf("returns 0, \"\"", "returns 0, buffer untouched");
        }
    }

    // ---- events

    /** The network statuses told since {@link #forget}. */
    List<Integer> network() {
        return statuses(recent());
    }

    private List<Integer> statuses(List<News> all) {
        return all.stream()
                .filter(news -> news.kind() == Kind.NETWORK)
                .map(news -> Integer.parseInt(text(news.json())))
                .toList();
    }

    /** Waits until the network callback has told these statuses one after another, since {@link #forget}. */
    Device awaitNetwork(Integer... expected) {
        require("TIMSetNetworkStatusListenerCallback");
        until(
                "network callbacks " + Arrays.toString(expected),
                all -> Collections.indexOfSubList(statuses(all), List.of(expected)) >= 0);
        return this;
    }

    /** The code of the last network callback with this status, since {@link #forget}. */
    int networkCode(int status) {
        List<News> found = new ArrayList<>(recent(Kind.NETWORK));
        found.removeIf(news -> Integer.parseInt(text(news.json())) != status);
        return (int) found.get(found.size() - 1).number();
    }

    Device awaitKick() {
        require("TIMSetKickedOfflineCallback");
        awaitRecent(Kind.KICKED);
        return this;
    }

    Device awaitExpiry() {
        require("TIMSetUserSigExpiredCallback");
        awaitRecent(Kind.EXPIRED);
        return this;
    }

    /** Kicked since {@link #forget}: the callback came once, the reason (timshim only) right before it, and nobody is logged in. */
    void mustHaveBeenKicked(int reason) {
        awaitKick();
        mustBeLoggedOut();
        onlyEnd(Kind.KICKED, reason);
    }

    void mustHaveExpired() {
        awaitExpiry();
        mustBeLoggedOut();
        onlyEnd(Kind.EXPIRED, 4);
    }

    private void onlyEnd(Kind kind, int reason) {
        stage().aMoment();
        List<Kind> ends = recent().stream()
                .map(News::kind)
                .filter(k -> k == Kind.KICKED || k == Kind.EXPIRED || k == Kind.KICK_REASON)
                .toList();
        List<News> after = recent().subList(recent().indexOf(recent(kind).get(0)), recent().size());
        stage().that("network callbacks after the end of the session", statuses(after))
                .is(List.of());
        stage().that("the callbacks that end the session", ends)
                .is(stage().subject().isShim() ? List.of(Kind.KICK_REASON, kind) : List.of(kind));
        if (stage().subject().isShim()) {
            stage().that("the kick reason", recent(Kind.KICK_REASON).get(0).number())
                    .is((long) reason);
        }
    }

    void mustNotHaveBeenKicked() {
        stage().that(
                        "callbacks that end the session",
                        recent().stream()
                                .filter(news -> news.kind() == Kind.KICKED || news.kind() == Kind.EXPIRED)
                                .count())
                .is(0L);
    }
}
