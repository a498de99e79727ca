/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The session: who is logged in, what was requested, what happens next. A pure state machine: events and the time go in, callbacks and
 * actions come out. It does no I/O, takes no lock and reads no clock; its owner (loop.c) does.
 *
 * It has up to two connections. `running` belongs to the user logged in; it is restored by itself when it is lost. `attempt` belongs to
 * the login under way; when it succeeds it becomes `running`. Both exist at once only while the user logged in is authenticated again
 * with another UserSig.
 *
 * A connection uses links, one after another. A link is one transport connection; its number is never used again, so what the loop
 * tells about a link that was given up is recognised and ignored.
 */
#ifndef TIMSHIM_SESSION_H
#define TIMSHIM_SESSION_H

#include "callbacks.h"
#include "mqtt.h"
#include "secret.h"

enum {
    SESSION_USER_ID_MAX = 32,
    SESSION_USERSIG_MAX = 8192,
    SESSION_WAITING_MAX = 1000, /* requests that wait for their turn; the vendor's limit (9507) */
    SESSION_ATTEMPT_MS = 10000, /* for each phase of a try: the look-up, the connection, TLS, the answer; the vendor tries every 10 s */
    SESSION_FAIR_MS = 1000,     /* a phase that the login timeout cuts off before this says nothing about the server */
    SESSION_BACKOFF_MIN_MS = 1000,
    SESSION_BACKOFF_MAX_MS = 60000
};

/** A time that never comes. */
#define SESSION_NEVER UINT64_MAX

struct session_settings {
    uint64_t login_timeout_ms;
    uint64_t heartbeat_ms;
    const char* platform; /**< of this instance; must outlive the session */
    const char* problem;  /**< NULL, or why no login can work: the text of 6017; must outlive the session */
};

enum request_type { REQUEST_LOGIN, REQUEST_LOGOUT };

/** On the heap; the session takes it over. */
struct request {
    struct request* next;
    enum request_type type;
    uint64_t sdk_app_id;
    char user_id[SESSION_USER_ID_MAX + 2]; /**< one more than allowed, to be seen as too long */
    struct secret* user_sig;               /**< NULL: longer than SESSION_USERSIG_MAX */
    struct callback* done;                 /**< gets the result */
};
void request_free(struct request* request);

enum phase {
    PHASE_WAITING,        /* for the next try */
    PHASE_PAUSED,         /* of `running`: its connection is lost, and the login of the same user under way decides what becomes of it */
    PHASE_RESOLVING,      /* the host's name is looked up */
    PHASE_OPENING,        /* the link is being made */
    PHASE_SECURING,       /* it is connected; where there is TLS, the handshake is under way */
    PHASE_AUTHENTICATING, /* CONNECT is sent */
    PHASE_ONLINE
};

enum action_type {
    ACTION_NONE,
    ACTION_OPEN,         /**< make the link, then session_link_connected and _open, or _lost */
    ACTION_AUTHENTICATE, /**< send CONNECT for session_account */
    ACTION_PING,
    ACTION_CLOSE,  /**< close it */
    ACTION_GOODBYE /**< send DISCONNECT if that can be done at once, close it, then session_link_closed */
};
struct action {
    enum action_type type;
    uint32_t link;
};

struct connection {
    uint64_t sdk_app_id;
    char user_id[SESSION_USER_ID_MAX + 1];
    struct secret* user_sig; /**< NULL: there is no such connection */
    enum phase phase;
    uint32_t link;           /**< 0: none */
    enum action_type wanted; /**< OPEN, AUTHENTICATE or PING, until the owner has taken it; else NONE */
    uint64_t due;            /**< when the phase has lasted long enough */
    unsigned failures;
    uint64_t online_since;
    uint64_t keep_alive_ms; /**< SESSION_NEVER: none */
    bool ping_unanswered;
    bool login_unanswered; /**< CONNECT was taken to be sent over the link, and the server may act on it however late */
};

/**
 * A link that was given up or broke after its CONNECT had been sent: the server may still come to that CONNECT, and then takes the session of the
 * same user away from a newer link of this very process. Within its time, one 0x8E that names nobody is put down to it.
 */
struct ghost {
    uint64_t sdk_app_id;
    char user_id[SESSION_USER_ID_MAX + 1];
    uint64_t until;
};

struct session {
    struct session_settings settings;
    struct connection running;
    struct connection attempt;
    struct ghost ghosts[4]; /**< oldest first; a fifth replaces the oldest */
    unsigned ghost_count;
    enum TIMNetworkStatus network; /**< what the application was told last about the connection */
    bool
        taken_over; /**< the server gave `running` to another connection while the CONNECT of `attempt` was unanswered, most likely to that */

    struct request* active;
    struct request* head;
    struct request* tail;
    unsigned waiting;
    uint32_t goodbye; /**< the link whose closing the active logout waits for */
    uint64_t login_deadline;
    int32_t cause; /**< of the last failure of the attempt */
    char cause_desc[256];

    struct secret* expired[8]; /**< UserSigs that were seen to expire, newest anywhere */
    unsigned expired_next;

    int64_t server_time; /**< Unix seconds at server_time_at, 0: not known */
    uint64_t server_time_at;
    uint64_t random;
    uint32_t last_link;

    struct callback* out_head; /**< for the owner: callbacks in order */
    struct callback* out_tail;
    /**
     * Links to be closed, in order. The owner closes before it opens, and a link that it has not opened yet is not closed but forgotten:
     * so there are never more of them than there are connections.
     */
    struct action closing[2];
    unsigned closing_count;
};

/** @param seed of the jitter */
void session_init(struct session* session, const struct session_settings* settings, uint64_t seed);
/** Answers every request with 7009 and frees all but the callbacks that came out. No event may follow. */
void session_end(struct session* session);

/* Events. `now` is in milliseconds and never goes back. */
void session_request(struct session* session, struct request* request, uint64_t now);
/** Ends the logins with this user_data. @return whether there was one */
bool session_abort(struct session* session, const void* user_data, uint64_t now);
/** The link has come to PHASE_OPENING or PHASE_SECURING. */
void session_link_reached(struct session* session, uint32_t link, uint64_t now, enum phase phase);
void session_link_open(struct session* session, uint32_t link, uint64_t now);
/** @param final trying again cannot help (a login fails at once with the code; a running session tries again all the same) */
void session_link_lost(struct session* session, uint32_t link, uint64_t now, int32_t code, const char* desc, bool final);
void session_link_closed(struct session* session, uint32_t link, uint64_t now);
void session_packet(struct session* session, uint32_t link, uint64_t now, const struct mqtt_packet* packet);
void session_tick(struct session* session, uint64_t now);

/* What comes out. */
uint64_t session_due(const struct session* session); /**< when session_tick is needed */
struct callback* session_take_callbacks(struct session* session);
struct action session_take_action(struct session* session);
bool session_has_action(const struct session* session);
const struct connection* session_account(const struct session* session, uint32_t link); /**< NULL if the link is not one of it */
enum TIMLoginStatus session_status(const struct session* session);
const char* session_user_id(const struct session* session); /**< "" unless logged in */

#endif
