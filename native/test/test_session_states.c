/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All states that session.c can reach, breadth first. From each, everything that can happen next is tried: what the application asks, what the
 * loop does, what the network and the server bring, and time. At every transition the session does what session_spec.h says, and the invariants
 * below hold; from every state TIMUninit answers everything, a dead network ends every request, and a good server gets the session online.
 *
 * The loop is a model of loop.c's three places: it waits, it is about to take an action, it has taken one and not performed it yet. Requests come
 * at any of them, as from other threads.
 *
 * Servers are hostile (they say anything at any time), sane (they say what fits), or honest: then a model of one answers each CONNECT, in any order
 * and however late, also those of links that were given up; each takes the user's session over, and whoever had it gets a plain 0x8E. With such a
 * server, and no other device, nobody is ever kicked.
 *
 * Time is abstract: a timer is over, or it is not, in every combination. The values that timers are set to are compared with the specification's
 * before they are forgotten. With "digital" as the kind, time is counted in steps of 500 ms instead.
 *
 * A state is encoded in 32 bytes, and decoded to go on from it. What is not encoded could be missed: so random paths are run again from the start
 * with one session that is never encoded, and must go through the same states.
 *
 * Arguments: [requests at once, 1 to 3 [hostile | sane | honest | digital [states at most]]]. Without any: one request, as many states as there are, then two
 * requests, the first states. What is cut off says so.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "check.h"
#include "session_spec.h"

enum {
    LINKS = 2,
    FINE = 500, /* ms: a step of digital time */
    LATER = 5000,
    MUCH_LATER = 100000,
    OLD = 5000,
    LOGIN_TIMEOUT = 30000,
    HEARTBEAT = 40000,
    FAILURES_MAX = 1,
    STALE_LINK = 1000,
    RAW_PATHS_MAX = 2000,
    RAW_PATH_STEPS = 200,
    IN_FLIGHT = 3,
    GONE = 3,
    LOST_CODE = ERR_SDK_NET_RESET_BY_PEER
};

enum kind { HOSTILE, SANE, HONEST, DIGITAL };
static enum kind kind = HOSTILE;
static uint64_t requests_at_once = 1;

/* ---- The world: the session, its specification, the loop, the network ---- */

enum place { WAITS, TAKES, PERFORMS };
enum way { FREE, RESOLVES, CONNECTS, SECURES, OPEN }; /* of a link, for the loop */

static struct world {
    struct session session;
    struct play play;
    uint64_t place;
    struct action held;
    struct {
        uint64_t id, way, connect_sent;
    } links[LINKS];
    struct {
        uint64_t came_from[IN_FLIGHT], user[IN_FLIGHT], in_flight; /* CONNECTs that the server has not come to; a place and 1, or GONE */
        uint64_t holder[3];                                        /* of the session of each user: as above, or 0 */
        uint64_t accepted[LINKS], kicked[LINKS];                   /* what is on its way to a place */
        uint64_t forgotten;                                        /* a fifth ghost has replaced one */
    } server;                                                      /* an honest one */
    struct token heard[SPEC_TOKENS];
    unsigned heard_count;
    const char* failure; /* NULL: none so far */
} w;

static void expect(bool condition, const char* what) {
    if (!condition && w.failure == NULL) w.failure = what;
}

/* ---- UserSigs and users: numbers in the specification ---- */

static const char* const sigs[] = {"", "alice's 1", "alice's 2", "bob's"};
static const char* const users[] = {"", "alice", "bob"};

static uint64_t sig_number(const struct secret* secret) {
    for (uint64_t i = 1; i < 4; i++) {
        if (secret != NULL && strcmp(secret->text, sigs[i]) == 0) return i;
    }
    return 0;
}

static struct secret* sig_of(uint64_t number) {
    return secret_new(sigs[number], strlen(sigs[number]));
}

static struct request* new_request(uint64_t wish, uint64_t tag) {
    struct request* request = calloc(1, sizeof *request);
    struct callback* done = callback_new(CALLBACK_RESULT);
    if (request == NULL || done == NULL) abort();
    request->type = wish == LOGOUT ? REQUEST_LOGOUT : REQUEST_LOGIN;
    request->sdk_app_id = 1;
    request->done = done;
    done->user_data = (const void*)(uintptr_t)tag; /* NOLINT(performance-no-int-to-ptr) */
    if (wish <= BOB_1) snprintf(request->user_id, sizeof request->user_id, "%s", users[user_of(wish)]);
    if (wish == NO_USER_SIG) snprintf(request->user_id, sizeof request->user_id, "alice");
    if (wish <= BOB_1) request->user_sig = sig_of(wish);
    if (wish == NO_USER_ID) request->user_sig = sig_of(ALICE_1);
    return request;
}

static uint64_t wish_of(const struct request* request) {
    if (request->type == REQUEST_LOGOUT) return LOGOUT;
    if (request->user_id[0] == '\0') return NO_USER_ID;
    return request->user_sig == NULL ? NO_USER_SIG : sig_number(request->user_sig);
}

/* ---- The session as the specification sees it ---- */

static struct side side_seen(const struct connection* c) {
    if (c->user_sig == NULL) return (struct side){0};
    uint64_t sig = sig_number(c->user_sig);
    expect(sig != 0 && strcmp(c->user_id, users[user_of(sig)]) == 0, "a connection has another user's UserSig");
    struct side side = {
        .sig = sig,
        .phase = c->phase,
        .link = c->link,
        .wanted = c->wanted,
        .failures = c->failures,
        .ping_unanswered = c->ping_unanswered,
        .login_unanswered = c->login_unanswered,
        .due = c->due,
    };
    if (c->phase == PHASE_ONLINE) {
        side.keep_alive = c->keep_alive_ms;
        side.online_since = c->online_since;
    }
    return side;
}

static void see_requests(struct spec* seen) {
    const struct session* s = &w.session;
    const struct request* next = s->active != NULL ? s->active : s->head;
    expect(s->active != NULL || s->head == NULL, "a request waits for nothing");
    while (next != NULL && seen->count < SPEC_QUEUE) {
        /* The login that is under way has given its UserSig to the attempt. */
        bool given = next == s->active && next->type == REQUEST_LOGIN;
        seen->wishes[seen->count] = given ? sig_number(s->attempt.user_sig) : wish_of(next);
        seen->tags[seen->count++] = (uint64_t)(uintptr_t)next->done->user_data;
        next = next == s->active ? s->head : next->next;
    }
    expect(seen->count == s->waiting + (s->active != NULL), "the number of those that wait is wrong");
}

static struct spec seen_now(void) {
    const struct session* s = &w.session;
    struct spec seen = {
        .running = side_seen(&s->running),
        .attempt = side_seen(&s->attempt),
        .network = s->network,
        .taken_over = s->taken_over,
        .goodbye = s->goodbye,
        .closing_count = s->closing_count,
        .last_link = s->last_link,
    };
    if (seen.attempt.sig != 0) seen.deadline = s->login_deadline;
    if (seen.attempt.failures > 0) seen.cause = (uint64_t)s->cause;
    see_requests(&seen);
    expect(s->ghost_count <= SPEC_GHOSTS && s->closing_count <= 2, "more ghosts or links to close than there is room for");
    for (unsigned i = 0; i < s->ghost_count && i < SPEC_GHOSTS; i++) {
        if (s->ghosts[i].until <= w.play.now) continue;
        seen.ghosts[seen.ghost_count] = strcmp(s->ghosts[i].user_id, "bob") == 0 ? 2 : 1;
        seen.ghost_until[seen.ghost_count++] = s->ghosts[i].until;
    }
    for (unsigned i = 0; i < s->closing_count && i < 2; i++) {
        seen.closing[i] = s->closing[i].link;
        seen.closing_how[i] = s->closing[i].type;
    }
    for (size_t i = 0; i < sizeof s->expired / sizeof *s->expired; i++) {
        if (s->expired[i] != NULL) seen.expired |= 1u << sig_number(s->expired[i]);
    }
    return seen;
}

/* ---- What comes out ---- */

static void hear(void) {
    struct callback* next;
    for (struct callback* c = session_take_callbacks(&w.session); c != NULL; c = next) {
        next = c->next;
        int64_t value = c->kind == CALLBACK_RESULT ? (int64_t)(intptr_t)c->user_data : c->value;
        if (w.heard_count < SPEC_TOKENS) w.heard[w.heard_count++] = (struct token){c->kind, value, c->code};
        expect(c->code == 0 || c->desc[0] != '\0', "an error without a description");
        free(c->text);
        free(c);
    }
}

/* What holds of any sequence of callbacks, whatever the specification says. @param network the status that was told last before them */
static void check_grammar(uint64_t network) {
    for (unsigned i = 0; i < w.heard_count; i++) {
        const struct token* t = &w.heard[i];
        bool ends = t->kind == CALLBACK_KICKED || t->kind == CALLBACK_USERSIG_EXPIRED;
        bool reasoned = i > 0 && w.heard[i - 1].kind == CALLBACK_KICK_REASON;
        expect(ends == reasoned, "an end of the session without its reason, or a reason without an end");
        if (ends) network = kTIMDisconnected;
        if (t->kind != CALLBACK_NETWORK) continue;
        bool result = t->value == kTIMConnected || t->value == kTIMConnectFailed;
        expect(!result || network == kTIMConnecting, "connected or failed without connecting");
        expect(t->value != kTIMConnecting || (network != kTIMConnected && network != kTIMConnecting),
               "connecting twice, or while connected");
        expect(t->value != kTIMDisconnected || network != kTIMDisconnected, "disconnected twice");
        expect((t->value == kTIMConnectFailed) <= (t->code != 0), "failed without a code");
        network = (uint64_t)t->value;
    }
}

static void check_answers(uint64_t count_before) {
    uint64_t expected_tag = 0, answers = 0;
    for (unsigned i = 0; i < w.heard_count; i++) {
        if (w.heard[i].kind != CALLBACK_RESULT) continue;
        answers++;
        expect((uint64_t)w.heard[i].value > expected_tag, "answers out of order");
        expected_tag = (uint64_t)w.heard[i].value;
    }
    expect(answers <= count_before && w.play.spec.count == count_before - answers, "a request was answered twice, or forgotten");
}

static bool owned(uint64_t link) {
    const struct session* s = &w.session;
    bool closing = false;
    for (unsigned i = 0; i < s->closing_count && i < 2; i++) closing = closing || s->closing[i].link == link;
    return closing || s->running.link == link || s->attempt.link == link || (w.place == PERFORMS && w.held.link == link);
}

static void check_links(void) {
    const struct session* s = &w.session;
    const struct connection* sides[] = {&s->running, &s->attempt};
    for (int i = 0; i < LINKS; i++) {
        expect(w.links[i].way == FREE || owned(w.links[i].id), "a link that nobody will close");
    }
    unsigned on_their_way = 0;
    for (int i = 0; i < 2; i++) on_their_way += sides[i]->link != 0 && sides[i]->phase < PHASE_ONLINE;
    expect(on_their_way <= 1, "two links on their way would throw each other out");
    expect(s->running.user_sig != NULL || s->running.link == 0, "a link of a session that has ended");
    expect(s->running.link == 0 || s->running.link != s->attempt.link, "one link for two connections");
}

static void check_time(void) {
    const struct session* s = &w.session;
    bool somebody = s->running.user_sig != NULL || s->attempt.user_sig != NULL;
    expect(session_due(s) == spec_due(&w.play.spec), "the session waits for another time than the specification");
    expect(somebody || session_due(s) == SESSION_NEVER, "a timer runs for nobody");
    bool waits_for_time = s->attempt.user_sig != NULL || (s->running.user_sig != NULL && s->running.phase != PHASE_ONLINE);
    expect(!waits_for_time || session_due(s) != SESSION_NEVER, "nothing ever happens to a connection that is not there");
}

static void check_status(void) {
    const struct spec* spec = &w.play.spec;
    enum TIMLoginStatus status = kTIMLoginStatus_UnLogined;
    if (spec->count > 0 && spec->wishes[0] == LOGOUT) status = kTIMLoginStatus_Logouting;
    else if (spec->running.sig != 0) status = kTIMLoginStatus_Logined;
    else if (spec->count > 0) status = kTIMLoginStatus_Logining;
    const char* user = status == kTIMLoginStatus_Logined ? users[user_of(spec->running.sig)] : "";
    expect(session_status(&w.session) == status, "the status is not the specification's");
    expect(strcmp(session_user_id(&w.session), user) == 0, "the user logged in is not the specification's");
}

/*
 * What a user would not expect, and is accepted, with the reason. A deviation that no longer occurs is to be taken out of the list.
 */
enum deviation { BY_A_GHOST, BY_THE_LOGIN, FIFTH_GHOST, DEVIATIONS };
static struct {
    const char* what;
    uint64_t count;
} deviations[DEVIATIONS] = {
    [BY_A_GHOST] =
        {"a plain 0x8E within a ghost's time is not told as a kick: the server has come to this process's own CONNECT, for all it says", 0},
    [BY_THE_LOGIN] = {"a plain 0x8E while the CONNECT of the same user's login is out is told only if that login is refused", 0},
    [FIFTH_GHOST] = {"whoever gives up a fifth CONNECT within the first one's time can be kicked by that first one: four are remembered",
                     0},
};

/* Whoever takes an online session over is told as a kick, in the same step. */
static void check_kick(const struct spec* before, uint64_t link, const struct server_says* says) {
    bool takes_over = says->type == MQTT_DISCONNECT && says->reason == 0x8E;
    if (!takes_over || link == 0 || before->running.link != link || before->running.phase != PHASE_ONLINE) return;
    bool told = w.heard_count >= 2 && w.heard[1].kind == CALLBACK_KICKED, ghost = false;
    for (uint64_t i = 0; i < before->ghost_count; i++) ghost = ghost || (int)before->ghosts[i] == user_of(before->running.sig);
    if (told) return;
    if (says->meaning == MEANS_TAKEN_OVER && ghost) deviations[BY_A_GHOST].count++;
    else if (says->meaning == MEANS_TAKEN_OVER && before->attempt.login_unanswered) deviations[BY_THE_LOGIN].count++;
    else expect(false, "a kick that the application does not hear of");
}

static void check_deviations(void) {
    for (int i = 0; i < DEVIATIONS; i++) {
        if (!CHECK(deviations[i].count > 0)) printf("    no longer occurs: %s\n", deviations[i].what);
    }
}

/* After each event. */
static void check_step(const struct spec* before, uint64_t requests) {
    hear();
    struct spec seen = seen_now();
    bool same_tokens = w.heard_count == w.play.said_count;
    for (unsigned i = 0; i < w.heard_count && same_tokens; i++) {
        const struct token *a = &w.heard[i], *b = &w.play.said[i];
        same_tokens = a->kind == b->kind && a->value == b->value && a->code == b->code;
    }
    expect(same_tokens, "the application hears something else than the specification says");
    expect(memcmp(&seen, &w.play.spec, sizeof seen) == 0, "the session is in another state than the specification says");
    check_grammar(before->network);
    check_answers(requests);
    check_links();
    check_time();
    check_status();
}

/* ---- Encoding ---- */

struct code {
    uint8_t bytes[32];
};

/* The links of a state are numbered from 1, in their order. */
struct numbers {
    uint64_t ids[12];
    unsigned count;
};

static void note_link(struct numbers* numbers, uint64_t id) {
    unsigned at = 0;
    while (at < numbers->count && numbers->ids[at] < id) at++;
    if (id == 0 || (at < numbers->count && numbers->ids[at] == id)) return;
    for (unsigned i = numbers->count++; i > at; i--) numbers->ids[i] = numbers->ids[i - 1];
    numbers->ids[at] = id;
}

static unsigned number_of(const struct numbers* numbers, uint64_t id) {
    for (unsigned i = 0; i < numbers->count; i++) {
        if (numbers->ids[i] == id) return i + 1;
    }
    return 0;
}

static struct numbers number_links(void) {
    const struct spec* spec = &w.play.spec;
    struct numbers numbers = {.count = 0};
    note_link(&numbers, spec->running.link);
    note_link(&numbers, spec->attempt.link);
    note_link(&numbers, spec->goodbye);
    for (uint64_t i = 0; i < spec->closing_count; i++) note_link(&numbers, spec->closing[i]);
    for (int i = 0; i < LINKS; i++) note_link(&numbers, w.links[i].way == FREE ? 0 : w.links[i].id);
    note_link(&numbers, w.place == PERFORMS ? w.held.link : 0);
    expect(numbers.count <= 7, "more links than the encoding has room for");
    return numbers;
}

static uint8_t steps_until(uint64_t when) {
    if (when == SESSION_NEVER) return 255;
    return (uint8_t)(when <= w.play.now ? 0 : (when - w.play.now) / FINE);
}

static uint64_t when_of(uint8_t steps) {
    return steps == 255 ? SESSION_NEVER : w.play.now + (uint64_t)steps * FINE;
}

static bool is_young(const struct side* side) {
    return side->phase == PHASE_ONLINE && w.play.now - side->online_since < SESSION_BACKOFF_MIN_MS;
}

static void encode_side(uint8_t* b, const struct side* side, const struct numbers* numbers) {
    uint64_t never = side->phase == PHASE_ONLINE && side->keep_alive == SESSION_NEVER;
    uint64_t failures = kind == DIGITAL || side->failures < FAILURES_MAX ? side->failures : FAILURES_MAX;
    b[0] = (uint8_t)(side->sig | side->phase << 2 | side->ping_unanswered << 5 | side->login_unanswered << 6 | never << 7);
    b[1] = (uint8_t)(number_of(numbers, side->link) | side->wanted << 3 | (uint64_t)(side->due == SESSION_NEVER) << 6);
    b[2] = (uint8_t)((failures < 15 ? failures : 15) | (uint64_t)is_young(side) << 4);
}

static void encode_digital(uint8_t* b) {
    const struct spec* spec = &w.play.spec;
    b[0] = spec->running.sig == 0 ? 0 : steps_until(spec->running.due);
    b[1] = spec->attempt.sig == 0 ? 0 : steps_until(spec->attempt.due);
    b[2] = spec->attempt.sig == 0 ? 0 : steps_until(spec->deadline);
    b[3] = is_young(&spec->running) ? (uint8_t)((w.play.now - spec->running.online_since) / FINE) : 0;
    for (uint64_t i = 0; i < spec->ghost_count; i++) b[4 + i] = steps_until(spec->ghost_until[i]);
}

static void encode_server(uint8_t* b) {
    for (uint64_t i = 0; i < w.server.in_flight; i++) b[i] = (uint8_t)(w.server.came_from[i] | w.server.user[i] << 2);
    b[IN_FLIGHT] = (uint8_t)(w.server.holder[1] | w.server.holder[2] << 2 | w.server.in_flight << 4 | w.server.forgotten << 6);
    for (int i = 0; i < LINKS; i++) b[IN_FLIGHT + 1] |= (uint8_t)((w.server.accepted[i] | w.server.kicked[i] << 1) << 2 * i);
}

static void decode_server(const uint8_t* b) {
    w.server.in_flight = b[IN_FLIGHT] >> 4 & 3;
    w.server.forgotten = b[IN_FLIGHT] >> 6;
    for (uint64_t i = 0; i < w.server.in_flight; i++) {
        w.server.came_from[i] = b[i] & 3;
        w.server.user[i] = b[i] >> 2;
    }
    w.server.holder[1] = b[IN_FLIGHT] & 3;
    w.server.holder[2] = b[IN_FLIGHT] >> 2 & 3;
    for (int i = 0; i < LINKS; i++) {
        w.server.accepted[i] = b[IN_FLIGHT + 1] >> 2 * i & 1;
        w.server.kicked[i] = b[IN_FLIGHT + 1] >> (2 * i + 1) & 1;
    }
}

static struct code encode(void) {
    const struct spec* spec = &w.play.spec;
    struct numbers numbers = number_links();
    struct code code = {{0}};
    uint8_t* b = code.bytes;
    encode_side(&b[0], &spec->running, &numbers);
    encode_side(&b[3], &spec->attempt, &numbers);
    b[6] = (uint8_t)(spec->network | spec->taken_over << 2 | (spec->expired >> 1) << 3 | spec->closing_count << 6);
    for (uint64_t i = 0; i < spec->closing_count && i < 2; i++) {
        b[7 + i] = (uint8_t)(number_of(&numbers, spec->closing[i]) | spec->closing_how[i] << 3);
    }
    b[9] = (uint8_t)(number_of(&numbers, spec->goodbye) | spec->count << 3);
    for (uint64_t i = 0; i < spec->count; i++) b[10 + i / 2] |= (uint8_t)(spec->wishes[i] << i % 2 * 4);
    b[12] = spec->cause != 0;
    b[13] = (uint8_t)spec->ghost_count;
    for (uint64_t i = 0; i < spec->ghost_count; i++) b[13] |= (uint8_t)((spec->ghosts[i] - 1) << (3 + i));
    b[14] = (uint8_t)w.place;
    if (w.place == PERFORMS) b[14] |= (uint8_t)(w.held.type << 2 | number_of(&numbers, w.held.link) << 5);
    for (int i = 0; i < LINKS; i++) {
        if (w.links[i].way == FREE) continue;
        b[15 + i] = (uint8_t)(number_of(&numbers, w.links[i].id) | w.links[i].way << 3 | w.links[i].connect_sent << 6);
    }
    if (kind == DIGITAL) encode_digital(&b[17]);
    if (kind == HONEST) encode_server(&b[17]);
    return code;
}

static struct side decode_side(const uint8_t* b) {
    struct side side = {
        .sig = b[0] & 3,
        .phase = b[0] >> 2 & 7,
        .ping_unanswered = b[0] >> 5 & 1,
        .login_unanswered = b[0] >> 6 & 1,
        .link = b[1] & 7,
        .wanted = b[1] >> 3 & 7,
        .failures = b[2] & 15,
    };
    if (side.sig == 0) return side;
    side.due = b[1] >> 6 & 1 ? SESSION_NEVER : w.play.now + LATER;
    if (side.phase == PHASE_ONLINE) {
        side.keep_alive = b[0] >> 7 ? SESSION_NEVER : HEARTBEAT;
        side.online_since = w.play.now - (b[2] >> 4 & 1 ? 0 : OLD);
    }
    return side;
}

static void decode_digital(struct spec* spec, const uint8_t* b) {
    if (spec->running.sig != 0) spec->running.due = when_of(b[0]);
    if (spec->attempt.sig != 0) {
        spec->attempt.due = when_of(b[1]);
        spec->deadline = when_of(b[2]);
    }
    if (spec->running.online_since == w.play.now) spec->running.online_since -= (uint64_t)b[3] * FINE;
    for (uint64_t i = 0; i < spec->ghost_count; i++) spec->ghost_until[i] = when_of(b[4 + i]);
}

static struct spec decode_spec(const uint8_t* b) {
    struct spec spec = {
        .running = decode_side(&b[0]),
        .attempt = decode_side(&b[3]),
        .network = b[6] & 3,
        .taken_over = b[6] >> 2 & 1,
        .expired = (uint64_t)(b[6] >> 3 & 7) << 1,
        .closing_count = b[6] >> 6,
        .goodbye = b[9] & 7,
        .count = b[9] >> 3,
        .cause = b[12] != 0 ? LOST_CODE : 0, /* which it was is compared when it is noted */
        .ghost_count = b[13] & 7,
    };
    for (uint64_t i = 0; i < spec.closing_count; i++) {
        spec.closing[i] = b[7 + i] & 7;
        spec.closing_how[i] = b[7 + i] >> 3;
    }
    for (uint64_t i = 0; i < spec.count; i++) {
        spec.wishes[i] = b[10 + i / 2] >> i % 2 * 4 & 15;
        spec.tags[i] = i + 1;
    }
    for (uint64_t i = 0; i < spec.ghost_count; i++) {
        spec.ghosts[i] = 1u + (b[13] >> (3 + i) & 1);
        spec.ghost_until[i] = w.play.now + LATER;
    }
    if (spec.attempt.sig != 0) spec.deadline = w.play.now + MUCH_LATER;
    if (kind == DIGITAL) decode_digital(&spec, &b[17]);
    return spec;
}

static struct connection connection_from(const struct side* side) {
    struct connection c = {
        .phase = (enum phase)side->phase,
        .link = (uint32_t)side->link,
        .wanted = (enum action_type)side->wanted,
        .due = side->due,
        .failures = (unsigned)side->failures,
        .online_since = side->online_since,
        .keep_alive_ms = side->keep_alive,
        .ping_unanswered = side->ping_unanswered != 0,
        .login_unanswered = side->login_unanswered != 0,
    };
    if (side->sig == 0) return c;
    c.sdk_app_id = 1;
    c.user_sig = sig_of(side->sig);
    snprintf(c.user_id, sizeof c.user_id, "%s", users[user_of(side->sig)]);
    return c;
}

static void make_ghost(struct session* s, uint64_t user, uint64_t until) {
    struct ghost* ghost = &s->ghosts[s->ghost_count++];
    *ghost = (struct ghost){.sdk_app_id = 1, .until = until};
    snprintf(ghost->user_id, sizeof ghost->user_id, "%s", users[user]);
}

static void make_requests(struct session* s, const struct spec* spec) {
    for (uint64_t i = 0; i < spec->count; i++) {
        struct request* request = new_request(spec->wishes[i], spec->tags[i]);
        if (i == 0) {
            s->active = request;
            secret_free(request->user_sig); /* the attempt has it */
            request->user_sig = NULL;
            continue;
        }
        if (s->tail == NULL) s->head = request;
        else s->tail->next = request;
        s->tail = request;
        s->waiting++;
    }
}

static void make_session(const struct spec* spec) {
    struct session* s = &w.session;
    struct session_settings settings = {.login_timeout_ms = w.play.login_timeout, .heartbeat_ms = w.play.heartbeat, .platform = "Linux"};
    session_init(s, &settings, 0);
    s->random = 0; /* so is every random number then */
    s->running = connection_from(&spec->running);
    s->attempt = connection_from(&spec->attempt);
    s->network = (enum TIMNetworkStatus)spec->network;
    s->taken_over = spec->taken_over != 0;
    s->goodbye = (uint32_t)spec->goodbye;
    s->login_deadline = spec->deadline;
    s->cause = (int32_t)spec->cause;
    snprintf(s->cause_desc, sizeof s->cause_desc, "the cause");
    for (uint64_t user = 1; user <= 2 && spec->ghost_count <= SPEC_GHOSTS - 2; user++)
        make_ghost(s, user, w.play.now); /* their time is over */
    for (uint64_t i = 0; i < spec->ghost_count; i++) make_ghost(s, spec->ghosts[i], spec->ghost_until[i]);
    s->closing_count = (unsigned)spec->closing_count;
    for (uint64_t i = 0; i < spec->closing_count; i++) {
        s->closing[i] = (struct action){(enum action_type)spec->closing_how[i], (uint32_t)spec->closing[i]};
    }
    for (uint64_t sig = 1; sig < 4; sig++) {
        if (spec->expired >> sig & 1) s->expired[s->expired_next++] = sig_of(sig);
    }
    s->last_link = (uint32_t)spec->last_link;
    make_requests(s, spec);
}

static void decode(const struct code* code) {
    const uint8_t* b = code->bytes;
    w = (struct world){.play = {.now = 10000000, .login_timeout = LOGIN_TIMEOUT, .heartbeat = HEARTBEAT}};
    w.place = b[14] & 3;
    w.held = (struct action){(enum action_type)(b[14] >> 2 & 7), b[14] >> 5};
    for (int i = 0; i < LINKS; i++) {
        w.links[i].id = b[15 + i] & 7;
        w.links[i].way = b[15 + i] >> 3 & 7;
        w.links[i].connect_sent = b[15 + i] >> 6;
    }
    if (kind == HONEST) decode_server(&b[17]);
    w.play.spec = decode_spec(b);
    w.play.spec.last_link = number_links().count;
    make_session(&w.play.spec);
}

/* TIMUninit: everything is answered, once, in order, and nothing else is said. */
static void end_world(void) {
    uint64_t count = w.play.spec.count;
    w.heard_count = 0;
    session_end(&w.session);
    hear();
    expect(w.heard_count == count, "TIMUninit does not answer every request once, or says more");
    for (unsigned i = 0; i < w.heard_count; i++) {
        const struct token* t = &w.heard[i];
        bool right = t->kind == CALLBACK_RESULT && t->code == ERR_SDK_COMM_INTERRUPT && (uint64_t)t->value == w.play.spec.tags[i];
        expect(right, "TIMUninit answers out of order, or with another code than 7009");
    }
    expect(session_status(&w.session) == kTIMLoginStatus_UnLogined, "somebody is logged in after the end");
}

/* ---- Events ---- */

enum { TAKE_WAYS = 12, LINK_EVENTS = 3 + CONTRACT_ROWS };
enum event {
    REQUEST = 0, /* and the wish less 1 */
    ABORT = REQUEST + WISHES - 1,
    TURN = ABORT + SPEC_QUEUE - 1, /* the loop has waited */
    TAKE,                          /* and which timers are over */
    PERFORM = TAKE + TAKE_WAYS,
    PERFORM_FAILS,
    GHOST_GOES,
    AGE,
    PASS_SOME,
    PASS_UNTIL_DUE,
    STALE,
    SERVER,                       /* comes to a CONNECT, and which */
    NOTICES = SERVER + IN_FLIGHT, /* that the link of who has a session is gone, and of which user */
    ARRIVES_AT = NOTICES + 2,     /* what the server sent, and at which place */
    LINK = ARRIVES_AT + LINKS,    /* and which, and what happens to it */
    EVENTS = LINK + LINKS * LINK_EVENTS
};
enum { FURTHER, BREAKS, BREAKS_FINALLY, SAYS };

static const char* event_name(unsigned event, char* buf, size_t size) {
    static const char* const wishes[] = {"alice with 1", "alice with 2", "bob", "nobody", "alice without a UserSig", "logout"};
    static const char* const others[] = {"performs",    "performs in vain",         "a ghost goes", "the session ages", "some time passes",
                                         "time passes", "something of a stale link"};
    if (event < ABORT) snprintf(buf, size, "request: %s", wishes[event - REQUEST]);
    else if (event < TURN) snprintf(buf, size, "abort %u", event - ABORT + 1);
    else if (event == TURN) snprintf(buf, size, "the loop has waited");
    else if (event < PERFORM) snprintf(buf, size, "ticks and takes, timers %u", event - TAKE);
    else if (event < SERVER) snprintf(buf, size, "%s", others[event - PERFORM]);
    else if (event < NOTICES) snprintf(buf, size, "the server comes to CONNECT %u", event - SERVER + 1);
    else if (event < ARRIVES_AT) snprintf(buf, size, "the server notices that user %u is gone", event - NOTICES + 1);
    else if (event < LINK) snprintf(buf, size, "what the server sent arrives at place %u", event - ARRIVES_AT + 1);
    else {
        unsigned link = (event - LINK) / LINK_EVENTS, what = (event - LINK) % LINK_EVENTS;
        static const char* const names[] = {"goes further", "breaks", "breaks finally"};
        snprintf(buf, size, "link place %u: %s", link + 1, what < SAYS ? names[what] : contract[what - SAYS].name);
    }
    return buf;
}

static bool request_event(uint64_t wish) {
    struct spec* spec = &w.play.spec;
    if (spec->count >= requests_at_once) return false;
    uint64_t tag = spec->count == 0 ? 1 : spec->tags[spec->count - 1] + 1;
    session_request(&w.session, new_request(wish, tag), w.play.now);
    spec_request(&w.play, wish, tag);
    return true;
}

static bool abort_event(uint64_t index) {
    struct spec* spec = &w.play.spec;
    if (index >= spec->count || !is_login(spec->wishes[index])) return false;
    uint64_t tag = spec->tags[index];
    bool found = session_abort(&w.session, (const void*)(uintptr_t)tag, w.play.now); /* NOLINT(performance-no-int-to-ptr) */
    expect(found == spec_abort(&w.play, tag), "TIMShimAbortLogin does not say whether there was such a login");
    return true;
}

/* Sets the timers of both, so that they are over or not. @return false where that would be no other case */
static bool set_timers(unsigned which) {
    struct spec* spec = &w.play.spec;
    bool running_over = which & 1, attempt_over = which / 2 % 3 == 2, attempt_late = which / 2 % 3 == 1, deadline_over = which / 6 == 1;
    bool has_running = spec->running.sig != 0 && spec->running.due != SESSION_NEVER, has_attempt = spec->attempt.sig != 0;
    if ((running_over && !has_running) || ((attempt_over || attempt_late || deadline_over) && !has_attempt)) return false;
    if (attempt_late && !deadline_over) return false; /* how long the phase has lasted is of no matter then */
    uint64_t now = w.play.now;
    if (has_running) w.session.running.due = spec->running.due = running_over ? now : now + LATER;
    if (!has_attempt) return true;
    uint64_t just_begun = now + SESSION_ATTEMPT_MS - SESSION_FAIR_MS / 2;
    w.session.attempt.due = spec->attempt.due = attempt_over ? now : attempt_late ? now + SESSION_ATTEMPT_MS - SESSION_FAIR_MS : just_begun;
    w.session.login_deadline = spec->deadline = deadline_over ? now : now + MUCH_LATER;
    return true;
}

static bool take_event(unsigned which) {
    if (w.place != TAKES) return false;
    if (kind == DIGITAL ? which != 0 : !set_timers(which)) return false;
    bool due = session_due(&w.session) <= w.play.now;
    if (due) {
        session_tick(&w.session, w.play.now);
        spec_tick(&w.play);
    }
    struct action action = session_take_action(&w.session), expected = spec_take(&w.play.spec);
    expect(action.type == expected.type && (action.type == ACTION_NONE || action.link == expected.link), "another action than specified");
    w.held = action;
    w.place = action.type == ACTION_NONE ? WAITS : PERFORMS;
    return true;
}

static int place_of(uint64_t link) {
    for (int i = 0; i < LINKS; i++) {
        if (link == 0 ? w.links[i].way == FREE : w.links[i].way != FREE && w.links[i].id == link) return i;
    }
    return -1;
}

static void free_place(int place) {
    if (place < 0) return;
    w.links[place].id = w.links[place].way = w.links[place].connect_sent = 0;
    uint64_t here = (uint64_t)place + 1;
    for (uint64_t i = 0; i < w.server.in_flight; i++) {
        if (w.server.came_from[i] == here) w.server.came_from[i] = GONE;
    }
    for (int user = 1; user <= 2; user++) {
        if (w.server.holder[user] == here) w.server.holder[user] = GONE;
    }
    w.server.accepted[place] = w.server.kicked[place] = 0;
}

/* The bytes are out. @return whether the model of the server has room for them */
static bool connect_is_out(int place, uint64_t sig) {
    if (kind != HONEST) return true;
    if (w.server.in_flight == IN_FLIGHT) return false;
    w.server.came_from[w.server.in_flight] = (uint64_t)place + 1;
    w.server.user[w.server.in_flight++] = (uint64_t)user_of(sig);
    return true;
}

static bool server_comes_to(uint64_t index) {
    if (index >= w.server.in_flight || w.place != WAITS) return false;
    uint64_t from = w.server.came_from[index], user = w.server.user[index], holder = w.server.holder[user];
    remove_at(w.server.came_from, index, w.server.in_flight);
    remove_at(w.server.user, index, w.server.in_flight--);
    if (holder != 0 && holder != GONE && holder != from) w.server.kicked[holder - 1] = 1;
    if (from != GONE) w.server.accepted[from - 1] = 1;
    w.server.holder[user] = from;
    return true;
}

static bool server_notices(uint64_t user) {
    if (w.server.holder[user] != GONE) return false;
    w.server.holder[user] = 0;
    return true;
}

static void authenticate(int place, uint64_t link, bool in_vain) {
    const struct connection* account = session_account(&w.session, (uint32_t)link);
    const struct side* side = side_of(&w.play.spec, link);
    expect((account == NULL) == (side == NULL), "a link has an account, or none, against the specification");
    if (account != NULL && !in_vain) {
        expect(side != NULL && sig_number(account->user_sig) == side->sig, "CONNECT with another UserSig");
        w.links[place].connect_sent = 1;
        if (connect_is_out(place, side == NULL ? 0 : side->sig)) return;
    }
    free_place(place);
    session_link_lost(&w.session, (uint32_t)link, w.play.now, ERR_OUT_OF_MEMORY, "no memory", true);
    spec_lost(&w.play, link, ERR_OUT_OF_MEMORY, true);
}

static bool perform_event(bool in_vain) {
    if (w.place != PERFORMS || (in_vain && w.held.type != ACTION_AUTHENTICATE)) return false;
    int place = place_of(w.held.type == ACTION_OPEN ? 0 : w.held.link);
    w.place = TAKES;
    if (w.held.type == ACTION_OPEN) {
        expect(place >= 0, "a link is to be opened, and all places are taken");
        if (place >= 0) w.links[place].id = w.held.link;
        if (place >= 0) w.links[place].way = RESOLVES;
    } else if (w.held.type == ACTION_AUTHENTICATE && place >= 0) {
        authenticate(place, w.held.link, in_vain);
    } else if (w.held.type == ACTION_CLOSE || w.held.type == ACTION_GOODBYE) {
        free_place(place);
        if (w.held.type == ACTION_CLOSE) return true;
        session_link_closed(&w.session, w.held.link, w.play.now);
        spec_closed(&w.play, w.held.link);
    }
    return true;
}

static bool ghost_event(void) {
    struct spec* spec = &w.play.spec;
    if (kind == DIGITAL || spec->ghost_count == 0) return false;
    for (uint64_t i = 0; i < w.server.in_flight; i++) {
        uint64_t from = w.server.came_from[i];
        bool given_up = from == GONE || side_of(spec, w.links[from - 1].id) == NULL;
        if (given_up && w.server.user[i] == spec->ghosts[0]) return false; /* the server comes to it in that time */
    }
    for (int i = 0; i < LINKS; i++) {
        if (w.server.kicked[i]) return false; /* and what it sends arrives */
    }
    for (unsigned i = 0; i < w.session.ghost_count; i++) {
        if (w.session.ghosts[i].until <= w.play.now) continue;
        w.session.ghosts[i].until = w.play.now;
        break;
    }
    remove_ghost_at(spec, 0);
    return true;
}

static bool age_event(void) {
    struct side* running = &w.play.spec.running;
    if (kind == DIGITAL || running->sig == 0 || !is_young(running)) return false;
    w.session.running.online_since = running->online_since = w.play.now - OLD;
    return true;
}

static bool pass_event(bool until_due) {
    struct spec* spec = &w.play.spec;
    uint64_t due = session_due(&w.session);
    if (kind != DIGITAL || w.place != WAITS || session_has_action(&w.session) || due == SESSION_NEVER || due <= w.play.now) return false;
    bool counts = spec->ghost_count > 0 || is_young(&spec->running) || spec->attempt.sig != 0;
    if (!until_due && (!counts || due <= w.play.now + SESSION_FAIR_MS)) return false;
    w.play.now = until_due ? due : w.play.now + SESSION_FAIR_MS;
    while (spec->ghost_count > 0 && spec->ghost_until[0] <= w.play.now) remove_ghost_at(spec, 0);
    if (until_due) w.place = TAKES;
    return true;
}

static bool stale_event(void) {
    struct mqtt_packet packet = contract_packet(&contract[CONTRACT_ROWS - 1]);
    session_packet(&w.session, STALE_LINK, w.play.now, &packet);
    session_link_open(&w.session, STALE_LINK, w.play.now);
    session_link_reached(&w.session, STALE_LINK, w.play.now, PHASE_OPENING);
    session_link_closed(&w.session, STALE_LINK, w.play.now);
    session_link_lost(&w.session, STALE_LINK, w.play.now, LOST_CODE, "stale", true);
    expect(session_account(&w.session, STALE_LINK) == NULL, "a link that does not exist has an account");
    return true;
}

/* What a sane server says: CONNACK to a CONNECT, the rest to a session that is online. Of a link that was given up nothing is known. */
static bool says_so(int place, const struct server_says* says) {
    if (kind == HOSTILE) return true;
    if (kind == HONEST && says->type != MQTT_PINGRESP) return false;
    const struct side* side = side_of(&w.play.spec, w.links[place].id);
    if (side == NULL) return true;
    if (says->type == MQTT_CONNACK) return side->phase == PHASE_AUTHENTICATING && w.links[place].connect_sent;
    return side->phase == PHASE_ONLINE && (says->type != MQTT_PINGRESP || side->ping_unanswered);
}

static bool link_event(int place, unsigned what) {
    uint64_t id = w.links[place].id, now = w.play.now;
    if (w.place != WAITS || w.links[place].way == FREE) return false;
    if (what == FURTHER) {
        if (w.links[place].way == OPEN) return false;
        w.links[place].way++;
        bool open = w.links[place].way == OPEN;
        enum phase phase = open ? PHASE_AUTHENTICATING : w.links[place].way == CONNECTS ? PHASE_OPENING : PHASE_SECURING;
        if (open) session_link_open(&w.session, (uint32_t)id, now);
        else session_link_reached(&w.session, (uint32_t)id, now, phase);
        spec_reached(&w.play, id, phase);
        return true;
    }
    if (what < SAYS) {
        free_place(place);
        session_link_lost(&w.session, (uint32_t)id, now, LOST_CODE, "lost", what == BREAKS_FINALLY);
        spec_lost(&w.play, id, LOST_CODE, what == BREAKS_FINALLY);
        return true;
    }
    const struct server_says* says = &contract[what - SAYS];
    if (w.links[place].way != OPEN || !says_so(place, says)) return false;
    struct mqtt_packet packet = contract_packet(says);
    session_packet(&w.session, (uint32_t)id, now, &packet);
    spec_packet(&w.play, id, says);
    return true;
}

static unsigned row_of(const char* name) {
    unsigned row = 0;
    while (strcmp(contract[row].name, name) != 0) row++;
    return row;
}

static void give(int place, const char* name) {
    const struct server_says* says = &contract[row_of(name)];
    struct mqtt_packet packet = contract_packet(says);
    uint64_t id = w.links[place].id;
    session_packet(&w.session, (uint32_t)id, w.play.now, &packet);
    spec_packet(&w.play, id, says);
}

static bool arrive_event(int place) {
    if (w.place != WAITS || w.links[place].way == FREE) return false;
    uint64_t* what = w.server.accepted[place] ? &w.server.accepted[place] : &w.server.kicked[place];
    if (*what == 0) return false;
    *what = 0;
    give(place, what == &w.server.accepted[place] ? "CONNACK 0" : "DISCONNECT 8E");
    for (unsigned i = 0; i < w.play.said_count; i++) {
        if (w.play.said[i].kind != CALLBACK_KICKED) continue;
        if (w.server.forgotten) deviations[FIFTH_GHOST].count++;
        else expect(false, "kicked, and there is no other device");
    }
    return true;
}

static bool turn_event(void) {
    if (w.place != WAITS) return false;
    w.place = TAKES;
    return true;
}

static bool happens(unsigned event) {
    if (event < ABORT) return request_event(event - REQUEST + 1);
    if (event < TURN) return abort_event(event - ABORT);
    if (event == TURN) return turn_event();
    if (event < PERFORM) return take_event(event - TAKE);
    switch (event) {
        case PERFORM: return perform_event(false);
        case PERFORM_FAILS: return perform_event(true);
        case GHOST_GOES: return ghost_event();
        case AGE: return age_event();
        case PASS_SOME: return pass_event(false);
        case PASS_UNTIL_DUE: return pass_event(true);
        case STALE: return stale_event();
        default: break;
    }
    if (event < NOTICES) return server_comes_to(event - SERVER);
    if (event < ARRIVES_AT) return server_notices(event - NOTICES + 1);
    if (event < LINK) return arrive_event((int)(event - ARRIVES_AT));
    return link_event((int)(event - LINK) / LINK_EVENTS, (event - LINK) % LINK_EVENTS);
}

/* Spares decoding for what happens at another place of the loop. */
static bool fits(const struct code* code, unsigned event) {
    unsigned place = code->bytes[14] & 3;
    if (event == TURN || event >= LINK) return place == WAITS && (event < LINK || code->bytes[15 + (event - LINK) / LINK_EVENTS] != 0);
    if (event >= TAKE && event < PERFORM) return place == TAKES;
    return (event != PERFORM && event != PERFORM_FAILS) || place == PERFORMS;
}

/* @return whether the event could happen; then it did, and was checked */
static bool step(unsigned event) {
    struct spec before = w.play.spec;
    w.play.said_count = w.heard_count = 0;
    unsigned link_place = event < LINK ? 0 : (event - LINK) / LINK_EVENTS;
    uint64_t link = event < LINK ? 0 : w.links[link_place].id;
    if (!happens(event)) return false;
    const struct spec* now = &w.play.spec;
    bool same_ghosts = memcmp(before.ghosts, now->ghosts, sizeof now->ghosts) == 0 &&
                       memcmp(before.ghost_until, now->ghost_until, sizeof now->ghost_until) == 0;
    if (kind == HONEST && before.ghost_count == SPEC_GHOSTS && now->ghost_count == SPEC_GHOSTS && !same_ghosts) w.server.forgotten = 1;
    check_step(&before, before.count + (event < ABORT));
    if (event >= LINK && (event - LINK) % LINK_EVENTS >= SAYS) check_kick(&before, link, &contract[(event - LINK) % LINK_EVENTS - SAYS]);
    return true;
}

/* ---- The states ---- */

static struct {
    struct code* codes;
    uint32_t* from;  /* the state before */
    uint8_t* by;     /* the event */
    uint8_t* marks;  /* of the walks */
    uint32_t* table; /* hash table of numbers, less 1 */
    uint32_t count, most, slots;
    uint64_t transitions;
} states;

static void* zeroed(size_t count, size_t size) {
    void* memory = calloc(count, size);
    if (memory == NULL) {
        printf("no memory for the states\n");
        exit(1);
    }
    return memory;
}

static void make_states(uint32_t most) {
    states.most = most;
    states.slots = 1;
    while (states.slots < most * 2) states.slots *= 2;
    states.codes = zeroed(most, sizeof *states.codes);
    states.from = zeroed(most, sizeof *states.from);
    states.by = zeroed(most, sizeof *states.by);
    states.marks = zeroed(most, sizeof *states.marks);
    states.table = zeroed(states.slots, sizeof *states.table);
}

static void free_states(void) {
    free(states.codes);
    free(states.from);
    free(states.by);
    free(states.marks);
    free(states.table);
}

static uint32_t* slot_of(const struct code* code) {
    uint64_t words[4], hash = 0;
    memcpy(words, code->bytes, sizeof words);
    for (int i = 0; i < 4; i++) hash = (hash ^ words[i]) * 0x9E3779B97F4A7C15u ^ hash >> 29;
    hash ^= hash >> 32;
    uint32_t at = (uint32_t)hash & (states.slots - 1);
    while (states.table[at] != 0 && memcmp(&states.codes[states.table[at] - 1], code, sizeof *code) != 0)
        at = (at + 1) & (states.slots - 1);
    return &states.table[at];
}

/* @return whether there was room */
static bool add_state(const struct code* code, uint32_t from, unsigned by) {
    uint32_t* slot = slot_of(code);
    if (*slot != 0) return true;
    if (states.count == states.most) return false;
    states.codes[states.count] = *code;
    states.from[states.count] = from;
    states.by[states.count] = (uint8_t)by;
    *slot = ++states.count;
    return true;
}

static void print_path(uint32_t state) {
    char name[80];
    if (state == 0) return;
    print_path(states.from[state]);
    printf("    %s\n", event_name(states.by[state], name, sizeof name));
}

static void print_tokens(const char* who, const struct token* tokens, unsigned count) {
    static const char* const kinds[] = {"result", "network", "reason", "kicked", "expired", "log"};
    printf("  %s:", who);
    for (unsigned i = 0; i < count; i++) printf(" %s(%" PRId64 ",%" PRId64 ")", kinds[tokens[i].kind], tokens[i].value, tokens[i].code);
    printf("\n");
}

static void print_side(const char* who, const struct side* s) {
    printf("    %s: sig %" PRIu64 " phase %" PRIu64 " link %" PRIu64 " wanted %" PRIu64 " failures %" PRIu64, who, s->sig, s->phase,
           s->link, s->wanted, s->failures);
    printf(" ping %" PRIu64 " unanswered %" PRIu64 " due in %" PRId64 "\n", s->ping_unanswered, s->login_unanswered,
           (int64_t)(s->due - w.play.now));
}

static void print_spec(const char* who, const struct spec* s) {
    printf("  %s: network %" PRIu64 " taken over %" PRIu64 " requests %" PRIu64 " goodbye %" PRIu64 " cause %" PRIu64, who, s->network,
           s->taken_over, s->count, s->goodbye, s->cause);
    printf(" ghosts %" PRIu64 " expired %" PRIu64 " closing %" PRIu64 "\n", s->ghost_count, s->expired, s->closing_count);
    print_side("running", &s->running);
    print_side("attempt", &s->attempt);
}

/* Shows the way to a failure, and counts it. */
static void report(uint32_t state, unsigned event) {
    char name[80];
    struct spec seen = seen_now();
    printf("%s\n", w.failure);
    print_path(state);
    if (event < EVENTS) printf("    %s\n", event_name(event, name, sizeof name));
    print_tokens("heard    ", w.heard, w.heard_count);
    print_tokens("specified", w.play.said, w.play.said_count);
    print_spec("seen     ", &seen);
    print_spec("specified", &w.play.spec);
    check_failures++;
}

/* @return false if it was cut off, or failed */
static bool explore(void) {
    for (uint32_t at = 0; at < states.count; at++) {
        for (unsigned event = 0; event < EVENTS; event++) {
            if (!fits(&states.codes[at], event)) continue;
            decode(&states.codes[at]);
            bool happened = step(event);
            struct code next = encode();
            if (w.failure != NULL) report(at, event);
            end_world();
            if (check_failures > 0) return false;
            if (w.failure != NULL) report(at, event);
            if (!happened) continue;
            states.transitions++;
            check_count++;
            if (!add_state(&next, at, event)) return false;
        }
    }
    return true;
}

/* ---- Random paths with one session, never encoded ---- */

static uint64_t next_random(uint64_t* state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* @return the state after the event, from the code; or from where it is */
static struct code after(const struct code* code, unsigned event) {
    struct world kept = w;
    decode(code);
    step(event);
    struct code next = encode();
    end_world();
    const char* failure = w.failure;
    w = kept;
    expect(failure == NULL, "a step that passed before fails");
    return next;
}

static void run_raw_path(uint64_t* random, unsigned length) {
    struct code at = states.codes[0];
    decode(&at);
    for (unsigned i = 0; i < length && w.failure == NULL; i++) {
        unsigned event = (unsigned)(next_random(random) % EVENTS);
        /* Every second step is the loop's, or nothing would get far. */
        if (next_random(random) & 1) event = w.place == WAITS ? LINK : w.place == TAKES ? TAKE : PERFORM;
        if (!step(event)) continue;
        check_count++;
        struct code now = encode(), expected = after(&at, event);
        expect(memcmp(&now, &expected, sizeof now) == 0, "something that is not encoded matters");
        at = now;
    }
    if (w.failure != NULL) report(0, EVENTS);
    end_world();
}

/* ---- Walks: from every state something comes about ---- */

enum { UNKNOWN, WALKED, ARRIVES, WALK_MAX = 512 };

static bool answered(void) {
    return w.play.spec.count == 0;
}

static bool all_is_well(void) {
    const struct side* running = &w.play.spec.running;
    bool online = running->sig == 0 || (running->phase == PHASE_ONLINE && !running->ping_unanswered);
    return answered() && online && w.place == WAITS && !session_has_action(&w.session);
}

/* Nothing comes but time. */
static unsigned dead_network(void) {
    const struct spec* spec = &w.play.spec;
    if (w.place == WAITS) return TURN;
    if (w.place == PERFORMS) return PERFORM;
    bool running = spec->running.sig != 0 && spec->running.due != SESSION_NEVER;
    return (unsigned)TAKE + (running ? 1u : 0) + (spec->attempt.sig != 0 ? 2u * 2 + 6 : 0);
}

/* Each link is made, each CONNECT accepted, each heartbeat answered. */
static unsigned good_server(void) {
    const struct spec* spec = &w.play.spec;
    if (w.place == PERFORMS) return PERFORM;
    if (w.place == TAKES) {
        bool running = spec->running.sig != 0 && spec->running.phase == PHASE_WAITING;
        bool attempt = spec->attempt.sig != 0 && spec->attempt.phase == PHASE_WAITING;
        return (unsigned)TAKE + (running ? 1u : 0) + (attempt ? 2u * 2 : 0);
    }
    if (session_has_action(&w.session)) return TURN;
    for (unsigned i = 0; i < LINKS; i++) {
        const struct side* side = w.links[i].way == FREE ? NULL : side_of(&w.play.spec, w.links[i].id);
        unsigned event = (unsigned)LINK + i * LINK_EVENTS;
        if (side == NULL) continue;
        if (w.links[i].way != OPEN) return event + FURTHER;
        if (side->phase == PHASE_AUTHENTICATING) return event + SAYS + row_of("CONNACK 0");
        if (side->ping_unanswered) return event + SAYS + row_of("PINGRESP");
    }
    return TURN;
}

/* Follows the way until it arrives, or is where another arrived. */
static void walk(uint32_t start, unsigned (*way)(void), bool (*arrived)(void)) {
    uint32_t path[WALK_MAX], at = start;
    unsigned length = 0;
    while (states.marks[at] == UNKNOWN && length < WALK_MAX) {
        states.marks[at] = WALKED;
        path[length++] = at;
        decode(&states.codes[at]);
        bool there = arrived();
        if (there) states.marks[at] = ARRIVES;
        else expect(step(way()), "the way does not go on");
        struct code next = encode();
        expect(there || *slot_of(&next) != 0, "the way leaves the states that were found");
        if (w.failure == NULL && !there) at = *slot_of(&next) - 1;
        if (w.failure != NULL) report(states.from[at] == at ? 0 : at, EVENTS);
        end_world();
        if (w.failure != NULL || there) break;
    }
    if (check_failures == 0 && states.marks[at] == WALKED) {
        decode(&states.codes[at]);
        expect(false, way == good_server ? "a good server never gets the session online" : "a request is never answered");
        report(start, EVENTS);
        end_world();
    }
    for (unsigned i = 0; i < length; i++) states.marks[path[i]] = ARRIVES;
}

static void walk_from_everywhere(unsigned (*way)(void), bool (*arrived)(void)) {
    memset(states.marks, UNKNOWN, states.count);
    for (uint32_t at = 0; at < states.count && check_failures == 0; at++) {
        check_count++;
        walk(at, way, arrived);
    }
}

/* ---- A deviation that is too far away to be met in a short run ---- */

static void goes(unsigned event) {
    expect(step(event), "the way to a deviation is not open any more");
}

static void until_it_waits(void) {
    while (w.failure == NULL && (w.place != WAITS || session_has_action(&w.session))) {
        goes(w.place == PERFORMS ? PERFORM : w.place == TAKES ? TAKE : TURN);
    }
}

/* From the request to CONNECT, which is sent or not. */
static void connects(enum wish wish, enum event performs) {
    goes((unsigned)REQUEST + wish - 1);
    while (w.failure == NULL && (w.place != PERFORMS || w.held.type != ACTION_AUTHENTICATE)) {
        bool under_way = w.place == WAITS && !session_has_action(&w.session);
        goes(under_way ? LINK : w.place == PERFORMS ? PERFORM : w.place == TAKES ? TAKE : TURN);
    }
    goes(performs);
}

static void show_fifth_ghost(void) {
    enum { ATTEMPT_AND_DEADLINE_OVER = 2 * 2 + 6 };
    kind = HONEST;
    requests_at_once = 1;
    decode(&(struct code){{[6] = kTIMDisconnected}});
    connects(ALICE_1, PERFORM);
    goes(TAKE + ATTEMPT_AND_DEADLINE_OVER);
    until_it_waits();
    for (int i = 0; i < SPEC_GHOSTS; i++) {
        connects(BOB_1, PERFORM_FAILS);
        until_it_waits();
    }
    connects(ALICE_1, PERFORM);
    until_it_waits();
    goes(SERVER + 1);
    goes(SERVER);
    goes(ARRIVES_AT);
    goes(ARRIVES_AT);
    if (w.failure != NULL) report(0, EVENTS);
    end_world();
}

static void begin_states(void) {
    states.count = 0;
    states.transitions = 0;
    memset(states.table, 0, states.slots * sizeof *states.table);
    decode(&(struct code){{[6] = kTIMDisconnected}});
    struct code first = encode();
    end_world();
    add_state(&first, 0, 0);
}

/* @param whole a run that is cut off has failed */
static void run(uint64_t requests, enum kind server, uint32_t most, bool whole) {
    static const char* const names[] = {"hostile", "sane", "honest", "digital"};
    if (check_failures > 0) return;
    requests_at_once = requests;
    kind = server;
    make_states(most);
    begin_states();
    bool all = explore();
    printf("%" PRIu64 " at once, %s: %" PRIu32 " states, %" PRIu64 " transitions, %s\n", requests, names[server], states.count,
           states.transitions, all ? "all of them" : "cut off");
    CHECK(all || !whole);
    uint64_t random = 0x9E3779B97F4A7C15u;
    for (uint32_t i = 0; i < most / 500 && i < RAW_PATHS_MAX && check_failures == 0; i++) run_raw_path(&random, RAW_PATH_STEPS);
    if (all && server != DIGITAL && server != HONEST) {
        walk_from_everywhere(dead_network, answered);
        walk_from_everywhere(good_server, all_is_well);
    }
    free_states();
}

int main(int argc, char** argv) {
    const char* server = argc > 2 ? argv[2] : "hostile";
    enum kind chosen = HOSTILE;
    if (strcmp(server, "sane") == 0) chosen = SANE;
    if (strcmp(server, "honest") == 0) chosen = HONEST;
    if (strcmp(server, "digital") == 0) chosen = DIGITAL;
    if (argc > 1) {
        run(strtoull(argv[1], NULL, 10), chosen, argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 16000000, argc <= 3);
    } else {
        run(1, HOSTILE, 1500000, true);
        run(2, HOSTILE, 200000, false);
        run(1, SANE, 100000, false);
        run(1, HONEST, 300000, false);
        run(1, DIGITAL, 100000, false);
        show_fifth_ghost();
        check_deviations();
    }
    return check_result();
}
