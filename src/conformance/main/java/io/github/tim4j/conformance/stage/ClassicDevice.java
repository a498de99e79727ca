/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.process.WorkerProcess;

/** A process with a library of the classic C API. */
public final class ClassicDevice extends Client {
    public ClassicDevice(Stage stage, String name, WorkerProcess process) {
        super(stage, name, process);
        environment("TIM_SHIM_DEVICE_ID", name);
    }

    @Override
    public boolean isClassic() {
        return true;
    }

    /** Sets an environment variable: the classic API has no other settings. Counts from the next {@link #init()}. */
    public ClassicDevice environment(String name, String value) {
        call("environment", name, value);
        return this;
    }

    /** Registers every callback, then TIMInit, which must succeed. */
    public ClassicDevice init() {
        call("TIMSetConnCallBack", EVENTS);
        call("TIMSetKickOfflineCallBack", EVENTS);
        call("TIMSetUserSigExpiredCallBack", EVENTS);
        stage().that("TIMInit", call("TIMInit").number()).is(0L);
        initialised(true);
        return this;
    }

    public void uninit() {
        stage().that("TIMUninit", call("TIMUninit").number()).is(0L);
        initialised(false);
    }

    /** TIMLogin with the user's UserSig; must be accepted. */
    public Request login(String user) {
        return login(user, stage().userSig(user));
    }

    public Request login(String user, String userSig) {
        return tryLogin(stage().app(), user, userSig).accepted();
    }

    public Request tryLogin(long app, String user, String userSig) {
        return request(newRequest("TIMLogin", app, "107", Long.toString(app), user, userSig));
    }

    public Request logout() {
        return request(newRequest("TIMLogout")).accepted();
    }

    /** TIMGetLoginUser with a buffer of this size: result, length and user id. */
    public String loginUser(int size) {
        Returned news = call("TIMGetLoginUser", size);
        return "returns " + news.number() + ", " + text(news.text()).trim();
    }

    public ClassicDevice loggedIn(String user) {
        init();
        login(user).answers(0);
        mustBeLoggedIn(user);
        forget();
        return this;
    }

    public void mustBeLoggedIn(String user) {
        stage().that("TIMGetLoginUser", loginUser(33)).is("returns 0, " + user.length() + " " + user);
    }

    public void mustBeLoggedOut() {
        Returned news = call("TIMGetLoginUser", 33);
        stage().that("TIMGetLoginUser", news.number()).matches(result -> result != 0, "not 0");
    }
}
