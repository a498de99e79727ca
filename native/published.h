/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the getters of the API read without a lock: the login status, the user logged in, the server's time. The loop writes, one thread
 * at a time; anyone reads.
 */
#ifndef TIMSHIM_PUBLISHED_H
#define TIMSHIM_PUBLISHED_H

#include "session.h"

/** @param server_time Unix seconds at server_time_at (ms of the monotonic clock); 0: not known */
void publish(enum TIMLoginStatus status, const char* user_id, int64_t server_time, uint64_t server_time_at);

enum TIMLoginStatus published_status(void);
void published_user_id(char user_id[SESSION_USER_ID_MAX + 1]);
uint64_t published_server_time(uint64_t now);

#endif
