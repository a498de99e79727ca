/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library with the C API that does what it is told, however wrong. A test
 * commands it with the hostile_* functions, from Java; or, where it is loaded
 * by another process, with the macro HOSTILE_AT_START: calls of these functions
 * that it makes when it is loaded.
 *
 * Requests are recorded and numbered from 0. How they are answered is set
 * beforehand with hostile_mode; hostile_answer answers one by hand, at any
 * time, any number of times, also after TIMUninit.
 */
#include "TIMCloud.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Of older requests, only the newest so many can still be answered. */
#define MAX_REQUESTS (1 << 16)

enum mode {
    MODE_KEEP = 0,          /* only hostile_answer answers */
    MODE_BEFORE_RETURN = 1, /* on the calling thread, before the call returns */
    MODE_DYING_THREAD = 2,  /* on a thread of its own, which ends right afterwards */
    MODE_WORKER = 3,        /* one after another on one thread, like a good library */
    MODE_CROWD = 4          /* on eight threads at once */
};

enum text { TEXT_EMPTY = 0, TEXT_NULL = 1, TEXT_INVALID_UTF8 = 2, TEXT_MEGABYTE = 3, TEXT_CHINESE = 4, TEXT_USER_SIG = 5 };

struct request {
    TIMCommCallback cb;
    const void* user_data;
    char user_id[64];
    bool is_login;
    bool is_logout;
};

static struct request* requests;
static atomic_int request_count;
static atomic_int worked;
static atomic_int mode = MODE_WORKER;
static atomic_int answer_code;
static atomic_int answer_times = 1;
static atomic_int answer_text;
static atomic_int returned;
static atomic_int delay_ms;              /* of answers on dying threads */
static atomic_int network_at_login = -1; /* a status that each TIMLogin tells, -1 for none */
static atomic_bool other_network_data;
static atomic_int status = kTIMLoginStatus_UnLogined;
static atomic_int user_id_style;  /* 0 proper, 1 untouched, 2 unterminated, 3 fails */
static atomic_int uninit_answers; /* 0: forgotten, as the vendor's library does;
                                     1: with 7009 */
static atomic_ullong server_time;
static atomic_int init_result;
static atomic_int init_count;
static atomic_int uninit_count;
static atomic_bool initialised;
static char user_id[64];
static char* last_user_sig_copy;
static char last_config[4096];

static TIMNetworkStatusListenerCallback network_cb;
static TIMKickedOfflineCallback kicked_cb;
static TIMUserSigExpiredCallback expired_cb;
static TIMLogCallback log_cb;
static const void* network_data;
static const void* kicked_data;
static const void* expired_data;
static const void* log_data;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static bool worker_runs;
static pthread_t worker;
static char* megabyte;

static const char* text_of(int text) {
    switch (text) {
        case TEXT_NULL: return NULL;
        case TEXT_INVALID_UTF8: return "\xff\xfe broken \xc3";
        case TEXT_MEGABYTE: return megabyte;
        case TEXT_CHINESE: return "\xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80";
        case TEXT_USER_SIG: return last_user_sig_copy ? last_user_sig_copy : "";
        default: return "";
    }
}

static void set_user(const char* id) {
    pthread_mutex_lock(&lock);
    snprintf(user_id, sizeof user_id, "%s", id);
    pthread_mutex_unlock(&lock);
}

/* Gives one answer, and changes the status as a good library would. */
static void answer(int number, int code, int text) {
    struct request request = requests[number % MAX_REQUESTS];
    if (request.is_login) {
        status = code == 0 ? kTIMLoginStatus_Logined : kTIMLoginStatus_UnLogined;
        set_user(code == 0 ? request.user_id : "");
    } else if (request.is_logout) {
        status = kTIMLoginStatus_UnLogined;
        set_user("");
    }
    if (request.cb) request.cb(code, text_of(text), text_of(text), request.user_data);
}

struct job {
    int number;
    int code;
    int text;
    int times;
};

static void* run_job(void* data) {
    struct job job = *(struct job*)data;
    free(data);
    usleep((unsigned)delay_ms * 1000);
    for (int i = 0; i < job.times; i++) answer(job.number, job.code, job.text);
    return NULL;
}

static void start_job(int number, int code, int text, int times, bool wait) {
    struct job* job = malloc(sizeof *job);
    *job = (struct job){number, code, text, times};
    pthread_t thread;
    pthread_create(&thread, NULL, run_job, job);
    if (wait) pthread_join(thread, NULL);
    else pthread_detach(thread);
}

static void* work(void* unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (initialised && (worked == request_count || mode != MODE_WORKER)) pthread_cond_wait(&more, &lock);
        if (!initialised) break;
        int number = worked++;
        pthread_mutex_unlock(&lock);
        for (int i = 0; i < answer_times; i++) answer(number, answer_code, answer_text);
        pthread_mutex_lock(&lock);
    }
    worker_runs = false;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static int add_request(TIMCommCallback cb, const void* user_data, const char* id, bool is_logout) {
    if (!initialised) return TIM_ERR_SDKUNINIT;
    pthread_mutex_lock(&lock);
    int number = request_count;
    struct request* request = &requests[number % MAX_REQUESTS];
    *request = (struct request){.cb = cb, .user_data = user_data, .is_login = id != NULL, .is_logout = is_logout};
    if (id) strncpy(request->user_id, id, sizeof request->user_id - 1);
    request_count++;
    if (mode != MODE_WORKER) worked = request_count;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
    if (mode == MODE_BEFORE_RETURN) {
        for (int i = 0; i < answer_times; i++) answer(number, answer_code, answer_text);
    } else if (mode == MODE_DYING_THREAD) {
        start_job(number, answer_code, answer_text, answer_times, false);
    } else if (mode == MODE_CROWD) {
        for (int i = 0; i < 8; i++) start_job(number, answer_code, answer_text, answer_times, false);
    }
    return returned;
}

/* ---- the C API ---- */

TIM_DECL int TIMInit(uint64_t sdk_app_id, const char* config) {
    (void)sdk_app_id;
    init_count++;
    strncpy(last_config, config ? config : "", sizeof last_config - 1);
    if (init_result) return init_result;
    pthread_mutex_lock(&lock);
    while (worker_runs) pthread_cond_wait(&more, &lock);
    initialised = true;
    worker_runs = true;
    worked = (int)request_count;
    pthread_create(&worker, NULL, work, NULL);
#ifndef HOSTILE_JOINS_AT_EXIT
    pthread_detach(worker);
#endif
    pthread_mutex_unlock(&lock);
    return 0;
}

#ifdef HOSTILE_JOINS_AT_EXIT
/* As a library may that is written in C++: the end of the process waits for the thread that has called back. */
__attribute__((destructor)) static void join_worker(void) {
    pthread_mutex_lock(&lock);
    bool running = worker_runs;
    initialised = false;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
    if (running) pthread_join(worker, NULL);
}
#endif

TIM_DECL int TIMUninit(void) {
    uninit_count++;
    pthread_mutex_lock(&lock);
    initialised = false;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
    status = kTIMLoginStatus_UnLogined;
    set_user("");
    if (uninit_answers) {
        for (int i = worked; i < request_count; i++) answer(i, ERR_SDK_COMM_INTERRUPT, TEXT_EMPTY);
    }
    return 0;
}

TIM_DECL const char* TIMGetSDKVersion(void) {
    return "hostile";
}

TIM_DECL uint64_t TIMGetServerTime(void) {
    return server_time;
}

TIM_DECL int TIMSetConfig(const char* config, TIMCommCallback cb, const void* user_data) {
    if (config[0] != '{') return TIM_ERR_JSON;
    if (cb) cb(0, "", config, user_data);
    return 0;
}

TIM_DECL int TIMLogin(const char* id, const char* sig, TIMCommCallback cb, const void* user_data) {
    if (!id || !*id || !sig || !*sig) return TIM_ERR_PARAM;
    if (mode != MODE_BEFORE_RETURN && returned == 0) status = kTIMLoginStatus_Logining;
    free(last_user_sig_copy);
    last_user_sig_copy = strdup(sig);
    if (network_at_login >= 0 && network_cb) {
        const void* data = other_network_data ? &network_data : network_data;
        network_cb((enum TIMNetworkStatus)(int)network_at_login, 0, "", data);
    }
    return add_request(cb, user_data, id, false);
}

TIM_DECL int TIMLogout(TIMCommCallback cb, const void* user_data) {
    return add_request(cb, user_data, NULL, true);
}

TIM_DECL int TIMGetLoginUserID(char* buffer) {
    switch (user_id_style) {
        case 1: return 0;
        case 2: memset(buffer, 'u', 128); return 0;
        case 3: return TIM_ERR_NOTLOGIN;
        default: break;
    }
    pthread_mutex_lock(&lock);
    strncpy(buffer, user_id, 128);
    pthread_mutex_unlock(&lock);
    return 0;
}

TIM_DECL enum TIMLoginStatus TIMGetLoginStatus(void) {
    return (enum TIMLoginStatus)(int)status;
}

TIM_DECL void TIMSetNetworkStatusListenerCallback(TIMNetworkStatusListenerCallback cb, const void* user_data) {
    if (!cb) return; /* keeps the old one, and so calls it after it was removed */
    network_cb = cb;
    network_data = user_data;
}

TIM_DECL void TIMSetKickedOfflineCallback(TIMKickedOfflineCallback cb, const void* user_data) {
    if (!cb) return;
    kicked_cb = cb;
    kicked_data = user_data;
}

TIM_DECL void TIMSetUserSigExpiredCallback(TIMUserSigExpiredCallback cb, const void* user_data) {
    if (!cb) return;
    expired_cb = cb;
    expired_data = user_data;
}

TIM_DECL void TIMSetLogCallback(TIMLogCallback cb, const void* user_data) {
    if (!cb) return;
    log_cb = cb;
    log_data = user_data;
}

/* Two functions outside of the login lifecycle, as the vendor's library has
 * hundreds. */

TIM_DECL int TIMHostileEcho(const char* text, int number, uint64_t large, bool flag, TIMCommCallback cb, const void* user_data) {
    char json[512];
    snprintf(json, sizeof json, "%s|%d|%llu|%d", text ? text : "NULL", number, (unsigned long long)large, flag);
    cb(0, "", json, user_data);
    return 0;
}

TIM_DECL int TIMHostileKept(TIMCommCallback cb, const void* user_data) {
    return add_request(cb, user_data, NULL, false);
}

/* ---- commands ---- */

TIM_DECL void hostile_reset(void) {
    mode = MODE_WORKER;
    answer_code = 0;
    answer_times = 1;
    answer_text = TEXT_EMPTY;
    returned = 0;
    user_id_style = 0;
    uninit_answers = 0;
    init_result = 0;
    delay_ms = 0;
    network_at_login = -1;
    other_network_data = false;
    init_count = 0;
    uninit_count = 0;
}

TIM_DECL void hostile_mode(int new_mode, int code, int times, int text) {
    answer_code = code;
    answer_times = times;
    answer_text = text;
    pthread_mutex_lock(&lock);
    mode = new_mode;
    worked = (int)request_count;
    pthread_mutex_unlock(&lock);
}

TIM_DECL void hostile_returns(int result) {
    returned = result;
}

TIM_DECL void hostile_delay(int ms) {
    delay_ms = ms;
}

TIM_DECL void hostile_network_at_login(int value, bool other_data) {
    network_at_login = value;
    other_network_data = other_data;
}

TIM_DECL void hostile_init_returns(int result) {
    init_result = result;
}

TIM_DECL void hostile_user_id_style(int style) {
    user_id_style = style;
}

TIM_DECL void hostile_server_time(int64_t seconds) {
    server_time = (unsigned long long)seconds;
}

TIM_DECL void hostile_status(int value) {
    status = value;
}

TIM_DECL void hostile_uninit_answers(int yes) {
    uninit_answers = yes;
}

TIM_DECL int hostile_requests(void) {
    return request_count;
}

TIM_DECL int hostile_init_count(void) {
    return init_count;
}

TIM_DECL int hostile_uninit_count(void) {
    return uninit_count;
}

TIM_DECL const char* hostile_config(void) {
    return last_config;
}

TIM_DECL void hostile_answer(int number, int code, int text, int times) {
    start_job(number, code, text, times, true);
}

static void* fire_network(void* data) {
    struct job job = *(struct job*)data;
    for (int i = 0; i < job.times; i++) network_cb((enum TIMNetworkStatus)job.number, job.code, text_of(job.text), network_data);
    return NULL;
}

/* From so many threads at once; returns when all are done. */
TIM_DECL void hostile_network(int value, int code, int text, int times, int threads) {
    pthread_t started[64];
    struct job job = {value, code, text, times};
    for (int i = 0; i < threads; i++) pthread_create(&started[i], NULL, fire_network, &job);
    for (int i = 0; i < threads; i++) pthread_join(started[i], NULL);
}

static void* fire_kick(void* times) {
    for (int i = 0; i < *(int*)times; i++) {
        status = kTIMLoginStatus_UnLogined;
        set_user("");
        kicked_cb(kicked_data);
    }
    return NULL;
}

TIM_DECL void hostile_kick(int times) {
    pthread_t thread;
    pthread_create(&thread, NULL, fire_kick, &times);
    pthread_join(thread, NULL);
}

static void* fire_expire(void* times) {
    for (int i = 0; i < *(int*)times; i++) {
        status = kTIMLoginStatus_UnLogined;
        set_user("");
        expired_cb(expired_data);
    }
    return NULL;
}

TIM_DECL void hostile_expire(int times) {
    pthread_t thread;
    pthread_create(&thread, NULL, fire_expire, &times);
    pthread_join(thread, NULL);
}

TIM_DECL void hostile_log(int level, const char* line) {
    if (log_cb) log_cb((enum TIMLogLevel)level, line, log_data);
}

/* The last UserSig that was passed: a copy, for texts that repeat it. */
TIM_DECL const char* hostile_user_sig(void) {
    return last_user_sig_copy;
}

/* Answers each of the last count requests from one thread, as fast as it can;
 * returns the nanoseconds it took. */
struct burst {
    int first;
    int count;
    long long nanos;
};

static void* fire_burst(void* data) {
    struct burst* burst = data;
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < burst->count; i++) answer(burst->first + i, 0, TEXT_EMPTY);
    clock_gettime(CLOCK_MONOTONIC, &end);
    burst->nanos = (end.tv_sec - begin.tv_sec) * 1000000000LL + (end.tv_nsec - begin.tv_nsec);
    return NULL;
}

TIM_DECL int64_t hostile_burst(int count) {
    struct burst burst = {request_count - count, count, 0};
    pthread_t thread;
    pthread_create(&thread, NULL, fire_burst, &burst);
    pthread_join(thread, NULL);
    return burst.nanos;
}

/* The same with network events, which are never used up; on a thread that has
 * called before. */
struct stream {
    int count;
    long long nanos;
};

static void* fire_stream(void* data) {
    struct stream* stream = data;
    struct timespec begin, end;
    network_cb(kTIMConnecting, 0, "", network_data);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < stream->count; i++) network_cb(kTIMConnecting, 0, "", network_data);
    clock_gettime(CLOCK_MONOTONIC, &end);
    stream->nanos = (end.tv_sec - begin.tv_sec) * 1000000000LL + (end.tv_nsec - begin.tv_nsec);
    return NULL;
}

TIM_DECL int64_t hostile_stream(int count) {
    struct stream stream = {count, 0};
    pthread_t thread;
    pthread_create(&thread, NULL, fire_stream, &stream);
    pthread_join(thread, NULL);
    return stream.nanos;
}

__attribute__((constructor)) static void prepare(void) {
    requests = calloc(MAX_REQUESTS, sizeof *requests);
    megabyte = malloc((1 << 20) + 1);
    memset(megabyte, 'x', 1 << 20);
    megabyte[1 << 20] = 0;
#ifdef HOSTILE_AT_START
    HOSTILE_AT_START;
#endif
}
