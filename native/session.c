/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "reasons.h"
#include "utf8.h"

/* ---- What comes out ---- */

static void emit(struct session* s, struct callback* callback) {
    callback->next = NULL;
    if (s->out_tail == NULL) s->out_head = callback;
    else s->out_tail->next = callback;
    s->out_tail = callback;
}

/* Without memory a notice is lost; the answers to requests have theirs from the start. */
static void notify(struct session* s, enum callback_kind kind, int32_t value, int32_t code, const char* desc) {
    struct callback* callback = callback_new(kind);
    if (callback == NULL) return;
    callback->value = value;
    callback->code = code;
    callback_describe(callback, desc);
    emit(s, callback);
}

/*
 * The application sees: connecting before connected and before connect failed; disconnected between connected and anything else. What it has not been
 * told yet, since a login of the same user might still have made it unnecessary, is told first.
 */
static void notify_network(struct session* s, enum TIMNetworkStatus status, int32_t code, const char* desc) {
    s->network = status;
    notify(s, CALLBACK_NETWORK, (int32_t)status, code, desc);
}

struct callback* session_take_callbacks(struct session* s) {
    struct callback* first = s->out_head;
    s->out_head = s->out_tail = NULL;
    return first;
}

static struct action take_wanted(struct connection* connection) {
    struct action action = {connection->wanted, connection->link};
    if (action.type == ACTION_AUTHENTICATE) connection->login_unanswered = true;
    connection->wanted = ACTION_NONE;
    return action;
}

struct action session_take_action(struct session* s) {
    if (s->closing_count > 0) {
        struct action first = s->closing[0];
        memmove(s->closing, s->closing + 1, --s->closing_count * sizeof first);
        return first;
    }
    return take_wanted(s->attempt.wanted != ACTION_NONE ? &s->attempt : &s->running);
}

bool session_has_action(const struct session* s) {
    return s->closing_count > 0 || s->attempt.wanted != ACTION_NONE || s->running.wanted != ACTION_NONE;
}

/* ---- Connections ---- */

static bool exists(const struct connection* connection) {
    return connection->user_sig != NULL;
}

static void forget(struct connection* connection) {
    secret_free(connection->user_sig);
    *connection = (struct connection){0};
}

static uint64_t random_below(struct session* s, uint64_t bound) {
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random % bound;
}

/* Doubles from 1 s to 60 s; the upper half of it is random, so that the clients of a restarted server do not all come at once. */
static uint64_t backoff(struct session* s, unsigned failures) {
    uint64_t delay = SESSION_BACKOFF_MAX_MS;
    if (failures < 6) delay = (uint64_t)SESSION_BACKOFF_MIN_MS << failures;
    return delay / 2 + random_below(s, delay / 2 + 1);
}

static void open_link(struct session* s, struct connection* connection, uint64_t now) {
    connection->phase = PHASE_RESOLVING;
    connection->link = ++s->last_link;
    connection->due = now + SESSION_ATTEMPT_MS;
    connection->wanted = ACTION_OPEN;
}

static void remove_ghost(struct session* s, unsigned index) {
    memmove(&s->ghosts[index], &s->ghosts[index + 1], (--s->ghost_count - index) * sizeof *s->ghosts);
}

static void leave_ghost(struct session* s, struct connection* connection) {
    if (connection->login_unanswered) {
        if (s->ghost_count == sizeof s->ghosts / sizeof *s->ghosts) remove_ghost(s, 0);
        struct ghost* ghost = &s->ghosts[s->ghost_count++];
        *ghost = (struct ghost){.sdk_app_id = connection->sdk_app_id, .until = connection->due + SESSION_ATTEMPT_MS};
        memcpy(ghost->user_id, connection->user_id, sizeof ghost->user_id);
    }
    connection->login_unanswered = false;
}

/* @return the user's oldest ghost, NULL if there is none */
static struct ghost* ghost_of(struct session* s, const struct connection* connection, uint64_t now) {
    for (unsigned i = 0; i < s->ghost_count; i++) {
        struct ghost* ghost = &s->ghosts[i];
        bool its = now < ghost->until && ghost->sdk_app_id == connection->sdk_app_id && strcmp(ghost->user_id, connection->user_id) == 0;
        if (its) return ghost;
    }
    return NULL;
}

static void drop_link(struct session* s, struct connection* connection, enum action_type how) {
    bool opened = connection->link != 0 && connection->wanted != ACTION_OPEN;
    if (opened && s->closing_count < sizeof s->closing / sizeof *s->closing) {
        s->closing[s->closing_count++] = (struct action){how, connection->link};
    }
    leave_ghost(s, connection);
    connection->wanted = ACTION_NONE;
    connection->link = 0;
    connection->ping_unanswered = false;
}

/* Its link is gone. */
static void wait_until(struct connection* connection, uint64_t due) {
    connection->phase = PHASE_WAITING;
    connection->due = due;
}

static void pause_running(struct session* s) {
    s->running.phase = PHASE_PAUSED;
    s->running.due = SESSION_NEVER;
}

static void go_online(struct connection* connection, const struct session* s, uint64_t now, const struct mqtt_packet* connack) {
    connection->phase = PHASE_ONLINE;
    connection->wanted = ACTION_NONE; /* of a server that accepts before it is asked */
    connection->online_since = now;
    connection->failures = 0;
    connection->keep_alive_ms = s->settings.heartbeat_ms;
    uint64_t shorter = connack->server_keep_alive > 0 ? (uint64_t)connack->server_keep_alive * 1000 : SESSION_NEVER;
    if (shorter < connection->keep_alive_ms || connection->keep_alive_ms == 0) connection->keep_alive_ms = shorter;
    /* A quarter early, because the server measures between arrivals. */
    connection->due = connection->keep_alive_ms == SESSION_NEVER ? SESSION_NEVER : now + connection->keep_alive_ms * 3 / 4;
}

static struct connection* connection_of(struct session* s, uint32_t link) {
    if (link == 0) return NULL;
    return s->attempt.link == link ? &s->attempt : s->running.link == link ? &s->running : NULL;
}

const struct connection* session_account(const struct session* s, uint32_t link) {
    return s->attempt.link == link ? &s->attempt : s->running.link == link ? &s->running : NULL;
}

/* ---- UserSigs that expired ---- */

static void remember_expired(struct session* s, const struct secret* user_sig) {
    struct secret** slot = &s->expired[s->expired_next++ % (sizeof s->expired / sizeof *s->expired)];
    secret_free(*slot);
    *slot = secret_new(user_sig->text, user_sig->length);
}

static bool has_expired(const struct session* s, const struct secret* user_sig) {
    for (size_t i = 0; i < sizeof s->expired / sizeof *s->expired; i++) {
        if (s->expired[i] != NULL && secret_equal(s->expired[i], user_sig)) return true;
    }
    return false;
}

/* ---- Requests ---- */

void request_free(struct request* request) {
    secret_free(request->user_sig);
    free(request);
}

static void answer(struct session* s, struct request* request, int32_t code, const char* desc) {
    request->done->code = code;
    callback_describe(request->done, desc);
    emit(s, request->done);
    request_free(request);
}

static void answer_active(struct session* s, int32_t code, const char* desc) {
    struct request* request = s->active;
    s->active = NULL;
    answer(s, request, code, desc);
}

static bool is_user_id(const char* text) {
    size_t length = strlen(text);
    if (length == 0 || length > SESSION_USER_ID_MAX) return false;
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e) return false;
    }
    return true;
}

/* The network callback tells of the attempt unless the session is online anyway. */
static bool attempt_is_told(const struct session* s) {
    return !exists(&s->running) || s->running.phase != PHASE_ONLINE;
}

static void tell_lost(struct session* s, int32_t code, const char* desc) {
    if (s->network == kTIMConnected) notify_network(s, kTIMDisconnected, code, desc);
}

static void tell_connecting(struct session* s) {
    tell_lost(s, ERR_SDK_NET_DISCONNECT, "the connection was lost");
    if (s->network != kTIMConnecting) notify_network(s, kTIMConnecting, 0, "");
}

static void tell_connected(struct session* s) {
    if (s->network == kTIMConnected) return;
    tell_connecting(s);
    notify_network(s, kTIMConnected, 0, "");
}

static void tell_failed(struct session* s, int32_t code, const char* desc) {
    tell_lost(s, code, desc);
    tell_connecting(s);
    notify_network(s, kTIMConnectFailed, code, desc);
}

static void tell_logged_out(struct session* s) {
    if (s->network != kTIMDisconnected) notify_network(s, kTIMDisconnected, 0, "");
}

static void try_attempt(struct session* s, uint64_t now) {
    if (attempt_is_told(s)) tell_connecting(s);
    open_link(s, &s->attempt, now);
}

static void start_login(struct session* s, uint64_t now) {
    struct request* request = s->active;
    if (!is_user_id(request->user_id)) {
        answer_active(s, ERR_SDK_COMM_INVALID_IDENTIFIER, "the user id must be 1 to 32 bytes of printable ASCII (0x20 to 0x7e)");
        return;
    }
    if (request->user_sig == NULL) {
        answer_active(s, ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED, "a UserSig has at most 8192 bytes");
        return;
    }
    if (s->settings.problem != NULL) {
        answer_active(s, ERR_INVALID_PARAMETERS, s->settings.problem);
        return;
    }
    if (has_expired(s, request->user_sig)) {
        answer_active(s, ERR_USER_SIG_EXPIRED, "this UserSig has expired; log in with a new one");
        return;
    }
    bool same_user =
        exists(&s->running) && s->running.sdk_app_id == request->sdk_app_id && strcmp(s->running.user_id, request->user_id) == 0;
    if (same_user && secret_equal(s->running.user_sig, request->user_sig)) {
        answer_active(s, ERR_SUCC, "");
        return;
    }
    if (exists(&s->running) && !same_user) {
        drop_link(s, &s->running, s->running.phase == PHASE_ONLINE ? ACTION_GOODBYE : ACTION_CLOSE);
        forget(&s->running);
        tell_logged_out(s);
    } else if (same_user && s->running.phase != PHASE_ONLINE) {
        drop_link(s, &s->running, ACTION_CLOSE);
        pause_running(s);
    }
    s->attempt = (struct connection){.sdk_app_id = request->sdk_app_id, .user_sig = request->user_sig};
    request->user_sig = NULL;
    memcpy(s->attempt.user_id, request->user_id, sizeof s->attempt.user_id);
    s->login_deadline = now + s->settings.login_timeout_ms;
    s->taken_over = false;
    try_attempt(s, now);
}

static void start_logout(struct session* s) {
    if (exists(&s->running) && s->running.phase == PHASE_ONLINE) {
        s->goodbye = s->running.link;
        drop_link(s, &s->running, ACTION_GOODBYE);
        forget(&s->running);
        return;
    }
    bool logged_in = exists(&s->running);
    if (logged_in) {
        drop_link(s, &s->running, ACTION_CLOSE);
        forget(&s->running);
    }
    answer_active(s, ERR_SUCC, "");
    if (logged_in) tell_logged_out(s);
}

static void start_next(struct session* s, uint64_t now) {
    while (s->active == NULL && s->head != NULL) {
        s->active = s->head;
        s->head = s->head->next;
        if (s->head == NULL) s->tail = NULL;
        s->waiting--;
        if (s->active->type == REQUEST_LOGIN) start_login(s, now);
        else start_logout(s);
    }
}

void session_request(struct session* s, struct request* request, uint64_t now) {
    if (s->active != NULL && s->waiting == SESSION_WAITING_MAX) {
        answer(s, request, ERR_SDK_NET_REQ_COUNT_LIMIT, "1000 requests are waiting already");
        return;
    }
    request->next = NULL;
    if (s->tail == NULL) s->head = request;
    else s->tail->next = request;
    s->tail = request;
    s->waiting++;
    start_next(s, now);
}

/* ---- The end of a login ---- */

static void login_succeeded(struct session* s, uint64_t now, const struct mqtt_packet* connack) {
    tell_connected(s);
    if (exists(&s->running)) {
        drop_link(s, &s->running, ACTION_CLOSE); /* the server has given the session to the new link */
        forget(&s->running);
    }
    s->running = s->attempt;
    s->attempt = (struct connection){0};
    go_online(&s->running, s, now, connack);
    answer_active(s, ERR_SUCC, "");
    start_next(s, now);
}

static void end_running(struct session* s, int32_t kick_reason, const char* desc);

/* The session that was there before, if any, stays: it goes on restoring its connection if it has lost it. */
static void login_failed(struct session* s, uint64_t now, int32_t code, const char* desc, bool refused) {
    drop_link(s, &s->attempt, ACTION_CLOSE);
    forget(&s->attempt);
    if (exists(&s->running) && s->running.phase == PHASE_PAUSED) {
        if (s->taken_over && refused) end_running(s, kTIMShimKick_OtherInstance, "another instance logged in");
        else wait_until(&s->running, now);
    }
    answer_active(s, code, desc);
    start_next(s, now);
}

static void attempt_failed(struct session* s, uint64_t now, int32_t code, const char* desc, bool final) {
    bool told_already = s->attempt.phase == PHASE_WAITING;
    if (attempt_is_told(s) && !told_already) tell_failed(s, code, desc);
    if (final) {
        login_failed(s, now, code, desc, false);
        return;
    }
    drop_link(s, &s->attempt, ACTION_CLOSE);
    s->cause = code;
    utf8_copy_line(s->cause_desc, sizeof s->cause_desc, desc, strlen(desc));
    wait_until(&s->attempt, now + backoff(s, s->attempt.failures++));
}

/* ---- The running session ---- */

static void end_running(struct session* s, int32_t kick_reason, const char* desc) {
    drop_link(s, &s->running, ACTION_CLOSE);
    notify(s, CALLBACK_KICK_REASON, kick_reason, 0, desc);
    if (kick_reason == kTIMShimKick_UserSigExpired) {
        remember_expired(s, s->running.user_sig);
        notify(s, CALLBACK_USERSIG_EXPIRED, 0, 0, desc);
    } else {
        notify(s, CALLBACK_KICKED, kick_reason, 0, desc);
    }
    forget(&s->running);
    s->network = kTIMDisconnected; /* the callback just made says so */
    s->taken_over = false;
}

static void running_lost(struct session* s, uint64_t now, int32_t code, const char* desc, bool retry_now) {
    bool was_online = s->running.phase == PHASE_ONLINE;
    /* A server that accepts and sends away again at once must not get a storm. */
    if (!was_online || now - s->running.online_since < SESSION_BACKOFF_MIN_MS) retry_now = false;
    drop_link(s, &s->running, ACTION_CLOSE);
    if (was_online) tell_lost(s, code, desc);
    else tell_failed(s, code, desc);
    /* While a login of the same user is under way, that decides; two links of one client would throw each other out. */
    if (exists(&s->attempt)) pause_running(s);
    else if (retry_now) wait_until(&s->running, now);
    else wait_until(&s->running, now + backoff(s, s->running.failures++));
}

/* ---- Events ---- */

void session_init(struct session* s, const struct session_settings* settings, uint64_t seed) {
    *s = (struct session){.settings = *settings, .random = seed | 1, .network = kTIMDisconnected};
}

void session_end(struct session* s) {
    static const char interrupted[] = "ended by TIMUninit";
    forget(&s->attempt);
    forget(&s->running);
    if (s->active != NULL) answer_active(s, ERR_SDK_COMM_INTERRUPT, interrupted);
    while (s->head != NULL) {
        struct request* request = s->head;
        s->head = request->next;
        answer(s, request, ERR_SDK_COMM_INTERRUPT, interrupted);
    }
    s->tail = NULL;
    s->waiting = 0;
    s->closing_count = 0;
    for (size_t i = 0; i < sizeof s->expired / sizeof *s->expired; i++) {
        secret_free(s->expired[i]);
        s->expired[i] = NULL;
    }
}

static const char aborted[] = "aborted by TIMShimAbortLogin";

static bool is_login_of(const struct request* request, const void* user_data) {
    return request->type == REQUEST_LOGIN && request->done->user_data == user_data;
}

static void abort_attempt(struct session* s, uint64_t now) {
    /* The server may have accepted another user by now. The same user's session must not be logged out with it. */
    bool undo = s->attempt.login_unanswered && !exists(&s->running);
    if (undo) drop_link(s, &s->attempt, ACTION_GOODBYE);
    attempt_failed(s, now, ERR_SDK_COMM_INTERRUPT, aborted, true);
}

bool session_abort(struct session* s, const void* user_data, uint64_t now) {
    bool found = s->active != NULL && is_login_of(s->active, user_data);
    struct request** place = &s->head;
    struct request* gone = NULL;
    struct request** gone_end = &gone;
    s->tail = NULL;
    while (*place != NULL) {
        struct request* request = *place;
        if (!is_login_of(request, user_data)) {
            s->tail = request;
            place = &request->next;
            continue;
        }
        *place = request->next;
        request->next = NULL;
        *gone_end = request;
        gone_end = &request->next;
        s->waiting--;
    }
    /* Those that stay are set aside, so that every answer comes before what they bring about. */
    struct request *head = s->head, *tail = s->tail;
    s->head = s->tail = NULL;
    if (found) abort_attempt(s, now);
    found = found || gone != NULL;
    while (gone != NULL) {
        struct request* request = gone;
        gone = request->next;
        answer(s, request, ERR_SDK_COMM_INTERRUPT, aborted);
    }
    s->head = head;
    s->tail = tail;
    start_next(s, now);
    return found;
}

static bool is_on_its_way(const struct connection* connection) {
    return connection != NULL && connection->phase >= PHASE_RESOLVING && connection->phase < PHASE_AUTHENTICATING;
}

void session_link_reached(struct session* s, uint32_t link, uint64_t now, enum phase phase) {
    struct connection* connection = connection_of(s, link);
    if (!is_on_its_way(connection)) return;
    connection->phase = phase;
    connection->due = now + SESSION_ATTEMPT_MS;
}

void session_link_open(struct session* s, uint32_t link, uint64_t now) {
    struct connection* connection = connection_of(s, link);
    if (!is_on_its_way(connection)) return;
    connection->phase = PHASE_AUTHENTICATING;
    connection->due = now + SESSION_ATTEMPT_MS;
    connection->wanted = ACTION_AUTHENTICATE;
}

void session_link_lost(struct session* s, uint32_t link, uint64_t now, int32_t code, const char* desc, bool final) {
    struct connection* connection = connection_of(s, link);
    if (connection == NULL) return;
    connection->link = 0; /* there is nothing left to close */
    connection->wanted = ACTION_NONE;
    if (connection == &s->attempt) attempt_failed(s, now, code, desc, final);
    else running_lost(s, now, code, desc, false);
}

void session_link_closed(struct session* s, uint32_t link, uint64_t now) {
    if (link == 0 || link != s->goodbye) return;
    s->goodbye = 0;
    answer_active(s, ERR_SUCC, "");
    tell_logged_out(s);
    start_next(s, now);
}

static void accepted(struct session* s, struct connection* connection, uint64_t now, const struct mqtt_packet* connack) {
    if (connack->server_time >= 0) {
        s->server_time = connack->server_time;
        s->server_time_at = now;
    }
    if (connection == &s->attempt) {
        login_succeeded(s, now, connack);
    } else {
        go_online(connection, s, now, connack);
        tell_connected(s);
    }
}

static void attempt_refused(struct session* s, uint64_t now, const struct reason* reason) {
    if (reason->verdict == VERDICT_RETRY || reason->verdict == VERDICT_RETRY_NOW) {
        attempt_failed(s, now, reason->code, reason->desc, false);
        return;
    }
    if (reason->verdict == VERDICT_EXPIRED) remember_expired(s, s->attempt.user_sig);
    if (attempt_is_told(s) && !s->taken_over) tell_failed(s, reason->code, reason->desc);
    login_failed(s, now, reason->code, reason->desc, true);
}

/*
 * An end that the server names, with a code or another platform, is one whatever else is under way: the session ends, and a login under way goes on by
 * itself. Only a plain "taken over" may come from this process: from the login whose CONNECT is out, or from a ghost. Nobody kicks back at oneself.
 */
static void running_refused(struct session* s, uint64_t now, const struct reason* reason) {
    bool retry_now = reason->verdict == VERDICT_RETRY_NOW;
    bool login_is_out = exists(&s->attempt) && s->attempt.login_unanswered;
    if (retry_now || reason->verdict == VERDICT_RETRY || reason->verdict == VERDICT_BUSY) {
        running_lost(s, now, reason->code, reason->desc, retry_now);
        return;
    }
    struct ghost* ghost = reason->taken_over ? ghost_of(s, &s->running, now) : NULL;
    bool by_ghost = ghost != NULL;
    /* While a CONNECT is out it may as well have been that one; then the ghost's turn is still to come. */
    if (by_ghost && !login_is_out) remove_ghost(s, (unsigned)(ghost - s->ghosts));
    if (by_ghost && !exists(&s->attempt)) {
        running_lost(s, now, reason->code, reason->desc, false);
        s->running.due = now;
    } else if (by_ghost || (reason->taken_over && login_is_out)) {
        s->taken_over = !by_ghost;
        drop_link(s, &s->running, ACTION_CLOSE);
        pause_running(s); /* the answer to the login decides */
    } else {
        end_running(s, reason->kick_reason, reason->desc);
    }
}

static void protocol_error(struct session* s, struct connection* connection, uint64_t now, const char* what) {
    if (connection == &s->attempt) attempt_failed(s, now, ERR_SDK_NET_DECODE_FAILED, what, false);
    else running_lost(s, now, ERR_SDK_NET_DECODE_FAILED, what, false);
}

void session_packet(struct session* s, uint32_t link, uint64_t now, const struct mqtt_packet* packet) {
    struct connection* connection = connection_of(s, link);
    if (connection == NULL) return;
    bool online = connection->phase == PHASE_ONLINE;
    if (packet->type == MQTT_CONNACK && connection->phase == PHASE_AUTHENTICATING) {
        connection->login_unanswered = false;
        if (packet->reason == 0 && !packet->mqtt3) {
            accepted(s, connection, now, packet);
            return;
        }
        struct reason reason = reason_of_connack(packet, s->settings.platform);
        if (connection == &s->attempt) attempt_refused(s, now, &reason);
        else running_refused(s, now, &reason);
    } else if (packet->type == MQTT_PINGRESP && online) {
        if (!connection->ping_unanswered) return; /* it answers nothing, and says nothing */
        connection->ping_unanswered = false;
        connection->due = now + connection->keep_alive_ms * 3 / 4;
    } else if (packet->type == MQTT_DISCONNECT && online) {
        struct reason reason = reason_of_disconnect(packet, s->settings.platform);
        running_refused(s, now, &reason);
    } else {
        protocol_error(s, connection, now, "the server sent a packet that does not belong here");
    }
}

struct timeout {
    int32_t code;
    const char* desc;
};

/* What a connection that did not get further in time is told. */
static struct timeout timeout_of(enum phase phase) {
    if (phase == PHASE_RESOLVING) return (struct timeout){ERR_SDK_NET_HOST_GETADDRINFO_FAILED, "the server's name was not found in time"};
    if (phase == PHASE_OPENING) return (struct timeout){ERR_SDK_NET_CONN_TIMEOUT, "no connection in time"};
    if (phase == PHASE_SECURING)
        return (struct timeout){ERR_SDK_NET_WAIT_ACK_TIMEOUT, "connected, but the TLS handshake was not finished in time"};
    return (struct timeout){ERR_SDK_NET_WAIT_ACK_TIMEOUT, "connected, but no answer in time"};
}

static void tick_attempt(struct session* s, uint64_t now) {
    struct connection* a = &s->attempt;
    bool over = now >= s->login_deadline;
    if (a->phase == PHASE_WAITING) {
        if (over) login_failed(s, now, s->cause, s->cause_desc, false);
        else if (now >= a->due) try_attempt(s, now);
    } else if (over && a->failures > 0 && now < a->due - SESSION_ATTEMPT_MS + SESSION_FAIR_MS) {
        attempt_failed(s, now, s->cause, s->cause_desc, over);
    } else if (over || now >= a->due) {
        struct timeout timeout = timeout_of(a->phase);
        attempt_failed(s, now, timeout.code, timeout.desc, over);
    }
}

static void tick_running(struct session* s, uint64_t now) {
    struct connection* r = &s->running;
    if (now < r->due) return;
    struct timeout timeout = timeout_of(r->phase);
    switch (r->phase) {
        case PHASE_WAITING:
            tell_connecting(s);
            open_link(s, r, now);
            break;
        case PHASE_PAUSED: break; /* it is never due */
        case PHASE_RESOLVING:
        case PHASE_OPENING:
        case PHASE_SECURING:
        case PHASE_AUTHENTICATING: running_lost(s, now, timeout.code, timeout.desc, false); break;
        case PHASE_ONLINE:
            if (r->ping_unanswered) {
                running_lost(s, now, ERR_SDK_NET_WAIT_ACK_TIMEOUT, "the heartbeat was not answered", true);
            } else {
                r->ping_unanswered = true;
                r->due = now + (r->keep_alive_ms < SESSION_ATTEMPT_MS ? r->keep_alive_ms : SESSION_ATTEMPT_MS);
                r->wanted = ACTION_PING;
            }
            break;
    }
}

void session_tick(struct session* s, uint64_t now) {
    if (exists(&s->running)) tick_running(s, now);
    if (exists(&s->attempt)) tick_attempt(s, now);
}

uint64_t session_due(const struct session* s) {
    uint64_t due = SESSION_NEVER;
    if (exists(&s->running)) due = s->running.due;
    if (exists(&s->attempt)) {
        if (s->attempt.due < due) due = s->attempt.due;
        if (s->login_deadline < due) due = s->login_deadline;
    }
    return due;
}

enum TIMLoginStatus session_status(const struct session* s) {
    if (s->active != NULL && s->active->type == REQUEST_LOGOUT) return kTIMLoginStatus_Logouting;
    if (exists(&s->running)) return kTIMLoginStatus_Logined;
    return s->active != NULL ? kTIMLoginStatus_Logining : kTIMLoginStatus_UnLogined;
}

const char* session_user_id(const struct session* s) {
    return session_status(s) == kTIMLoginStatus_Logined ? s->running.user_id : "";
}
