/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "TIMShim.h"
#include "utf8.h"

enum { ADDRESS_MS = 3000 }; /* for one address while there is another to try */

static enum link_event lost(struct link* link, struct link_news* news, int32_t code, const char* desc, bool final) {
    news->event = LINK_LOST;
    news->code = code;
    news->final = final;
    utf8_copy_line(news->desc, sizeof news->desc, desc, strlen(desc));
    link_close(link);
    return LINK_LOST;
}

static enum link_event lost_to(struct link* link, struct link_news* news, int32_t code) {
    const struct config* c = link->config;
    const char* what = code == ERR_SDK_NET_CONN_REFUSE      ? "refused the connection"
                       : code == ERR_SDK_NET_CONN_TIMEOUT   ? "did not answer in time"
                       : code == ERR_SDK_NET_NET_UNREACH    ? "cannot be reached"
                       : code == ERR_SDK_NET_RESET_BY_PEER  ? "closed the connection"
                       : code == ERR_SDK_NET_SOCKET_NO_BUFF ? "was not asked: no descriptor or buffer is left here"
                                                            : "cannot be talked to";
    char desc[256];
    snprintf(desc, sizeof desc, "%.180s port %u %s", c->host, (unsigned)c->port, what);
    return lost(link, news, code, desc, false);
}

/* What broke a link that was connected. */
static enum link_event lost_by(struct link* link, struct link_news* news, const struct tls_failure* why) {
    if (why->text[0] == '\0') return lost_to(link, news, why->code);
    char desc[sizeof news->desc];
    snprintf(desc, sizeof desc, "%.50s port %u: %.180s", link->config->host, (unsigned)link->config->port, why->text);
    return lost(link, news, why->code, desc, why->final);
}

/* Without TLS only loopback is allowed, whatever a name resolves to, unless the configuration says otherwise. */
static bool allowed(const struct config* config, const struct os_address* address) {
    return config->tls || config->allow_plaintext || os_address_is_loopback(address);
}

static enum link_event try_address(struct link* link, uint64_t now, struct link_news* news) {
    bool refused = false;
    while (link->next_address < link->addresses.count) {
        const struct os_address* address = &link->addresses.list[link->next_address++];
        if (!allowed(link->config, address)) {
            refused = true;
            continue;
        }
        int32_t code = os_connect(&link->socket, address);
        if (code == 0) {
            link->stage = LINK_CONNECTING;
            link->due = link->next_address < link->addresses.count ? now + ADDRESS_MS : UINT64_MAX;
            return LINK_NOTHING;
        }
        link->last_code = code;
    }
    if (link->last_code != 0) return lost_to(link, news, link->last_code);
    if (refused) {
        char desc[256];
        snprintf(desc, sizeof desc,
                 "%.100s is not loopback, and mqtt:// would send the UserSig in plaintext: use mqtts://, or set " kTIMShimAllowPlaintext,
                 link->config->host);
        return lost(link, news, ERR_INVALID_PARAMETERS, desc, true);
    }
    char desc[256];
    snprintf(desc, sizeof desc, "the host %.200s cannot be found", link->config->host);
    return lost(link, news, ERR_SDK_NET_HOST_GETADDRINFO_FAILED, desc, false);
}

/* What TLS needs of this machine is seen to first: if that fails, no server can help. */
static enum link_event step_resolving(struct link* link, uint64_t now, struct link_news* news) {
    const struct config* config = link->config;
    if (config->tls && link->tls == NULL) {
        struct tls_failure failure;
        link->tls = tls_new(config->ca_file, config->tls_server_name, &failure);
        if (link->tls == NULL) return lost(link, news, failure.code, failure.text, failure.final);
    }
    if (link->resolve != NULL && !resolve_done(link->resolve, &link->addresses)) return LINK_NOTHING;
    resolve_free(link->resolve);
    link->resolve = NULL;
    enum link_event event = try_address(link, now, news);
    return event == LINK_NOTHING ? (news->event = LINK_RESOLVED) : event;
}

void link_open(struct link* link, uint32_t id, const struct config* config, const struct os_waker* waker, uint64_t now) {
    memset(link, 0, sizeof *link);
    link->id = id;
    link->config = config;
    link->socket = OS_NO_SOCKET;
    link->stage = LINK_RESOLVING;
    link->due = now;
    mqtt_decoder_init(&link->decoder);
    link->resolve = resolve_start(config->host, config->port, waker, &link->addresses);
    if (link->resolve != NULL) link->due = UINT64_MAX;
}

bool link_poll(const struct link* link, struct os_poll* poll) {
    if (link->id == 0 || link->socket == OS_NO_SOCKET) return false;
    poll->socket = link->socket;
    poll->want_read = link->stage != LINK_CONNECTING;
    poll->want_write = link->stage == LINK_CONNECTING || link->out_size > 0 || (link->tls != NULL && tls_wants_write(link->tls));
    return true;
}

static void drop_out(struct link* link) {
    if (link->out != NULL) os_wipe(link->out, link->out_size);
    free(link->out);
    link->out = NULL;
    link->out_size = link->out_sent = 0;
}

static int send_some(struct link* link, const void* bytes, size_t size, struct tls_failure* failure) {
    if (link->tls != NULL) return tls_send(link->tls, bytes, size, failure);
    failure->text[0] = '\0';
    return os_send(link->socket, bytes, size, &failure->code);
}

static int receive_some(struct link* link, struct tls_failure* failure) {
    if (link->tls != NULL) return tls_receive(link->tls, link->in, sizeof link->in, failure);
    failure->text[0] = '\0';
    return os_receive(link->socket, link->in, sizeof link->in, &failure->code);
}

/* @return false if the link broke */
static bool flush(struct link* link, struct tls_failure* failure) {
    while (link->out_size > 0) {
        int sent = send_some(link, link->out + link->out_sent, link->out_size - link->out_sent, failure);
        if (sent == OS_IO_AGAIN) return true;
        if (sent < 0) return false;
        link->out_sent += (size_t)sent;
        if (link->out_sent == link->out_size) drop_out(link);
    }
    return true;
}

static enum link_event decode(struct link* link, struct link_news* news) {
    const uint8_t* data = link->in + link->in_at;
    size_t size = link->in_end - link->in_at;
    const char* error = "";
    enum mqtt_result result = mqtt_decode(&link->decoder, &data, &size, &news->packet, &error);
    link->in_at = link->in_end - size;
    if (result == MQTT_PACKET) {
        link->more = true;
        return news->event = LINK_PACKET;
    }
    if (result == MQTT_NEED_MORE) return LINK_NOTHING;
    if (result == MQTT_NO_MEMORY) return lost(link, news, ERR_OUT_OF_MEMORY, error, false);
    char desc[256];
    snprintf(desc, sizeof desc, "the server does not speak MQTT 5 as it should: %.180s", error);
    return lost(link, news, ERR_SDK_NET_DECODE_FAILED, desc, false);
}

static enum link_event step_open(struct link* link, bool readable, bool writable, struct link_news* news) {
    struct tls_failure failure;
    link->more = false;
    if (writable && link->tls != NULL && tls_wants_write(link->tls)) readable = true; /* reading goes on when TLS can answer */
    if (writable && !flush(link, &failure) && !readable) return lost_by(link, news, &failure);
    for (;;) {
        if (link->in_at < link->in_end) {
            enum link_event event = decode(link, news);
            if (event != LINK_NOTHING) return event;
        }
        if (!readable) return LINK_NOTHING;
        int count = receive_some(link, &failure);
        if (count == OS_IO_AGAIN) return LINK_NOTHING;
        if (count == OS_IO_ERROR) return lost_by(link, news, &failure);
        if (count == 0) return lost_to(link, news, ERR_SDK_NET_RESET_BY_PEER);
        link->in_at = 0;
        link->in_end = (size_t)count;
    }
}

static enum link_event step_connecting(struct link* link, bool writable, uint64_t now, struct link_news* news) {
    if (!writable && now < link->due) return LINK_NOTHING;
    int32_t code = writable ? os_connect_result(link->socket) : ERR_SDK_NET_CONN_TIMEOUT;
    if (code == 0) {
        link->stage = LINK_SECURING;
        link->due = UINT64_MAX;
        return news->event = LINK_CONNECTED;
    }
    link->last_code = code;
    os_close(link->socket);
    link->socket = OS_NO_SOCKET;
    return try_address(link, now, news);
}

static enum link_event step_securing(struct link* link, struct link_news* news) {
    struct tls_failure failure;
    int result = link->tls == NULL ? 0 : tls_handshake(link->tls, link->socket, &failure);
    if (result == OS_IO_AGAIN) return LINK_NOTHING;
    if (result == OS_IO_ERROR) return lost_by(link, news, &failure);
    link->stage = LINK_OPEN;
    return news->event = LINK_OPENED;
}

enum link_event link_step(struct link* link, bool readable, bool writable, uint64_t now, struct link_news* news) {
    switch (link->stage) {
        case LINK_RESOLVING: return step_resolving(link, now, news);
        case LINK_CONNECTING: return step_connecting(link, writable, now, news);
        case LINK_SECURING: return step_securing(link, news);
        case LINK_OPEN: return step_open(link, readable, writable, news);
    }
    return LINK_NOTHING;
}

bool link_send(struct link* link, const uint8_t* bytes, size_t size) {
    uint8_t* out = malloc(link->out_size - link->out_sent + size);
    if (out == NULL) return false;
    size_t left = link->out_size - link->out_sent;
    if (left > 0) memcpy(out, link->out + link->out_sent, left);
    memcpy(out + left, bytes, size);
    drop_out(link);
    link->out = out;
    link->out_size = left + size;
    struct tls_failure failure;
    flush(link, &failure); /* a link that broke is readable too, and is told then */
    return true;
}

void link_goodbye(struct link* link) {
    uint8_t bytes[8];
    int32_t code;
    struct tls_failure failure;
    size_t size = mqtt_encode_disconnect(bytes, sizeof bytes, 0);
    if (link->stage == LINK_OPEN && link->out_size == 0) {
        send_some(link, bytes, size, &failure);
        if (link->tls != NULL) tls_goodbye(link->tls);
        /* What was received and not read would turn the close into a reset, which can overtake the DISCONNECT. */
        for (int i = 0; i < 16 && os_receive(link->socket, link->in, sizeof link->in, &code) > 0; i++) {}
    }
    link_close(link);
}

void link_close(struct link* link) {
    if (link->id == 0) return;
    resolve_free(link->resolve);
    link->resolve = NULL;
    tls_free(link->tls);
    link->tls = NULL;
    if (link->socket != OS_NO_SOCKET) os_close(link->socket);
    link->socket = OS_NO_SOCKET;
    mqtt_decoder_free(&link->decoder);
    drop_out(link);
    link->id = 0;
}
