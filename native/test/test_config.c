/* SPDX-License-Identifier: Apache-2.0 */
/* TIMInit's configuration: keys, environment, limits, and what is said when something cannot be used. */
#include "config.h"

#include <stdlib.h>

#include "TIMCloudDef.h"
#include "check.h"
#include "failing_alloc.h"

#if defined(_WIN32)
static int setenv(const char* name, const char* value, int overwrite) {
    (void)overwrite;
    return _putenv_s(name, value);
}
#endif

#define SERVER "\"shim_server\":\"mqtt://127.0.0.1\""
#define PLEASE "; set it to mqtt://host:port or mqtts://host:port"

static const char* const variables[] = {"TIM_SHIM_SERVER",           "TIM_SHIM_PLATFORM",       "TIM_SHIM_DEVICE_ID",
                                        "TIM_SHIM_LOGIN_TIMEOUT_MS", "TIM_SHIM_HEARTBEAT_S",    "TIM_SHIM_CA_FILE",
                                        "TIM_SHIM_TLS_SERVER_NAME",  "TIM_SHIM_ALLOW_PLAINTEXT"};

static void clear_environment(void) {
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) setenv(variables[i], "", 1);
}

static struct config config; /* what was read last */

static void read_config(const char* json) {
    check_about = json ? json : "NULL";
    memset(&config, 0xAA, sizeof config); /* so that a field that is not filled in shows */
    CHECK_NUMBER(config_read(&config, json), TIM_SUCC);
}

static void read_variable(const char* name, const char* value) {
    clear_environment();
    setenv("TIM_SHIM_SERVER", "mqtt://127.0.0.1", 1);
    setenv(name, value, 1);
    read_config(NULL);
    check_about = value;
    clear_environment();
}

/* What is wrong with "{key: value}"; a server is given beside it. */
static const char* problem_of(const char* key_and_value) {
    static char json[9000];
    snprintf(json, sizeof json, "{%s," SERVER "}", key_and_value);
    read_config(json);
    return config.problem;
}

static const char* problem_of_server(const char* url) {
    static char json[2000];
    snprintf(json, sizeof json, "{\"shim_server\":\"%s\"}", url);
    read_config(json);
    return config.problem;
}

static void defaults(void) {
    static const char* const nothing[] = {NULL, "", "{}", "{\"unknown\":[1,{}],\"sdk_config_main_thread_id\":18446744073709551615}"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        read_config(nothing[i]);
        CHECK_TEXT(config.problem,
                   "No login server is configured: set shim_server in the JSON of TIMInit, or the environment variable "
                   "TIM_SHIM_SERVER, to mqtt://host:port or mqtts://host:port");
        CHECK_TEXT(config.host, "");
        CHECK_NUMBER(config.login_timeout_ms, 30000);
        CHECK_NUMBER(config.heartbeat_s, 30);
        CHECK(!config.tls && !config.allow_plaintext);
        CHECK_TEXT(config.device_id, "");
        CHECK_TEXT(config.ca_file, "");
        CHECK_TEXT(config.tls_server_name, "");
        CHECK_TEXT(config.config_path, "");
        CHECK_TEXT(config.log_path, "");
#if defined(__linux__) && !defined(__ANDROID__)
        CHECK_TEXT(config.platform, "Linux");
#else
        CHECK(config.platform[0] != '\0');
#endif
    }
}

static void every_key(void) {
    read_config(
        "{\"shim_server\":\"mqtts://login.example.org:7777\",\"shim_platform\":\"iPad\",\"shim_device_id\":\"Ab-9_\","
        "\"shim_login_timeout_ms\":1,\"shim_heartbeat_s\":3600,\"shim_ca_file\":\"/etc/ca.pem\","
        "\"shim_tls_server_name\":\"im.example.org\",\"shim_allow_plaintext\":true,"
        "\"sdk_config_config_file_path\":\"/tmp/\\u4f60\",\"sdk_config_log_file_path\":\"/tmp/log\"}");
    CHECK_TEXT(config.problem, "");
    CHECK_TEXT(config.host, "login.example.org");
    CHECK_NUMBER(config.port, 7777);
    CHECK(config.tls && config.allow_plaintext);
    CHECK_TEXT(config.platform, "iPad");
    CHECK_TEXT(config.device_id, "Ab-9_");
    CHECK_NUMBER(config.login_timeout_ms, 1);
    CHECK_NUMBER(config.heartbeat_s, 3600);
    CHECK_TEXT(config.ca_file, "/etc/ca.pem");
    CHECK_TEXT(config.tls_server_name, "im.example.org");
    CHECK_TEXT(config.config_path, "/tmp/\xE4\xBD\xA0");
    CHECK_TEXT(config.log_path, "/tmp/log");
}

static void urls_that_are_right(void) {
    static const struct {
        const char *url, *host;
        int port;
        bool tls;
    } cases[] = {
        {"mqtt://127.0.0.1", "127.0.0.1", 1883, false},
        {"mqtts://h", "h", 8883, true},
        {"mqtt://localhost:1", "localhost", 1, false},
        {"mqtts://a-b_c.d:65535", "a-b_c.d", 65535, true},
        {"mqtt://[::1]", "::1", 1883, false},
        {"mqtts://[fe80::1:2]:99", "fe80::1:2", 99, true},
        {"mqtt://[::ffff:127.0.0.1]:01883", "::ffff:127.0.0.1", 1883, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_TEXT(problem_of_server(cases[i].url), "");
        CHECK_TEXT(config.host, cases[i].host);
        CHECK_TEXT(config.tls_server_name, cases[i].host);
        CHECK_NUMBER(config.port, cases[i].port);
        CHECK_NUMBER(config.tls, cases[i].tls);
    }
}

static void urls_that_are_wrong_are_named_with_what_is_wrong(void) {
    static const char scheme[] = "it must begin with mqtt:// or mqtts://";
    static const char host[] = "the host must be 1 to 253 letters, digits, '-', '.' and '_'";
    static const char port[] = "the port must be a number from 1 to 65535";
    static const char end[] = "it must end after the port";
    static const char bracket[] = "between [ and ] must stand an IPv6 address";
    static const struct {
        const char *url, *wrong;
    } cases[] = {
        {"", scheme},
        {"h:1883", scheme},
        {"http://h", scheme},
        {"tcp://h:1", scheme},
        {"mqtt:/h", scheme},
        {" mqtt://h", scheme},
        {"mqtt://", host},
        {"mqtt://:1883", host},
        {"mqtt:///", host},
        {"mqtt://a b", host},
        {"mqtt://\xC3\xA9", host},
        {"mqtt://h%41", host},
        {"mqtt://h:", port},
        {"mqtt://h:0", port},
        {"mqtt://h:65536", port},
        {"mqtt://h:99999", port},
        {"mqtt://h:1000000", port},
        {"mqtt://h:-1", port},
        {"mqtt://h:x", port},
        {"mqtt://h:1x", port},
        {"mqtt://h:1 ", port},
        {"mqtt://[::1]x", port},
        {"mqtt://h/", end},
        {"mqtt://h?x", end},
        {"mqtt://h#x", end},
        {"mqtt://h:1/", end},
        {"mqtt://h:1?a=b", end},
        {"mqtt://[::1]/x", end},
        {"mqtt://::1", host},
        {"mqtt://fe80::1", "an IPv6 address must stand between [ and ]"},
        {"mqtt://[]", bracket},
        {"mqtt://[::1", bracket},
        {"mqtt://[localhost]", bracket},
        {"mqtt://[127.0.0.1]", bracket},
        {"mqtt://[::g]", bracket},
        {"mqtt://[fe80::1%eth0]", bracket},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "shim_server is \"%s\": %s" PLEASE, cases[i].url, cases[i].wrong);
        CHECK_TEXT(problem_of_server(cases[i].url), expected);
        CHECK_TEXT(config.host, "");
    }
}

static void host_names_have_a_length_limit(void) {
    char url[400] = "mqtt://";
    memset(url + 7, 'h', 253);
    CHECK_TEXT(problem_of_server(url), "");
    CHECK_NUMBER((long long)strlen(config.host), 253);
    url[7 + 253] = 'h';
    CHECK(strstr(problem_of_server(url), "the host must be 1 to 253") != NULL);
}

static void a_password_in_a_url_is_not_repeated(void) {
    static const char* const urls[] = {"mqtt://alice:s3cret@h", "s3cret@", "mqtts://h:1/s3cret@x"};
    for (size_t i = 0; i < 3; i++) {
        CHECK(strstr(problem_of_server(urls[i]), "must not contain '@'") != NULL);
        CHECK(strstr(config.problem, "s3cret") == NULL);
    }
}

static void values_of_the_right_type_that_cannot_be_used(void) {
    static const char platforms[] = "Windows, Mac, Linux, Android, iPhone, iPad or Web";
    char expected[256];
    snprintf(expected, sizeof expected, "shim_platform is \"linux\": it must be %s", platforms);
    CHECK_TEXT(problem_of("\"shim_platform\":\"linux\""), expected);
    snprintf(expected, sizeof expected, "shim_platform is \"\": it must be %s", platforms);
    CHECK_TEXT(problem_of("\"shim_platform\":\"\""), expected);
    CHECK_TEXT(problem_of("\"shim_device_id\":\"a:b\""),
               "shim_device_id is \"a:b\": it must be 1 to 64 letters, digits, '-' and '_'; without it, one is made up");
    CHECK(strstr(problem_of("\"shim_device_id\":\"\""), "1 to 64") != NULL);
    CHECK_TEXT(problem_of("\"shim_login_timeout_ms\":0"), "shim_login_timeout_ms is 0: it must be 1 to 600000 milliseconds");
    CHECK_TEXT(problem_of("\"shim_login_timeout_ms\":600001"), "shim_login_timeout_ms is 600001: it must be 1 to 600000 milliseconds");
    CHECK_NUMBER(config.login_timeout_ms, 30000);
    CHECK_TEXT(problem_of("\"shim_login_timeout_ms\":600000"), "");
    CHECK_TEXT(problem_of("\"shim_heartbeat_s\":-1"), "shim_heartbeat_s is -1: it must be 1 to 3600 seconds");
    CHECK(strstr(problem_of("\"shim_heartbeat_s\":4294967297"), "1 to 3600") != NULL);
    CHECK(strstr(problem_of("\"shim_heartbeat_s\":99999999999999999999"), "1 to 3600") != NULL);
    CHECK_TEXT(problem_of("\"shim_heartbeat_s\":1"), "");
    CHECK_TEXT(problem_of("\"shim_ca_file\":\"\""), "shim_ca_file is \"\": it must be a path of 1 to 4095 bytes");
    CHECK(strstr(problem_of("\"shim_tls_server_name\":\"a/b\""), "shim_tls_server_name is \"a/b\": it must be a host name") != NULL);
    CHECK_TEXT(problem_of("\"shim_tls_server_name\":\"::1\""), "");
    CHECK_TEXT(problem_of("\"sdk_config_config_file_path\":\"\",\"sdk_config_log_file_path\":\"\""), "");
}

static void device_ids_and_paths_have_a_length_limit(void) {
    char json[5000];
    snprintf(json, sizeof json, "\"shim_device_id\":\"%064d\"", 0);
    CHECK_TEXT(problem_of(json), "");
    CHECK_NUMBER((long long)strlen(config.device_id), 64);
    snprintf(json, sizeof json, "\"shim_device_id\":\"%065d\"", 0);
    CHECK(strstr(problem_of(json), " (shortened): it must be 1 to 64") != NULL);
    CHECK_TEXT(config.device_id, "");
    snprintf(json, sizeof json, "\"sdk_config_log_file_path\":\"%04095d\"", 0);
    CHECK_TEXT(problem_of(json), "");
    CHECK_NUMBER((long long)strlen(config.log_path), 4095);
    snprintf(json, sizeof json, "\"sdk_config_log_file_path\":\"%04096d\"", 0);
    CHECK(strstr(problem_of(json), "sdk_config_log_file_path is \"000") != NULL);
    CHECK(strstr(config.problem, "a path of 1 to 4095 bytes") != NULL);
    CHECK_TEXT(config.log_path, "");
}

/* The longest that a message gets keeps its remedy: nothing is cut at the end of `problem`. */
static void a_message_is_whole_and_one_line(void) {
    CHECK(strstr(problem_of("\"shim_tls_server_name\":\"/23456789 123456789 123456789 123456789 123456789 123456789 123456789 123\""),
                 "the URL's host is verified") != NULL);
    setenv("TIM_SHIM_TLS_SERVER_NAME", "/23456789 123456789 123456789 123456789 123456789 123456789 123456789 123", 1);
    read_config(NULL);
    CHECK(strstr(config.problem, "the URL's host is verified") != NULL);
    clear_environment();
    CHECK(strstr(problem_of("\"shim_platform\":\"a\\nb\\u001b[1m\""), "is \"a b [1m\":") != NULL);
}

static void the_first_problem_is_kept(void) {
    read_config("{\"shim_heartbeat_s\":0,\"shim_server\":\"x\"}");
    CHECK(strncmp(config.problem, "shim_heartbeat_s", 16) == 0);
    read_config("{\"shim_server\":\"x\",\"shim_heartbeat_s\":0}");
    CHECK(strncmp(config.problem, "shim_server", 11) == 0);
}

static void wrong_types_and_wrong_json(void) {
    static const char* const keys[] = {"sdk_config_config_file_path",
                                       "sdk_config_log_file_path",
                                       "sdk_config_main_thread_id",
                                       "shim_server",
                                       "shim_platform",
                                       "shim_device_id",
                                       "shim_login_timeout_ms",
                                       "shim_heartbeat_s",
                                       "shim_ca_file",
                                       "shim_tls_server_name",
                                       "shim_allow_plaintext"};
    static const struct {
        char type;
        const char* value;
    } values[] = {{'s', "\"x\""}, {'i', "1"}, {'b', "true"}, {'-', "null"}, {'-', "1.5"}, {'-', "1e3"}, {'-', "[]"}, {'-', "{}"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        bool is_integer = strstr(keys[i], "_ms") || strstr(keys[i], "heartbeat") || strstr(keys[i], "thread_id");
        char type = is_integer ? 'i' : strstr(keys[i], "allow") ? 'b' : 's';
        for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
            char json[200];
            snprintf(json, sizeof json, "{\"%s\":%s}", keys[i], values[j].value);
            check_about = json;
            CHECK_NUMBER(config_read(&config, json), values[j].type == type ? TIM_SUCC : TIM_ERR_JSON);
        }
    }
    static const char* const invalid[] = {" ", "[1]", "{bad", "null", "{\"shim_server\":\"\\u0000\"}", "{\"a\":\"\xFF\"}", "{}}"};
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        check_about = invalid[i];
        CHECK_NUMBER(config_read(&config, invalid[i]), TIM_ERR_JSON);
    }
}

static void the_environment_fills_in(void) {
    read_variable("TIM_SHIM_SERVER", "mqtts://env:1");
    CHECK_TEXT(config.host, "env");
    read_variable("TIM_SHIM_PLATFORM", "Web");
    CHECK_TEXT(config.platform, "Web");
    read_variable("TIM_SHIM_DEVICE_ID", "d");
    CHECK_TEXT(config.device_id, "d");
    read_variable("TIM_SHIM_LOGIN_TIMEOUT_MS", "500");
    CHECK_NUMBER(config.login_timeout_ms, 500);
    read_variable("TIM_SHIM_HEARTBEAT_S", "7");
    CHECK_NUMBER(config.heartbeat_s, 7);
    read_variable("TIM_SHIM_CA_FILE", "/ca");
    CHECK_TEXT(config.ca_file, "/ca");
    read_variable("TIM_SHIM_TLS_SERVER_NAME", "name");
    CHECK_TEXT(config.tls_server_name, "name");
    read_variable("TIM_SHIM_ALLOW_PLAINTEXT", "true");
    CHECK(config.allow_plaintext);
    read_variable("TIM_SHIM_ALLOW_PLAINTEXT", "false");
    CHECK(!config.allow_plaintext);
    CHECK_TEXT(config.problem, "");
}

static void the_json_counts_more_than_the_environment(void) {
    setenv("TIM_SHIM_SERVER", "broken", 1);
    setenv("TIM_SHIM_HEARTBEAT_S", "broken", 1);
    setenv("TIM_SHIM_ALLOW_PLAINTEXT", "true", 1);
    read_config("{" SERVER ",\"shim_heartbeat_s\":5,\"shim_allow_plaintext\":false}");
    CHECK_TEXT(config.problem, "");
    CHECK_NUMBER(config.heartbeat_s, 5);
    CHECK(!config.allow_plaintext);
    setenv("TIM_SHIM_SERVER", "mqtt://env", 1);
    read_config("{\"shim_server\":\"broken\"}"); /* even if it is of no use */
    CHECK(strncmp(config.problem, "shim_server is", 14) == 0);
    clear_environment();
}

static void variables_that_cannot_be_used_are_named(void) {
    read_variable("TIM_SHIM_SERVER", "h:1");
    CHECK_TEXT(config.problem, "TIM_SHIM_SERVER is \"h:1\": it must begin with mqtt:// or mqtts://" PLEASE);
    read_variable("TIM_SHIM_PLATFORM", "x");
    CHECK(strncmp(config.problem, "TIM_SHIM_PLATFORM is \"x\": it must be Windows,", 44) == 0);
    static const char* const numbers[] = {"x", "1x", " 1", "-1", "+1", "1.5", "9999999999999999999"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "TIM_SHIM_HEARTBEAT_S is \"%s\": it must be a number in digits", numbers[i]);
        read_variable("TIM_SHIM_HEARTBEAT_S", numbers[i]);
        CHECK_TEXT(config.problem, expected);
    }
    read_variable("TIM_SHIM_HEARTBEAT_S", "0");
    CHECK_TEXT(config.problem, "TIM_SHIM_HEARTBEAT_S is 0: it must be 1 to 3600 seconds");
    read_variable("TIM_SHIM_ALLOW_PLAINTEXT", "yes");
    CHECK_TEXT(config.problem, "TIM_SHIM_ALLOW_PLAINTEXT is \"yes\": it must be true or false");
    CHECK(!config.allow_plaintext);
    read_variable("TIM_SHIM_CA_FILE", "/a\xFF");
    CHECK_TEXT(config.problem, "TIM_SHIM_CA_FILE is \"/a?\": it must be UTF-8");
}

static void no_memory_is_told(void) {
    for (long n = 1; n < 100; n++) {
        failing_alloc_at(n);
        int result = config_read(&config, "{" SERVER "}");
        bool failed = failing_alloc_happened();
        failing_alloc_at(0);
        CHECK_NUMBER(result, failed ? TIM_ERR_PARAM : TIM_SUCC);
        if (!failed) {
            CHECK(n > 1);
            return;
        }
    }
    CHECK(false);
}

int main(void) {
    clear_environment();
    defaults();
    every_key();
    urls_that_are_right();
    urls_that_are_wrong_are_named_with_what_is_wrong();
    host_names_have_a_length_limit();
    a_password_in_a_url_is_not_repeated();
    values_of_the_right_type_that_cannot_be_used();
    device_ids_and_paths_have_a_length_limit();
    a_message_is_whole_and_one_line();
    the_first_problem_is_kept();
    wrong_types_and_wrong_json();
    the_environment_fills_in();
    the_json_counts_more_than_the_environment();
    variables_that_cannot_be_used_are_named();
    no_memory_is_told();
    return check_result();
}
