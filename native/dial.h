/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From the addresses of a host to one connected socket, as RFC 8305 has it: the families take turns, the next address is tried 250 ms after the
 * one before or as soon as all those fail, and the first that connects wins. Belongs to one thread.
 */
#ifndef TIMSHIM_DIAL_H
#define TIMSHIM_DIAL_H

#include "resolve.h"

struct dial {
    struct addresses addresses;     /**< in the order of trial */
    os_socket sockets[RESOLVE_MAX]; /**< of those under way; OS_NO_SOCKET else */
    unsigned next;                  /**< the next to try */
    uint64_t next_at;               /**< when, if those under way have not failed before */
    int32_t code;                   /**< why the last one failed; 0: none has */
};

enum dial_result { DIAL_UNDER_WAY, DIAL_CONNECTED, DIAL_FAILED };

/** @param preferred the address to try first if it is among them; NULL: none */
void dial_init(struct dial* dial, const struct addresses* addresses, const struct os_address* preferred);
/** Fills one entry for each socket under way, at most RESOLVE_MAX. @return how many */
size_t dial_poll(const struct dial* dial, struct os_poll* polls);
/** When dial_step is due without any readiness; UINT64_MAX: never. */
uint64_t dial_due(const struct dial* dial);
/**
 * @param polls what dial_poll filled, after the poll; NULL: nothing is ready
 * @param socket  out, if connected: the socket, the caller's from now on
 * @param address out, if connected: its address
 */
enum dial_result dial_step(struct dial* dial, const struct os_poll* polls, size_t count, uint64_t now, os_socket* socket,
                           struct os_address* address);
/** Closes what is under way. */
void dial_close(struct dial* dial);

#endif
