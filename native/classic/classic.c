/* SPDX-License-Identifier: Apache-2.0 */
/* The exported functions of the classic API: its structs are copied and turned into what the instance takes. */
#include "classic/tim.h"

#include <stdlib.h>
#include <string.h>

#include "../instance.h"
#include "../platform.h"
#include "../published.h"

/* What was registered. Under the lock; copied out of it before a call. */
static os_mutex lock = OS_MUTEX_INIT;
static TIMConnCB connection;
static TIMForceOfflineCB force_offline;
static TIMUserSigExpiredCB expired;
static char path[CONFIG_PATH_SIZE];

int TIMInit(void) {
    struct config config;
    int result = config_read(&config, NULL);
    if (result != TIM_SUCC) return result;
    os_lock(&lock);
    if (path[0] != '\0') {
        memcpy(config.config_path, path, sizeof path);
        memcpy(config.log_path, path, sizeof path);
    }
    os_unlock(&lock);
    return instance_init(0, &config);
}

int TIMUninit(void) {
    return instance_uninit();
}

void TIMSetMode(int mode) {
    (void)mode;
}

void TIMSetPath(const char* folder) {
    os_lock(&lock);
    snprintf(path, sizeof path, "%s", folder == NULL ? "" : folder);
    os_unlock(&lock);
}

static void answer(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)json_params;
    TIMCommCB callback;
    memcpy(&callback, user_data, sizeof callback);
    free((void*)(uintptr_t)user_data);
    if (code == 0 && callback.OnSuccess != NULL) callback.OnSuccess(callback.data);
    if (code != 0 && callback.OnError != NULL) callback.OnError(code, desc, callback.data);
}

/* @return false if there is no memory; *copy is NULL for NULL */
static bool copy_of(const TIMCommCB* callback, TIMCommCB** copy) {
    *copy = NULL;
    if (callback == NULL) return true;
    *copy = malloc(sizeof **copy);
    if (*copy != NULL) **copy = *callback;
    return *copy != NULL;
}

int TIMLogin(int sdk_app_id, const TIMUserInfo* user, const char* user_sig, TIMCommCB* callback) {
    if (!instance_is_initialised()) return TIM_ERR_SDKUNINIT;
    if (sdk_app_id <= 0 || user == NULL || user->account_type == NULL || user->app_id_at_3rd == NULL) return TIM_ERR_PARAM;
    TIMCommCB* copy;
    if (!copy_of(callback, &copy)) return TIM_ERR_PARAM;
    int result = instance_login((uint64_t)sdk_app_id, user->identifier, user_sig, copy == NULL ? NULL : answer, copy);
    if (result != TIM_SUCC) free(copy);
    return result;
}

void TIMLogout(TIMCommCB* callback) {
    TIMCommCB* copy;
    int result = copy_of(callback, &copy) ? instance_logout(copy == NULL ? NULL : answer, copy) : TIM_ERR_PARAM;
    if (result == TIM_SUCC) return;
    free(copy);
    if (callback == NULL || callback->OnError == NULL) return;
    if (result == TIM_ERR_SDKUNINIT) callback->OnError(ERR_SDK_NOT_INITIALIZED, "TIMInit has not been called", callback->data);
    else callback->OnError(ERR_OUT_OF_MEMORY, "no memory for the request", callback->data);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char* desc, const void* user_data) {
    (void)code, (void)desc, (void)user_data;
    os_lock(&lock);
    TIMConnCB copy = connection;
    os_unlock(&lock);
    if (status == kTIMConnected && copy.OnConnected != NULL) copy.OnConnected(copy.data);
    if (status == kTIMDisconnected && copy.OnDisconnected != NULL) copy.OnDisconnected(copy.data);
}

static void on_kicked(const void* user_data) {
    (void)user_data;
    os_lock(&lock);
    TIMForceOfflineCB copy = force_offline;
    os_unlock(&lock);
    if (copy.OnKickOffline != NULL) copy.OnKickOffline(copy.data);
}

static void on_expired(const void* user_data) {
    (void)user_data;
    os_lock(&lock);
    TIMUserSigExpiredCB copy = expired;
    os_unlock(&lock);
    if (copy.OnUserSigExpired != NULL) copy.OnUserSigExpired(copy.data);
}

void TIMSetConnCallBack(TIMConnCB* callback) {
    os_lock(&lock);
    connection = callback == NULL ? (TIMConnCB){0} : *callback;
    os_unlock(&lock);
    callbacks_register_network(on_network, NULL);
}

void TIMSetKickOfflineCallBack(TIMForceOfflineCB* callback) {
    os_lock(&lock);
    force_offline = callback == NULL ? (TIMForceOfflineCB){0} : *callback;
    os_unlock(&lock);
    callbacks_register_kicked(on_kicked, NULL);
}

void TIMSetUserSigExpiredCallBack(TIMUserSigExpiredCB* callback) {
    os_lock(&lock);
    expired = callback == NULL ? (TIMUserSigExpiredCB){0} : *callback;
    os_unlock(&lock);
    callbacks_register_expired(on_expired, NULL);
}

int TIMGetLoginUser(char* id, uint32_t* len) {
    char user_id[SESSION_USER_ID_MAX + 1];
    if (id == NULL || len == NULL) return TIM_ERR_PARAM;
    published_user_id(user_id);
    if (user_id[0] == '\0') return TIM_ERR_NOTLOGIN;
    uint32_t length = (uint32_t)strlen(user_id);
    bool fits = *len > length;
    *len = length;
    if (!fits) return TIM_ERR_PARAM;
    memcpy(id, user_id, length + 1);
    return TIM_SUCC;
}
