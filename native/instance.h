/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one instance of a process: what the current API (api.c) and the classic one (classic/classic.c) have in common. Any thread, also
 * from inside a callback. Results are TIMResults, and mean what TIMManager.h says.
 */
#ifndef TIMSHIM_INSTANCE_H
#define TIMSHIM_INSTANCE_H

#include "callbacks.h"
#include "config.h"

/** @param sdk_app_id for the logins that name none; and tells whether it is the same instance that is initialised again */
int instance_init(uint64_t sdk_app_id, const struct config* config);
/** TIMInit while there is an instance: its configuration is not looked at. @return false if there is none */
bool instance_init_again(uint64_t sdk_app_id, int* result);
int instance_uninit(void);
bool instance_is_initialised(void);
int instance_set_config(const char* json_config, TIMCommCallback cb, const void* user_data);
/** @param sdk_app_id 0: the instance's */
int instance_login(uint64_t sdk_app_id, const char* user_id, const char* user_sig, TIMCommCallback cb, const void* user_data);
int instance_abort_login(const void* user_data);
int instance_logout(TIMCommCallback cb, const void* user_data);

#endif
