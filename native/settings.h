/* SPDX-License-Identifier: Apache-2.0 */
/** What TIMSetConfig changes while the library runs. */
#ifndef TIMSHIM_SETTINGS_H
#define TIMSHIM_SETTINGS_H

#include <stdint.h>

/**
 * Applies the JSON of TIMSetConfig.
 * @param json NULL is not an object
 * @param code out: 0, or ERR_SDK_INTERFACE_NOT_SUPPORT if it asks for a proxy (everything else is applied all the same)
 * @return TIM_SUCC, TIM_ERR_JSON (nothing is applied), TIM_ERR_PARAM without memory
 */
int settings_apply(const char* json, int32_t* code);

/** @return the whole configuration as JSON, without passwords, on the heap; NULL if there is no memory */
char* settings_json(void);

#endif
