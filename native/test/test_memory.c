/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole lifecycle with the n-th allocation failing, for every n until none does: nothing crashes or hangs, every accepted request is
 * answered exactly once, and the library works as before when the memory is back.
 */
#include <TIMCloud.h>
#include <TIMShim.h>

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "failing_alloc.h"
#include "server.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int open_requests;
static int32_t last_code;

static void on_result(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    CHECK(desc != NULL && json_params != NULL && user_data == NULL);
    pthread_mutex_lock(&lock);
    open_requests--;
    last_code = code;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void add_open(int count) {
    pthread_mutex_lock(&lock);
    open_requests += count;
    pthread_mutex_unlock(&lock);
}

static void wait_until_answered(void) {
    pthread_mutex_lock(&lock);
    while (open_requests > 0) pthread_cond_wait(&changed, &lock);
    CHECK_NUMBER(open_requests, 0);
    pthread_mutex_unlock(&lock);
}

static void request(int (*submit)(void)) {
    add_open(1);
    int result = submit();
    if (result != TIM_SUCC) {
        CHECK(result == TIM_ERR_PARAM || result == TIM_ERR_SDKUNINIT);
        add_open(-1);
    }
    wait_until_answered();
}

static int login(void) {
    return TIMLogin("alice", "ok", on_result, NULL);
}

static int login_again(void) {
    return TIMLogin("alice", "ok, fresh", on_result, NULL);
}

static int login_expired(void) {
    return TIMLogin("bob", "refuse 70001", on_result, NULL);
}

static int set_config(void) {
    return TIMSetConfig("{\"set_config_log_level\":4}", on_result, NULL);
}

static int logout(void) {
    return TIMLogout(on_result, NULL);
}

static void on_log(enum TIMLogLevel level, const char* line, const void* user_data) {
    (void)user_data;
    CHECK(level >= kTIMLog_Off && line != NULL);
}

static struct server* server;
static char proxy[160];

static int set_proxy(void) {
    return TIMSetConfig(proxy, on_result, NULL);
}

static void each_allocation_fails(bool by_proxy) {
    char config[160];
    snprintf(config, sizeof config, "{\"shim_server\":\"mqtt://127.0.0.1:%d\",\"shim_login_timeout_ms\":3000}", server_port(server));
    snprintf(proxy, sizeof proxy, "{\"set_config_http_proxy_info\":{\"http_proxy_info_ip\":\"127.0.0.1\",\"http_proxy_info_port\":%d}}",
             server_port(server));
    bool happened = true;
    long n = 0;
    while (happened) {
        failing_alloc_at(++n);
        if (by_proxy) request(set_proxy);
        int result = TIMInit(1400000000, config);
        CHECK(result == TIM_SUCC || result == TIM_ERR_PARAM || result == TIM_ERR_SDKUNINIT);
        request(login);
        request(login_again);
        request(set_config);
        request(login_expired);
        request(login);
        request(logout);
        CHECK_NUMBER(TIMUninit(), TIM_SUCC);
        happened = failing_alloc_happened();
        failing_alloc_at(0);
    }
    CHECK(n > 30); /* otherwise the failures did not reach timshim */
    CHECK_NUMBER(last_code, 0);
}

int main(void) {
    server = server_start(0);
    TIMSetLogCallback(on_log, NULL);
    each_allocation_fails(false);
    each_allocation_fails(true);
    server_stop(server);
    return check_result();
}
