/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole library on a system that fails: each kind of system call, the n-th of them for every n, once or from then on; bytes that come and go
 * one at a time between interruptions; names that take long to look up. Each accepted request is answered once, TIMUninit returns, no descriptor is
 * left, standard input is not touched, and afterwards the library works as before.
 */
#include <TIMCloud.h>
#include <TIMShim.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "failing_calls.h"
#include "server.h"

enum { N_MAX = 200, AND_ALL_AFTER_MAX = 2, LOGIN_TIMEOUT_MS = 100 };

static char folder[] = "/tmp/timshim-faults-XXXXXX";
static struct server* server;
static char config[1024];
static bool by_proxy;
static char about[100];
static atomic_int answers;
static atomic_int refused; /* answers that were no success */
static atomic_int last_code;
static int descriptors_at_rest;

static void on_answer(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    CHECK(desc != NULL && json_params != NULL && user_data == NULL);
    last_code = code;
    refused += code != 0;
    answers++;
}

static void configure(unsigned login_timeout_ms) {
    snprintf(config, sizeof config,
             "{\"shim_server\":\"mqtt://timshim.test:%d\",\"shim_allow_plaintext\":true,\"shim_login_timeout_ms\":%u,"
             "\"sdk_config_log_file_path\":\"%s\",\"sdk_config_config_file_path\":\"%s\"}",
             server_port(server), login_timeout_ms, folder, folder);
}

static int open_descriptors(void) {
    int count = 0;
    DIR* descriptors = opendir("/proc/self/fd");
    if (descriptors == NULL) return 0;
    while (readdir(descriptors) != NULL) count++;
    closedir(descriptors);
    return count;
}

static bool remove_file(const char* name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return unlink(path) == 0;
}

/* A folder without files, so that each run makes the same calls. Nothing but timshim's two files may be left in it. */
static void clean_folder(void) {
    remove_file("timshim.log");
    remove_file("timshim_device_id");
    DIR* files = opendir(folder);
    struct dirent* entry;
    if (files == NULL) return;
    while ((entry = readdir(files)) != NULL) {
        if (entry->d_name[0] != '.') CHECK(!remove_file(entry->d_name));
    }
    closedir(files);
}

/* The server of this process closes its end of a connection a moment after timshim has closed its own. */
static void no_descriptor_is_left(void) {
    for (int i = 0; i < 20000 && open_descriptors() != descriptors_at_rest; i++) usleep(1000);
    CHECK_NUMBER(open_descriptors(), descriptors_at_rest);
}

/* What was accepted is answered, once. */
static void wait_for_answers(int accepted) {
    for (int i = 0; i < 20000 && answers < accepted; i++) usleep(1000);
    CHECK_NUMBER(answers, accepted);
}

static int set_proxy(void) {
    char json[200];
    snprintf(json, sizeof json, "{\"set_config_http_proxy_info\":{\"http_proxy_info_ip\":\"127.0.0.1\",\"http_proxy_info_port\":%d}}",
             server_port(server));
    return TIMSetConfig(json, on_answer, NULL);
}

static void lifecycle(void) {
    answers = 0;
    int accepted = by_proxy && set_proxy() == TIM_SUCC, initialised = TIMInit(1400000000, config);
    CHECK(initialised == TIM_SUCC || initialised == TIM_ERR_SDKUNINIT);
    accepted += TIMLogin("alice", "ok", on_answer, NULL) == TIM_SUCC;
    wait_for_answers(accepted);
    accepted += TIMLogin("alice", "ok, fresh", on_answer, NULL) == TIM_SUCC;
    accepted += TIMLogout(on_answer, NULL) == TIM_SUCC;
    wait_for_answers(accepted);
    CHECK(accepted == 3 + by_proxy || initialised != TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(answers, accepted);
}

/* @return whether the call was reached */
static bool try_fault(enum call call, long n, bool and_all_after) {
    snprintf(about, sizeof about, "%s, number %ld%s", call_names[call], n, and_all_after ? " and all after it" : "");
    failing_call_at(call, n, and_all_after);
    lifecycle();
    failing_call_none();
    clean_folder();
    no_descriptor_is_left();
    CHECK(fcntl(STDIN_FILENO, F_GETFD) != -1);
    return failing_call_happened();
}

static void each_call_fails(int first, int last) {
    for (int call = first; call <= last; call++) {
        long n = 1;
        while (n < N_MAX && try_fault((enum call)call, n, false)) n++;
        CHECK(n > 1); /* otherwise the faults did not reach timshim */
        for (long from = 1; from < n && from <= AND_ALL_AFTER_MAX; from++) try_fault((enum call)call, from, true);
    }
    about[0] = '\0';
}

static void it_works(void) {
    configure(10000);
    refused = 0;
    lifecycle();
    clean_folder();
    CHECK_NUMBER(refused, 0);
    configure(LOGIN_TIMEOUT_MS);
}

static void bytes_come_one_at_a_time_between_interruptions(void) {
    hindered_calls(true);
    it_works();
    hindered_calls(false);
}

/* More look-ups than may be under way at once, none of which comes to its end in time. */
static void names_take_long(void) {
    slow_look_ups(1000);
    for (int i = 0; i < 6; i++) {
        answers = 0;
        CHECK_NUMBER(TIMInit(1400000000, config), TIM_SUCC);
        CHECK_NUMBER(TIMLogin("alice", "ok", on_answer, NULL), TIM_SUCC);
        wait_for_answers(1);
        CHECK(last_code == ERR_SDK_NET_HOST_GETADDRINFO_FAILED);
        CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    }
    slow_look_ups(0);
}

int main(void) {
    check_about = about;
    if (!CHECK(mkdtemp(folder) != NULL)) return check_result();
    server = server_start(0);
    configure(LOGIN_TIMEOUT_MS);
    descriptors_at_rest = open_descriptors();
    each_call_fails(0, CALLS - 1);
    it_works();
    bytes_come_one_at_a_time_between_interruptions();
    by_proxy = true;
    each_call_fails(CALL_SEND, CALL_RECV);
    it_works();
    bytes_come_one_at_a_time_between_interruptions();
    by_proxy = false;
    names_take_long();
    it_works();
    server_stop(server);
    rmdir(folder);
    return check_result();
}
