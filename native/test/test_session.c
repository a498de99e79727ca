/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's state machine, driven by hand: each test says what happens and reads what comes out as one line of text, for example
 * "connecting open(1)" for a network callback followed by an action.
 */
#include "../session.h"

#include <stdlib.h>

#include "TIMErrorCode.h"
#include "check.h"

static struct session s;
static uint64_t now;
static char line[4096];

static void say(const char* format, int value) {
    char word[64];
    snprintf(word, sizeof word, format, value);
    if (line[0] != '\0') strncat(line, " ", sizeof line - strlen(line) - 1);
    strncat(line, word, sizeof line - strlen(line) - 1);
}

/* Everything that has come out since the last call: callbacks first, then actions. */
static const char* out(void) {
    static const char* const network[] = {"connected", "disconnected(%d)", "connecting", "failed(%d)"};
    line[0] = '\0';
    struct callback* next;
    for (struct callback* c = session_take_callbacks(&s); c != NULL; c = next) {
        next = c->next;
        switch (c->kind) {
            case CALLBACK_RESULT: say(c->code == 0 ? "ok" : "error(%d)", c->code); break;
            case CALLBACK_NETWORK: say(network[c->value], c->code); break;
            case CALLBACK_KICK_REASON: say("reason(%d)", c->value); break;
            case CALLBACK_KICKED: say("kicked", 0); break;
            case CALLBACK_USERSIG_EXPIRED: say("expired", 0); break;
            case CALLBACK_LOG: break;
        }
        free(c->text);
        free(c);
    }
    for (struct action a = session_take_action(&s); a.type != ACTION_NONE; a = session_take_action(&s)) {
        static const char* const actions[] = {"", "open(%d)", "authenticate(%d)", "ping(%d)", "close(%d)", "goodbye(%d)"};
        say(actions[a.type], (int)a.link);
    }
    return line;
}

static void begin(const char* problem) {
    struct session_settings settings = {.login_timeout_ms = 30000, .heartbeat_ms = 40000, .platform = "Linux", .problem = problem};
    now = 1000000;
    session_init(&s, &settings, 42);
}

static void end(void) {
    session_end(&s);
    out();
}

/* The user_data of the next logins. */
static const void* login_data;

static void login(const char* user_id, const char* user_sig) {
    struct request* request = calloc(1, sizeof *request);
    if (request == NULL) exit(2);
    request->type = REQUEST_LOGIN;
    snprintf(request->user_id, sizeof request->user_id, "%s", user_id);
    request->user_sig = user_sig == NULL ? NULL : secret_new(user_sig, strlen(user_sig));
    request->done = callback_new(CALLBACK_RESULT);
    request->done->user_data = login_data;
    session_request(&s, request, now);
}

static void logout(void) {
    struct request* request = calloc(1, sizeof *request);
    if (request == NULL) exit(2);
    request->type = REQUEST_LOGOUT;
    request->done = callback_new(CALLBACK_RESULT);
    session_request(&s, request, now);
}

static struct mqtt_packet packet(enum mqtt_type type, uint8_t reason) {
    return (struct mqtt_packet){.type = type, .reason = reason, .server_keep_alive = -1, .server_time = -1, .sig_expires_in = -1};
}

static void connack(uint32_t link, uint8_t reason, int32_t tim_code) {
    struct mqtt_packet p = packet(MQTT_CONNACK, reason);
    p.has_tim_code = tim_code != 0;
    p.tim_code = tim_code;
    session_packet(&s, link, now, &p);
}

static void disconnect(uint32_t link, uint8_t reason) {
    struct mqtt_packet p = packet(MQTT_DISCONNECT, reason);
    session_packet(&s, link, now, &p);
}

static void lost(uint32_t link, int32_t code) {
    session_link_lost(&s, link, now, code, "lost", false);
}

/* Lets the time pass until the session wants to be called, and calls it. */
static void tick(void) {
    now = session_due(&s);
    session_tick(&s, now);
}

/* alice is logged in through link 1. */
static void begin_logged_in(void) {
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    connack(1, 0, 0);
    out();
    now += 5000;
}

static void a_login_connects_authenticates_and_succeeds(void) {
    begin(NULL);
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    login("alice", "sig");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    CHECK_TEXT(session_user_id(&s), "");
    CHECK_TEXT(out(), "connecting open(1)");
    session_link_open(&s, 1, now);
    CHECK_TEXT(out(), "authenticate(1)");
    CHECK_TEXT(session_account(&s, 1)->user_sig->text, "sig");
    struct mqtt_packet accepted = packet(MQTT_CONNACK, 0);
    accepted.server_time = 1800000000;
    session_packet(&s, 1, now, &accepted);
    CHECK_TEXT(out(), "connected ok");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    CHECK_TEXT(session_user_id(&s), "alice");
    CHECK_NUMBER(s.server_time, 1800000000);
    end();
}

static void a_refused_login_gets_its_code_and_leaves_nobody_logged_in(void) {
    static const struct {
        uint8_t reason;
        int32_t tim_code, expected;
    } cases[] = {{0x86, 0, 70003},   {0x87, 0, 70009},     {0x8A, 0, 70051},   {0x97, 0, -302},      {0x9F, 0, 70050},
                 {0x84, 0, 7013},    {0x85, 0, 7003},      {0x80, 0, 9503},    {0x87, 70001, 70001}, {0x87, 70013, 70013},
                 {0x87, 6208, 6208}, {0x86, 70052, 70052}, {0x97, -302, -302}, {0x89, 70050, 70050}, {0x88, -10114, -10114}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(NULL);
        login("alice", "sig");
        session_link_open(&s, 1, now);
        out();
        connack(1, cases[i].reason, cases[i].tim_code);
        char expected[64];
        snprintf(expected, sizeof expected, "failed(%d) error(%d) close(1)", cases[i].expected, cases[i].expected);
        CHECK_TEXT(out(), expected);
        CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
        end();
    }
}

static void an_mqtt_3_server_is_told_apart(void) {
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    out();
    struct mqtt_packet p = packet(MQTT_CONNACK, 1);
    p.mqtt3 = true;
    session_packet(&s, 1, now, &p);
    CHECK_TEXT(out(), "failed(7013) error(7013) close(1)");
    end();
}

static void an_unreachable_server_is_retried_until_the_login_timeout(void) {
    begin(NULL);
    uint64_t start = now;
    login("alice", "sig");
    CHECK_TEXT(out(), "connecting open(1)");
    int attempts = 1;
    for (uint32_t link = 1; session_status(&s) == kTIMLoginStatus_Logining; link++) {
        lost(link, ERR_SDK_NET_CONN_REFUSE);
        CHECK_TEXT(out(), "failed(9511)");
        tick();
        const char* what = out();
        if (session_status(&s) != kTIMLoginStatus_Logining) {
            CHECK_TEXT(what, "error(9511)");
        } else {
            attempts++;
            CHECK(strncmp(what, "connecting open(", 16) == 0);
        }
    }
    CHECK_NUMBER((long long)(now - start), 30000);
    CHECK(attempts >= 5 && attempts <= 7);
    end();
}

/* An attempt that begins so late that it cannot fail by itself does not hide why the ones before it failed. */
static void a_last_attempt_that_is_cut_short_is_not_the_cause(void) {
    for (int fair = 0; fair < 2; fair++) {
        begin(NULL);
        uint64_t deadline = now + 30000;
        login("alice", "sig");
        lost(1, ERR_SDK_NET_CONN_REFUSE);
        tick();
        out();
        now = deadline - (fair ? 1000 : 999);
        session_link_open(&s, 2, now);
        CHECK_TEXT(out(), "authenticate(2)");
        now = deadline;
        session_tick(&s, now);
        CHECK_TEXT(out(), fair ? "failed(9520) error(9520) close(2)" : "failed(9511) error(9511) close(2)");
        end();
    }
}

static void a_busy_server_is_retried_and_is_the_last_cause(void) {
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    out();
    connack(1, 0x89, 0);
    CHECK_TEXT(out(), "failed(-10114) close(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    tick();
    CHECK_TEXT(out(), "connecting open(2)");
    end();
}

static void each_phase_of_a_try_has_ten_seconds(void) {
    begin(NULL);
    login("alice", "sig");
    out();
    tick();
    CHECK_TEXT(out(), "failed(9516) close(1)");
    tick();
    CHECK_TEXT(out(), "connecting open(2)");
    session_link_reached(&s, 2, now, PHASE_OPENING);
    tick();
    CHECK_TEXT(out(), "failed(9510) close(2)");
    end();
    begin(NULL);
    login("alice", "sig");
    lost(1, ERR_SDK_NET_CONN_REFUSE);
    tick();
    out();
    session_link_open(&s, 2, now);
    CHECK_TEXT(out(), "authenticate(2)");
    tick();
    CHECK_TEXT(out(), "failed(9520) close(2)");
    end();
}

static void a_handshake_has_ten_seconds_of_its_own(void) {
    begin(NULL);
    login("alice", "sig");
    out();
    now += 9000;
    session_link_reached(&s, 1, now, PHASE_SECURING);
    CHECK_TEXT(out(), "");
    CHECK_NUMBER((long long)(session_due(&s) - now), 10000);
    tick();
    CHECK_TEXT(out(), "failed(9520) close(1)");
    CHECK_TEXT(s.cause_desc, "connected, but the TLS handshake was not finished in time");
    tick();
    CHECK_TEXT(out(), "connecting open(2)");
    session_link_reached(&s, 2, now, PHASE_SECURING);
    session_link_open(&s, 2, now);
    CHECK_TEXT(out(), "authenticate(2)");
    session_link_reached(&s, 2, now, PHASE_SECURING); /* too late: nothing is taken back */
    CHECK_NUMBER(s.attempt.phase, PHASE_AUTHENTICATING);
    end();
}

static void a_final_failure_ends_a_login_at_once(void) {
    begin(NULL);
    login("alice", "sig");
    out();
    session_link_lost(&s, 1, now, ERR_INVALID_PARAMETERS, "plaintext", true);
    CHECK_TEXT(out(), "failed(6017) error(6017)");
    end();
}

static void a_login_that_cannot_work_is_answered_without_a_connection(void) {
    begin(NULL);
    login("a234567890123456789012345678901234", "sig");
    CHECK_TEXT(out(), "error(7003)");
    login("a2345678901234567890123456789012", "sig");
    CHECK_TEXT(out(), "connecting open(1)");
    end();
    begin(NULL);
    login("tab\t", "sig");
    login("caf\xc3\xa9", "sig");
    login("alice", NULL);
    CHECK_TEXT(out(), "error(7003) error(7003) error(70003)");
    end();
    begin("no server");
    login("alice", "sig");
    CHECK_TEXT(out(), "error(6017)");
    logout();
    CHECK_TEXT(out(), "ok");
    end();
}

static void the_same_login_again_succeeds_without_the_network(void) {
    begin_logged_in();
    login("alice", "sig");
    CHECK_TEXT(out(), "ok");
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    out();
    login("alice", "sig");
    CHECK_TEXT(out(), "ok");
    end();
}

static void requests_run_one_after_another_in_order(void) {
    begin(NULL);
    login("alice", "sig");
    logout();
    login("bob", "sig-b");
    logout();
    CHECK_TEXT(out(), "connecting open(1)");
    session_link_open(&s, 1, now);
    out();
    connack(1, 0, 0);
    CHECK_TEXT(out(), "connected ok goodbye(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logouting);
    CHECK_TEXT(session_user_id(&s), "");
    session_link_closed(&s, 1, now);
    CHECK_TEXT(out(), "ok disconnected(0) connecting open(2)");
    lost(2, ERR_SDK_NET_CONN_REFUSE);
    out();
    now = s.login_deadline;
    session_tick(&s, now);
    CHECK_TEXT(out(), "error(9511) ok");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    end();
}

static void a_thousand_wait_and_one_more_is_refused(void) {
    begin(NULL);
    login("alice", "sig");
    out();
    for (int i = 0; i < 1000; i++) logout();
    CHECK_TEXT(out(), "");
    logout();
    CHECK_TEXT(out(), "error(9507)");
    session_end(&s);
    int interrupted = 0;
    struct callback* next;
    for (struct callback* c = session_take_callbacks(&s); c != NULL; c = next) {
        next = c->next;
        interrupted += c->code == ERR_SDK_COMM_INTERRUPT;
        free(c);
    }
    CHECK_NUMBER(interrupted, 1001);
}

static void another_user_is_a_switch(void) {
    begin_logged_in();
    login("bob", "sig-b");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    CHECK_TEXT(out(), "disconnected(0) connecting goodbye(1) open(2)");
    session_link_open(&s, 2, now);
    out();
    connack(2, 0x87, 70013);
    CHECK_TEXT(out(), "failed(70013) error(70013) close(2)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    CHECK_TEXT(session_user_id(&s), "");
    end();
}

static void another_user_sig_is_checked_beside_the_session(void) {
    begin_logged_in();
    login("alice", "fresh");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    CHECK_TEXT(out(), "open(2)");
    session_link_open(&s, 2, now);
    CHECK_TEXT(out(), "authenticate(2)");
    CHECK_TEXT(session_account(&s, 2)->user_sig->text, "fresh");
    disconnect(1, 0x8E); /* the server gives the session to the new connection */
    CHECK_TEXT(out(), "close(1)");
    connack(2, 0, 0);
    CHECK_TEXT(out(), "ok");
    CHECK_TEXT(s.running.user_sig->text, "fresh");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

static void a_refused_user_sig_leaves_the_session(void) {
    begin_logged_in();
    login("alice", "bad");
    session_link_open(&s, 2, now);
    out();
    connack(2, 0x87, 70009);
    CHECK_TEXT(out(), "error(70009) close(2)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    CHECK_NUMBER(s.running.link, 1);
    end();
}

static void a_session_that_lost_its_connection_waits_for_the_authentication_under_way(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    CHECK_TEXT(out(), "disconnected(9514)");
    login("alice", "fresh");
    CHECK_TEXT(out(), "connecting open(2)");
    session_link_open(&s, 2, now);
    out();
    connack(2, 0x87, 70009);
    CHECK_TEXT(out(), "failed(70009) error(70009) close(2)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    tick();
    CHECK_TEXT(out(), "connecting open(3)");
    CHECK_TEXT(session_account(&s, 3)->user_sig->text, "sig");
    end();
}

static void a_kick_during_authentication_counts_if_that_is_refused(void) {
    begin_logged_in();
    login("alice", "bad");
    session_link_open(&s, 2, now);
    out();
    disconnect(1, 0x8E);
    out();
    connack(2, 0x87, 70009);
    CHECK_TEXT(out(), "reason(1) kicked error(70009) close(2)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    end();
}

static void a_logout_tells_the_server(void) {
    begin_logged_in();
    logout();
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logouting);
    CHECK_TEXT(out(), "goodbye(1)");
    session_link_closed(&s, 1, now);
    CHECK_TEXT(out(), "ok disconnected(0)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    end();
}

static void a_logout_without_a_network_succeeds_at_once(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_NET_UNREACH);
    out();
    logout();
    CHECK_TEXT(out(), "ok");
    CHECK_NUMBER((long long)(session_due(&s) == SESSION_NEVER), 1);
    end();
}

static void a_lost_connection_is_restored_with_a_growing_jittered_backoff(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    CHECK_TEXT(out(), "disconnected(9514)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    CHECK_TEXT(session_user_id(&s), "alice");
    uint64_t nominal = 1000;
    for (uint32_t link = 2; link < 12; link++) {
        uint64_t before = now;
        tick();
        CHECK(now - before >= nominal / 2 && now - before <= nominal);
        CHECK(strncmp(out(), "connecting open(", 16) == 0);
        lost(link, ERR_SDK_NET_CONN_REFUSE);
        CHECK_TEXT(out(), "failed(9511)");
        nominal = nominal * 2 > 60000 ? 60000 : nominal * 2;
    }
    tick();
    session_link_open(&s, 12, now);
    out();
    connack(12, 0, 0);
    CHECK_TEXT(out(), "connected");
    lost(12, ERR_SDK_NET_RESET_BY_PEER);
    CHECK(session_due(&s) - now <= 1000);
    end();
}

static void the_server_can_ask_for_another_connection_at_once_but_not_in_a_storm(void) {
    begin_logged_in();
    disconnect(1, 0x9C);
    CHECK_TEXT(out(), "disconnected(9508) close(1)");
    CHECK_NUMBER((long long)(session_due(&s) - now), 0);
    tick();
    session_link_open(&s, 2, now);
    connack(2, 0, 0);
    out();
    disconnect(2, 0x9C);
    CHECK(session_due(&s) - now >= 500);
    end();
}

static void the_server_can_end_a_session(void) {
    static const struct {
        uint8_t reason;
        const char* platform;
        const char* expected;
    } cases[] = {
        {0x8E, "", "reason(1) kicked close(1)"},        {0x8E, "Linux", "reason(1) kicked close(1)"},
        {0x8E, "Windows", "reason(2) kicked close(1)"}, {0x98, "", "reason(3) kicked close(1)"},
        {0x87, "", "reason(3) kicked close(1)"},        {0xA0, "", "reason(4) expired close(1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].expected;
        begin_logged_in();
        struct mqtt_packet p = packet(MQTT_DISCONNECT, cases[i].reason);
        snprintf(p.kick_platform, sizeof p.kick_platform, "%s", cases[i].platform);
        session_packet(&s, 1, now, &p);
        CHECK_TEXT(out(), cases[i].expected);
        CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
        CHECK((session_due(&s) == SESSION_NEVER));
        end();
    }
    check_about = "";
}

static void a_refused_reconnect_ends_the_session(void) {
    static const struct {
        int32_t tim_code;
        const char* expected;
    } cases[] = {{70001, "reason(4) expired close(2)"}, {6208, "reason(1) kicked close(2)"}, {70052, "reason(3) kicked close(2)"},
                 {70009, "reason(3) kicked close(2)"},  {-302, "failed(-302) close(2)"},     {70050, "failed(70050) close(2)"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].expected;
        begin_logged_in();
        lost(1, ERR_SDK_NET_RESET_BY_PEER);
        tick();
        session_link_open(&s, 2, now);
        out();
        connack(2, 0x87, cases[i].tim_code);
        CHECK_TEXT(out(), cases[i].expected);
        bool goes_on = strncmp(cases[i].expected, "failed", 6) == 0;
        CHECK_NUMBER(session_status(&s), goes_on ? kTIMLoginStatus_Logined : kTIMLoginStatus_UnLogined);
        end();
    }
    check_about = "";
}

/* Two links of a client: the server need not come to their CONNECTs in the order in which they were sent. */
static void a_link_given_up_before_its_answer_is_no_other_instance(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    tick();
    CHECK_TEXT(out(), "disconnected(9514) connecting open(2)");
    session_link_open(&s, 2, now);
    CHECK_TEXT(out(), "authenticate(2)");
    login("alice", "fresh");
    CHECK_TEXT(out(), "close(2) open(3)");
    session_link_open(&s, 3, now);
    CHECK_TEXT(out(), "authenticate(3)");
    connack(3, 0, 0);
    CHECK_TEXT(out(), "connected ok");
    disconnect(3, 0x8E); /* by link 2 */
    CHECK_TEXT(out(), "disconnected(6208) close(3)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    tick();
    CHECK_TEXT(out(), "connecting open(4)");
    session_link_open(&s, 4, now);
    CHECK_TEXT(out(), "authenticate(4)");
    connack(4, 0, 0);
    CHECK_TEXT(out(), "connected");
    disconnect(4, 0x8E); /* once is enough: this is another process */
    CHECK_TEXT(out(), "reason(1) kicked close(4)");
    end();
}

static void a_kick_that_the_server_names_is_one_even_then(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    tick();
    session_link_open(&s, 2, now);
    login("alice", "fresh");
    session_link_open(&s, 3, now);
    connack(3, 0, 0);
    out();
    struct mqtt_packet kick = packet(MQTT_DISCONNECT, 0x8E);
    kick.has_tim_code = true;
    kick.tim_code = ERR_LOGIN_KICKED_OFF_BY_OTHER;
    session_packet(&s, 3, now, &kick);
    CHECK_TEXT(out(), "reason(1) kicked close(3)");
    end();
}

/* A server that says who it kicks means it, whatever is under way; the login goes on by itself. */
static void a_kick_with_a_code_during_authentication_counts_at_once(void) {
    begin_logged_in();
    login("alice", "fresh");
    session_link_open(&s, 2, now);
    out();
    struct mqtt_packet kick = packet(MQTT_DISCONNECT, 0x8E);
    kick.has_tim_code = true;
    kick.tim_code = ERR_LOGIN_KICKED_OFF_BY_OTHER;
    session_packet(&s, 1, now, &kick);
    CHECK_TEXT(out(), "reason(1) kicked close(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    lost(2, ERR_SDK_NET_RESET_BY_PEER);
    CHECK_TEXT(out(), "connecting failed(9514)");
    now = s.login_deadline;
    session_tick(&s, now);
    CHECK_TEXT(out(), "error(9514)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    CHECK(session_due(&s) == SESSION_NEVER); /* nobody kicks back */
    end();
}

/* A login whose CONNECT is not out yet cannot have taken the session over. */
static void a_plain_kick_before_the_connect_is_another_instance(void) {
    begin_logged_in();
    login("alice", "fresh");
    out();
    disconnect(1, 0x8E);
    CHECK_TEXT(out(), "reason(1) kicked close(1)");
    end();
    begin_logged_in();
    login("alice", "fresh");
    session_link_open(&s, 2, now); /* the owner has not taken the CONNECT yet */
    disconnect(1, 0x8E);
    CHECK_TEXT(out(), "reason(1) kicked close(1) authenticate(2)");
    end();
}

/* A ghost haunts its own user only. */
static void a_ghost_of_alice_does_not_undo_the_kick_of_bob(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    tick();
    out();
    session_link_open(&s, 2, now);
    out();
    login("bob", "sig-b"); /* link 2 is given up with its CONNECT unanswered */
    out();
    session_link_open(&s, 3, now);
    out();
    connack(3, 0, 0);
    out();
    disconnect(3, 0x8E);
    CHECK_TEXT(out(), "reason(1) kicked close(3)");
    end();
}

/* Link 3 has sent its CONNECT afterwards. */
static void link_2_breaks_after_its_connect(void) {
    session_link_open(&s, 2, now);
    out();
    lost(2, ERR_SDK_NET_RESET_BY_PEER);
    tick();
    out();
    session_link_open(&s, 3, now);
    out();
}

/* A link that broke after its CONNECT had been sent may still take the session over. */
static void a_link_that_broke_is_a_ghost(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    tick();
    out();
    link_2_breaks_after_its_connect();
    connack(3, 0, 0);
    out();
    disconnect(3, 0x8E);
    CHECK_TEXT(out(), "disconnected(6208) close(3)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

/* The CONNECTs of a given-up link and of the newest are both unanswered: each may take the session over, so the first 0x8E uses up none of them. */
static void a_ghost_stays_while_a_connect_is_out(void) {
    begin_logged_in();
    now += 5000;
    login("alice", "fresh");
    out();
    link_2_breaks_after_its_connect();
    disconnect(1, 0x8E); /* by the CONNECT of link 3 */
    CHECK_TEXT(out(), "close(1)");
    connack(3, 0, 0);
    out();
    disconnect(3, 0x8E); /* by the CONNECT of link 2 */
    CHECK_TEXT(out(), "disconnected(6208) close(3)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

/* Another platform is another instance, ghost or not. */
static void a_kick_by_another_platform_is_no_ghosts(void) {
    begin_logged_in();
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    tick();
    out();
    link_2_breaks_after_its_connect();
    connack(3, 0, 0);
    out();
    struct mqtt_packet kick = packet(MQTT_DISCONNECT, 0x8E);
    snprintf(kick.kick_platform, sizeof kick.kick_platform, "Windows");
    session_packet(&s, 3, now, &kick);
    CHECK_TEXT(out(), "reason(2) kicked close(3)");
    end();
}

/* One answer each, in the order of the calls; who was logged in stays. */
static void logins_are_aborted_by_their_user_data(void) {
    static int mine, others;
    begin_logged_in();
    login_data = &mine;
    login("bob", "sig-b");
    login("carol", "sig-c");
    login_data = &others;
    login("dave", "sig-d");
    logout();
    login_data = &mine;
    login("erin", "sig-e");
    login_data = NULL;
    CHECK_TEXT(out(), "disconnected(0) connecting goodbye(1) open(2)");
    session_link_open(&s, 2, now);
    CHECK_TEXT(out(), "authenticate(2)");
    CHECK(session_abort(&s, &mine, now));
    CHECK_TEXT(out(), "failed(7009) error(7009) error(7009) error(7009) connecting goodbye(2) open(3)");
    CHECK(!session_abort(&s, &mine, now));
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    CHECK(session_abort(&s, &others, now)); /* not sent yet */
    CHECK_TEXT(out(), "failed(7009) error(7009) ok close(3)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    CHECK(!session_abort(&s, NULL, now));
    end();
}

static void an_aborted_authentication_leaves_the_session(void) {
    static int mine;
    begin_logged_in();
    login_data = &mine;
    login("alice", "fresh");
    login_data = NULL;
    session_link_open(&s, 2, now);
    out();
    CHECK(session_abort(&s, &mine, now));
    CHECK_TEXT(out(), "error(7009) close(2)"); /* no goodbye: it would log alice out */
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

static void a_user_sig_seen_to_expire_is_refused_here(void) {
    begin_logged_in();
    disconnect(1, 0xA0);
    out();
    login("alice", "sig");
    CHECK_TEXT(out(), "error(6206)");
    login("alice", "old");
    session_link_open(&s, 2, now);
    out();
    connack(2, 0x87, 70001);
    CHECK_TEXT(out(), "failed(70001) error(70001) close(2)");
    login("alice", "old");
    CHECK_TEXT(out(), "error(6206)");
    login("alice", "fresh");
    CHECK_TEXT(out(), "connecting open(3)");
    end();
}

static void an_expiry_during_authentication_leaves_the_login_under_way(void) {
    begin_logged_in();
    login("alice", "fresh");
    session_link_open(&s, 2, now);
    out();
    disconnect(1, 0xA0);
    CHECK_TEXT(out(), "reason(4) expired close(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    connack(2, 0, 0);
    CHECK_TEXT(out(), "connecting connected ok");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

static void a_heartbeat_is_sent_and_must_be_answered(void) {
    begin_logged_in();
    uint64_t before = now;
    tick();
    CHECK_NUMBER((long long)(now - before), 25000); /* three quarters of 40 s after the login, 5 s ago */
    CHECK_TEXT(out(), "ping(1)");
    struct mqtt_packet pong = packet(MQTT_PINGRESP, 0);
    session_packet(&s, 1, now, &pong);
    CHECK_TEXT(out(), "");
    tick();
    CHECK_TEXT(out(), "ping(1)");
    tick();
    CHECK_TEXT(out(), "disconnected(9520) close(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

/* However long the owner takes: links that it has not opened yet are forgotten, not closed. */
static void actions_that_wait_never_pile_up(void) {
    begin(NULL);
    for (int i = 0; i < 50; i++) {
        login("alice", "sig-a");
        login("bob", "sig-b");
        while (s.active != NULL) {
            now = session_due(&s);
            session_tick(&s, now);
        }
    }
    CHECK(s.closing_count == 0);
    end();
    begin_logged_in();
    for (int i = 0; i < 50; i++) {
        login("bob", "sig-b");
        login("alice", "sig-a");
        while (s.active != NULL) {
            now = session_due(&s);
            session_tick(&s, now);
        }
    }
    CHECK(s.closing_count == 1); /* the one link that was ever opened */
    end();
}

/* A PINGRESP that nobody asked for must not move the heartbeat, nor end a session that has none. */
static void an_unasked_pong_changes_nothing(void) {
    begin_logged_in();
    uint64_t due = session_due(&s);
    struct mqtt_packet pong = packet(MQTT_PINGRESP, 0);
    session_packet(&s, 1, now, &pong);
    CHECK(session_due(&s) == due);
    CHECK_TEXT(out(), "");
    end();
}

/* A refusal is none the less one if its code says success. */
static void a_refusal_with_code_0_is_a_refusal(void) {
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    struct mqtt_packet p = packet(MQTT_CONNACK, 0x87);
    p.has_tim_code = true;
    p.tim_code = 0;
    out();
    session_packet(&s, 1, now, &p);
    CHECK_TEXT(out(), "failed(70009) error(70009) close(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_UnLogined);
    end();
}

/* The server may shorten the heartbeat, and nothing else. */
static void the_server_shortens_the_heartbeat(void) {
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    struct mqtt_packet p = packet(MQTT_CONNACK, 0);
    p.server_keep_alive = 4;
    session_packet(&s, 1, now, &p);
    CHECK_NUMBER((long long)(session_due(&s) - now), 3000);
    end();
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    p.server_keep_alive = 0;
    session_packet(&s, 1, now, &p);
    CHECK_NUMBER((long long)(session_due(&s) - now), 30000);
    end();
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    p.server_keep_alive = 65535;
    session_packet(&s, 1, now, &p);
    CHECK_NUMBER((long long)(session_due(&s) - now), 30000);
    end();
}

static void what_a_link_says_after_it_was_given_up_is_ignored(void) {
    begin_logged_in();
    login("bob", "sig-b");
    out();
    disconnect(1, 0x8E);
    lost(1, ERR_SDK_NET_RESET_BY_PEER);
    session_link_open(&s, 77, now);
    CHECK_TEXT(out(), "");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logining);
    end();
}

static void a_packet_out_of_place_breaks_the_connection(void) {
    begin(NULL);
    login("alice", "sig");
    session_link_open(&s, 1, now);
    out();
    disconnect(1, 0x8B); /* not allowed before CONNACK */
    CHECK_TEXT(out(), "failed(9502) close(1)");
    end();
    begin_logged_in();
    connack(1, 0, 0);
    CHECK_TEXT(out(), "disconnected(9502) close(1)");
    CHECK_NUMBER(session_status(&s), kTIMLoginStatus_Logined);
    end();
}

int main(void) {
    a_login_connects_authenticates_and_succeeds();
    a_refused_login_gets_its_code_and_leaves_nobody_logged_in();
    an_mqtt_3_server_is_told_apart();
    an_unreachable_server_is_retried_until_the_login_timeout();
    a_last_attempt_that_is_cut_short_is_not_the_cause();
    a_busy_server_is_retried_and_is_the_last_cause();
    each_phase_of_a_try_has_ten_seconds();
    a_handshake_has_ten_seconds_of_its_own();
    a_final_failure_ends_a_login_at_once();
    a_login_that_cannot_work_is_answered_without_a_connection();
    the_same_login_again_succeeds_without_the_network();
    requests_run_one_after_another_in_order();
    a_thousand_wait_and_one_more_is_refused();
    another_user_is_a_switch();
    another_user_sig_is_checked_beside_the_session();
    a_refused_user_sig_leaves_the_session();
    a_session_that_lost_its_connection_waits_for_the_authentication_under_way();
    a_kick_during_authentication_counts_if_that_is_refused();
    a_logout_tells_the_server();
    a_logout_without_a_network_succeeds_at_once();
    a_lost_connection_is_restored_with_a_growing_jittered_backoff();
    the_server_can_ask_for_another_connection_at_once_but_not_in_a_storm();
    the_server_can_end_a_session();
    a_refused_reconnect_ends_the_session();
    a_link_given_up_before_its_answer_is_no_other_instance();
    a_kick_that_the_server_names_is_one_even_then();
    a_kick_with_a_code_during_authentication_counts_at_once();
    a_plain_kick_before_the_connect_is_another_instance();
    a_ghost_of_alice_does_not_undo_the_kick_of_bob();
    a_link_that_broke_is_a_ghost();
    a_ghost_stays_while_a_connect_is_out();
    a_kick_by_another_platform_is_no_ghosts();
    logins_are_aborted_by_their_user_data();
    an_aborted_authentication_leaves_the_session();
    a_user_sig_seen_to_expire_is_refused_here();
    an_expiry_during_authentication_leaves_the_login_under_way();
    a_heartbeat_is_sent_and_must_be_answered();
    actions_that_wait_never_pile_up();
    an_unasked_pong_changes_nothing();
    a_refusal_with_code_0_is_a_refusal();
    the_server_shortens_the_heartbeat();
    what_a_link_says_after_it_was_given_up_is_ignored();
    a_packet_out_of_place_breaks_the_connection();
    return check_result();
}
