/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system may do to the whole library: files that are none, folders that cannot be used, and threads that begin and end it at the same
 * time. Each request is still answered, and nothing of one instance is called back once it has ended.
 */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "TIMCloud.h"
#include "TIMShim.h"
#include "check.h"
#include "server.h"

static char folder[256];

static char* path_of(const char* name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static atomic_int last_code;
static atomic_int answers;

static void on_answer(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)desc;
    (void)json;
    (void)user_data;
    last_code = code;
    answers++;
}

static void wait_for_answers(int count) {
    for (int i = 0; i < 20000 && answers < count; i++) usleep(1000);
    CHECK_NUMBER(answers, count);
}

static void write_file(const char* path, const char* text) {
    FILE* file = fopen(path, "w");
    if (!CHECK(file != NULL)) return;
    fputs(text, file);
    fclose(file);
}

static void a_fifo_is_no_file_and_nobody_waits_for_it(void) {
    char json[1024];
    CHECK_NUMBER(mkfifo(path_of("ca.pem"), 0600), 0);
    CHECK_NUMBER(mkfifo(path_of("timshim.log"), 0600), 0);
    snprintf(json, sizeof json,
             "{\"shim_server\":\"mqtts://127.0.0.1:1\",\"shim_ca_file\":\"%s/ca.pem\",\"sdk_config_log_file_path\":\"%s\"}", folder,
             folder);
    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    answers = 0;
    CHECK_NUMBER(TIMLogin("alice", "sig", on_answer, NULL), TIM_SUCC);
    wait_for_answers(1);
    CHECK_NUMBER(last_code, ERR_INVALID_PARAMETERS);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    unlink(path_of("timshim.log"));
}

static void a_log_never_follows_a_link_and_is_the_users_alone(void) {
    char json[1024], target[512];
    snprintf(target, sizeof target, "%s", path_of("precious"));
    write_file(target, "mine");
    CHECK_NUMBER(symlink(target, path_of("timshim.log")), 0);
    snprintf(json, sizeof json, "{\"sdk_config_log_file_path\":\"%s\"}", folder);
    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    struct stat about;
    CHECK_NUMBER(stat(target, &about), 0);
    CHECK_NUMBER(about.st_size, 4);
    unlink(path_of("timshim.log"));

    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(stat(path_of("timshim.log"), &about), 0);
    CHECK_NUMBER(about.st_mode & 0777, 0600);
    CHECK(about.st_size > 0);
}

static void a_device_id_file_that_is_not_ours_is_left_alone(void) {
    char json[1024], text[64] = "";
    write_file(path_of("timshim_device_id"), "my precious id with spaces\n");
    snprintf(json, sizeof json, "{\"sdk_config_config_file_path\":\"%s\"}", folder);
    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    FILE* file = fopen(path_of("timshim_device_id"), "r");
    if (!CHECK(file != NULL)) return;
    CHECK(fgets(text, sizeof text, file) != NULL);
    fclose(file);
    CHECK_TEXT(text, "my precious id with spaces\n");
}

static atomic_bool blocked;

static void on_block(int32_t code, const char* desc, const char* json, const void* user_data) {
    on_answer(code, desc, json, user_data);
    while (blocked) usleep(1000);
}

static void answers_that_wait_are_bounded(void) {
    CHECK_NUMBER(TIMInit(1, "{}"), TIM_SUCC);
    answers = 0;
    blocked = true;
    CHECK_NUMBER(TIMSetConfig("{}", on_block, NULL), TIM_SUCC);
    wait_for_answers(1);
    int accepted = 1;
    while (accepted < 100000 && TIMSetConfig("{}", on_answer, NULL) == TIM_SUCC) accepted++;
    CHECK(accepted < 20000);
    CHECK_NUMBER(TIMLogout(on_answer, NULL), TIM_ERR_PARAM);
    blocked = false;
    wait_for_answers(accepted);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
}

/* Threads that begin and end the library as they like. Each logs what the others may be in the middle of. */
enum { THREADS = 6, ROUNDS = 200 };

static char server_json[128];
static atomic_int given, taken;

static void on_given(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)code;
    (void)desc;
    (void)json;
    (void)user_data;
    taken++;
}

static void* begin_and_end(void* argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1103515245U + 12345U;
        switch (seed >> 16 & 3) {
            case 0: TIMInit(1, server_json); break;
            case 1: TIMUninit(); break;
            case 2: given += TIMLogin("alice", "ok", on_given, NULL) == TIM_SUCC; break;
            default: given += TIMLogout(on_given, NULL) == TIM_SUCC; break;
        }
    }
    return NULL;
}

static void beginnings_and_ends_at_the_same_time_lose_nothing(void) {
    struct server* server = server_start(0);
    snprintf(server_json, sizeof server_json, "{\"shim_server\":\"mqtt://127.0.0.1:%d\"}", (int)server_port(server));
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) CHECK_NUMBER(pthread_create(&threads[i], NULL, begin_and_end, (void*)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(taken, given);
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    server_stop(server);
}

int main(void) {
    snprintf(folder, sizeof folder, "/tmp/timshim-system-XXXXXX");
    if (!CHECK(mkdtemp(folder) != NULL)) return check_result();
    a_fifo_is_no_file_and_nobody_waits_for_it();
    a_log_never_follows_a_link_and_is_the_users_alone();
    a_device_id_file_that_is_not_ours_is_left_alone();
    answers_that_wait_are_bounded();
    beginnings_and_ends_at_the_same_time_lose_nothing();
    static const char* const names[] = {"ca.pem", "timshim.log", "precious", "timshim_device_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
    rmdir(folder);
    return check_result();
}
