/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A link: one transport connection to the server, from the look-up of the name to the last byte. Belongs to the loop's thread.
 */
#ifndef TIMSHIM_LINK_H
#define TIMSHIM_LINK_H

#include "config.h"
#include "dial.h"
#include "mqtt.h"
#include "proxy.h"
#include "tls.h"

struct link {
    uint32_t id; /**< 0: not in use */
    enum { LINK_RESOLVING, LINK_CONNECTING, LINK_TUNNELLING, LINK_SECURING, LINK_OPEN } stage;
    const struct config* config;
    struct os_address* preferred; /**< the address that answered last, for the next link */
    struct proxy proxy;           /**< as it was configured when the link began */
    uint64_t proxy_due;           /**< when it must have let us through */
    struct resolve* resolve;
    struct addresses addresses; /**< of the server, or of the proxy */
    struct dial dial;           /**< LINK_CONNECTING */
    struct tunnel* tunnel;      /**< LINK_TUNNELLING */
    uint64_t due;               /**< when to step it without readiness; UINT64_MAX: never */
    os_socket socket;           /**< from LINK_TUNNELLING on */
    struct tls* tls;            /**< NULL: plaintext */

    struct mqtt_decoder decoder;
    uint8_t in[2048];
    size_t in_at, in_end;
    bool more;    /**< there may be more to read than a poll sees: call link_step as if the socket were readable */
    uint8_t* out; /**< what is still to be sent; wiped, since it can hold a UserSig */
    size_t out_size, out_sent;
};

enum link_event {
    LINK_NOTHING,   /**< until the next readiness or time */
    LINK_RESOLVED,  /**< the addresses of the server are known */
    LINK_CONNECTED, /**< to the server; next it is secured, or open where there is no TLS */
    LINK_OPENED,
    LINK_LOST,  /**< code, desc and final are set; the link is closed */
    LINK_PACKET /**< packet is set */
};

struct link_news {
    enum link_event event;
    int32_t code;
    char desc[256];
    bool final; /**< trying again cannot help */
    struct mqtt_packet packet;
};

enum { LINK_POLLS = RESOLVE_MAX };

/**
 * Begins, through the proxy that is configured now if there is one.
 * @param config, waker must outlive the link
 * @param preferred     must outlive the link: the address to try first, if it is one of the server's (length 0: none); set to the one that answers
 */
void link_open(struct link* link, uint32_t id, const struct config* config, struct os_address* preferred, const struct os_waker* waker,
               uint64_t now);
/** What to poll for, at most LINK_POLLS. @return how many; 0: there is no socket now */
size_t link_poll(const struct link* link, struct os_poll* polls);
/**
 * Goes on to the next event. Call it again until it says LINK_NOTHING or LINK_LOST; after a packet that can wait, see `more`.
 * @param polls what link_poll filled, after the poll; with a count of 0: nothing is ready
 */
enum link_event link_step(struct link* link, const struct os_poll* polls, size_t count, uint64_t now, struct link_news* news);
/** Queues a copy and sends what can be sent. @return false if there is no memory */
bool link_send(struct link* link, const uint8_t* bytes, size_t size);
/** Says DISCONNECT 0x00 if that can be sent at once, then closes. */
void link_goodbye(struct link* link);
void link_close(struct link* link);

#endif
