/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_spec.h
 * The session a second time, as its contract has it: one flat record, and for each event what the record becomes and what the application hears.
 * It is written for reading, not for use: times are given, users and UserSigs are small numbers, nothing is allocated. test_session_states.c
 * compares session.c with it at every transition.
 */
#ifndef SESSION_SPEC_H
#define SESSION_SPEC_H

#include "../session.h"
#include "session_contract.h"

enum { SPEC_QUEUE = 4, SPEC_GHOSTS = 4, SPEC_TOKENS = 24, SPEC_BACKOFF_STEPS = 6 };

/* What is requested. The first three are logins with a UserSig: two of alice's, one of bob's. */
enum wish { ALICE_1 = 1, ALICE_2, BOB_1, NO_USER_ID, NO_USER_SIG, LOGOUT, WISHES };

static inline int user_of(uint64_t sig) {
    return sig == 0 ? 0 : sig == BOB_1 ? 2 : 1;
}

/* All numbers, so that two records can be compared byte by byte. */
struct side {
    uint64_t sig; /* 0: there is none */
    uint64_t phase, link, wanted, failures;
    uint64_t ping_unanswered, login_unanswered;
    uint64_t due;
    uint64_t keep_alive, online_since; /* while it is online */
};

struct spec {
    struct side running, attempt;
    uint64_t ghosts[SPEC_GHOSTS], ghost_until[SPEC_GHOSTS], ghost_count; /* users, oldest first; only those whose time is not over */
    uint64_t network, taken_over;
    uint64_t wishes[SPEC_QUEUE], tags[SPEC_QUEUE], count; /* the first is the active one */
    uint64_t goodbye, deadline, cause;
    uint64_t expired;                                   /* a bit for each UserSig */
    uint64_t closing[3], closing_how[3], closing_count; /* one more than there ever should be */
    uint64_t last_link;
};

struct token {
    enum callback_kind kind;
    int64_t value, code;
};

/* The record, what is said in this event, and the circumstances. */
struct play {
    struct spec spec;
    uint64_t now, login_timeout, heartbeat;
    struct token said[SPEC_TOKENS];
    unsigned said_count;
};

static inline void say(struct play* p, enum callback_kind kind, int64_t value, int64_t code) {
    if (p->said_count < SPEC_TOKENS) p->said[p->said_count++] = (struct token){kind, value, code};
}

/* ---- The network, as the application sees it ---- */

static inline void say_network(struct play* p, enum TIMNetworkStatus status, int64_t code) {
    p->spec.network = status;
    say(p, CALLBACK_NETWORK, status, code);
}

static inline void say_lost(struct play* p, int64_t code) {
    if (p->spec.network == kTIMConnected) say_network(p, kTIMDisconnected, code);
}

static inline void say_connecting(struct play* p) {
    say_lost(p, ERR_SDK_NET_DISCONNECT);
    if (p->spec.network != kTIMConnecting) say_network(p, kTIMConnecting, 0);
}

/* Connected, or failed, but never out of nothing. */
static inline void say_after_connecting(struct play* p, enum TIMNetworkStatus status, int64_t code) {
    if (status == kTIMConnected && p->spec.network == kTIMConnected) return;
    say_lost(p, code);
    say_connecting(p);
    say_network(p, status, code);
}

static inline void say_logged_out(struct play* p) {
    if (p->spec.network != kTIMDisconnected) say_network(p, kTIMDisconnected, 0);
}

/* ---- Links ---- */

static inline struct side* side_of(struct spec* spec, uint64_t link) {
    if (link == 0) return NULL;
    return spec->attempt.link == link ? &spec->attempt : spec->running.link == link ? &spec->running : NULL;
}

static inline void remove_at(uint64_t* from, uint64_t index, uint64_t count) {
    for (uint64_t i = index; i + 1 < count; i++) from[i] = from[i + 1];
    if (count > 0) from[count - 1] = 0;
}

static inline void remove_ghost_at(struct spec* spec, uint64_t index) {
    remove_at(spec->ghosts, index, spec->ghost_count);
    remove_at(spec->ghost_until, index, spec->ghost_count);
    spec->ghost_count--;
}

/* The server may still act on the CONNECT of a link that is given up or broken. */
static inline void haunt(struct spec* spec, struct side* side) {
    if (side->login_unanswered != 0) {
        if (spec->ghost_count == SPEC_GHOSTS) remove_ghost_at(spec, 0);
        spec->ghosts[spec->ghost_count] = (uint64_t)user_of(side->sig);
        spec->ghost_until[spec->ghost_count++] = side->due + SESSION_ATTEMPT_MS;
    }
    side->login_unanswered = 0;
}

/* @param keep it may have been another CONNECT of this process: then the ghost stays. @return whether the user has one */
static inline bool meets_ghost(struct spec* spec, uint64_t user, bool keep) {
    for (uint64_t i = 0; i < spec->ghost_count; i++) {
        if (spec->ghosts[i] != user) continue;
        if (!keep) remove_ghost_at(spec, i);
        return true;
    }
    return false;
}

static inline void give_up_link(struct spec* spec, struct side* side, enum action_type how) {
    if (side->link != 0 && side->wanted != ACTION_OPEN && spec->closing_count < 3) {
        spec->closing[spec->closing_count] = side->link;
        spec->closing_how[spec->closing_count++] = how;
    }
    haunt(spec, side);
    side->link = side->wanted = 0;
    side->ping_unanswered = 0;
}

static inline void go_for(struct play* p, struct side* side) {
    side->phase = PHASE_RESOLVING;
    side->link = ++p->spec.last_link;
    side->wanted = ACTION_OPEN;
    side->due = p->now + SESSION_ATTEMPT_MS;
}

/* Half of 1, 2, 4 ... 60 s: what the random part adds is 0 here. */
static inline uint64_t next_backoff(struct side* side) {
    uint64_t failures = side->failures++;
    return failures < SPEC_BACKOFF_STEPS ? (uint64_t)SESSION_BACKOFF_MIN_MS << failures >> 1 : SESSION_BACKOFF_MAX_MS / 2;
}

static inline void rest(struct side* side, enum phase phase, uint64_t due) {
    side->phase = phase;
    side->due = due;
    side->keep_alive = side->online_since = 0;
}

static inline void go_online_as(struct play* p, struct side* side) {
    side->phase = PHASE_ONLINE;
    side->wanted = ACTION_NONE;
    side->failures = 0;
    side->online_since = p->now;
    side->keep_alive = p->heartbeat == 0 ? SESSION_NEVER : p->heartbeat;
    side->due = p->heartbeat == 0 ? SESSION_NEVER : p->now + p->heartbeat * 3 / 4;
}

/* ---- Requests ---- */

static inline void answer_first(struct play* p, int64_t code) {
    say(p, CALLBACK_RESULT, (int64_t)p->spec.tags[0], code);
    remove_at(p->spec.wishes, 0, p->spec.count);
    remove_at(p->spec.tags, 0, p->spec.count);
    p->spec.count--;
}

static inline bool is_login(uint64_t wish) {
    return wish != 0 && wish != LOGOUT;
}

static inline void begin_login(struct play* p, uint64_t sig) {
    struct spec* spec = &p->spec;
    struct side* running = &spec->running;
    bool same_user = running->sig != 0 && user_of(running->sig) == user_of(sig);
    if (running->sig != 0 && !same_user) {
        give_up_link(spec, running, running->phase == PHASE_ONLINE ? ACTION_GOODBYE : ACTION_CLOSE);
        *running = (struct side){0};
        say_logged_out(p);
    } else if (same_user && running->phase != PHASE_ONLINE) {
        give_up_link(spec, running, ACTION_CLOSE);
        rest(running, PHASE_PAUSED, SESSION_NEVER);
    }
    spec->attempt = (struct side){.sig = sig};
    spec->deadline = p->now + p->login_timeout;
    spec->taken_over = spec->cause = 0;
    if (running->sig == 0 || running->phase != PHASE_ONLINE) say_connecting(p);
    go_for(p, &spec->attempt);
}

/* @return whether it ends at once */
static inline bool begin_logout(struct play* p) {
    struct spec* spec = &p->spec;
    bool online = spec->running.sig != 0 && spec->running.phase == PHASE_ONLINE, logged_in = spec->running.sig != 0;
    if (online) spec->goodbye = spec->running.link;
    give_up_link(spec, &spec->running, online ? ACTION_GOODBYE : ACTION_CLOSE);
    spec->running = (struct side){0};
    if (online) return false;
    answer_first(p, 0);
    if (logged_in) say_logged_out(p);
    return true;
}

/* The first request becomes the active one, and the next where it is answered at once. */
static inline void begin_next(struct play* p) {
    struct spec* spec = &p->spec;
    while (spec->count > 0) {
        uint64_t wish = spec->wishes[0];
        if (wish == LOGOUT) {
            if (!begin_logout(p)) return;
        } else if (wish == NO_USER_ID) {
            answer_first(p, ERR_SDK_COMM_INVALID_IDENTIFIER);
        } else if (wish == NO_USER_SIG) {
            answer_first(p, ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
        } else if (spec->expired >> wish & 1) {
            answer_first(p, ERR_USER_SIG_EXPIRED);
        } else if (spec->running.sig == wish) {
            answer_first(p, 0);
        } else {
            begin_login(p, wish);
            return;
        }
    }
}

/* ---- What becomes of a session and of a login ---- */

static inline void session_ends(struct play* p, int64_t kick_reason) {
    struct spec* spec = &p->spec;
    give_up_link(spec, &spec->running, ACTION_CLOSE);
    say(p, CALLBACK_KICK_REASON, kick_reason, 0);
    if (kick_reason == kTIMShimKick_UserSigExpired) {
        spec->expired |= 1u << spec->running.sig;
        say(p, CALLBACK_USERSIG_EXPIRED, 0, 0);
    } else {
        say(p, CALLBACK_KICKED, kick_reason, 0);
    }
    spec->running = (struct side){0};
    spec->network = kTIMDisconnected;
    spec->taken_over = 0;
}

static inline void session_retries(struct play* p, int64_t code, bool at_once) {
    struct side* running = &p->spec.running;
    bool online = running->phase == PHASE_ONLINE, young = p->now - running->online_since < SESSION_BACKOFF_MIN_MS;
    give_up_link(&p->spec, running, ACTION_CLOSE);
    if (online) say_lost(p, code);
    else say_after_connecting(p, kTIMConnectFailed, code);
    if (p->spec.attempt.sig != 0) rest(running, PHASE_PAUSED, SESSION_NEVER);
    else rest(running, PHASE_WAITING, p->now + (at_once && online && !young ? 0 : next_backoff(running)));
}

static inline void session_taken_over(struct play* p, int64_t code, int64_t kick_reason) {
    struct spec* spec = &p->spec;
    bool login_is_out = spec->attempt.login_unanswered != 0;
    bool by_ghost = meets_ghost(spec, (uint64_t)user_of(spec->running.sig), login_is_out);
    if (by_ghost && spec->attempt.sig == 0) {
        session_retries(p, code, false);
        spec->running.due = p->now;
    } else if (by_ghost || login_is_out) {
        spec->taken_over = !by_ghost;
        give_up_link(spec, &spec->running, ACTION_CLOSE);
        rest(&spec->running, PHASE_PAUSED, SESSION_NEVER);
    } else {
        session_ends(p, kick_reason);
    }
}

static inline bool login_is_seen(const struct spec* spec) {
    return spec->running.sig == 0 || spec->running.phase != PHASE_ONLINE;
}

static inline void login_retries(struct play* p, int64_t code) {
    struct side* attempt = &p->spec.attempt;
    if (login_is_seen(&p->spec)) say_after_connecting(p, kTIMConnectFailed, code);
    give_up_link(&p->spec, attempt, ACTION_CLOSE);
    rest(attempt, PHASE_WAITING, p->now + next_backoff(attempt));
    p->spec.cause = (uint64_t)code;
}

/* @param refused the server has decided, so whoever took the session over was not this login */
static inline void login_fails(struct play* p, int64_t code, bool refused, enum action_type how) {
    struct spec* spec = &p->spec;
    bool was_waiting = spec->attempt.phase == PHASE_WAITING; /* then the failure has been said */
    if (!was_waiting && login_is_seen(spec) && !(refused && spec->taken_over)) say_after_connecting(p, kTIMConnectFailed, code);
    give_up_link(spec, &spec->attempt, how);
    spec->attempt = (struct side){0};
    spec->deadline = spec->cause = 0;
    if (spec->running.sig != 0 && spec->running.phase == PHASE_PAUSED) {
        if (refused && spec->taken_over) session_ends(p, kTIMShimKick_OtherInstance);
        else rest(&spec->running, PHASE_WAITING, p->now);
    }
    answer_first(p, code);
    begin_next(p);
}

static inline void login_succeeds(struct play* p) {
    struct spec* spec = &p->spec;
    say_after_connecting(p, kTIMConnected, 0);
    give_up_link(spec, &spec->running, ACTION_CLOSE);
    spec->running = spec->attempt;
    spec->attempt = (struct side){0};
    spec->deadline = spec->cause = 0;
    go_online_as(p, &spec->running);
    answer_first(p, 0);
    begin_next(p);
}

/* ---- Events ---- */

static inline void spec_request(struct play* p, uint64_t wish, uint64_t tag) {
    p->spec.wishes[p->spec.count] = wish;
    p->spec.tags[p->spec.count++] = tag;
    if (p->spec.count == 1) begin_next(p);
}

static inline bool spec_abort(struct play* p, uint64_t tag) {
    struct spec* spec = &p->spec;
    for (uint64_t i = 0; i < spec->count; i++) {
        if (spec->tags[i] != tag || !is_login(spec->wishes[i])) continue;
        if (i == 0) {
            bool undo = spec->attempt.login_unanswered != 0 && spec->running.sig == 0;
            login_fails(p, ERR_SDK_COMM_INTERRUPT, false, undo ? ACTION_GOODBYE : ACTION_CLOSE);
            return true;
        }
        say(p, CALLBACK_RESULT, (int64_t)tag, ERR_SDK_COMM_INTERRUPT);
        remove_at(spec->wishes, i, spec->count);
        remove_at(spec->tags, i, spec->count);
        spec->count--;
        return true;
    }
    return false;
}

static inline bool on_its_way(const struct side* side) {
    return side != NULL && side->phase >= PHASE_RESOLVING && side->phase < PHASE_AUTHENTICATING;
}

static inline void spec_reached(struct play* p, uint64_t link, enum phase phase) {
    struct side* side = side_of(&p->spec, link);
    if (!on_its_way(side)) return;
    side->phase = phase;
    side->due = p->now + SESSION_ATTEMPT_MS;
    if (phase == PHASE_AUTHENTICATING) side->wanted = ACTION_AUTHENTICATE;
}

static inline void either_retries(struct play* p, struct side* side, int64_t code) {
    if (side == &p->spec.attempt) login_retries(p, code);
    else session_retries(p, code, false);
}

static inline void spec_lost(struct play* p, uint64_t link, int64_t code, bool final) {
    struct side* side = side_of(&p->spec, link);
    if (side == NULL) return;
    side->link = side->wanted = 0; /* there is nothing left to close */
    if (side == &p->spec.attempt && final) login_fails(p, code, false, ACTION_CLOSE);
    else either_retries(p, side, code);
}

static inline void spec_closed(struct play* p, uint64_t link) {
    if (link == 0 || link != p->spec.goodbye) return;
    p->spec.goodbye = 0;
    answer_first(p, 0);
    say_logged_out(p);
    begin_next(p);
}

static inline void login_hears(struct play* p, const struct server_says* says) {
    switch (says->meaning) {
        case MEANS_SUCCESS: login_succeeds(p); break;
        case MEANS_LATER: login_retries(p, says->code); break;
        default:
            if (says->meaning == MEANS_EXPIRED) p->spec.expired |= 1u << p->spec.attempt.sig;
            login_fails(p, says->code, true, ACTION_CLOSE);
    }
}

static inline void session_hears(struct play* p, const struct server_says* says) {
    struct side* running = &p->spec.running;
    switch (says->meaning) {
        case MEANS_SUCCESS:
            go_online_as(p, running);
            say_after_connecting(p, kTIMConnected, 0);
            break;
        case MEANS_NOTHING:
            if (running->ping_unanswered != 0) running->due = p->now + running->keep_alive * 3 / 4;
            running->ping_unanswered = 0;
            break;
        case MEANS_LATER:
        case MEANS_BUSY: session_retries(p, says->code, false); break;
        case MEANS_AT_ONCE: session_retries(p, says->code, true); break;
        case MEANS_TAKEN_OVER: session_taken_over(p, says->code, says->kick_reason); break;
        case MEANS_END:
        case MEANS_EXPIRED: session_ends(p, says->kick_reason); break;
    }
}

static inline void spec_packet(struct play* p, uint64_t link, const struct server_says* says) {
    struct side* side = side_of(&p->spec, link);
    if (side == NULL) return;
    uint64_t fitting = says->type == MQTT_CONNACK ? PHASE_AUTHENTICATING : PHASE_ONLINE;
    if (side->phase != fitting) {
        either_retries(p, side, ERR_SDK_NET_DECODE_FAILED);
        return;
    }
    if (says->type == MQTT_CONNACK) side->login_unanswered = 0;
    if (side == &p->spec.attempt) login_hears(p, says);
    else session_hears(p, says);
}

static inline int64_t code_of_timeout(uint64_t phase) {
    if (phase == PHASE_RESOLVING) return ERR_SDK_NET_HOST_GETADDRINFO_FAILED;
    return phase == PHASE_OPENING ? ERR_SDK_NET_CONN_TIMEOUT : ERR_SDK_NET_WAIT_ACK_TIMEOUT;
}

static inline void login_passes_time(struct play* p) {
    struct spec* spec = &p->spec;
    struct side* attempt = &spec->attempt;
    bool over = p->now >= spec->deadline, due = p->now >= attempt->due;
    bool just_begun = p->now < attempt->due - SESSION_ATTEMPT_MS + SESSION_FAIR_MS;
    if (attempt->phase == PHASE_WAITING) {
        if (over) {
            login_fails(p, (int64_t)spec->cause, false, ACTION_CLOSE);
        } else if (due) {
            if (login_is_seen(spec)) say_connecting(p);
            go_for(p, attempt);
        }
    } else if (over) {
        int64_t code = attempt->failures > 0 && just_begun ? (int64_t)spec->cause : code_of_timeout(attempt->phase);
        login_fails(p, code, false, ACTION_CLOSE);
    } else if (due) {
        login_retries(p, code_of_timeout(attempt->phase));
    }
}

static inline void session_passes_time(struct play* p) {
    struct side* running = &p->spec.running;
    if (p->now < running->due) return;
    if (running->phase == PHASE_WAITING) {
        say_connecting(p);
        go_for(p, running);
    } else if (running->phase == PHASE_ONLINE && running->ping_unanswered == 0) {
        running->ping_unanswered = 1;
        running->wanted = ACTION_PING;
        running->due = p->now + (running->keep_alive < SESSION_ATTEMPT_MS ? running->keep_alive : SESSION_ATTEMPT_MS);
    } else {
        session_retries(p, code_of_timeout(running->phase), running->phase == PHASE_ONLINE);
    }
}

static inline void spec_tick(struct play* p) {
    if (p->spec.running.sig != 0) session_passes_time(p);
    if (p->spec.attempt.sig != 0) login_passes_time(p);
}

static inline uint64_t spec_due(const struct spec* spec) {
    uint64_t due = spec->running.sig != 0 ? spec->running.due : SESSION_NEVER;
    if (spec->attempt.sig != 0 && spec->attempt.due < due) due = spec->attempt.due;
    return spec->attempt.sig != 0 && spec->deadline < due ? spec->deadline : due;
}

static inline struct action spec_take(struct spec* spec) {
    if (spec->closing_count > 0) {
        struct action first = {(enum action_type)spec->closing_how[0], (uint32_t)spec->closing[0]};
        remove_at(spec->closing, 0, spec->closing_count);
        remove_at(spec->closing_how, 0, spec->closing_count--);
        return first;
    }
    struct side* side = spec->attempt.wanted != ACTION_NONE ? &spec->attempt : &spec->running;
    struct action action = {(enum action_type)side->wanted, (uint32_t)side->link};
    if (action.type == ACTION_AUTHENTICATE) side->login_unanswered = 1;
    side->wanted = ACTION_NONE;
    return action;
}

#endif
