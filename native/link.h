/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A link: one transport connection to the server, from the look-up of the name to the last byte. Belongs to the loop's thread.
 */
#ifndef TIMSHIM_LINK_H
#define TIMSHIM_LINK_H

#include "config.h"
#include "mqtt.h"
#include "resolve.h"
#include "tls.h"

struct link {
    uint32_t id; /**< 0: not in use */
    enum { LINK_RESOLVING, LINK_CONNECTING, LINK_SECURING, LINK_OPEN } stage;
    const struct config* config;
    struct resolve* resolve;
    struct addresses addresses;
    unsigned next_address;
    uint64_t due; /**< when to give the current address up; UINT64_MAX: never */
    os_socket socket;
    struct tls* tls;   /**< NULL: plaintext */
    int32_t last_code; /**< why the last address failed */

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

/** Begins. @param config and @param waker must outlive the link */
void link_open(struct link* link, uint32_t id, const struct config* config, const struct os_waker* waker, uint64_t now);
/** What to poll for. @return false if it has no socket now */
bool link_poll(const struct link* link, struct os_poll* poll);
/** Goes on to the next event. Call it again until it says LINK_NOTHING or LINK_LOST; after a packet that can wait, see `more`. */
enum link_event link_step(struct link* link, bool readable, bool writable, uint64_t now, struct link_news* news);
/** Queues a copy and sends what can be sent. @return false if there is no memory */
bool link_send(struct link* link, const uint8_t* bytes, size_t size);
/** Says DISCONNECT 0x00 if that can be sent at once, then closes. */
void link_goodbye(struct link* link);
void link_close(struct link* link);

#endif
