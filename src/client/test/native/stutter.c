/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked with --wrap=send,--wrap=recv into a test program: where the
 * environment has STUTTER, every other call would block, and the others take 1
 * to 16 bytes. Everything that waits for a socket, or goes on in the middle of
 * something, then happens all the time.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

ssize_t __real_send(int fd, const void* bytes, size_t size, int flags);
ssize_t __real_recv(int fd, void* bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void* bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void* bytes, size_t size, int flags);

static atomic_uint calls;

/* @return how many bytes this call may take; 0: it would block */
static size_t allowed(size_t size) {
    if (getenv("STUTTER") == NULL) return size;
    unsigned call = atomic_fetch_add(&calls, 1);
    size_t most = call % 2 == 0 ? 0 : 1 + call / 2 % 16;
    return size < most ? size : most;
}

ssize_t __wrap_send(int fd, const void* bytes, size_t size, int flags) {
    size_t some = allowed(size);
    if (some > 0 || size == 0) return __real_send(fd, bytes, some, flags);
    errno = EAGAIN;
    return -1;
}

ssize_t __wrap_recv(int fd, void* bytes, size_t size, int flags) {
    size_t some = allowed(size);
    if (some > 0 || size == 0) return __real_recv(fd, bytes, some, flags);
    errno = EAGAIN;
    return -1;
}
