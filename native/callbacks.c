/* SPDX-License-Identifier: Apache-2.0 */
#include "callbacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "utf8.h"

enum {
    LOG_LINES_MAX = 1000, /* log lines waiting; one more is dropped, since a log must not fill the memory of a stuck application */
    RESULTS_MAX = 10000   /* answers waiting; then requests are refused */
};

/* All under the lock. */
static struct {
    os_mutex lock;
    os_cond due;  /* the thread waits for it */
    os_cond done; /* callbacks_stop waits for it */
    struct callback* head;
    struct callback* tail;
    uint64_t posted;    /* callbacks ever posted; the number of the newest */
    uint64_t taken;     /* the number of the newest that was taken out of the queue */
    uint64_t outermost; /* the number of the one that runs, 0 for none; a nested one does not count */
    unsigned log_lines;
    unsigned results;
    bool stopping;
    bool running; /* from the start of the thread until its last look at this structure */
    bool joinable;
    os_thread thread;
    uint64_t thread_id;

    struct {
        TIMNetworkStatusListenerCallback cb;
        const void* user_data;
    } network;
    struct {
        TIMShimKickedOfflineReasonCallback cb;
        const void* user_data;
    } kick_reason;
    struct {
        TIMKickedOfflineCallback cb;
        const void* user_data;
    } kicked;
    struct {
        TIMUserSigExpiredCallback cb;
        const void* user_data;
    } expired;
    struct {
        TIMLogCallback cb;
        const void* user_data;
    } log;
} q = {.lock = OS_MUTEX_INIT, .due = OS_COND_INIT, .done = OS_COND_INIT};

struct callback* callback_new(enum callback_kind kind) {
    struct callback* callback = calloc(1, sizeof *callback);
    if (callback != NULL) callback->kind = kind;
    return callback;
}

void callback_describe(struct callback* callback, const char* desc) {
    utf8_copy_line(callback->desc, sizeof callback->desc, desc, strlen(desc));
}

/* Calls without the lock, which is held on entry and on return. */
static void call(const struct callback* c) {
    const char* text = c->text == NULL ? "" : c->text;
#define UNLOCKED(registered, ...)              \
    do {                                       \
        __typeof__(registered) r = registered; \
        os_unlock(&q.lock);                    \
        if (r.cb != NULL) r.cb(__VA_ARGS__);   \
        os_lock(&q.lock);                      \
    } while (0)
    switch (c->kind) {
        case CALLBACK_RESULT:
            os_unlock(&q.lock);
            if (c->cb != NULL) c->cb(c->code, c->desc, text, c->user_data);
            os_lock(&q.lock);
            break;
        case CALLBACK_NETWORK: UNLOCKED(q.network, (TIMNetworkStatus)c->value, c->code, c->desc, r.user_data); break;
        case CALLBACK_KICK_REASON: UNLOCKED(q.kick_reason, c->value, c->desc, r.user_data); break;
        case CALLBACK_KICKED: UNLOCKED(q.kicked, r.user_data); break;
        case CALLBACK_USERSIG_EXPIRED: UNLOCKED(q.expired, r.user_data); break;
        case CALLBACK_LOG: UNLOCKED(q.log, (TIMLogLevel)c->value, text, r.user_data); break;
    }
#undef UNLOCKED
}

/* Takes one out and runs it; the queue is not empty. */
static void run_next(void) {
    struct callback* callback = q.head;
    q.head = callback->next;
    if (q.head == NULL) q.tail = NULL;
    if (callback->kind == CALLBACK_LOG) q.log_lines--;
    if (callback->kind == CALLBACK_RESULT) q.results--;
    uint64_t number = ++q.taken;
    bool nested = q.outermost != 0;
    if (!nested) q.outermost = number;
    call(callback);
    free(callback->text);
    free(callback);
    if (!nested) {
        q.outermost = 0;
        os_wake_all(&q.done);
    }
}

static void thread_main(void* unused) {
    (void)unused;
    os_lock(&q.lock);
    q.thread_id = os_thread_self();
    for (;;) {
        while (q.head == NULL && !q.stopping) os_wait(&q.due, &q.lock);
        if (q.head == NULL) break;
        run_next();
    }
    q.running = false;
    q.thread_id = 0;
    os_wake_all(&q.done);
    os_unlock(&q.lock);
}

bool callbacks_start(void) {
    os_lock(&q.lock);
    while (q.running && q.stopping && q.thread_id != os_thread_self() && q.outermost == 0) os_wait(&q.done, &q.lock);
    bool ok = true;
    if (!q.running) {
        q.stopping = false;
        ok = os_thread_start(&q.thread, "tim_callback", thread_main, NULL);
        q.running = q.joinable = ok;
    }
    if (ok) q.stopping = false;
    os_unlock(&q.lock);
    return ok;
}

void callbacks_post(struct callback* callback) {
    callback->next = NULL;
    os_lock(&q.lock);
    if (callback->kind == CALLBACK_LOG && ++q.log_lines > LOG_LINES_MAX) {
        q.log_lines--;
        os_unlock(&q.lock);
        free(callback->text);
        free(callback);
        return;
    }
    if (callback->kind == CALLBACK_RESULT) q.results++;
    bool first = q.head == NULL; /* only then does anybody wait */
    if (q.tail == NULL) q.head = callback;
    else q.tail->next = callback;
    q.tail = callback;
    q.posted++;
    os_unlock(&q.lock);
    if (first) os_wake_all(&q.due); /* after the unlock, so that whom it wakes finds the lock free */
}

bool callbacks_full(void) {
    os_lock(&q.lock);
    bool full = q.results >= RESULTS_MAX;
    os_unlock(&q.lock);
    return full;
}

/* Under the lock. */
static bool is_inside(void) {
    return q.running && q.thread_id == os_thread_self();
}

bool callbacks_inside(void) {
    os_lock(&q.lock);
    bool inside = is_inside();
    os_unlock(&q.lock);
    return inside;
}

/* What has been posted by now, on this thread. Under the lock. */
static void run_queued(void) {
    uint64_t newest = q.posted;
    while (q.taken < newest && q.head != NULL) run_next();
}

void callbacks_run_queued(void) {
    os_lock(&q.lock);
    run_queued();
    os_unlock(&q.lock);
}

void callbacks_stop(void) {
    os_lock(&q.lock);
    bool inside = is_inside();
    if (inside) {
        run_queued();
    } else {
        uint64_t newest = q.posted;
        while (q.running && (q.taken < newest || (q.outermost != 0 && q.outermost <= newest))) os_wait(&q.done, &q.lock);
    }
    if (q.running && !q.stopping) {
        q.stopping = true;
        os_wake_all(&q.due);
        bool joinable = q.joinable;
        os_thread thread = q.thread;
        q.joinable = false;
        if (joinable && inside) {
            os_thread_detach(thread);
        } else if (joinable) {
            os_unlock(&q.lock);
            os_thread_join(thread);
            return;
        }
    }
    os_unlock(&q.lock);
}

bool callbacks_want_log(void) {
    os_lock(&q.lock);
    bool wanted = q.log.cb != NULL;
    os_unlock(&q.lock);
    return wanted;
}

#define REGISTER(slot, callback, data) \
    do {                               \
        os_lock(&q.lock);              \
        (slot).cb = (callback);        \
        (slot).user_data = (data);     \
        os_unlock(&q.lock);            \
    } while (0)

void callbacks_register_network(TIMNetworkStatusListenerCallback cb, const void* user_data) {
    REGISTER(q.network, cb, user_data);
}

void callbacks_register_kicked(TIMKickedOfflineCallback cb, const void* user_data) {
    REGISTER(q.kicked, cb, user_data);
}

void callbacks_register_expired(TIMUserSigExpiredCallback cb, const void* user_data) {
    REGISTER(q.expired, cb, user_data);
}

void callbacks_register_log(TIMLogCallback cb, const void* user_data) {
    REGISTER(q.log, cb, user_data);
}

void callbacks_register_kick_reason(TIMShimKickedOfflineReasonCallback cb, const void* user_data) {
    REGISTER(q.kick_reason, cb, user_data);
}
