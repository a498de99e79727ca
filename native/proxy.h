/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A tunnel through a proxy: HTTP CONNECT (RFC 9110, with Basic authentication, RFC 7617) or SOCKS 5 (RFC 1928, with user name and password,
 * RFC 1929). Pure: bytes in, bytes out. The proxy looks the server's name up.
 */
#ifndef TIMSHIM_PROXY_H
#define TIMSHIM_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proxy_kind { PROXY_NONE, PROXY_HTTP, PROXY_SOCKS5 };

struct proxy {
    enum proxy_kind kind;
    char host[256];
    uint16_t port;
    char user[256];     /**< "": none is sent */
    char password[256]; /**< wipe it */
};

struct tunnel {
    enum proxy_kind kind;
    enum { TUNNEL_METHOD, TUNNEL_AUTHENTICATION, TUNNEL_REPLY } stage;
    uint8_t out[1536]; /**< to be sent; holds the password: wipe it */
    size_t out_size;
    uint8_t in[4096];
    size_t in_size;
};

enum tunnel_result { TUNNEL_MORE, TUNNEL_OPEN, TUNNEL_FAILED };

struct tunnel_failure {
    int32_t code;   /**< of TIMErrorCode.h: 9503 user name or password, 9511 refused, 9502 not a proxy of this kind */
    bool final;     /**< trying again cannot help */
    char text[160]; /**< goes on from "the proxy SO-AND-SO " */
};

/** Begins: `out` is what to send. @param host the server's name, or an address without brackets */
void tunnel_begin(struct tunnel* tunnel, const struct proxy* proxy, const char* host, uint16_t port);
/** How many bytes to read next, so that nothing beyond the proxy's own answer is taken; at most what is left of `in`. */
size_t tunnel_wants(const struct tunnel* tunnel);
/** After bytes were added to `in`. If it returns TUNNEL_MORE, there may be something in `out`, to be sent before more is read. */
enum tunnel_result tunnel_step(struct tunnel* tunnel, const struct proxy* proxy, const char* host, uint16_t port,
                               struct tunnel_failure* failure);

#endif
