/* SPDX-License-Identifier: Apache-2.0 */
/* Logs in at argv[1] with the UserSig on standard input. */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "TIMCloud.h"
#include "TIMShim.h"

static sem_t answered;
static int32_t answer;

static void on_answer(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)json_params;
    (void)user_data;
    if (code != 0) printf("%d %s\n", (int)code, desc);
    answer = code;
    sem_post(&answered);
}

int main(int argc, char** argv) {
    char user_sig[8192], json[256];
    if (argc != 2 || fgets(user_sig, sizeof user_sig, stdin) == NULL) return 2;
    user_sig[strcspn(user_sig, "\n")] = '\0';
    snprintf(json, sizeof json, "{\"%s\":\"%s\"}", kTIMShimServer, argv[1]);
    sem_init(&answered, 0, 0);
    if (TIMInit(1400000000, json) != TIM_SUCC || TIMLogin("alice", user_sig, on_answer, NULL) != TIM_SUCC) return 2;
    sem_wait(&answered);
    if (answer != 0 || strcmp(TIMGetSDKVersion(), TIMSHIM_VERSION) != 0) return 1;
    printf("alice is logged in, %d.%d.%d\n", TIMSHIM_VERSION_MAJOR, TIMSHIM_VERSION_MINOR, TIMSHIM_VERSION_PATCH);
    return TIMUninit();
}
