/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Host names to addresses. Literals and "localhost" are answered at once; anything else is looked up on a thread of its own, because
 * the system's look-up blocks and cannot be cancelled.
 */
#ifndef TIMSHIM_RESOLVE_H
#define TIMSHIM_RESOLVE_H

#include "platform.h"

enum { RESOLVE_MAX = 16 };

struct addresses {
    struct os_address list[RESOLVE_MAX];
    unsigned count;
};

/** @return whether the host is an address or localhost, which need no look-up; then `found` has at least one */
bool resolve_here(const char* host, uint16_t port, struct addresses* found);

/** A look-up under way. */
struct resolve;

/**
 * @param found  filled if the answer is there at once
 * @param waker  woken when the answer is there; must live until resolve_free
 * @return NULL if the answer is in `found`, or if no look-up could be started (then found->count is 0)
 */
struct resolve* resolve_start(const char* host, uint16_t port, const struct os_waker* waker, struct addresses* found);
/** @return whether it is done; then `found` has the addresses, none if there is no such host */
bool resolve_done(struct resolve* resolve, struct addresses* found);
/** Gives it up, done or not; NULL is allowed. The thread ends by itself. */
void resolve_free(struct resolve* resolve);

#endif
