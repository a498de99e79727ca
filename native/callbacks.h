/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The delivery of callbacks: one queue, one thread ("tim_callback"), one call at a time, no lock held meanwhile.
 *
 * The queue outlives TIMUninit and TIMInit, because both may be called from inside a callback. So it is one for the process.
 */
#ifndef TIMSHIM_CALLBACKS_H
#define TIMSHIM_CALLBACKS_H

#include "TIMCloudDef.h"
#include "TIMShim.h"

enum callback_kind {
    CALLBACK_RESULT,      /**< cb(code, desc, text, user_data) */
    CALLBACK_NETWORK,     /**< value: TIMNetworkStatus */
    CALLBACK_KICK_REASON, /**< value: TIMShimKickReason */
    CALLBACK_KICKED,
    CALLBACK_USERSIG_EXPIRED,
    CALLBACK_LOG /**< value: TIMLogLevel; text: the line */
};

/** One call that is due. It is on the heap, and the queue frees it and its text after the call. */
struct callback {
    struct callback* next;
    enum callback_kind kind;
    TIMCommCallback cb; /**< CALLBACK_RESULT only; may be NULL. The other kinds call what is registered at the time of the call */
    const void* user_data;
    int32_t code;
    int32_t value;
    char* text; /**< owned; NULL counts as "" */
    char desc[256];
};

/** @return NULL if there is no memory */
struct callback* callback_new(enum callback_kind kind);
void callback_describe(struct callback* callback, const char* desc);

/** Starts the thread if it does not run. One thread at a time starts or stops. @return false if that failed */
bool callbacks_start(void);

/** Takes the callback over. Callbacks run in the order of these calls. */
void callbacks_post(struct callback* callback);

/**
 * Returns when everything posted before has run; called from a callback, it runs what is due itself, and all but that callback has
 * run when it returns. Then it stops the thread.
 */
void callbacks_stop(void);

/** Whether this thread is inside a callback. */
bool callbacks_inside(void);
/** Inside a callback: runs what is due now. */
void callbacks_run_queued(void);
/** Whether so many answers wait for the application that it must not ask for more: 10000. */
bool callbacks_full(void);

/* What TIMSet...Callback registers; it outlives TIMUninit. */
void callbacks_register_network(TIMNetworkStatusListenerCallback cb, const void* user_data);
void callbacks_register_kicked(TIMKickedOfflineCallback cb, const void* user_data);
void callbacks_register_expired(TIMUserSigExpiredCallback cb, const void* user_data);
void callbacks_register_log(TIMLogCallback cb, const void* user_data);
void callbacks_register_kick_reason(TIMShimKickedOfflineReasonCallback cb, const void* user_data);

/** Whether a log line would reach anybody now. */
bool callbacks_want_log(void);

#endif
