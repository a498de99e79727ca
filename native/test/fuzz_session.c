/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application asks, what the loop does, what the network brings and what the server sends, in any order: the input is read as steps, and the
 * server's bytes go through the decoder. Requests are answered once and in order, callbacks keep their grammar, no link is left, and the loop's two
 * places for links are enough.
 */
#include "fuzz.h"
#include "session.h"

#include "TIMErrorCode.h"

enum { LINKS = 2, REQUESTS_MAX = 200 };

static struct {
    struct session session;
    uint64_t now;
    struct action held; /* by the loop, not performed yet */
    struct {
        uint32_t id; /* 0: free */
        bool open;
        struct mqtt_decoder decoder;
    } links[LINKS];
    uintptr_t asked, answered;
    bool aborted; /* an answer may come out of order */
    enum TIMNetworkStatus network;
} w;

static long answers, ends;

static void hear(void) {
    struct callback* next;
    bool reasoned = false;
    for (struct callback* c = session_take_callbacks(&w.session); c != NULL; c = next) {
        next = c->next;
        bool is_end = c->kind == CALLBACK_KICKED || c->kind == CALLBACK_USERSIG_EXPIRED;
        FUZZ_CHECK(is_end == reasoned);
        reasoned = c->kind == CALLBACK_KICK_REASON;
        if (is_end) w.network = kTIMDisconnected;
        if (c->kind == CALLBACK_RESULT) {
            w.answered++;
            FUZZ_CHECK(w.answered <= w.asked);
            FUZZ_CHECK(w.aborted || (uintptr_t)c->user_data == w.answered);
        }
        if (c->kind == CALLBACK_NETWORK) {
            bool result = c->value == kTIMConnected || c->value == kTIMConnectFailed;
            FUZZ_CHECK(!result || w.network == kTIMConnecting);
            FUZZ_CHECK((int)w.network != c->value);
            w.network = (enum TIMNetworkStatus)c->value;
        }
        answers += c->kind == CALLBACK_RESULT;
        ends += is_end;
        free(c->text);
        free(c);
    }
    FUZZ_CHECK(!reasoned);
}

/* Whoever will close the link: a connection, what is to be closed, or what the loop has in hand. */
static bool is_owned(uint32_t link) {
    bool owned = session_account(&w.session, link) != NULL || (w.held.type != ACTION_NONE && w.held.link == link);
    for (unsigned i = 0; i < w.session.closing_count; i++) owned = owned || w.session.closing[i].link == link;
    return owned;
}

static void check(void) {
    for (int i = 0; i < LINKS; i++) FUZZ_CHECK(w.links[i].id == 0 || is_owned(w.links[i].id));
    enum TIMLoginStatus status = session_status(&w.session);
    bool busy = status == kTIMLoginStatus_Logining || status == kTIMLoginStatus_Logouting;
    FUZZ_CHECK((session_user_id(&w.session)[0] != '\0') == (status == kTIMLoginStatus_Logined));
    FUZZ_CHECK(!busy || w.asked > w.answered);
    bool idle = w.asked == w.answered && status == kTIMLoginStatus_UnLogined;
    FUZZ_CHECK(!idle || session_due(&w.session) == SESSION_NEVER);
}

static void request(uint8_t what) {
    if (w.asked == REQUESTS_MAX) return;
    struct request* r = calloc(1, sizeof *r);
    struct callback* done = callback_new(CALLBACK_RESULT);
    if (r == NULL || done == NULL) abort();
    r->type = what % 4 == 0 ? REQUEST_LOGOUT : REQUEST_LOGIN;
    r->sdk_app_id = 1 + what / 64 % 2;
    snprintf(r->user_id, sizeof r->user_id, "%s", what & 16 ? "alice" : "bob");
    if (r->type == REQUEST_LOGIN) r->user_sig = secret_new(what & 32 ? "one" : "two", 3);
    r->done = done;
    done->user_data = (const void*)++w.asked; /* NOLINT(performance-no-int-to-ptr) */
    session_request(&w.session, r, w.now);
}

static int place_of(uint32_t id) {
    for (int i = 0; i < LINKS; i++) {
        if (w.links[i].id == id) return i;
    }
    return -1;
}

static void free_place(int place) {
    if (place < 0) return;
    mqtt_decoder_free(&w.links[place].decoder);
    memset(&w.links[place], 0, sizeof w.links[place]);
}

static void take(void) {
    if (session_due(&w.session) <= w.now) session_tick(&w.session, w.now);
    w.held = session_take_action(&w.session);
}

static void perform(void) {
    int place = place_of(w.held.type == ACTION_OPEN ? 0 : w.held.link);
    FUZZ_CHECK(w.held.type != ACTION_OPEN || place >= 0);
    if (w.held.type == ACTION_OPEN) {
        w.links[place].id = w.held.link;
        mqtt_decoder_init(&w.links[place].decoder);
    }
    if (w.held.type == ACTION_CLOSE || w.held.type == ACTION_GOODBYE) free_place(place);
    if (w.held.type == ACTION_GOODBYE) session_link_closed(&w.session, w.held.link, w.now);
    w.held.type = ACTION_NONE;
}

static void lose(int place, bool final) {
    uint32_t id = w.links[place].id;
    free_place(place);
    session_link_lost(&w.session, id, w.now, ERR_SDK_NET_RESET_BY_PEER, "lost", final);
}

static void go_on(int place) {
    const struct connection* account = session_account(&w.session, w.links[place].id);
    bool resolving = account != NULL && account->phase == PHASE_RESOLVING, opening = account != NULL && account->phase == PHASE_OPENING;
    if (resolving || opening) {
        session_link_reached(&w.session, w.links[place].id, w.now, resolving ? PHASE_OPENING : PHASE_SECURING);
        return;
    }
    w.links[place].open = true;
    session_link_open(&w.session, w.links[place].id, w.now);
}

static void receive(int place, const uint8_t* data, size_t size) {
    while (size > 0 && w.links[place].open) {
        struct mqtt_packet packet;
        const char* error;
        enum mqtt_result result = mqtt_decode(&w.links[place].decoder, &data, &size, &packet, &error);
        if (result == MQTT_NEED_MORE) return;
        if (result == MQTT_PACKET) session_packet(&w.session, w.links[place].id, w.now, &packet);
        else lose(place, false);
        hear();
    }
}

/* @return how many bytes of the input the step took */
static size_t step(const uint8_t* data, size_t size) {
    uint8_t op = data[0], argument = size > 1 ? data[1] : 0;
    int place = op / 8 % LINKS;
    bool waits = w.held.type == ACTION_NONE, here = waits && w.links[place].id != 0;
    switch (op % 8) {
        case 0: request(argument); return 2;
        case 1:
            w.aborted = true;
            session_abort(&w.session, (const void*)(uintptr_t)(argument % (w.asked + 1)), w.now); /* NOLINT(performance-no-int-to-ptr) */
            return 2;
        case 2: w.now += (uint64_t)argument * argument * 2; return 2;
        case 3:
            if (here) go_on(place);
            return 1;
        case 4:
            if (here) lose(place, op & 16);
            return 1;
        case 5: {
            size_t n = argument % 32;
            if (n > size - (size > 1 ? 2 : 1)) n = size - (size > 1 ? 2 : 1);
            if (here && n > 0) receive(place, data + 2, n);
            return 2 + n;
        }
        default:
            if (waits) take();
            else perform();
            return 1;
    }
}

static void start(void) {
    static const struct session_settings settings = {.login_timeout_ms = 30000, .heartbeat_ms = 30000, .platform = "Linux"};
    memset(&w, 0, sizeof w);
    w.now = 1000;
    w.network = kTIMDisconnected;
    session_init(&w.session, &settings, 7);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    start();
    for (size_t at = 0; at < size;) {
        at += step(data + at, size - at);
        hear();
        check();
    }
    w.aborted = true;
    session_end(&w.session);
    hear();
    FUZZ_CHECK(w.answered == w.asked);
    for (int i = 0; i < LINKS; i++) free_place(i);
    return 0;
}

static inline void fuzz_summary(void) {
    printf("%ld inputs, %ld answers, %ld ends of a session\n", fuzz_iteration - 1, answers, ends);
}

#define EXAMPLE(text) \
    { text, sizeof text - 1 }
/* login; the loop opens; the link comes along; CONNECT; CONNACK; then a kick, a heartbeat, a logout. */
#define ONLINE "\x00\x31\x06\x06\x03\x03\x03\x06\x06\x05\x05\x20\x03\x00\x00\x00"
FUZZ_EXAMPLES(EXAMPLE(ONLINE "\x05\x03\xE0\x01\x8E\x06\x06"), EXAMPLE(ONLINE "\x02\xFF\x06\x06\x05\x02\xD0\x00"),
              EXAMPLE(ONLINE "\x00\x04\x06\x06"), EXAMPLE(ONLINE "\x00\x11\x06\x06\x0B\x0B\x0B\x06\x06\x0D\x05\x20\x03\x00\x00\x00"),
              EXAMPLE(ONLINE "\x04\x02\x20\x06\x06\x03\x03\x03\x06\x06\x05\x05\x20\x03\x00\x86\x00"),
              EXAMPLE("\x00\x31\x00\x11\x00\x00\x01\x01\x06\x06\x04\x02\x40\x06\x06"));
