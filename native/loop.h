/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One initialised library: the session under a lock, and one thread ("tim_loop") that owns the links and the timers.
 *
 * Any thread steps the session: a caller with its request, the loop with what the network and the clock say. So the status is right when
 * TIMLogin returns. What a step brings out is passed on before the lock is released: the status is published, then the callbacks are
 * queued, in order. The actions are left for the loop. No I/O happens under the lock.
 */
#ifndef TIMSHIM_LOOP_H
#define TIMSHIM_LOOP_H

#include "config.h"
#include "session.h"

struct loop;

/** @param config is copied. @return NULL if there is no memory, thread or socket */
struct loop* loop_start(const struct config* config);
/** Takes the request over. From any thread. */
void loop_request(struct loop* loop, struct request* request);
/** From any thread. @return whether there was such a login */
bool loop_abort(struct loop* loop, const void* user_data);
/** Answers what is left with 7009: no callback is queued after it. From any thread; then loop_free. */
void loop_end(struct loop* loop);
/** Waits for the thread, which never waits for a callback, and frees everything. Connections close without a word. */
void loop_free(struct loop* loop);

#endif
