/* SPDX-License-Identifier: Apache-2.0 */
#include "published.h"

#include <stdatomic.h>
#include <string.h>

enum { WORDS = (SESSION_USER_ID_MAX + 8) / 8 };

static _Atomic int status_now = kTIMLoginStatus_UnLogined;
static _Atomic int64_t server_offset_ms; /* Unix time minus monotonic time; 0: not known */

/*
 * A sequence lock: odd while the writer is at it. Each word is released and acquired, so whoever sees a new word also sees that the
 * sequence has moved on; that spares fences, which ThreadSanitizer cannot follow.
 */
static _Atomic unsigned sequence;
static _Atomic uint64_t words[WORDS];

static void publish_user_id(const char* user_id) {
    uint64_t fresh[WORDS] = {0};
    memcpy(fresh, user_id, strlen(user_id));
    bool same = true;
    for (int i = 0; i < WORDS; i++) same = same && atomic_load_explicit(&words[i], memory_order_relaxed) == fresh[i];
    if (same) return;
    atomic_fetch_add_explicit(&sequence, 1, memory_order_relaxed);
    for (int i = 0; i < WORDS; i++) atomic_store_explicit(&words[i], fresh[i], memory_order_release);
    atomic_fetch_add_explicit(&sequence, 1, memory_order_release);
}

void publish(enum TIMLoginStatus status, const char* user_id, int64_t server_time, uint64_t server_time_at) {
    publish_user_id(user_id);
    /* A session that has not heard the time yet takes nothing away: an earlier one of this process may have. */
    if (server_time != 0) atomic_store(&server_offset_ms, server_time * 1000 - (int64_t)server_time_at);
    atomic_store(&status_now, (int)status);
}

enum TIMLoginStatus published_status(void) {
    return (enum TIMLoginStatus)atomic_load_explicit(&status_now, memory_order_acquire);
}

void published_user_id(char user_id[SESSION_USER_ID_MAX + 1]) {
    uint64_t copy[WORDS];
    for (;;) {
        unsigned before = atomic_load_explicit(&sequence, memory_order_acquire);
        for (int i = 0; i < WORDS; i++) copy[i] = atomic_load_explicit(&words[i], memory_order_acquire);
        if (before % 2 == 0 && before == atomic_load_explicit(&sequence, memory_order_relaxed)) break;
    }
    memcpy(user_id, copy, SESSION_USER_ID_MAX + 1);
}

uint64_t published_server_time(uint64_t now) {
    int64_t offset = atomic_load_explicit(&server_offset_ms, memory_order_relaxed);
    return offset == 0 ? 0 : (uint64_t)(offset + (int64_t)now) / 1000;
}
