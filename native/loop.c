/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "TIMShim.h"
#include "device_id.h"
#include "link.h"
#include "log.h"
#include "published.h"

enum {
    LINKS = 2,          /* the session's running connection and its attempt */
    EVENTS_AT_ONCE = 64 /* of one link; then everything else has its turn, however much the server sends */
};

struct loop {
    struct config config; /* never changes */
    char device_id[DEVICE_ID_SIZE];
    char problem[256];
    os_thread thread;
    struct os_waker waker;

    os_mutex lock;
    struct session session; /* under the lock */
    bool ended;             /* under the lock */
    bool stop;              /* under the lock */

    struct link links[LINKS];    /* the thread's */
    struct os_address preferred; /* the thread's: the address that answered last */
};

static const char* status_text(int32_t status) {
    static const char* const texts[] = {"connected", "disconnected", "connecting", "connect failed"};
    return texts[status];
}

static void log_callback(const struct callback* c) {
    switch (c->kind) {
        case CALLBACK_RESULT:
            if (c->code == 0) log_write(kTIMLog_Info, "request answered: success");
            else log_write(kTIMLog_Warn, "request answered: %" PRId32 " %s", c->code, c->desc);
            break;
        case CALLBACK_NETWORK:
            if (c->code == 0) log_write(kTIMLog_Info, "network: %s", status_text(c->value));
            else log_write(kTIMLog_Warn, "network: %s, %" PRId32 " %s", status_text(c->value), c->code, c->desc);
            break;
        case CALLBACK_KICKED: log_write(kTIMLog_Warn, "the server ended the session: %s", c->desc); break;
        case CALLBACK_USERSIG_EXPIRED: log_write(kTIMLog_Warn, "the UserSig expired while online"); break;
        case CALLBACK_KICK_REASON:
        case CALLBACK_LOG: break;
    }
}

/* After each step of the session, under the lock. */
static void pass_on(struct loop* loop) {
    struct session* s = &loop->session;
    publish(session_status(s), session_user_id(s), s->server_time, s->server_time_at);
    struct callback* next;
    for (struct callback* c = session_take_callbacks(s); c != NULL; c = next) {
        next = c->next;
        log_callback(c);
        callbacks_post(c);
    }
}

void loop_request(struct loop* loop, struct request* request) {
    os_lock(&loop->lock);
    if (request->type == REQUEST_LOGIN) log_write(kTIMLog_Info, "login of %s requested", request->user_id);
    else log_write(kTIMLog_Info, "logout requested");
    session_request(&loop->session, request, os_now_ms());
    pass_on(loop);
    bool work = session_has_action(&loop->session);
    os_unlock(&loop->lock);
    if (work) os_waker_wake(&loop->waker);
}

bool loop_abort(struct loop* loop, const void* user_data) {
    os_lock(&loop->lock);
    bool found = session_abort(&loop->session, user_data, os_now_ms());
    if (found) log_write(kTIMLog_Info, "login aborted");
    pass_on(loop);
    bool work = session_has_action(&loop->session);
    os_unlock(&loop->lock);
    if (work) os_waker_wake(&loop->waker);
    return found;
}

/* ---- The loop's thread ---- */

static struct link* link_of(struct loop* loop, uint32_t id) {
    for (int i = 0; i < LINKS; i++) {
        if (loop->links[i].id == id) return &loop->links[i];
    }
    return NULL;
}

/* Encodes CONNECT, while the lock protects the account. */
static size_t encode_connect(struct loop* loop, const struct connection* account, uint8_t* bytes, size_t size) {
    char app[24], client_id[24 + SESSION_USER_ID_MAX + sizeof loop->config.platform + DEVICE_ID_SIZE + 3];
    snprintf(app, sizeof app, "%" PRIu64, account->sdk_app_id);
    snprintf(client_id, sizeof client_id, "%s:%s:%s:%s", app, account->user_id, loop->config.platform, loop->device_id);
    struct mqtt_connect connect = {
        .client_id = client_id,
        .user_name = account->user_id,
        .password = account->user_sig->text,
        .keep_alive = (uint16_t)(loop->session.settings.heartbeat_ms / 1000),
        .sdk_app_id = app,
        .platform = loop->config.platform,
        .device_id = loop->device_id,
        .sdk_version = TIMSHIM_VERSION,
    };
    return mqtt_encode_connect(bytes, size, &connect);
}

static void authenticate(struct loop* loop, struct link* link) {
    uint8_t bytes[SESSION_USERSIG_MAX + 1024];
    os_lock(&loop->lock);
    const struct connection* account = session_account(&loop->session, link->id);
    size_t size = loop->ended || account == NULL ? 0 : encode_connect(loop, account, bytes, sizeof bytes);
    os_unlock(&loop->lock);
    bool sent = size > 0 && link_send(link, bytes, size);
    os_wipe(bytes, sizeof bytes);
    if (sent) return;
    uint32_t id = link->id;
    link_close(link);
    os_lock(&loop->lock);
    if (!loop->ended) {
        session_link_lost(&loop->session, id, os_now_ms(), ERR_OUT_OF_MEMORY, "no memory for the login packet", true);
        pass_on(loop);
    }
    os_unlock(&loop->lock);
}

static void goodbye(struct loop* loop, uint32_t id) {
    struct link* link = link_of(loop, id);
    if (link != NULL) link_goodbye(link);
    os_lock(&loop->lock);
    if (!loop->ended) {
        session_link_closed(&loop->session, id, os_now_ms());
        pass_on(loop);
    }
    os_unlock(&loop->lock);
}

static void ping(struct link* link) {
    uint8_t bytes[2];
    link_send(link, bytes, mqtt_encode_pingreq(bytes, sizeof bytes));
}

static void perform(struct loop* loop, struct action action) {
    struct link* link = action.type == ACTION_OPEN ? link_of(loop, 0) : link_of(loop, action.link);
    if (action.type == ACTION_GOODBYE) goodbye(loop, action.link);
    else if (link == NULL) return; /* it broke in the meantime, and the session has been told or will be */
    else if (action.type == ACTION_OPEN) link_open(link, action.link, &loop->config, &loop->preferred, &loop->waker, os_now_ms());
    else if (action.type == ACTION_AUTHENTICATE) authenticate(loop, link);
    else if (action.type == ACTION_PING) ping(link);
    else link_close(link);
}

static void tell(struct loop* loop, uint32_t id, const struct link_news* news) {
    uint64_t now = os_now_ms();
    os_lock(&loop->lock);
    if (!loop->ended) {
        if (news->event == LINK_RESOLVED) session_link_reached(&loop->session, id, now, PHASE_OPENING);
        if (news->event == LINK_CONNECTED) session_link_reached(&loop->session, id, now, PHASE_SECURING);
        if (news->event == LINK_OPENED) session_link_open(&loop->session, id, now);
        if (news->event == LINK_PACKET) session_packet(&loop->session, id, now, &news->packet);
        if (news->event == LINK_LOST) session_link_lost(&loop->session, id, now, news->code, news->desc, news->final);
        pass_on(loop);
    }
    os_unlock(&loop->lock);
}

/* Ticks the session, then takes one action out of it. @return false when the loop is to stop */
static bool take_action(struct loop* loop, struct action* action, uint64_t* due) {
    os_lock(&loop->lock);
    uint64_t now = os_now_ms();
    if (!loop->ended && session_due(&loop->session) <= now) {
        session_tick(&loop->session, now);
        pass_on(loop);
    }
    *action = session_take_action(&loop->session);
    *due = session_due(&loop->session);
    bool go_on = !loop->stop;
    os_unlock(&loop->lock);
    return go_on;
}

static void step_link(struct loop* loop, struct link* link, const struct os_poll* polls, size_t count) {
    for (int i = 0; i < EVENTS_AT_ONCE; i++) {
        struct link_news news;
        uint32_t id = link->id;
        enum link_event event = id == 0 ? LINK_NOTHING : link_step(link, polls, count, os_now_ms(), &news);
        if (event == LINK_NOTHING) return;
        tell(loop, id, &news);
        if (event == LINK_RESOLVED || event == LINK_CONNECTED) count = 0; /* what was polled says nothing about what comes now */
    }
}

static bool any_ready(const struct os_poll* polls, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (polls[i].readable || polls[i].writable) return true;
    }
    return false;
}

static void wait_and_step(struct loop* loop, uint64_t due) {
    struct os_poll polls[1 + LINKS * LINK_POLLS] = {{.socket = loop->waker.read_end, .want_read = true}};
    size_t first[LINKS], counts[LINKS], count = 1;
    for (int i = 0; i < LINKS; i++) {
        struct link* link = &loop->links[i];
        first[i] = count;
        counts[i] = link_poll(link, &polls[count]);
        count += counts[i];
        if (link->id != 0 && link->due < due) due = link->due;
        if (link->id != 0 && link->more) due = 0;
    }
    uint64_t now = os_now_ms();
    os_poll(polls, count, due == SESSION_NEVER ? -1 : due <= now ? 0 : (int64_t)(due - now));
    if (polls[0].readable) os_waker_drain(&loop->waker);

    now = os_now_ms();
    for (int i = 0; i < LINKS; i++) {
        struct link* link = &loop->links[i];
        bool ready = link->more || any_ready(&polls[first[i]], counts[i]);
        if (link->id != 0 && (ready || link->resolve != NULL || link->due <= now)) step_link(loop, link, &polls[first[i]], counts[i]);
    }
}

static void thread_main(void* argument) {
    struct loop* loop = argument;
    struct action action;
    uint64_t due;
    while (take_action(loop, &action, &due)) {
        if (action.type != ACTION_NONE) perform(loop, action);
        else wait_and_step(loop, due);
    }
    for (int i = 0; i < LINKS; i++) link_close(&loop->links[i]);
}

/* ---- Start and end ---- */

static void init_session(struct loop* loop) {
    struct config* config = &loop->config;
    snprintf(loop->problem, sizeof loop->problem, "%s", config->problem);
    if (config->device_id[0] != '\0') snprintf(loop->device_id, sizeof loop->device_id, "%s", config->device_id);
    else device_id_load(loop->device_id, config->config_path);
    struct session_settings settings = {
        .login_timeout_ms = config->login_timeout_ms,
        .heartbeat_ms = (uint64_t)config->heartbeat_s * 1000,
        .platform = config->platform,
        .problem = loop->problem[0] == '\0' ? NULL : loop->problem,
    };
    uint64_t seed = os_now_ms();
    os_random(&seed, sizeof seed); /* only jitter depends on it */
    session_init(&loop->session, &settings, seed);
}

struct loop* loop_start(const struct config* config) {
    struct loop* loop = calloc(1, sizeof *loop);
    if (loop == NULL || !os_network_start()) {
        free(loop);
        return NULL;
    }
    loop->config = *config;
    loop->lock = (os_mutex)OS_MUTEX_INIT;
    loop->waker = (struct os_waker){.read_end = OS_NO_SOCKET, .write_end = OS_NO_SOCKET};
    init_session(loop);
    if (!os_waker_open(&loop->waker) || !os_thread_start(&loop->thread, "tim_loop", thread_main, loop)) {
        os_waker_close(&loop->waker);
        free(loop);
        return NULL;
    }
    return loop;
}

void loop_end(struct loop* loop) {
    os_lock(&loop->lock);
    session_end(&loop->session);
    pass_on(loop);
    loop->ended = true;
    loop->stop = true;
    os_unlock(&loop->lock);
    os_waker_wake(&loop->waker);
}

void loop_free(struct loop* loop) {
    os_thread_join(loop->thread);
    os_waker_close(&loop->waker);
    free(loop);
}
