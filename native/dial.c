/* SPDX-License-Identifier: Apache-2.0 */
#include "dial.h"

#include <string.h>

enum { DELAY_MS = 250 }; /* RFC 8305's Connection Attempt Delay */

static bool same_address(const struct os_address* a, const struct os_address* b) {
    return a->length == b->length && memcmp(&a->storage, &b->storage, (size_t)a->length) == 0;
}

static void move_to(struct addresses* list, unsigned from, unsigned to) {
    struct os_address moved = list->list[from];
    memmove(&list->list[to + 1], &list->list[to], (from - to) * sizeof moved);
    list->list[to] = moved;
}

/* The families take turns, beginning with the one that the system puts first. */
static void interleave(struct addresses* list) {
    for (unsigned at = 1; at < list->count; at++) {
        unsigned other = at;
        while (other < list->count && list->list[other].storage.ss_family == list->list[at - 1].storage.ss_family) other++;
        if (other == list->count) return;
        move_to(list, other, at);
    }
}

void dial_init(struct dial* dial, const struct addresses* addresses, const struct os_address* preferred) {
    memset(dial, 0, sizeof *dial);
    dial->addresses = *addresses;
    for (unsigned i = 0; i < RESOLVE_MAX; i++) dial->sockets[i] = OS_NO_SOCKET;
    interleave(&dial->addresses);
    for (unsigned i = 1; preferred != NULL && i < addresses->count; i++) {
        if (same_address(&dial->addresses.list[i], preferred)) move_to(&dial->addresses, i, 0);
    }
}

static unsigned under_way(const struct dial* dial) {
    unsigned count = 0;
    for (unsigned i = 0; i < dial->next; i++) count += dial->sockets[i] != OS_NO_SOCKET;
    return count;
}

size_t dial_poll(const struct dial* dial, struct os_poll* polls) {
    size_t count = 0;
    for (unsigned i = 0; i < dial->next; i++) {
        if (dial->sockets[i] != OS_NO_SOCKET) polls[count++] = (struct os_poll){.socket = dial->sockets[i], .want_write = true};
    }
    return count;
}

uint64_t dial_due(const struct dial* dial) {
    return dial->next < dial->addresses.count ? dial->next_at : UINT64_MAX;
}

static bool is_ready(os_socket socket, const struct os_poll* polls, size_t count) {
    for (size_t i = 0; polls != NULL && i < count; i++) {
        if (polls[i].socket == socket) return polls[i].writable;
    }
    return false;
}

/* Those that have failed are closed. @return the index of one that connected, or the count of all */
static unsigned look_at_ready(struct dial* dial, const struct os_poll* polls, size_t count) {
    for (unsigned i = 0; i < dial->next; i++) {
        if (dial->sockets[i] == OS_NO_SOCKET || !is_ready(dial->sockets[i], polls, count)) continue;
        int32_t code = os_connect_result(dial->sockets[i]);
        if (code == 0) return i;
        dial->code = code;
        os_close(dial->sockets[i]);
        dial->sockets[i] = OS_NO_SOCKET;
    }
    return dial->addresses.count;
}

enum dial_result dial_step(struct dial* dial, const struct os_poll* polls, size_t count, uint64_t now, os_socket* socket,
                           struct os_address* address) {
    unsigned winner = look_at_ready(dial, polls, count);
    if (winner < dial->addresses.count) {
        *socket = dial->sockets[winner];
        *address = dial->addresses.list[winner];
        dial->sockets[winner] = OS_NO_SOCKET;
        dial_close(dial);
        return DIAL_CONNECTED;
    }
    while (dial->next < dial->addresses.count && (now >= dial->next_at || under_way(dial) == 0)) {
        unsigned at = dial->next++;
        int32_t code = os_connect(&dial->sockets[at], &dial->addresses.list[at]);
        if (code != 0) dial->code = code;
        else dial->next_at = now + DELAY_MS;
    }
    return under_way(dial) > 0 ? DIAL_UNDER_WAY : DIAL_FAILED;
}

void dial_close(struct dial* dial) {
    for (unsigned i = 0; i < dial->next; i++) {
        if (dial->sockets[i] != OS_NO_SOCKET) os_close(dial->sockets[i]);
        dial->sockets[i] = OS_NO_SOCKET;
    }
}
