/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What timshim costs a C program. Run by io.github.tim4j.Measure; loads the library itself, so that "before" is really before.
 *
 *     measure LIBRARY SERVER login COUNT     the duration of each login, ns, one per line
 *     measure LIBRARY SERVER footprint       resident memory (KiB) and threads: before loading, then logged in
 *     measure LIBRARY SERVER cpu SECONDS     logs in, prints "ready", waits for a line, and then prints the CPU time (ns) of so many seconds
 *
 * The user is alice, the SDKAppID 1400000000, the UserSig in TIM_USER_SIG.
 */
#include <dlfcn.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "TIMCloud.h"

static __typeof__(TIMInit)* init;
static __typeof__(TIMUninit)* uninit;
static __typeof__(TIMLogin)* login;
static __typeof__(TIMLogout)* logout;
static sem_t answered;
static struct timespec answered_at;

static void on_answer(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)json_params;
    clock_gettime(CLOCK_MONOTONIC, &answered_at);
    if (code != 0) {
        fprintf(stderr, "%s: %d %s\n", (const char*)user_data, (int)code, desc);
        exit(1);
    }
    sem_post(&answered);
}

static void load(const char* path) {
    void* library = dlopen(path, RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    *(void**)&init = dlsym(library, "TIMInit");
    *(void**)&uninit = dlsym(library, "TIMUninit");
    *(void**)&login = dlsym(library, "TIMLogin");
    *(void**)&logout = dlsym(library, "TIMLogout");
}

static void start(const char* path, const char* server) {
    char config[512];
    load(path);
    snprintf(config, sizeof config, "{\"shim_server\":\"%s\"}", server);
    if (init(1400000000, config) != TIM_SUCC) exit(1);
}

/** @return how long it took, ns */
static long long log_in(void) {
    struct timespec from;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (login("alice", getenv("TIM_USER_SIG"), on_answer, "login") != TIM_SUCC) exit(1);
    sem_wait(&answered);
    return (answered_at.tv_sec - from.tv_sec) * 1000000000LL + (answered_at.tv_nsec - from.tv_nsec);
}

static void log_out(void) {
    logout(on_answer, "logout");
    sem_wait(&answered);
}

static void print_footprint(void) {
    char line[256];
    FILE* status = fopen("/proc/self/status", "r");
    if (status == NULL) exit(1);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0 || strncmp(line, "Threads:", 8) == 0) printf("%ld\n", strtol(strchr(line, ':') + 1, NULL, 10));
    }
    fclose(status);
}

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const char* what = argv[3];
    long number = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    sem_init(&answered, 0, 0);
    if (strcmp(what, "footprint") == 0) {
        print_footprint();
        start(argv[1], argv[2]);
        log_in();
        print_footprint();
    } else if (strcmp(what, "login") == 0) {
        start(argv[1], argv[2]);
        for (long i = 0; i < number; i++) {
            printf("%lld\n", log_in());
            log_out();
        }
    } else if (strcmp(what, "cpu") == 0) {
        struct timespec before, after;
        start(argv[1], argv[2]);
        log_in();
        printf("ready\n");
        fflush(stdout);
        getchar();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
        nanosleep(&(struct timespec){.tv_sec = number}, NULL);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
        printf("%lld\n", (after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec));
    }
    return uninit();
}
