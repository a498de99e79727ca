/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of the C API, through the public headers alone, against a scripted server. */
#include <TIMCloud.h>
#include <TIMShim.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "server.h"

enum { APP = 1400000000 };

static struct server* server;
static char config[256];

/* ---- What was called back, in order: "login=0 net=2 ..." ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char seen[65536];

static void record(const char* what, int code) {
    pthread_mutex_lock(&lock);
    size_t at = strlen(seen);
    snprintf(seen + at, sizeof seen - at, "%s=%d ", what, code);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Waits up to 30 s until the text stands in what was seen. */
static bool wait_for(const char* text) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    pthread_mutex_lock(&lock);
    while (strstr(seen, text) == NULL && pthread_cond_timedwait(&changed, &lock, &end) != ETIMEDOUT) {}
    bool found = strstr(seen, text) != NULL;
    if (!found) printf("    waited for \"%s\", saw \"%s\"\n", text, seen);
    pthread_mutex_unlock(&lock);
    return found;
}

static const char* all_seen(void) {
    static char copy[sizeof seen];
    pthread_mutex_lock(&lock);
    snprintf(copy, sizeof copy, "%s", seen);
    seen[0] = '\0';
    pthread_mutex_unlock(&lock);
    return copy;
}

static void on_result(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    CHECK(desc != NULL && json_params != NULL);
    record(user_data, code);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char* desc, const void* user_data) {
    (void)code, (void)user_data;
    CHECK(desc != NULL);
    record("net", status);
}

static void on_kicked(const void* user_data) {
    record(user_data, (int)TIMGetLoginStatus());
}

static void on_reason(int32_t reason, const char* desc, const void* user_data) {
    CHECK(desc != NULL);
    record(user_data, reason);
}

static void init_with(const char* more) {
    snprintf(config, sizeof config, "{\"shim_server\":\"mqtt://127.0.0.1:%d\"%s}", server_port(server), more);
    CHECK_NUMBER(TIMInit(APP, config), TIM_SUCC);
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    TIMSetKickedOfflineCallback(on_kicked, "kicked");
    TIMSetUserSigExpiredCallback(on_kicked, "expired");
    TIMShimSetKickedOfflineReasonCallback(on_reason, "reason");
    all_seen();
}

static void uninit(void) {
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    server_override(server, NULL);
}

static int connects_before;

static void begin_logged_in(const char* more) {
    connects_before = server_connects(server);
    init_with(more);
    CHECK_NUMBER(TIMLogin("alice", "ok", on_result, "login"), TIM_SUCC);
    CHECK(wait_for("login="));
    CHECK_TEXT(all_seen(), "net=2 net=0 login=0 ");
}

static const char* login_user(void) {
    static char buffer[128];
    memset(buffer, 'x', sizeof buffer);
    CHECK_NUMBER(TIMGetLoginUserID(buffer), TIM_SUCC);
    return buffer;
}

/* ---- Before and around TIMInit ---- */

static void before_init(void) {
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_TEXT(login_user(), "");
    CHECK_NUMBER(TIMLogin("alice", "ok", on_result, "never"), TIM_ERR_SDKUNINIT);
    CHECK_NUMBER(TIMLogout(on_result, "never"), TIM_ERR_SDKUNINIT);
    CHECK_NUMBER(TIMSetConfig("{", on_result, "never"), TIM_ERR_JSON);
    CHECK_NUMBER(TIMSetConfig("{}", on_result, "config"), TIM_SUCC); /* answered before it returns */
    CHECK_TEXT(all_seen(), "config=0 ");
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER((long long)TIMGetServerTime(), 0);
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", TIMSHIM_VERSION_MAJOR, TIMSHIM_VERSION_MINOR, TIMSHIM_VERSION_PATCH);
    CHECK_TEXT(TIMGetSDKVersion(), version);
    CHECK_TEXT(TIMSHIM_VERSION, version);
    CHECK_TEXT(TIMShimErrorName(70001), "ERR_SVR_ACCOUNT_USERSIG_EXPIRED");
    CHECK_TEXT(TIMShimErrorName(0), "ERR_SUCC");
    CHECK_TEXT(TIMShimErrorName(6208), "ERR_LOGIN_KICKED_OFF_BY_OTHER");
    CHECK_TEXT(TIMShimErrorName(-10114), "ERR_SVR_SSO_OVERLOAD");
    CHECK(TIMShimErrorName(1) == NULL);
    TIMSetLogCallback(NULL, NULL);
}

static void init_checks_its_arguments(void) {
    CHECK_NUMBER(TIMInit(0, NULL), TIM_ERR_PARAM);
    static const char* const bad[] = {
        "{bad", "[1]", "1", "\"\"", "{\"shim_server\":1}", "{\"shim_login_timeout_ms\":\"1\"}", "{\"sdk_config_log_file_path\":{}}",
        "{} {}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_about = bad[i];
        CHECK_NUMBER(TIMInit(APP, bad[i]), TIM_ERR_JSON);
    }
    check_about = "";
    CHECK_NUMBER(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_NUMBER(TIMInit(APP, ""), TIM_SUCC);
    CHECK_NUMBER(TIMInit(APP, "{bad"), TIM_SUCC); /* not looked at any more */
    CHECK_NUMBER(TIMInit(APP + 1, "{bad"), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMInit(APP + 1, NULL), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(TIMInit(APP + 1, "{\"unknown\":[1,2,{}]}"), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    for (int i = 0; i < 50; i++) {
        CHECK_NUMBER(TIMInit(APP, NULL), TIM_SUCC);
        CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    }
}

static void without_a_server_a_login_says_which_key_to_set(void) {
#ifdef _WIN32
    putenv("TIM_SHIM_SERVER=");
#else
    unsetenv("TIM_SHIM_SERVER");
#endif
    CHECK_NUMBER(TIMInit(APP, NULL), TIM_SUCC);
    TIMLogin("alice", "ok", on_result, "login");
    CHECK(wait_for("login=6017"));
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    all_seen();
}

/* ---- Login ---- */

static void login_checks_its_arguments(void) {
    init_with("");
    CHECK_NUMBER(TIMLogin(NULL, "ok", on_result, "never"), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMLogin("", "ok", on_result, "never"), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMLogin("alice", NULL, on_result, "never"), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMLogin("alice", "", on_result, "never"), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMLogin("a23456789012345678901234567890123", "ok", on_result, "33"), TIM_SUCC);
    CHECK_NUMBER(TIMLogin("a2345678901234567890123456789012", "ok", on_result, "32"), TIM_SUCC);
    CHECK_NUMBER(TIMLogin("\xe5\xbc\xa0", "ok", on_result, "utf8"), TIM_SUCC);
    char* long_sig = malloc(70000);
    if (long_sig == NULL) abort();
    memset(long_sig, 's', 69999);
    long_sig[69999] = '\0';
    CHECK_NUMBER(TIMLogin("alice", long_sig, on_result, "long"), TIM_SUCC);
    free(long_sig);
    CHECK(wait_for("long="));
    CHECK_TEXT(all_seen(), "33=7003 net=2 net=0 32=0 utf8=7003 long=70003 ");
    CHECK_TEXT(login_user(), "a2345678901234567890123456789012");
    CHECK_NUMBER(TIMLogin("bob", "ok", NULL, NULL), TIM_SUCC);
    CHECK_NUMBER(TIMLogout(NULL, NULL), TIM_SUCC);
    TIMLogout(on_result, "out");
    CHECK(wait_for("out=0"));
    uninit();
}

static void status_and_user_id_follow_the_login(void) {
    init_with("");
    CHECK_NUMBER(TIMLogin("alice", "ok", on_result, "login"), TIM_SUCC);
    CHECK(wait_for("login=0"));
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_TEXT(login_user(), "alice");
    CHECK(TIMGetServerTime() >= 1800000000 && TIMGetServerTime() < 1800000100);
    CHECK_NUMBER(TIMGetLoginUserID(NULL), TIM_ERR_PARAM);
    TIMLogout(on_result, "out");
    CHECK(wait_for("out=0"));
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_TEXT(login_user(), "");
    uninit();
}

static void a_login_under_way_has_status_2(void) {
    init_with(",\"shim_login_timeout_ms\":600");
    int connects = server_connects(server);
    TIMLogin("alice", "silent", on_result, "login");
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logining);
    CHECK_TEXT(login_user(), "");
    CHECK(wait_for("login=9520"));
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    server_wait_connects(server, connects + 1);
    uninit();
}

static void refusals_have_the_servers_code(void) {
    static const struct {
        const char *user_sig, *expected;
    } cases[] = {{"refuse 70001", "login=70001 "}, {"refuse 70003", "login=70003 "}, {"refuse 70009", "login=70009 "},
                 {"refuse 70013", "login=70013 "}, {"refuse 70014", "login=70014 "}, {"refuse 70020", "login=70020 "},
                 {"refuse 70050", "login=70050 "}, {"refuse 70051", "login=70051 "}, {"refuse 70052", "login=70052 "},
                 {"refuse 6208", "login=6208 "},   {"refuse -302", "login=-302 "},   {"reason 86", "login=70003 "},
                 {"reason 87", "login=70009 "},    {"reason 8A", "login=70051 "},    {"reason 97", "login=-302 "},
                 {"reason 9F", "login=70050 "}};
    init_with("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].user_sig;
        TIMLogin("alice", cases[i].user_sig, on_result, "login");
        CHECK(wait_for(cases[i].expected));
        all_seen();
    }
    check_about = "";
    TIMLogin("alice", "refuse 70001", on_result, "again");
    CHECK(wait_for("again=6206"));
    uninit();
}

static void an_unreachable_server_has_its_code(void) {
    static const struct {
        const char *user_sig, *expected;
    } cases[] = {{"cut", "login=9514 "}, {"silent", "login=9520 "}, {"garbage", "login=9502 "}, {"reason 88", "login=-10114 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].user_sig;
        init_with(",\"shim_login_timeout_ms\":400");
        TIMLogin("alice", cases[i].user_sig, on_result, "login");
        CHECK(wait_for(cases[i].expected));
        CHECK(strstr(all_seen(), "net=2 net=3 ") != NULL);
        uninit();
    }
    check_about = "nobody listens";
    struct server* gone = server_start(0);
    char json[128];
    snprintf(json, sizeof json, "{\"shim_server\":\"mqtt://localhost:%d\",\"shim_login_timeout_ms\":300}", server_port(gone));
    server_stop(gone);
    CHECK_NUMBER(TIMInit(APP, json), TIM_SUCC);
    TIMLogin("alice", "ok", on_result, "login");
    CHECK(wait_for("login=9511 "));
    uninit();
    all_seen();
    check_about = "an address that is not loopback, without TLS";
    CHECK_NUMBER(TIMInit(APP, "{\"shim_server\":\"mqtt://192.0.2.1\"}"), TIM_SUCC);
    TIMLogin("alice", "ok", on_result, "login");
    CHECK(wait_for("login=6017 "));
    uninit();
    check_about = "";
    all_seen();
}

static void the_same_login_again_does_not_touch_the_network(void) {
    begin_logged_in("");
    for (int i = 0; i < 10; i++) TIMLogin("alice", "ok", on_result, "again");
    CHECK(wait_for("again=0 again=0 again=0 again=0 again=0 again=0 again=0 again=0 again=0 again=0 "));
    CHECK_NUMBER(server_connects(server) - connects_before, 1);
    uninit();
}

static void another_user_sig_is_checked_and_the_session_stays(void) {
    begin_logged_in("");
    TIMLogin("alice", "refuse 70009", on_result, "bad");
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK(wait_for("bad="));
    CHECK_TEXT(all_seen(), "bad=70009 ");
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_TEXT(login_user(), "alice");
    TIMLogin("alice", "ok, fresh", on_result, "fresh");
    CHECK(wait_for("fresh=0"));
    CHECK_NUMBER(server_connects(server) - connects_before, 3);
    int goodbyes = server_goodbyes(server);
    TIMLogout(on_result, "out");
    CHECK(wait_for("out=0"));
    server_wait_goodbyes(server, goodbyes + 1);
    uninit();
}

static void another_user_is_a_switch_and_its_failure_logs_out(void) {
    begin_logged_in("");
    int goodbyes = server_goodbyes(server);
    TIMLogin("bob", "ok", on_result, "bob");
    CHECK(wait_for("bob=0"));
    server_wait_goodbyes(server, goodbyes + 1);
    CHECK_TEXT(login_user(), "bob");
    TIMLogin("no\tid", "ok", on_result, "bad id");
    CHECK(wait_for("bad id=7003"));
    CHECK_TEXT(login_user(), "bob");
    TIMLogin("carol", "refuse 70013", on_result, "carol");
    CHECK(wait_for("carol=70013"));
    server_wait_goodbyes(server, goodbyes + 2);
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_TEXT(login_user(), "");
    uninit();
}

/* ---- The queue ---- */

static atomic_int answered;
static atomic_int out_of_order;

static void on_numbered(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)code, (void)desc, (void)json_params;
    int number = (int)(intptr_t)user_data;
    if (atomic_fetch_add(&answered, 1) != number) atomic_fetch_add(&out_of_order, 1);
}

static void a_thousand_requests_wait_in_order(void) {
    init_with("");
    atomic_store(&answered, 0);
    int connects = server_connects(server);
    TIMLogin("alice", "silent", on_numbered, NULL);
    server_wait_connects(server, connects + 1);
    for (int i = 1; i <= 1000; i++) CHECK_NUMBER(TIMLogout(on_numbered, (const void*)(intptr_t)i), TIM_SUCC);
    TIMLogout(on_result, "over");
    CHECK(wait_for("over=9507"));
    CHECK_NUMBER(atomic_load(&answered), 0);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(atomic_load(&answered), 1001);
    CHECK_NUMBER(atomic_load(&out_of_order), 0);
}

static void a_login_is_aborted_once_and_only_that(void) {
    CHECK_NUMBER(TIMShimAbortLogin("in"), TIM_ERR_SDKUNINIT);
    init_with("");
    CHECK_NUMBER(TIMShimAbortLogin("in"), TIM_ERR_PARAM);
    TIMLogin("alice", "ok", on_result, "in");
    CHECK(wait_for("in=0"));
    CHECK_NUMBER(TIMShimAbortLogin("in"), TIM_ERR_PARAM); /* it has succeeded */
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    uninit();
}

static void a_logout_during_a_login_runs_after_it(void) {
    init_with("");
    TIMLogin("alice", "ok", on_result, "in");
    TIMLogout(on_result, "out");
    TIMLogin("bob", "ok", on_result, "in");
    TIMLogout(on_result, "out");
    CHECK(wait_for("in=0 out=0 net=1 net=2 net=0 in=0 out=0 net=1 "));
    CHECK_TEXT(all_seen(), "net=2 net=0 in=0 out=0 net=1 net=2 net=0 in=0 out=0 net=1 ");
    uninit();
}

/* ---- The running session ---- */

static void a_lost_connection_comes_back_by_itself(void) {
    begin_logged_in("");
    server_cut(server);
    CHECK(wait_for("net=1 net=2 net=0 "));
    CHECK_TEXT(all_seen(), "net=1 net=2 net=0 ");
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_TEXT(login_user(), "alice");
    CHECK_NUMBER(server_connects(server) - connects_before, 2);
    uninit();
}

static void a_refused_reconnect_ends_the_session(void) {
    static const struct {
        const char *script, *expected;
    } cases[] = {{"refuse 70001", "reason=4 expired=3 "}, {"refuse 6208", "reason=1 kicked=3 "}, {"refuse 70052", "reason=3 kicked=3 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].script;
        begin_logged_in("");
        server_override(server, cases[i].script);
        server_cut(server);
        CHECK(wait_for(cases[i].expected));
        CHECK_TEXT(login_user(), "");
        uninit();
    }
    check_about = "";
}

static void the_server_ends_a_session(void) {
    static const struct {
        uint8_t reason;
        const char* expected;
    } cases[] = {{0x8E, "reason=1 kicked=3 "}, {0x98, "reason=3 kicked=3 "}, {0xA0, "reason=4 expired=3 "}, {0x87, "reason=3 kicked=3 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].expected;
        begin_logged_in("");
        server_disconnect(server, cases[i].reason);
        CHECK(wait_for(cases[i].expected));
        TIMLogout(on_result, "out");
        CHECK(wait_for("out=0"));
        CHECK_TEXT(all_seen() + strlen(cases[i].expected), "out=0 ");
        CHECK_NUMBER(server_connects(server) - connects_before, 1);
        uninit();
    }
    check_about = "";
}

static void a_logout_does_not_wait_for_a_dead_network(void) {
    begin_logged_in("");
    server_override(server, "silent");
    server_cut(server);
    CHECK(wait_for("net=1 "));
    TIMLogout(on_result, "out");
    CHECK(wait_for("out=0"));
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    uninit();
}

static void uninit_is_no_logout(void) {
    begin_logged_in("");
    int goodbyes = server_goodbyes(server);
    uninit();
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_TEXT(login_user(), "");
    begin_logged_in("");
    CHECK_NUMBER(server_goodbyes(server), goodbyes);
    uninit();
}

static void a_server_that_sends_without_end_holds_up_nothing(void) {
    init_with("");
    TIMLogin("alice", "ok+flood", on_result, "login");
    CHECK(wait_for("login=0"));
    TIMLogout(on_result, "logout");
    CHECK(wait_for("logout=0"));
    TIMLogin("alice", "ok+flood", on_result, "again");
    CHECK(wait_for("again=0"));
    uninit();
}

/* ---- Callbacks ---- */

static atomic_int release_callback;

static void blocking(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    while (!atomic_load(&release_callback)) usleep(1000);
    record("unblocked", 0);
}

static void a_blocked_callback_holds_up_neither_heartbeat_nor_state(void) {
    begin_logged_in(",\"shim_heartbeat_s\":1");
    atomic_store(&release_callback, 0);
    TIMLogin("alice", "ok", blocking, NULL);
    TIMLogin("bob", "ok", on_result, "bob");
    server_wait_connects(server, connects_before + 2);
    server_wait_pings(server, server_pings(server) + 2);
    CHECK_TEXT(login_user(), "bob");
    CHECK(strstr(all_seen(), "bob") == NULL);
    atomic_store(&release_callback, 1);
    CHECK(wait_for("bob=0"));
    CHECK(strncmp(all_seen(), "unblocked=0 ", 12) == 0);
    uninit();
}

static void in_callback(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
#ifndef _WIN32 /* where a thread has a description, not a name */
    char name[32] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    CHECK_TEXT(name, "tim_callback");
#endif
    char buffer[128];
    CHECK_NUMBER(TIMGetLoginUserID(buffer), TIM_SUCC);
    CHECK_TEXT(buffer, "alice");
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_NUMBER(TIMLogout(on_result, "out"), TIM_SUCC);
    CHECK_NUMBER(TIMLogin("bob", "ok", on_result, "bob"), TIM_SUCC);
    CHECK_NUMBER(TIMSetConfig("{}", on_result, "config"), TIM_SUCC);
    TIMSetLogCallback(NULL, NULL);
}

static void every_function_works_inside_a_callback(void) {
    init_with("");
    TIMLogin("alice", "ok", in_callback, NULL);
    CHECK(wait_for("bob=0"));
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_TEXT(login_user(), "bob");
    uninit();
}

static void set_config_answers_with_the_configuration(void) {
    init_with("");
    static const char* const bad[] = {"{x",
                                      "[]",
                                      "{\"set_config_log_level\":\"6\"}",
                                      "{\"set_config_log_level\":8}",
                                      "{\"set_config_is_log_output_console\":1}",
                                      "{\"set_config_http_proxy_info\":{\"http_proxy_info_ip\":1}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_about = bad[i];
        CHECK_NUMBER(TIMSetConfig(bad[i], on_result, "never"), TIM_ERR_JSON);
    }
    check_about = "";
    CHECK_NUMBER(TIMSetConfig(NULL, NULL, NULL), TIM_SUCC);
    CHECK_NUMBER(TIMSetConfig("", NULL, NULL), TIM_SUCC);
    CHECK_NUMBER(TIMSetConfig("{\"set_config_log_level\":6}", on_result, "config"), TIM_SUCC);
    CHECK_NUMBER(TIMSetConfig("{\"set_config_socks5_proxy_info\":{\"socks5_proxy_info_ip\":\"10.0.0.1\",\"socks5_proxy_info_port\":1}}",
                              on_result, "proxy"),
                 TIM_SUCC);
    CHECK(wait_for("proxy="));
    CHECK_TEXT(all_seen(), "config=0 proxy=0 ");
    uninit();
}

/* ---- Uninit ---- */

static void uninit_in_callback(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)desc, (void)json_params, (void)user_data;
    record("first", code);
    while (!atomic_load(&release_callback)) usleep(1000);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    record("uninit", 0);
    CHECK_NUMBER(TIMLogin("alice", "ok", on_result, "never"), TIM_ERR_SDKUNINIT);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    record("done", 0);
}

static void uninit_from_a_callback_answers_what_waits_before_it_returns(void) {
    init_with("");
    atomic_store(&release_callback, 0);
    TIMLogin("alice", "ok", uninit_in_callback, NULL);
    TIMLogin("bob", "silent", on_result, "bob");
    TIMLogout(on_result, "out");
    atomic_store(&release_callback, 1);
    CHECK(wait_for("done=0"));
    const char* order = strstr(all_seen(), "first=0");
    CHECK(order != NULL && strncmp(order, "first=0 ", 8) == 0 && strstr(order, "bob=7009 out=7009 uninit=0 ") != NULL);
    server_override(server, NULL);
    begin_logged_in("");
    uninit();
}

static void reinit_in_callback(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)desc, (void)json_params, (void)user_data;
    record("first", code);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(TIMInit(APP + 7, config), TIM_SUCC);
    CHECK_NUMBER(TIMLogin("carol", "ok", on_result, "carol"), TIM_SUCC);
}

static void init_from_a_callback_works_with_another_app(void) {
    init_with("");
    TIMLogin("alice", "ok", reinit_in_callback, NULL);
    CHECK(wait_for("carol=0"));
    CHECK_TEXT(login_user(), "carol");
    CHECK_NUMBER(TIMInit(APP, NULL), TIM_ERR_PARAM);
    CHECK_NUMBER(TIMInit(APP + 7, NULL), TIM_SUCC);
    uninit();
}

static atomic_int late;
static atomic_int uninitialised;

static void on_late(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    if (atomic_load(&uninitialised)) atomic_fetch_add(&late, 1);
    atomic_fetch_add(&answered, 1);
}

static void* run_uninit(void* unused) {
    (void)unused;
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    atomic_store(&uninitialised, 1);
    return NULL;
}

static void uninit_from_several_threads_at_once(void) {
    for (int round = 0; round < 20; round++) {
        init_with("");
        atomic_store(&answered, 0);
        atomic_store(&uninitialised, 0);
        for (int i = 0; i < 20; i++) TIMLogin(i % 2 ? "alice" : "bob", "ok", on_late, NULL);
        pthread_t threads[4];
        for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run_uninit, NULL);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
        CHECK_NUMBER(atomic_load(&answered), 20);
        CHECK_NUMBER(atomic_load(&late), 0);
    }
    server_override(server, NULL);
    all_seen();
}

static void* call_everything(void* seed) {
    uint32_t random = (uint32_t)(uintptr_t)seed;
    char buffer[128];
    for (int i = 0; i < 300; i++) {
        random = random * 1664525 + 1013904223;
        switch ((random >> 16) % 9) {
            case 0: TIMInit(APP, config); break;
            case 1: TIMUninit(); break;
            case 2:
                if (TIMLogin("alice", "ok", on_late, NULL) == TIM_SUCC) atomic_fetch_sub(&answered, 1);
                break;
            case 3:
                if (TIMLogin("bob", "refuse 70009", on_late, NULL) == TIM_SUCC) atomic_fetch_sub(&answered, 1);
                break;
            case 4:
                if (TIMLogout(on_late, NULL) == TIM_SUCC) atomic_fetch_sub(&answered, 1);
                break;
            case 5: TIMGetLoginUserID(buffer); break;
            case 6: TIMSetKickedOfflineCallback(i % 2 ? on_kicked : NULL, "kicked"); break;
            case 7:
                if (TIMSetConfig("{}", on_late, NULL) == TIM_SUCC) atomic_fetch_sub(&answered, 1);
                break;
            default: (void)TIMGetLoginStatus(); (void)TIMGetServerTime();
        }
    }
    return NULL;
}

static void everything_at_once_from_several_threads_is_answered_exactly_once(void) {
    atomic_store(&uninitialised, 0);
    atomic_store(&answered, 0);
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, call_everything, (void*)(uintptr_t)(i + 1));
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
    uninit();
    CHECK_NUMBER(atomic_load(&answered), 0);
    all_seen();
}

int main(void) {
    server = server_start(0);
    before_init();
    init_checks_its_arguments();
    without_a_server_a_login_says_which_key_to_set();
    login_checks_its_arguments();
    status_and_user_id_follow_the_login();
    a_login_under_way_has_status_2();
    refusals_have_the_servers_code();
    an_unreachable_server_has_its_code();
    the_same_login_again_does_not_touch_the_network();
    another_user_sig_is_checked_and_the_session_stays();
    another_user_is_a_switch_and_its_failure_logs_out();
    a_thousand_requests_wait_in_order();
    a_login_is_aborted_once_and_only_that();
    a_logout_during_a_login_runs_after_it();
    a_lost_connection_comes_back_by_itself();
    a_refused_reconnect_ends_the_session();
    the_server_ends_a_session();
    a_logout_does_not_wait_for_a_dead_network();
    uninit_is_no_logout();
    a_server_that_sends_without_end_holds_up_nothing();
    a_blocked_callback_holds_up_neither_heartbeat_nor_state();
    every_function_works_inside_a_callback();
    set_config_answers_with_the_configuration();
    uninit_from_a_callback_answers_what_waits_before_it_returns();
    init_from_a_callback_works_with_another_app();
    uninit_from_several_threads_at_once();
    everything_at_once_from_several_threads_is_answered_exactly_once();
    server_stop(server);
    return check_result();
}
