/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sequences of calls from several threads at once on the whole library, with a server that accepts, refuses, cuts, kicks and
 * expires. After each sequence: every request was answered exactly once, those of a thread in their order, with a code that fits; the
 * state is what the answers say; and after TIMUninit no thread, no file descriptor and no callback is left.
 * Arguments: [sequences [seed]]. What runs at the same time is the machine's choice, so a seed repeats the calls and not their timing;
 * a sequence that failed is tried again with fewer calls, and the shortest that failed is printed.
 */
#include <TIMCloud.h>
#include <TIMShim.h>

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "server.h"

enum { THREADS = 3, CALLS = 5, USERS = 2, APP = 1400000000 };

static const struct {
    const char* user_sig;
    int32_t code; /* of a login with it that reaches the server */
    bool ends;    /* the server then ends the session */
} sigs[] = {{"ok", 0, false},
            {"ok+8E", 0, true},
            {"ok+A0", 0, true},
            {"ok+98", 0, true},
            {"ok+cut", 0, false},
            {"refuse 70009", 70009, false},
            {"refuse 70001", 70001, false},
            {"ok, too", 0, false}};
enum { SIGS = sizeof sigs / sizeof *sigs, LOGOUT = SIGS, UNINIT, GETTERS, KINDS };

struct call {
    uint8_t kind, user;
};

struct request {
    int thread, number;
    struct call call;
    int32_t code;
    atomic_int answers;
};

static struct request requests[THREADS][CALLS + 2];
static int accepted[THREADS];
static int answered[THREADS]; /* by the callback thread only, as all that follows until the sequence is over */
static int logged_in_user, logged_in_sig;
static const char* failure;
static atomic_int open_requests;
static atomic_bool uninitialised_in_between;
static char config[128];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over the model */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void expect(bool condition, const char* what) {
    if (!condition && failure == NULL) failure = what;
}

static bool fits(const struct call* call, int32_t code) {
    if (code == ERR_SDK_COMM_INTERRUPT) return true;
    if (call->kind == LOGOUT) return code == 0;
    if (code == ERR_USER_SIG_EXPIRED) return call->kind == 2 || call->kind == 6;
    if (code == 0) return sigs[call->kind].code == 0;
    return code == sigs[call->kind].code;
}

static void on_result(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    struct request* r = (struct request*)(uintptr_t)user_data;
    (void)json_params;
    pthread_mutex_lock(&lock);
    expect(atomic_fetch_add(&r->answers, 1) == 0, "a request was answered twice");
    expect(r->number == answered[r->thread]++, "the requests of a thread were answered out of order");
    expect(fits(&r->call, code), "a code that does not fit its request");
    expect((code == 0) == (desc[0] == '\0'), "a description with success, or an error without");
    r->code = code;
    if (r->call.kind == LOGOUT && code == 0) logged_in_user = -1;
    if (r->call.kind < SIGS && code == 0) {
        logged_in_user = r->call.user;
        logged_in_sig = r->call.kind;
    } else if (r->call.kind < SIGS && code != ERR_USER_SIG_EXPIRED && logged_in_user != r->call.user) {
        logged_in_user = -1;
    }
    atomic_fetch_sub(&open_requests, 1);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void on_ended(const void* user_data) {
    (void)user_data;
    pthread_mutex_lock(&lock);
    logged_in_user = -1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Counted before the call, because the answer can be there before it returns. */
static void submit(int thread, struct call call) {
    struct request* r = &requests[thread][accepted[thread]];
    r->thread = thread;
    r->number = accepted[thread];
    r->call = call;
    atomic_store(&r->answers, 0);
    atomic_fetch_add(&open_requests, 1);
    char user_id[8];
    snprintf(user_id, sizeof user_id, "u%d", call.user);
    int result = call.kind == LOGOUT ? TIMLogout(on_result, r) : TIMLogin(user_id, sigs[call.kind].user_sig, on_result, r);
    if (result == TIM_SUCC) accepted[thread]++;
    else atomic_fetch_sub(&open_requests, 1);
}

struct script {
    int thread, count;
    struct call calls[CALLS];
};

static void* run_calls(void* argument) {
    const struct script* script = argument;
    char user_id[128];
    for (int i = 0; i < script->count; i++) {
        struct call call = script->calls[i];
        if (call.kind <= LOGOUT) {
            submit(script->thread, call);
        } else if (call.kind == UNINIT) {
            atomic_store(&uninitialised_in_between, true);
            TIMUninit();
            TIMInit(APP, config);
        } else {
            TIMGetLoginUserID(user_id);
            enum TIMLoginStatus status = TIMGetLoginStatus();
            if (strlen(user_id) > 2 || status < 1 || status > 4) abort();
        }
    }
    return NULL;
}

static int entries(const char* folder) {
    DIR* directory = opendir(folder);
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL) count++;
    if (directory != NULL) closedir(directory);
    return count;
}

/* A joined thread can be in /proc for a moment after it. */
static bool comes_back_to(const char* folder, int expected) {
    for (int i = 0; i < 2000; i++) {
        if (entries(folder) <= expected) return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

/* @return whether the condition of the caller can hold before 20 s are over; the lock is held */
static bool wait_changed(void) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    return pthread_cond_timedwait(&changed, &lock, &end) == 0;
}

static void settle(void) {
    pthread_mutex_lock(&lock);
    while (atomic_load(&open_requests) > 0 && wait_changed()) {}
    expect(atomic_load(&open_requests) == 0, "a request was not answered");
    if (!atomic_load(&uninitialised_in_between)) {
        while (failure == NULL && logged_in_user >= 0 && sigs[logged_in_sig].ends && wait_changed()) {}
        char user_id[128], expected[16] = "";
        if (logged_in_user >= 0) snprintf(expected, sizeof expected, "u%d", logged_in_user);
        TIMGetLoginUserID(user_id);
        expect(strcmp(user_id, expected) == 0, "the user logged in is not the one that the answers say");
        expect((TIMGetLoginStatus() == kTIMLoginStatus_Logined) == (logged_in_user >= 0), "the status is not the one that the answers say");
    }
    pthread_mutex_unlock(&lock);
}

static const char* run_sequence(struct script* scripts, int threads_before, int files_before) {
    pthread_t threads[THREADS];
    memset(accepted, 0, sizeof accepted);
    memset(answered, 0, sizeof answered);
    logged_in_user = -1;
    failure = NULL;
    atomic_store(&uninitialised_in_between, false);
    if (TIMInit(APP, config) != TIM_SUCC) abort();
    for (int i = 0; i < THREADS; i++) {
        scripts[i].thread = i;
        if (pthread_create(&threads[i], NULL, run_calls, &scripts[i]) != 0) abort();
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    settle();
    TIMUninit();
    for (int i = 0; i < THREADS; i++) expect(answered[i] == accepted[i], "not every request was answered");
    expect(comes_back_to("/proc/self/task", threads_before), "a thread is left after TIMUninit");
    expect(comes_back_to("/proc/self/fd", files_before), "a file descriptor is left after TIMUninit");
    return failure;
}

static void print_sequence(const struct script* scripts) {
    for (int i = 0; i < THREADS; i++) {
        printf("    thread %d:", i);
        for (int j = 0; j < scripts[i].count; j++) {
            struct call c = scripts[i].calls[j];
            if (c.kind < SIGS) printf(" login(u%d, \"%s\")", c.user, sigs[c.kind].user_sig);
            else printf(" %s", c.kind == LOGOUT ? "logout" : c.kind == UNINIT ? "uninit+init" : "getters");
        }
        printf("\n");
    }
}

/* Leaves one call out at a time, each tried 20 times, as long as it still fails. */
static void shrink(struct script* scripts, int threads_before, int files_before) {
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < scripts[i].count; j++) {
            struct script before = scripts[i];
            memmove(&scripts[i].calls[j], &scripts[i].calls[j + 1], (size_t)(before.count - j - 1) * sizeof(struct call));
            scripts[i].count--;
            bool fails = false;
            for (int round = 0; round < 20 && !fails; round++) fails = run_sequence(scripts, threads_before, files_before) != NULL;
            if (fails) j--;
            else scripts[i] = before;
        }
    }
}

static uint64_t next_random(uint64_t* state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int main(int argc, char** argv) {
    uint64_t sequences = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    snprintf(config, sizeof config, "{\"shim_server\":\"mqtt://127.0.0.1:%d\"}", server_start_process());
    TIMSetKickedOfflineCallback(on_ended, NULL);
    TIMSetUserSigExpiredCallback(on_ended, NULL);
    TIMInit(APP, config); /* whatever is made once for the process is made now */
    TIMUninit();
    int threads_before = entries("/proc/self/task"), files_before = entries("/proc/self/fd");

    for (uint64_t n = 0; n < sequences; n++) {
        struct script scripts[THREADS];
        for (int i = 0; i < THREADS; i++) {
            scripts[i].count = (int)(next_random(&state) % (CALLS + 1));
            for (int j = 0; j < CALLS; j++) {
                uint64_t random = next_random(&state);
                uint8_t kind = (uint8_t)(random % (KINDS + 3)); /* the getters more often, and so less of the rest */
                if (kind >= KINDS) kind = GETTERS;
                if (kind == UNINIT && random / 64 % 4 != 0) kind = LOGOUT;
                scripts[i].calls[j] = (struct call){kind, (uint8_t)(random / 16 % USERS)};
            }
        }
        check_count++;
        const char* what = run_sequence(scripts, threads_before, files_before);
        if (what == NULL) continue;
        printf("sequence %" PRIu64 " of seed %" PRIu64 ": %s\n", n, seed, what);
        print_sequence(scripts);
        shrink(scripts, threads_before, files_before);
        printf("  shrunk to\n");
        print_sequence(scripts);
        check_failures++;
        break;
    }
    return check_result();
}
