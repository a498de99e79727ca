/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "TIMShim.h"
#include "settings.h"
#include "utf8.h"

enum { PROXY_MS = 10000 }; /* for a proxy to let us through; at most three quarters of the login's time, so that it is named as the cause */

static enum link_event lost(struct link* link, struct link_news* news, int32_t code, const char* desc, bool final) {
    news->event = LINK_LOST;
    news->code = code;
    news->final = final;
    utf8_copy_line(news->desc, sizeof news->desc, desc, strlen(desc));
    link_close(link);
    return LINK_LOST;
}

static bool is_proxied(const struct link* link) {
    return link->proxy.kind != PROXY_NONE;
}

/* Whom this end talks to before the tunnel is open: "HOST port N" or "the proxy HOST port N". */
static const char* peer_name(const struct link* link, char* text, size_t size) {
    const char* host = is_proxied(link) ? link->proxy.host : link->config->host;
    unsigned port = is_proxied(link) ? link->proxy.port : link->config->port;
    snprintf(text, size, "%s%.180s port %u", is_proxied(link) ? "the proxy " : "", host, port);
    return text;
}

static enum link_event lost_to(struct link* link, struct link_news* news, int32_t code) {
    const char* what = code == ERR_SDK_NET_CONN_REFUSE      ? "refused the connection"
                       : code == ERR_SDK_NET_CONN_TIMEOUT   ? "did not answer in time"
                       : code == ERR_SDK_NET_NET_UNREACH    ? "cannot be reached"
                       : code == ERR_SDK_NET_RESET_BY_PEER  ? "closed the connection"
                       : code == ERR_SDK_NET_SOCKET_NO_BUFF ? "was not asked: no descriptor or buffer is left here"
                                                            : "cannot be talked to";
    char peer[220], desc[256];
    snprintf(desc, sizeof desc, "%.200s %s", peer_name(link, peer, sizeof peer), what);
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

static enum link_event lost_in_plaintext(struct link* link, struct link_news* news) {
    char desc[256];
    snprintf(desc, sizeof desc,
             "%.100s is not loopback, and mqtt:// would send the UserSig in plaintext: use mqtts://, or set " kTIMShimAllowPlaintext,
             link->config->host);
    return lost(link, news, ERR_INVALID_PARAMETERS, desc, true);
}

/* Through a proxy nobody knows here what a name means there. @return whether the server may be reached through it */
static bool proxy_allowed(const struct config* config) {
    if (config->tls || config->allow_plaintext) return true;
    struct addresses found;
    return resolve_here(config->host, config->port, &found) && os_address_is_loopback(&found.list[0]);
}

static enum link_event begin_dial(struct link* link, struct link_news* news) {
    struct addresses usable = {.count = 0};
    for (unsigned i = 0; i < link->addresses.count; i++) {
        const struct os_address* address = &link->addresses.list[i];
        if (is_proxied(link) || allowed(link->config, address)) usable.list[usable.count++] = *address;
    }
    if (link->addresses.count == 0) {
        char peer[220], desc[256];
        snprintf(desc, sizeof desc, "the host of %.200s cannot be found", peer_name(link, peer, sizeof peer));
        return lost(link, news, ERR_SDK_NET_HOST_GETADDRINFO_FAILED, desc, false);
    }
    if (usable.count == 0 || (is_proxied(link) && !proxy_allowed(link->config))) return lost_in_plaintext(link, news);
    dial_init(&link->dial, &usable, link->preferred->length > 0 ? link->preferred : NULL);
    link->stage = LINK_CONNECTING;
    link->due = 0;
    return news->event = LINK_RESOLVED;
}

/* What TLS needs of this machine is seen to first: if that fails, no server can help. */
static enum link_event step_resolving(struct link* link, struct link_news* news) {
    const struct config* config = link->config;
    if (config->tls && link->tls == NULL) {
        struct tls_failure failure;
        link->tls = tls_new(config->ca_file, config->tls_server_name, &failure);
        if (link->tls == NULL) return lost(link, news, failure.code, failure.text, failure.final);
    }
    if (link->resolve != NULL && !resolve_done(link->resolve, &link->addresses)) return LINK_NOTHING;
    resolve_free(link->resolve);
    link->resolve = NULL;
    return begin_dial(link, news);
}

void link_open(struct link* link, uint32_t id, const struct config* config, struct os_address* preferred, const struct os_waker* waker,
               uint64_t now) {
    memset(link, 0, sizeof *link);
    link->id = id;
    link->config = config;
    link->preferred = preferred;
    link->socket = OS_NO_SOCKET;
    link->stage = LINK_RESOLVING;
    link->due = now;
    mqtt_decoder_init(&link->decoder);
    settings_proxy(&link->proxy);
    uint64_t share = config->login_timeout_ms * 3 / 4;
    link->proxy_due = is_proxied(link) ? now + (share < PROXY_MS ? share : PROXY_MS) : UINT64_MAX;
    const char* host = is_proxied(link) ? link->proxy.host : config->host;
    link->resolve = resolve_start(host, is_proxied(link) ? link->proxy.port : config->port, waker, &link->addresses);
    if (link->resolve != NULL) link->due = UINT64_MAX;
}

size_t link_poll(const struct link* link, struct os_poll* polls) {
    if (link->id == 0) return 0;
    if (link->stage == LINK_CONNECTING) return dial_poll(&link->dial, polls);
    if (link->socket == OS_NO_SOCKET) return 0;
    bool sending = link->out_size > 0 || (link->tunnel != NULL && link->tunnel->out_size > 0);
    polls[0] = (struct os_poll){
        .socket = link->socket, .want_read = true, .want_write = sending || (link->tls != NULL && tls_wants_write(link->tls))};
    return 1;
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

static enum link_event step_connecting(struct link* link, const struct os_poll* polls, size_t count, uint64_t now, struct link_news* news) {
    enum dial_result result = dial_step(&link->dial, polls, count, now, &link->socket, link->preferred);
    link->due = dial_due(&link->dial) < link->proxy_due ? dial_due(&link->dial) : link->proxy_due;
    if (result == DIAL_UNDER_WAY) return now < link->proxy_due ? LINK_NOTHING : lost_to(link, news, ERR_SDK_NET_CONN_TIMEOUT);
    if (result == DIAL_FAILED) return lost_to(link, news, link->dial.code);
    link->due = UINT64_MAX;
    if (!is_proxied(link)) {
        link->stage = LINK_SECURING;
        return news->event = LINK_CONNECTED;
    }
    link->tunnel = calloc(1, sizeof *link->tunnel);
    if (link->tunnel == NULL) return lost(link, news, ERR_OUT_OF_MEMORY, "no memory for the talk with the proxy", false);
    tunnel_begin(link->tunnel, &link->proxy, link->config->host, link->config->port);
    link->stage = LINK_TUNNELLING;
    link->due = link->proxy_due;
    return LINK_NOTHING;
}

static void drop_tunnel(struct link* link) {
    if (link->tunnel != NULL) os_wipe(link->tunnel, sizeof *link->tunnel);
    free(link->tunnel);
    link->tunnel = NULL;
}

/* @return OS_IO_AGAIN, OS_IO_ERROR with *code set, or 0 when all was sent */
static int send_to_proxy(struct link* link, int32_t* code) {
    struct tunnel* tunnel = link->tunnel;
    while (tunnel->out_size > 0) {
        int sent = os_send(link->socket, tunnel->out, tunnel->out_size, code);
        if (sent < 0) return sent;
        tunnel->out_size -= (size_t)sent;
        memmove(tunnel->out, tunnel->out + sent, tunnel->out_size);
    }
    return 0;
}

static enum link_event step_tunnelling(struct link* link, uint64_t now, struct link_news* news) {
    struct tunnel* tunnel = link->tunnel;
    int32_t code = 0;
    if (now >= link->due) return lost_to(link, news, ERR_SDK_NET_CONN_TIMEOUT);
    for (;;) {
        int sent = send_to_proxy(link, &code);
        if (sent == OS_IO_ERROR) return lost_to(link, news, code);
        if (sent == OS_IO_AGAIN) return LINK_NOTHING;
        int count = os_receive(link->socket, tunnel->in + tunnel->in_size, tunnel_wants(tunnel), &code);
        if (count == OS_IO_AGAIN) return LINK_NOTHING;
        if (count <= 0) return lost_to(link, news, count == 0 ? ERR_SDK_NET_RESET_BY_PEER : code);
        tunnel->in_size += (size_t)count;
        struct tunnel_failure failure;
        enum tunnel_result result = tunnel_step(tunnel, &link->proxy, link->config->host, link->config->port, &failure);
        if (result == TUNNEL_FAILED) {
            char peer[220], desc[256];
            snprintf(desc, sizeof desc, "%.90s %.160s", peer_name(link, peer, sizeof peer), failure.text);
            return lost(link, news, failure.code, desc, failure.final);
        }
        if (result == TUNNEL_OPEN) break;
    }
    drop_tunnel(link);
    link->stage = LINK_SECURING;
    link->due = UINT64_MAX;
    return news->event = LINK_CONNECTED;
}

static enum link_event step_securing(struct link* link, struct link_news* news) {
    struct tls_failure failure;
    int result = link->tls == NULL ? 0 : tls_handshake(link->tls, link->socket, &failure);
    if (result == OS_IO_AGAIN) return LINK_NOTHING;
    if (result == OS_IO_ERROR) return lost_by(link, news, &failure);
    link->stage = LINK_OPEN;
    link->more = link->tls != NULL; /* what came behind the handshake is decrypted already, and no poll sees it */
    return news->event = LINK_OPENED;
}

enum link_event link_step(struct link* link, const struct os_poll* polls, size_t count, uint64_t now, struct link_news* news) {
    switch (link->stage) {
        case LINK_RESOLVING: return step_resolving(link, news);
        case LINK_CONNECTING: return step_connecting(link, polls, count, now, news);
        case LINK_TUNNELLING: return step_tunnelling(link, now, news);
        case LINK_SECURING: return step_securing(link, news);
        case LINK_OPEN: return step_open(link, link->more || (count > 0 && polls[0].readable), count > 0 && polls[0].writable, news);
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
    dial_close(&link->dial);
    drop_tunnel(link);
    os_wipe(link->proxy.password, sizeof link->proxy.password);
    if (link->socket != OS_NO_SOCKET) os_close(link->socket);
    link->socket = OS_NO_SOCKET;
    mqtt_decoder_free(&link->decoder);
    drop_out(link);
    link->id = 0;
}
