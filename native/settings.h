/* SPDX-License-Identifier: Apache-2.0 */
/** What TIMSetConfig changes, before TIMInit and while the library runs; kept until TIMUninit. Any thread. */
#ifndef TIMSHIM_SETTINGS_H
#define TIMSHIM_SETTINGS_H

#include "proxy.h"

/**
 * Applies the JSON of TIMSetConfig; NULL and "" change nothing.
 * @return TIM_SUCC, TIM_ERR_JSON (nothing is applied), TIM_ERR_PARAM without memory
 */
int settings_apply(const char* json);

/** Copies the proxy of the next connection: of two, SOCKS 5. */
void settings_proxy(struct proxy* proxy);

/** Forgets the proxies; the log's settings are log.h's. */
void settings_reset(void);

/** @return the whole configuration as JSON, without passwords, on the heap; NULL if there is no memory */
char* settings_json(void);

#endif
