/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

#include <stdio.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "platform.h"
#include "utf8.h"

enum {
    SOCKS5 = 5,
    SOCKS5_NO_AUTHENTICATION = 0,
    SOCKS5_PASSWORD = 2,
    SOCKS5_CONNECT = 1,
    SOCKS5_IPV4 = 1,
    SOCKS5_NAME = 3,
    SOCKS5_IPV6 = 4
};

static enum tunnel_result failed(struct tunnel_failure* failure, int32_t code, bool final, const char* text) {
    failure->code = code;
    failure->final = final;
    utf8_copy_line(failure->text, sizeof failure->text, text, strlen(text));
    return TUNNEL_FAILED;
}

static enum tunnel_result refused_password(struct tunnel_failure* failure, const struct proxy* proxy) {
    return failed(failure, ERR_SDK_NET_AUTH_INVALID, true,
                  proxy->user[0] == '\0' ? "wants a user name and a password" : "does not accept the user name and password");
}

static void put(struct tunnel* tunnel, const void* bytes, size_t size) {
    if (size > sizeof tunnel->out - tunnel->out_size) return; /* the longest names fit */
    memcpy(tunnel->out + tunnel->out_size, bytes, size);
    tunnel->out_size += size;
}

static void put_byte(struct tunnel* tunnel, size_t byte) {
    uint8_t value = (uint8_t)byte;
    put(tunnel, &value, 1);
}

static void put_text(struct tunnel* tunnel, const char* text) {
    put(tunnel, text, strlen(text));
}

static void put_with_length(struct tunnel* tunnel, const char* text) {
    put_byte(tunnel, strlen(text));
    put_text(tunnel, text);
}

/* ---- HTTP ---- */

static void put_base64(struct tunnel* tunnel, const uint8_t* bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < size; at += 3) {
        size_t left = size - at;
        uint32_t word = (uint32_t)bytes[at] << 16 | (left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0) | (left > 2 ? bytes[at + 2] : 0);
        char four[4] = {digits[word >> 18], digits[word >> 12 & 63], left > 1 ? digits[word >> 6 & 63] : '=',
                        left > 2 ? digits[word & 63] : '='};
        put(tunnel, four, sizeof four);
    }
}

static void begin_http(struct tunnel* tunnel, const struct proxy* proxy, const char* host, uint16_t port) {
    char authority[300], request[700];
    snprintf(authority, sizeof authority, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    snprintf(request, sizeof request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);
    put_text(tunnel, request);
    if (proxy->user[0] != '\0') {
        char pair[sizeof proxy->user + sizeof proxy->password];
        snprintf(pair, sizeof pair, "%s:%s", proxy->user, proxy->password);
        put_text(tunnel, "Proxy-Authorization: Basic ");
        put_base64(tunnel, (const uint8_t*)pair, strlen(pair));
        put_text(tunnel, "\r\n");
        os_wipe(pair, sizeof pair);
    }
    put_text(tunnel, "\r\n");
    tunnel->stage = TUNNEL_REPLY;
}

static enum tunnel_result step_http(struct tunnel* tunnel, const struct proxy* proxy, struct tunnel_failure* failure) {
    static const char version[] = "HTTP/1.";
    size_t size = tunnel->in_size, compared = size < sizeof version - 1 ? size : sizeof version - 1;
    if (memcmp(tunnel->in, version, compared) != 0) return failed(failure, ERR_SDK_NET_DECODE_FAILED, true, "does not speak HTTP/1.1");
    bool whole = size >= 4 && memcmp(tunnel->in + size - 4, "\r\n\r\n", 4) == 0;
    if (!whole) {
        return size < sizeof tunnel->in ? TUNNEL_MORE
                                        : failed(failure, ERR_SDK_NET_DECODE_FAILED, true, "answered with a head of more than 4096 bytes");
    }
    char line[100], text[160];
    const char* status = (const char*)tunnel->in + sizeof version; /* after the minor version */
    size_t length = 0;
    while (length < sizeof line - 1 && status[length] != '\r') length++;
    memcpy(line, status, length);
    line[length] = '\0';
    if (line[0] != ' ' || line[1] < '1' || line[1] > '5')
        return failed(failure, ERR_SDK_NET_DECODE_FAILED, true, "does not speak HTTP/1.1");
    if (line[1] == '2') return TUNNEL_OPEN;
    if (strncmp(line, " 407", 4) == 0 || strncmp(line, " 401", 4) == 0) return refused_password(failure, proxy); /* 401: tinyproxy */
    snprintf(text, sizeof text, "answered%s", line);
    return failed(failure, ERR_SDK_NET_CONN_REFUSE, line[1] == '4', text);
}

/* ---- SOCKS 5 ---- */

static void begin_socks5(struct tunnel* tunnel, const struct proxy* proxy) {
    bool password = proxy->user[0] != '\0';
    put_byte(tunnel, SOCKS5);
    put_byte(tunnel, password ? 2 : 1);
    put_byte(tunnel, SOCKS5_NO_AUTHENTICATION);
    if (password) put_byte(tunnel, SOCKS5_PASSWORD);
    tunnel->stage = TUNNEL_METHOD;
}

static enum tunnel_result ask_socks5(struct tunnel* tunnel, const char* host, uint16_t port) {
    struct in_addr v4;
    struct in6_addr v6;
    put_byte(tunnel, SOCKS5);
    put_byte(tunnel, SOCKS5_CONNECT);
    put_byte(tunnel, 0);
    if (inet_pton(AF_INET, host, &v4) == 1) {
        put_byte(tunnel, SOCKS5_IPV4);
        put(tunnel, &v4, sizeof v4);
    } else if (inet_pton(AF_INET6, host, &v6) == 1) {
        put_byte(tunnel, SOCKS5_IPV6);
        put(tunnel, &v6, sizeof v6);
    } else {
        put_byte(tunnel, SOCKS5_NAME);
        put_with_length(tunnel, host);
    }
    put_byte(tunnel, port >> 8);
    put_byte(tunnel, port & 0xFF);
    tunnel->stage = TUNNEL_REPLY;
    tunnel->in_size = 0;
    return TUNNEL_MORE;
}

static enum tunnel_result authenticate_socks5(struct tunnel* tunnel, const struct proxy* proxy) {
    put_byte(tunnel, 1);
    put_with_length(tunnel, proxy->user);
    put_with_length(tunnel, proxy->password);
    tunnel->stage = TUNNEL_AUTHENTICATION;
    tunnel->in_size = 0;
    return TUNNEL_MORE;
}

/* The size of a reply so far known: its address has a length of its own. */
static size_t reply_size(const struct tunnel* tunnel) {
    if (tunnel->in_size < 5) return 5;
    uint8_t type = tunnel->in[3];
    return type == SOCKS5_IPV4 ? 10 : type == SOCKS5_IPV6 ? 22 : 7 + (size_t)tunnel->in[4];
}

static enum tunnel_result read_reply(const struct tunnel* tunnel, struct tunnel_failure* failure) {
    static const char* const causes[] = {
        NULL,
        "failed",
        "does not allow the connection",
        "has no way to the server's network",
        "has no way to the server",
        "was refused the connection by the server",
        "got no answer from the server in time",
        "does not make connections",
        "does not take this kind of address",
    };
    uint8_t reply = tunnel->in[1];
    if (reply == 0) return tunnel->in_size < reply_size(tunnel) ? TUNNEL_MORE : TUNNEL_OPEN;
    bool final = reply == 2 || reply == 7 || reply == 8;
    return failed(failure,
                  reply == 3 || reply == 4 ? ERR_SDK_NET_NET_UNREACH
                  : reply == 6             ? ERR_SDK_NET_CONN_TIMEOUT
                                           : ERR_SDK_NET_CONN_REFUSE,
                  final, reply < sizeof causes / sizeof *causes ? causes[reply] : "refused the connection");
}

static enum tunnel_result step_socks5(struct tunnel* tunnel, const struct proxy* proxy, const char* host, uint16_t port,
                                      struct tunnel_failure* failure) {
    uint8_t version = tunnel->stage == TUNNEL_AUTHENTICATION ? 1 : SOCKS5;
    if (tunnel->in[0] != version) return failed(failure, ERR_SDK_NET_DECODE_FAILED, true, "does not speak SOCKS 5");
    if (tunnel->in_size < 2) return TUNNEL_MORE;
    uint8_t answer = tunnel->in[1];
    switch (tunnel->stage) {
        case TUNNEL_METHOD:
            if (answer == SOCKS5_NO_AUTHENTICATION) return ask_socks5(tunnel, host, port);
            if (answer == SOCKS5_PASSWORD && proxy->user[0] != '\0') return authenticate_socks5(tunnel, proxy);
            return refused_password(failure, proxy);
        case TUNNEL_AUTHENTICATION: return answer == 0 ? ask_socks5(tunnel, host, port) : refused_password(failure, proxy);
        case TUNNEL_REPLY: break;
    }
    return read_reply(tunnel, failure);
}

/* ---- Both ---- */

void tunnel_begin(struct tunnel* tunnel, const struct proxy* proxy, const char* host, uint16_t port) {
    tunnel->kind = proxy->kind;
    tunnel->out_size = tunnel->in_size = 0;
    if (proxy->kind == PROXY_HTTP) begin_http(tunnel, proxy, host, port);
    else begin_socks5(tunnel, proxy);
}

/* HTTP does not say where its head ends before the end: by single bytes nothing else is taken, and there are few. */
size_t tunnel_wants(const struct tunnel* tunnel) {
    if (tunnel->kind == PROXY_HTTP) return 1;
    return (tunnel->stage == TUNNEL_REPLY ? reply_size(tunnel) : 2) - tunnel->in_size;
}

enum tunnel_result tunnel_step(struct tunnel* tunnel, const struct proxy* proxy, const char* host, uint16_t port,
                               struct tunnel_failure* failure) {
    return tunnel->kind == PROXY_HTTP ? step_http(tunnel, proxy, failure) : step_socks5(tunnel, proxy, host, port, failure);
}
