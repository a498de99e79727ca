/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that knows only the C API, commanded line by line on standard
 * input:
 *
 *   init JSON      TIMInit with this configuration
 *   login SIG      TIMLogin of "alice"
 *   logout
 *   uninit
 *   fail N         the N-th allocation of timshim from now on finds no memory;
 *                  0: none
 *
 * and says what is called back, one line each: "login CODE TEXT", "logout CODE
 * TEXT", "network STATUS CODE TEXT", "log TEXT", "uninit done"; and after
 * "fail 0" whether one had failed, "failed 1" or "failed 0". A call that returns
 * an error is told as "login returned CODE", and ends it with 2 unless there
 * was no memory. At the end of the input it uninitialises and ends with 0.
 */
#include <TIMCloud.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_alloc.h"

static void on_result(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)json_params;
    printf("%s %d %s\n", (const char*)user_data, code, desc);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char* desc, const void* user_data) {
    (void)user_data;
    printf("network %d %d %s\n", (int)status, code, desc);
}

static void on_log(enum TIMLogLevel level, const char* log, const void* user_data) {
    (void)level;
    (void)user_data;
    printf("log %s\n", log);
}

static int perform(const char* command, const char* argument) {
    if (strcmp(command, "init") == 0) return TIMInit(1400000000, argument);
    if (strcmp(command, "login") == 0) return TIMLogin("alice", argument, on_result, "login");
    if (strcmp(command, "logout") == 0) return TIMLogout(on_result, "logout");
    if (strcmp(command, "fail") == 0) {
        if (atol(argument) == 0) printf("failed %d\n", failing_alloc_happened());
        failing_alloc_at(atol(argument));
        return TIM_SUCC;
    }
    if (strcmp(command, "uninit") != 0) return TIM_ERR_PARAM;
    int result = TIMUninit();
    printf("uninit done\n");
    return result;
}

int main(void) {
    static char line[16384];
    setvbuf(stdout, NULL, _IOLBF, 0);
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    TIMSetLogCallback(on_log, NULL);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char* argument = strchr(line, ' ');
        if (argument != NULL) *argument++ = '\0';
        int result = perform(line, argument);
        if (result == TIM_SUCC) continue;
        printf("%s returned %d\n", line, result);
        if (!failing_alloc_happened()) return 2;
    }
    return TIMUninit() == TIM_SUCC ? 0 : 2;
}
