/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "resolve.h"

#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 4 }; /* look-ups under way: the system's may hang for long, and cannot be ended */

static os_mutex count_lock = OS_MUTEX_INIT;
static unsigned threads; /* under count_lock */

struct resolve {
    os_mutex lock;
    const struct os_waker* waker; /* under the lock; NULL once it was given up */
    bool done;                    /* under the lock */
    struct addresses found;       /* the thread's until done */
    char host[256];
    char port[8];
};

/* IPv6 and IPv4 as the system prefers, each address once. */
static void look_up(const char* host, const char* port, int flags, struct addresses* found) {
    struct addrinfo hints, *list = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    found->count = 0;
    if (getaddrinfo(host, port, &hints, &list) != 0) return;
    for (struct addrinfo* at = list; at != NULL && found->count < RESOLVE_MAX; at = at->ai_next) {
        if (at->ai_addrlen > sizeof found->list[0].storage) continue;
        struct os_address* address = &found->list[found->count++];
        memset(address, 0, sizeof *address);
        memcpy(&address->storage, at->ai_addr, at->ai_addrlen);
        address->length = (socklen_t)at->ai_addrlen;
    }
    freeaddrinfo(list);
}

/* Tried again for any address: on a machine whose only network is loopback, or IPv6's, AI_ADDRCONFIG leaves out what can be reached. */
static void look_up_anywhere(const char* host, const char* port, struct addresses* found) {
    look_up(host, port, AI_ADDRCONFIG, found);
    if (found->count == 0) look_up(host, port, 0, found);
}

static bool is_localhost(const char* host) {
    static const char name[] = "localhost";
    size_t i = 0;
    while (name[i] != '\0' && (host[i] | 0x20) == name[i]) i++;
    return name[i] == '\0' && (host[i] == '\0' || (host[i] == '.' && host[i + 1] == '\0'));
}

static void release(struct resolve* resolve) {
    os_unlock(&resolve->lock);
    free(resolve);
}

static void thread_main(void* argument) {
    struct resolve* resolve = argument;
    struct addresses found;
    look_up_anywhere(resolve->host, resolve->port, &found);
    os_lock(&count_lock);
    threads--;
    os_unlock(&count_lock);
    os_lock(&resolve->lock);
    if (resolve->waker == NULL) {
        release(resolve);
        return;
    }
    resolve->found = found;
    resolve->done = true;
    os_waker_wake(resolve->waker);
    os_unlock(&resolve->lock);
}

static bool may_start_thread(void) {
    os_lock(&count_lock);
    bool may = threads < THREADS_MAX;
    if (may) threads++;
    os_unlock(&count_lock);
    return may;
}

bool resolve_here(const char* host, uint16_t port, struct addresses* found) {
    char port_text[8];
    snprintf(port_text, sizeof port_text, "%u", (unsigned)port);
    look_up(host, port_text, AI_NUMERICHOST, found);
    if (found->count == 0 && is_localhost(host)) { /* always loopback (RFC 6761) */
        struct addresses v6;
        look_up("::1", port_text, AI_NUMERICHOST, &v6);
        look_up("127.0.0.1", port_text, AI_NUMERICHOST, found);
        if (v6.count > 0 && found->count < RESOLVE_MAX) found->list[found->count++] = v6.list[0];
    }
    return found->count > 0;
}

struct resolve* resolve_start(const char* host, uint16_t port, const struct os_waker* waker, struct addresses* found) {
    if (resolve_here(host, port, found)) return NULL;
    struct resolve* resolve = calloc(1, sizeof *resolve);
    if (resolve == NULL) return NULL;
    resolve->lock = (os_mutex)OS_MUTEX_INIT;
    resolve->waker = waker;
    snprintf(resolve->host, sizeof resolve->host, "%s", host);
    snprintf(resolve->port, sizeof resolve->port, "%u", (unsigned)port);
    os_thread thread;
    if (!may_start_thread()) {
        free(resolve);
        return NULL;
    }
    if (!os_thread_start(&thread, "tim_resolve", thread_main, resolve)) {
        os_lock(&count_lock);
        threads--;
        os_unlock(&count_lock);
        free(resolve);
        return NULL;
    }
    os_thread_detach(thread);
    return resolve;
}

bool resolve_done(struct resolve* resolve, struct addresses* found) {
    os_lock(&resolve->lock);
    bool done = resolve->done;
    if (done) *found = resolve->found;
    os_unlock(&resolve->lock);
    return done;
}

void resolve_free(struct resolve* resolve) {
    if (resolve == NULL) return;
    os_lock(&resolve->lock);
    if (resolve->done) {
        release(resolve);
        return;
    }
    resolve->waker = NULL; /* the thread frees it */
    os_unlock(&resolve->lock);
}
