/* SPDX-License-Identifier: Apache-2.0 */
/* The classic API, through its header alone, against the scripted server. Structs are on the stack and gone when the call returns. */
#include <classic/tim.h>

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "../server.h"

enum { APP = 1400000000 };

static sem_t answered;
static int last_code;
static int data_value = 42;

static void on_success(void* data) {
    CHECK(data == &data_value);
    last_code = 0;
    sem_post(&answered);
}

static void on_error(int code, const char* desc, void* data) {
    CHECK(data == &data_value && desc != NULL);
    last_code = code;
    sem_post(&answered);
}

/* As its documentation shows it; the frame is overwritten at once. */
static int begin_login(int app, const char* user_id, const char* user_sig) {
    char identifier[64], sig[64];
    TIMUserInfo user;
    TIMCommCB callback = {on_success, on_error, &data_value};
    memset(&user, 0xEE, sizeof user); /* what is not set must not be read */
    snprintf(identifier, sizeof identifier, "%s", user_id);
    snprintf(sig, sizeof sig, "%s", user_sig);
    user.account_type = "107";
    user.app_id_at_3rd = "1400000000";
    user.identifier = identifier;
    int result = TIMLogin(app, &user, sig, &callback);
    memset(identifier, 'x', sizeof identifier);
    memset(sig, 'x', sizeof sig);
    memset(&user, 0xEE, sizeof user);
    memset(&callback, 0xEE, sizeof callback);
    return result;
}

static void login(int app, const char* user_id, const char* user_sig, int expected) {
    CHECK_NUMBER(begin_login(app, user_id, user_sig), 0);
    sem_wait(&answered);
    CHECK_NUMBER(last_code, expected);
}

static void logout(int expected) {
    TIMCommCB callback = {on_success, on_error, &data_value};
    TIMLogout(&callback);
    memset(&callback, 0xEE, sizeof callback);
    sem_wait(&answered);
    CHECK_NUMBER(last_code, expected);
}

static const char* login_user(void) {
    static char id[33];
    uint32_t length = sizeof id;
    int result = TIMGetLoginUser(id, &length);
    CHECK(result == 0 || result == TIM_ERR_NOTLOGIN);
    if (result == 0) CHECK_NUMBER(length, (long long)strlen(id));
    return result == 0 ? id : "";
}

static sem_t events;

static void on_event(void* data) {
    sem_post(data);
}

int main(void) {
    char url[64];
    struct server* server = server_start(0);
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%d", server_port(server));
    setenv("TIM_SHIM_SERVER", url, 1);
    sem_init(&answered, 0, 0);
    sem_init(&events, 0, 0);

    CHECK_NUMBER(begin_login(APP, "alice", "ok"), TIM_ERR_SDKUNINIT);
    logout(ERR_SDK_NOT_INITIALIZED);
    TIMSetMode(1);
    TIMSetPath("");
    CHECK_NUMBER(TIMInit(), 0);
    CHECK_NUMBER(TIMInit(), 0);

    CHECK_NUMBER(begin_login(0, "alice", "ok"), TIM_ERR_PARAM);
    CHECK_NUMBER(begin_login(APP, "", "ok"), TIM_ERR_PARAM);
    CHECK_NUMBER(begin_login(APP, "alice", ""), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMLogin(APP, NULL, "ok", NULL), TIM_ERR_PARAM);
    CHECK_TEXT(login_user(), "");

    login(APP, "alice", "refuse 70001", ERR_SVR_ACCOUNT_USERSIG_EXPIRED);
    login(APP, "alice", "refuse 6208", ERR_IMSDK_KICKED_BY_OTHERS);
    login(APP, "alice", "ok", 0);
    CHECK_TEXT(login_user(), "alice");
    char small[5];
    uint32_t length = sizeof small;
    CHECK_NUMBER(TIMGetLoginUser(small, &length), TIM_ERR_PARAM);
    CHECK_NUMBER(length, 5);
    CHECK_NUMBER(TIMGetLoginUser(NULL, &length), TIM_ERR_PARAM);

    {
        TIMConnCB connection = {NULL, on_event, &events};
        TIMSetConnCallBack(&connection);
        memset(&connection, 0xEE, sizeof connection);
    }
    server_cut(server);
    sem_wait(&events);
    {
        TIMConnCB connection = {on_event, NULL, &events};
        TIMSetConnCallBack(&connection);
    }
    sem_wait(&events); /* restored by itself */
    TIMSetConnCallBack(NULL);
    CHECK_TEXT(login_user(), "alice");

    login(APP + 1, "alice", "ok", 0); /* another app is another account */
    CHECK_NUMBER(server_connects(server), 5);

    TIMForceOfflineCB offline = {on_event, &events};
    TIMSetKickOfflineCallBack(&offline);
    server_disconnect(server, 0x8E);
    sem_wait(&events);
    CHECK_TEXT(login_user(), "");

    TIMUserSigExpiredCB expired = {on_event, &events};
    TIMSetUserSigExpiredCallBack(&expired);
    login(APP, "bob", "ok, bob", 0);
    server_disconnect(server, 0xA0);
    sem_wait(&events);

    login(APP, "carol", "ok", 0);
    TIMLogout(NULL);
    logout(0);
    CHECK_TEXT(login_user(), "");
    CHECK_NUMBER(TIMUninit(), 0);
    CHECK_NUMBER(TIMUninit(), 0);
    server_stop(server);
    return check_result();
}
