/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as TIMInit's JSON: what is accepted is within its limits and terminated, and what cannot be used has a problem of one line. */
#include "config.h"
#include "fuzz.h"
#include "TIMCloudDef.h"
#include "utf8.h"

static long accepted, refused, problems;

static void check_text(const char* text, size_t size) {
    FUZZ_CHECK(memchr(text, '\0', size) != NULL);
    FUZZ_CHECK(utf8_valid(text, strlen(text)));
}

static void check_config(const struct config* c) {
    check_text(c->host, sizeof c->host);
    check_text(c->platform, sizeof c->platform);
    check_text(c->device_id, sizeof c->device_id);
    check_text(c->ca_file, sizeof c->ca_file);
    check_text(c->tls_server_name, sizeof c->tls_server_name);
    check_text(c->config_path, sizeof c->config_path);
    check_text(c->log_path, sizeof c->log_path);
    check_text(c->problem, sizeof c->problem);
    FUZZ_CHECK(strpbrk(c->problem, "\r\n") == NULL);
    FUZZ_CHECK(c->platform[0] != '\0');
    FUZZ_CHECK(c->login_timeout_ms >= 1 && c->login_timeout_ms <= 600000);
    FUZZ_CHECK(c->heartbeat_s >= 1 && c->heartbeat_s <= 3600);
    if (c->problem[0] != '\0') return;
    FUZZ_CHECK(c->port != 0 && c->host[0] != '\0');
    FUZZ_CHECK(strpbrk(c->host, "/[] \t") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static struct config config;
    char* json = malloc(size + 1);
    if (json == NULL) abort();
    memcpy(json, data, size);
    json[size] = '\0';
    memset(&config, 0x5A, sizeof config);
    int result = config_read(&config, json);
    free(json);
    FUZZ_CHECK(result == TIM_SUCC || result == TIM_ERR_JSON);
    if (result == TIM_SUCC) check_config(&config);
    accepted += result == TIM_SUCC;
    refused += result != TIM_SUCC;
    problems += result == TIM_SUCC && config.problem[0] != '\0';
    return 0;
}

static inline void fuzz_summary(void) {
    printf("%ld inputs, %ld accepted, %ld of them with a problem, %ld refused\n", fuzz_iteration - 1, accepted, problems, refused);
}

#define EXAMPLE(text) \
    { text, sizeof text - 1 }
FUZZ_EXAMPLES(
    EXAMPLE(""), EXAMPLE("{}"), EXAMPLE("{\"shim_server\":\"mqtts://login.example.org:8883\",\"shim_platform\":\"iPad\"}"),
    EXAMPLE("{\"shim_server\":\"mqtt://[::1]\",\"shim_heartbeat_s\":3600,\"shim_login_timeout_ms\":1}"),
    EXAMPLE("{\"shim_device_id\":\"Ab-9_\",\"shim_allow_plaintext\":true,\"shim_tls_server_name\":\"a.b\"}"),
    EXAMPLE("{\"sdk_config_log_file_path\":\"/tmp/\\u4f60\",\"sdk_config_config_file_path\":\"x\",\"shim_ca_file\":\"/etc/ca.pem\"}"));
