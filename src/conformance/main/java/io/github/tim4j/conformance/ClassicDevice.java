/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

/** A process with a library of the classic C API. */
final class ClassicDevice extends Client {
    ClassicDevice(Stage stage, String name, WorkerProcess process) {
        super(stage, name, process);
        environment("TIM_SHIM_DEVICE_ID", name);
    }

    @Override
    boolean isClassic() {
        return true;
    }

    /** Sets an environment variable: the classic API has no other settings. Counts from the next {@link #init()}. */
    ClassicDevice environment(String name, String value) {
        call("environment", name, value);
        return this;
    }

    /** Registers every callback, then TIMInit, which must succeed. */
    ClassicDevice init() {
        call("TIMSetConnCallBack", EVENTS);
        call("TIMSetKickOfflineCallBack", EVENTS);
        call("TIMSetUserSigExpiredCallBack", EVENTS);
        stage().that("TIMInit", call("TIMInit").number()).is(0L);
        initialised(true);
        return this;
    }

    void uninit() {
        stage().that("TIMUninit", call("TIMUninit").number()).is(0L);
        initialised(false);
    }

    /** TIMLogin with the user's UserSig; must be accepted. */
    Request login(String user) {
        return login(user, stage().userSig(user));
    }

    Request login(String user, String userSig) {
        return tryLogin(stage().app(), user, userSig).accepted();
    }

    Request tryLogin(long app, String user, String userSig) {
        return request(newRequest("TIMLogin", app, "107", Long.toString(app), user, userSig));
    }

    Request logout() {
        return request(newRequest("TIMLogout")).accepted();
    }

    /** TIMGetLoginUser with a buffer of this size: result, length and user id. */
    String loginUser(int size) {
        News news = call("TIMGetLoginUser", size);
        return "returns " + news.number() + ", " + text(news.text()).trim();
    }

    ClassicDevice loggedIn(String user) {
        init();
        login(user).answers(0);
        mustBeLoggedIn(user);
        forget();
        return this;
    }

    void mustBeLoggedIn(String user) {
        stage().that("TIMGetLoginUser", loginUser(33)).is("returns 0, " + user.length() + " " + user);
    }

    void mustBeLoggedOut() {
        News news = call("TIMGetLoginUser", 33);
        stage().that("TIMGetLoginUser", news.number()).matches(result -> result != 0, "not 0");
    }
}
