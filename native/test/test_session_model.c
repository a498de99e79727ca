/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sequences of everything that can happen to a session, against a small reference model. A sequence that fails is shrunk and
 * printed as steps. Arguments: [sequences [seed]]; the same seed gives the same sequences.
 */
#include "../session.h"

#include <inttypes.h>
#include <stdlib.h>

#include "check.h"
#include "session_contract.h"

enum { STEPS_MAX = 40, LINKS_MAX = 64, REQUESTS_MAX = 64, NOBODY = -1 };

enum op { LOGIN, LOGOUT, OPENED, ACCEPT, SAY, LOSE, LOSE_FINALLY, CLOSED, TICK, PASS_TIME, STALE, OPS };
static const char* const op_names[] = {"login",        "logout", "opened", "accept", "say",  "lose",
                                       "lose finally", "closed", "tick",   "pass",   "stale"};

struct step {
    uint8_t op, argument;
};

/* What should be, said as simply as it can be. */
struct model {
    struct {
        bool is_login;
        int user, sig;
    } requests[REQUESTS_MAX]; /* the first is the active one */
    int first, count;
    int user, sig; /* logged in */
    bool expired[8];
};

/* One run of a sequence. */
struct run {
    struct session session;
    struct model model;
    uint64_t now;
    struct {
        uint32_t id;
        bool authenticating, online;
        bool goodbye; /* it was asked to say goodbye, and the session waits to hear that it has */
    } links[LINKS_MAX];
    int link_count;
    uint32_t newest_link;
    const struct server_says* said; /* in this step, or NULL */
    const char* failure;            /* NULL: none so far */
};

static void expect(struct run* run, bool condition, const char* what) {
    if (!condition && run->failure == NULL) run->failure = what;
}

/* ---- The model ---- */

static bool has_request(const struct model* m) {
    return m->first < m->count;
}

/* A request becomes the active one: another user's login, unless it fails here, ends the session first. */
static void model_starts(struct model* m) {
    if (!has_request(m) || !m->requests[m->first].is_login) return;
    int user = m->requests[m->first].user, sig = m->requests[m->first].sig;
    if (user != m->user && !m->expired[sig]) m->user = NOBODY;
}

/* A login that ends by what the server says ends with what the contract has for that. */
static void check_code(struct run* run, int32_t code) {
    bool decided_here = code == ERR_USER_SIG_EXPIRED || code == 0;
    if (run->said == NULL || decided_here) return;
    enum meaning meaning = run->said->meaning;
    bool ends_login = meaning == MEANS_BUSY || meaning == MEANS_END || meaning == MEANS_EXPIRED;
    expect(run, ends_login && code == run->said->code, "a login ended with another code than the contract's");
}

static void model_result(struct run* run, int32_t code) {
    struct model* m = &run->model;
    expect(run, has_request(m), "a result without a request");
    if (!has_request(m)) return;
    bool is_login = m->requests[m->first].is_login;
    int user = m->requests[m->first].user, sig = m->requests[m->first].sig;
    if (is_login) check_code(run, code);
    if (!is_login) {
        expect(run, code == 0, "a logout failed");
        m->user = NOBODY;
    } else if (code == 0) {
        bool accepted = run->said == NULL || run->said->meaning == MEANS_SUCCESS || (user == m->user && sig == m->sig);
        expect(run, accepted, "a login succeeded that the server did not accept");
        expect(run, !m->expired[sig], "a login with an expired UserSig succeeded");
        m->user = user;
        m->sig = sig;
    } else if (code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED) {
        m->expired[sig] = true;
    } else if (code == ERR_USER_SIG_EXPIRED) {
        expect(run, m->expired[sig], "6206 for a UserSig that has not expired");
    }
    m->first++;
    model_starts(m);
}

static void model_ended(struct run* run, bool expired) {
    struct model* m = &run->model;
    expect(run, m->user != NOBODY, "a session ended while nobody was logged in");
    if (expired) m->expired[m->sig] = true;
    m->user = NOBODY;
}

static enum TIMLoginStatus model_status(const struct model* m) {
    if (has_request(m) && !m->requests[m->first].is_login) return kTIMLoginStatus_Logouting;
    if (m->user != NOBODY) return kTIMLoginStatus_Logined;
    return has_request(m) ? kTIMLoginStatus_Logining : kTIMLoginStatus_UnLogined;
}

/* ---- What comes out of the session ---- */

static void take_callbacks(struct run* run) {
    struct callback* next;
    bool reason_told = false;
    for (struct callback* c = session_take_callbacks(&run->session); c != NULL; c = next) {
        next = c->next;
        if (c->kind == CALLBACK_RESULT) model_result(run, c->code);
        if (c->kind == CALLBACK_KICKED || c->kind == CALLBACK_USERSIG_EXPIRED) {
            expect(run, reason_told, "an end of the session without its reason");
            model_ended(run, c->kind == CALLBACK_USERSIG_EXPIRED);
        }
        reason_told = c->kind == CALLBACK_KICK_REASON;
        free(c->text);
        free(c);
    }
}

static int find_link(const struct run* run, uint32_t id) {
    for (int i = 0; i < run->link_count; i++) {
        if (run->links[i].id == id) return i;
    }
    return -1;
}

static void remove_link(struct run* run, int index) {
    run->links[index] = run->links[--run->link_count];
}

static void take_actions(struct run* run) {
    for (struct action a = session_take_action(&run->session); a.type != ACTION_NONE; a = session_take_action(&run->session)) {
        int index = find_link(run, a.link);
        if (a.type == ACTION_OPEN) {
            expect(run, a.link > run->newest_link, "a link number was used again");
            expect(run, run->link_count < LINKS_MAX, "too many links");
            run->newest_link = a.link;
            memset(&run->links[run->link_count], 0, sizeof run->links[0]);
            run->links[run->link_count++].id = a.link;
            continue;
        }
        expect(run, index >= 0, "an action for a link that is not there");
        if (index < 0) continue;
        if (a.type == ACTION_CLOSE) remove_link(run, index);
        if (a.type == ACTION_AUTHENTICATE) run->links[index].authenticating = true;
        if (a.type == ACTION_GOODBYE) run->links[index].goodbye = true;
    }
    int live = 0, on_their_way = 0;
    for (int i = 0; i < run->link_count; i++) {
        live += !run->links[i].goodbye;
        on_their_way += !run->links[i].goodbye && !run->links[i].online;
    }
    expect(run, live <= 2, "more than two links at once");
    expect(run, on_their_way <= 1, "two links on their way would throw each other out");
}

static void check_state(struct run* run) {
    char expected[8] = "";
    const struct model* m = &run->model;
    enum TIMLoginStatus status = model_status(m);
    if (status == kTIMLoginStatus_Logined) snprintf(expected, sizeof expected, "u%d", m->user);
    expect(run, session_status(&run->session) == status, "the status is not the model's");
    expect(run, strcmp(session_user_id(&run->session), expected) == 0, "the user logged in is not the model's");
    bool nothing_to_do = !has_request(m) && m->user == NOBODY;
    expect(run, !nothing_to_do || session_due(&run->session) == SESSION_NEVER, "a timer runs for nobody");
    bool lives_by_time = !has_request(m) && m->user != NOBODY;
    expect(run, !lives_by_time || session_due(&run->session) != SESSION_NEVER, "a session without heartbeat and without reconnect");
}

/* ---- Steps ---- */

static void request(struct run* run, bool is_login, uint8_t argument) {
    struct model* m = &run->model;
    if (m->count == REQUESTS_MAX) return;
    struct request* r = calloc(1, sizeof *r);
    if (r == NULL) abort();
    m->requests[m->count].is_login = is_login;
    m->requests[m->count].user = argument % 2;
    m->requests[m->count].sig = argument / 2 % 3;
    bool becomes_active = !has_request(m);
    m->count++;
    if (becomes_active) model_starts(m);
    r->type = is_login ? REQUEST_LOGIN : REQUEST_LOGOUT;
    snprintf(r->user_id, sizeof r->user_id, "u%d", argument % 2);
    char sig[8];
    snprintf(sig, sizeof sig, "s%d", argument / 2 % 3);
    r->user_sig = is_login ? secret_new(sig, strlen(sig)) : NULL;
    r->done = callback_new(CALLBACK_RESULT);
    session_request(&run->session, r, run->now);
}

static void on_link(struct run* run, enum op op, uint8_t argument) {
    if (run->link_count == 0) return;
    int index = argument % run->link_count;
    uint32_t id = run->links[index].id;
    if (run->links[index].goodbye) {
        if (op != CLOSED) return; /* the loop says nothing else of it */
        remove_link(run, index);
        session_link_closed(&run->session, id, run->now);
        return;
    }
    const struct server_says* says = &contract[op == ACCEPT ? 0 : argument / 4 % CONTRACT_ROWS];
    struct mqtt_packet p = contract_packet(says);
    switch (op) {
        case OPENED: session_link_open(&run->session, id, run->now); break;
        case ACCEPT:
        case SAY:
            if (says->meaning == MEANS_SUCCESS) run->links[index].online = run->links[index].authenticating;
            run->said = says;
            session_packet(&run->session, id, run->now, &p);
            break;
        case LOSE:
        case LOSE_FINALLY:
            remove_link(run, index);
            session_link_lost(&run->session, id, run->now, ERR_SDK_NET_RESET_BY_PEER, "lost", op == LOSE_FINALLY);
            break;
        default: break;
    }
}

static void tick(struct run* run) {
    uint64_t due = session_due(&run->session);
    if (due == SESSION_NEVER) return;
    if (due > run->now) run->now = due;
    session_tick(&run->session, run->now);
}

static void do_step(struct run* run, struct step step) {
    run->said = NULL;
    switch ((enum op)step.op) {
        case LOGIN: request(run, true, step.argument); break;
        case LOGOUT: request(run, false, step.argument); break;
        case TICK: tick(run); break;
        case PASS_TIME:
            run->now += (uint64_t)step.argument * 50;
            if (session_due(&run->session) <= run->now) session_tick(&run->session, run->now);
            break;
        case STALE: session_link_lost(&run->session, run->newest_link + 1000, run->now, ERR_SDK_NET_RESET_BY_PEER, "stale", true); break;
        default: on_link(run, (enum op)step.op, step.argument);
    }
    take_callbacks(run);
    take_actions(run);
    check_state(run);
}

/* @return NULL, or what went wrong */
static const char* run_sequence(const struct step* steps, int count) {
    static struct run run;
    struct session_settings settings = {.login_timeout_ms = 30000, .heartbeat_ms = 30000, .platform = "Linux"};
    run = (struct run){.now = 1000, .model = {.user = NOBODY}};
    session_init(&run.session, &settings, 7);
    for (int i = 0; i < count && run.failure == NULL; i++) do_step(&run, steps[i]);

    /* The end: everything that was requested is answered, once. */
    int open = run.model.count - run.model.first, answered = 0;
    session_end(&run.session);
    struct callback* next;
    for (struct callback* c = session_take_callbacks(&run.session); c != NULL; c = next) {
        next = c->next;
        answered += c->kind == CALLBACK_RESULT && c->code == ERR_SDK_COMM_INTERRUPT;
        free(c);
    }
    expect(&run, answered == open, "the end did not answer every request once");
    return run.failure;
}

/* Leaves steps out as long as it still fails. @return the number left */
static int shrink(struct step* steps, int count) {
    for (int size = count / 2; size >= 1; size = size > 1 ? size / 2 : 0) {
        for (int at = 0; at + size <= count;) {
            struct step shorter[STEPS_MAX];
            memcpy(shorter, steps, (size_t)at * sizeof *steps);
            memcpy(shorter + at, steps + at + size, (size_t)(count - at - size) * sizeof *steps);
            if (run_sequence(shorter, count - size) == NULL) {
                at++;
                continue;
            }
            count -= size;
            memcpy(steps, shorter, (size_t)count * sizeof *steps);
        }
    }
    return count;
}

static uint64_t next_random(uint64_t* state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int main(int argc, char** argv) {
    uint64_t sequences = argc > 1 ? strtoull(argv[1], NULL, 10) : 300000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    for (uint64_t n = 0; n < sequences; n++) {
        struct step steps[STEPS_MAX];
        int count = 1 + (int)(next_random(&state) % STEPS_MAX);
        for (int i = 0; i < count; i++) {
            uint64_t random = next_random(&state);
            /* Half of the steps let a connection go forward, else most sequences would never get past a login. */
            static const uint8_t forward[] = {OPENED, ACCEPT, CLOSED, TICK};
            steps[i].op = random & 1 ? forward[random / 2 % 4] : (uint8_t)(random / 2 % OPS);
            steps[i].argument = (uint8_t)(random >> 32);
        }
        check_count++;
        if (run_sequence(steps, count) == NULL) continue;
        count = shrink(steps, count);
        const char* failure = run_sequence(steps, count);
        printf("sequence %" PRIu64 " of seed %" PRIu64 ": %s\n", n, seed, failure == NULL ? "not repeatable" : failure);
        for (int i = 0; i < count; i++) printf("    %s %u\n", op_names[steps[i].op], steps[i].argument);
        check_failures++;
        break;
    }
    return check_result();
}
