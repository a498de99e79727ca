/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"

#include <stdlib.h>
#include <string.h>

#include "TIMShim.h"
#include "log.h"
#include "loop.h"
#include "platform.h"
#include "published.h"
#include "settings.h"

/*
 * The instance. A state begins and ends under the lock; what STARTING and STOPPING do in between, they do without it, so that nothing waits
 * with the lock held. Only the thread that made the state STARTING or STOPPING ends it; others wait, but for a callback: STOPPING waits for that.
 */
static os_mutex lock = OS_MUTEX_INIT;
static os_cond changed = OS_COND_INIT;
static enum state { IDLE, STARTING, RUNNING, STOPPING } state;
static struct loop* loop; /* in RUNNING; whoever uses it holds the lock */
static uint64_t app_id;   /* in RUNNING */

static void enter(enum state next) {
    state = next;
    os_wake_all(&changed);
}

/* Under the lock. @return false inside a callback that STOPPING waits for */
static bool settled(void) {
    while (state == STARTING || state == STOPPING) {
        if (state == STOPPING && callbacks_inside()) return false;
        os_wait(&changed, &lock);
    }
    return true;
}

/* What TIMInit returns while there is an instance. */
static int same_app(uint64_t sdk_app_id) {
    return app_id == sdk_app_id ? TIM_SUCC : TIM_ERR_PARAM;
}

bool instance_init_again(uint64_t sdk_app_id, int* result) {
    os_lock(&lock);
    bool ready = settled();
    bool decided = !ready || state == RUNNING;
    *result = ready ? same_app(sdk_app_id) : TIM_ERR_SDKUNINIT;
    os_unlock(&lock);
    return decided;
}

static struct loop* start(const struct config* config) {
    os_stay_loaded();
    if (!callbacks_start()) return NULL;
    log_open(config->log_path);
    struct loop* started = loop_start(config);
    if (started == NULL) {
        log_close();
        callbacks_stop();
        return NULL;
    }
    log_write(kTIMLog_Info, "timshim " TIMSHIM_VERSION " initialised");
    if (config->problem[0] != '\0') log_write(kTIMLog_Warn, "no login will work: %s", config->problem);
    return started;
}

int instance_init(uint64_t sdk_app_id, const struct config* config) {
    os_lock(&lock);
    bool ready = settled();
    if (!ready || state == RUNNING) {
        int result = ready ? same_app(sdk_app_id) : TIM_ERR_SDKUNINIT;
        os_unlock(&lock);
        return result;
    }
    enter(STARTING);
    os_unlock(&lock);
    struct loop* started = start(config);
    os_lock(&lock);
    loop = started;
    app_id = sdk_app_id;
    enter(started == NULL ? IDLE : RUNNING);
    os_unlock(&lock);
    return started == NULL ? TIM_ERR_SDKUNINIT : TIM_SUCC;
}

int instance_uninit(void) {
    os_lock(&lock);
    bool ready = settled();
    if (!ready || state == IDLE) {
        os_unlock(&lock);
        if (!ready) callbacks_run_queued();
        else settings_reset();
        return TIM_SUCC;
    }
    struct loop* ended = loop;
    loop = NULL;
    enter(STOPPING);
    os_unlock(&lock);
    loop_end(ended);
    loop_free(ended);
    log_write(kTIMLog_Info, "uninitialised");
    log_close();
    settings_reset();
    callbacks_stop();
    os_lock(&lock);
    enter(IDLE);
    os_unlock(&lock);
    return TIM_SUCC;
}

bool instance_is_initialised(void) {
    os_lock(&lock);
    bool yes = loop != NULL;
    os_unlock(&lock);
    return yes;
}

static struct callback* new_result(TIMCommCallback cb, const void* user_data) {
    struct callback* done = callback_new(CALLBACK_RESULT);
    if (done == NULL) return NULL;
    done->cb = cb;
    done->user_data = user_data;
    return done;
}

/* Where there is no instance there is no callback thread: the answer comes before the call returns. */
static void answer_here(const struct callback* done) {
    if (done->cb != NULL) done->cb(done->code, "", done->text, done->user_data);
}

int instance_set_config(const char* json_config, TIMCommCallback cb, const void* user_data) {
    struct callback* done = new_result(cb, user_data);
    if (done == NULL) return TIM_ERR_PARAM;
    int result = settings_apply(json_config);
    if (result == TIM_SUCC && (done->text = settings_json()) == NULL) result = TIM_ERR_PARAM;

    os_lock(&lock);
    bool idle = state == IDLE;
    if (result == TIM_SUCC && !idle) result = loop == NULL ? TIM_ERR_SDKUNINIT : callbacks_full() ? TIM_ERR_PARAM : TIM_SUCC;
    bool posted = result == TIM_SUCC && !idle;
    if (posted) callbacks_post(done);
    os_unlock(&lock);
    if (posted) return TIM_SUCC;
    if (result == TIM_SUCC) answer_here(done);
    free(done->text);
    free(done);
    return result;
}

/* Takes the request over, NULL for one that there was no memory for. */
static int submit(struct request* request, TIMCommCallback cb, const void* user_data) {
    if (request == NULL) return TIM_ERR_PARAM;
    int result = TIM_ERR_PARAM;
    request->done = new_result(cb, user_data);
    if (request->done != NULL) {
        os_lock(&lock);
        result = loop == NULL ? TIM_ERR_SDKUNINIT : callbacks_full() ? TIM_ERR_PARAM : TIM_SUCC;
        if (request->sdk_app_id == 0) request->sdk_app_id = app_id;
        if (result == TIM_SUCC) loop_request(loop, request);
        os_unlock(&lock);
    }
    if (result != TIM_SUCC) {
        free(request->done);
        request_free(request);
    }
    return result;
}

/* Stops reading behind what can be valid, so that a text without an end is no danger. */
static size_t length_up_to(const char* text, size_t max) {
    const char* end = memchr(text, '\0', max);
    return end == NULL ? max : (size_t)(end - text);
}

static struct request* new_login(uint64_t sdk_app_id, const char* user_id, const char* user_sig) {
    struct request* request = calloc(1, sizeof *request);
    if (request == NULL) return NULL;
    request->type = REQUEST_LOGIN;
    request->sdk_app_id = sdk_app_id;
    memcpy(request->user_id, user_id, length_up_to(user_id, sizeof request->user_id - 1));
    size_t length = length_up_to(user_sig, SESSION_USERSIG_MAX + 1);
    if (length > SESSION_USERSIG_MAX) return request;
    request->user_sig = secret_new(user_sig, length);
    if (request->user_sig != NULL) return request;
    free(request);
    return NULL;
}

int instance_login(uint64_t sdk_app_id, const char* user_id, const char* user_sig, TIMCommCallback cb, const void* user_data) {
    if (!instance_is_initialised()) return TIM_ERR_SDKUNINIT;
    if (user_id == NULL || user_id[0] == '\0' || user_sig == NULL || user_sig[0] == '\0') return TIM_ERR_PARAM;
    return submit(new_login(sdk_app_id, user_id, user_sig), cb, user_data);
}

int instance_logout(TIMCommCallback cb, const void* user_data) {
    if (!instance_is_initialised()) return TIM_ERR_SDKUNINIT;
    struct request* request = calloc(1, sizeof *request);
    if (request != NULL) request->type = REQUEST_LOGOUT;
    return submit(request, cb, user_data);
}

int instance_abort_login(const void* user_data) {
    os_lock(&lock);
    int result = loop == NULL ? TIM_ERR_SDKUNINIT : loop_abort(loop, user_data) ? TIM_SUCC : TIM_ERR_PARAM;
    os_unlock(&lock);
    return result;
}
