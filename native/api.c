/* SPDX-License-Identifier: Apache-2.0 */
/* The exported functions of the current API. */
#include "TIMCloud.h"
#include "TIMShim.h"
#include "error_names.h"
#include "instance.h"
#include "platform.h"
#include "published.h"

int TIMInit(uint64_t sdk_app_id, const char* json_sdk_config) {
    struct config config;
    int result;
    if (sdk_app_id == 0) return TIM_ERR_PARAM;
    if (instance_init_again(sdk_app_id, &result)) return result;
    result = config_read(&config, json_sdk_config);
    return result == TIM_SUCC ? instance_init(sdk_app_id, &config) : result;
}

int TIMUninit(void) {
    return instance_uninit();
}

const char* TIMGetSDKVersion(void) {
    return TIMSHIM_VERSION;
}

uint64_t TIMGetServerTime(void) {
    return published_server_time(os_now_ms());
}

int TIMSetConfig(const char* json_config, TIMCommCallback cb, const void* user_data) {
    return instance_set_config(json_config, cb, user_data);
}

int TIMLogin(const char* user_id, const char* user_sig, TIMCommCallback cb, const void* user_data) {
    return instance_login(0, user_id, user_sig, cb, user_data);
}

int TIMLogout(TIMCommCallback cb, const void* user_data) {
    return instance_logout(cb, user_data);
}

int TIMGetLoginUserID(char* user_id_buffer) {
    if (user_id_buffer == NULL) return TIM_ERR_PARAM;
    published_user_id(user_id_buffer);
    return TIM_SUCC;
}

enum TIMLoginStatus TIMGetLoginStatus(void) {
    return published_status();
}

void TIMSetNetworkStatusListenerCallback(TIMNetworkStatusListenerCallback cb, const void* user_data) {
    callbacks_register_network(cb, user_data);
}

void TIMSetKickedOfflineCallback(TIMKickedOfflineCallback cb, const void* user_data) {
    callbacks_register_kicked(cb, user_data);
}

void TIMSetUserSigExpiredCallback(TIMUserSigExpiredCallback cb, const void* user_data) {
    callbacks_register_expired(cb, user_data);
}

void TIMSetLogCallback(TIMLogCallback cb, const void* user_data) {
    callbacks_register_log(cb, user_data);
}

void TIMShimSetKickedOfflineReasonCallback(TIMShimKickedOfflineReasonCallback cb, const void* user_data) {
    callbacks_register_kick_reason(cb, user_data);
}

int TIMShimAbortLogin(const void* user_data) {
    return instance_abort_login(user_data);
}

const char* TIMShimErrorName(int32_t code) {
    return error_name(code);
}
