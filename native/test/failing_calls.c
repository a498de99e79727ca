/* SPDX-License-Identifier: Apache-2.0 */
#include "failing_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const char* const call_names[CALLS] = {"socket", "connect",    "eventfd", "poll", "open",           "fdopen",      "fstat",    "rename",
                                       "fcntl",  "getsockopt", "send",    "recv", "pthread_create", "getaddrinfo", "getrandom"};

/* What the system says where it fails, of what an application would most likely meet. */
static const int errors[CALLS] = {EMFILE, ENETUNREACH, EMFILE,     ENOMEM,     EMFILE, ENOMEM,    EIO,   EACCES,
                                  EBADF,  EBADF,       ECONNRESET, ECONNRESET, EAGAIN, EAI_AGAIN, ENOSYS};

static atomic_int chosen = CALLS;
static atomic_long left;
static atomic_bool all_after, happened, hindered;
static atomic_uint turns[CALLS], look_up_ms;

void failing_call_at(enum call call, long n, bool and_all_after) {
    failing_call_none();
    happened = false;
    all_after = and_all_after;
    left = n;
    chosen = (int)call;
}

void failing_call_none(void) {
    chosen = CALLS;
}

bool failing_call_happened(void) {
    return happened;
}

void hindered_calls(bool on) {
    hindered = on;
}

void slow_look_ups(unsigned ms) {
    look_up_ms = ms;
}

static bool fails(enum call call) {
    if (chosen != (int)call) return false;
    long now = atomic_fetch_sub(&left, 1);
    if (now > 1 || (now < 1 && !all_after)) return false;
    happened = true;
    errno = errors[call];
    return true;
}

/* Each kind has its own turns: if one were always the other's, nothing would ever be sent. */
static bool interrupted(enum call call) {
    if (!hindered || atomic_fetch_add(&turns[call], 1) % 2 == 0) return false;
    errno = EINTR;
    return true;
}

static size_t at_once(size_t size) {
    return hindered && size > 1 ? 1 : size;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol) {
    return fails(CALL_SOCKET) ? -1 : __real_socket(domain, type, protocol);
}

int __real_connect(int fd, const struct sockaddr* address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr* address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr* address, socklen_t length) {
    return fails(CALL_CONNECT) ? -1 : __real_connect(fd, address, length);
}

int __real_eventfd(unsigned initial, int flags);
int __wrap_eventfd(unsigned initial, int flags);
int __wrap_eventfd(unsigned initial, int flags) {
    return fails(CALL_EVENTFD) ? -1 : __real_eventfd(initial, flags);
}

int __real_poll(struct pollfd* fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd* fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd* fds, nfds_t count, int timeout) {
    return fails(CALL_POLL) || interrupted(CALL_POLL) ? -1 : __real_poll(fds, count, timeout);
}

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
    va_end(arguments);
    bool random = strcmp(path, "/dev/urandom") == 0;
    return fails(random ? CALL_RANDOM : CALL_OPEN) ? -1 : __real_open(path, flags, mode);
}

/* Of all that syscall can do, timshim asks for random bytes alone. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    void* bytes = va_arg(arguments, void*);
    size_t size = va_arg(arguments, size_t);
    unsigned flags = va_arg(arguments, unsigned);
    va_end(arguments);
    return fails(CALL_RANDOM) ? -1 : __real_syscall(number, bytes, size, flags);
}

FILE* __real_fdopen(int fd, const char* mode);
FILE* __wrap_fdopen(int fd, const char* mode);
FILE* __wrap_fdopen(int fd, const char* mode) {
    return fails(CALL_FDOPEN) ? NULL : __real_fdopen(fd, mode);
}

int __real_fstat(int fd, struct stat* about);
int __wrap_fstat(int fd, struct stat* about);
int __wrap_fstat(int fd, struct stat* about) {
    return fails(CALL_FSTAT) ? -1 : __real_fstat(fd, about);
}

int __real_rename(const char* from, const char* to);
int __wrap_rename(const char* from, const char* to);
int __wrap_rename(const char* from, const char* to) {
    return fails(CALL_RENAME) ? -1 : __real_rename(from, to);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    int value = va_arg(arguments, int);
    va_end(arguments);
    return fails(CALL_FCNTL) ? -1 : __real_fcntl(fd, command, value);
}

int __real_getsockopt(int fd, int level, int name, void* value, socklen_t* length);
int __wrap_getsockopt(int fd, int level, int name, void* value, socklen_t* length);
int __wrap_getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
    return fails(CALL_GETSOCKOPT) ? -1 : __real_getsockopt(fd, level, name, value, length);
}

ssize_t __real_send(int fd, const void* bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void* bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void* bytes, size_t size, int flags) {
    return fails(CALL_SEND) || interrupted(CALL_SEND) ? -1 : __real_send(fd, bytes, at_once(size), flags);
}

ssize_t __real_recv(int fd, void* bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void* bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void* bytes, size_t size, int flags) {
    return fails(CALL_RECV) || interrupted(CALL_RECV) ? -1 : __real_recv(fd, bytes, at_once(size), flags);
}

int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
    return fails(CALL_THREAD) ? errno : __real_pthread_create(thread, attributes, run, argument);
}

int __real_getaddrinfo(const char* host, const char* port, const struct addrinfo* hints, struct addrinfo** found);
int __wrap_getaddrinfo(const char* host, const char* port, const struct addrinfo* hints, struct addrinfo** found);
int __wrap_getaddrinfo(const char* host, const char* port, const struct addrinfo* hints, struct addrinfo** found) {
    bool ours = strcmp(host, "timshim.test") == 0 && (hints->ai_flags & AI_NUMERICHOST) == 0;
    if (ours) usleep(look_up_ms * 1000);
    if (fails(CALL_LOOK_UP)) return EAI_AGAIN;
    return __real_getaddrinfo(ours ? "127.0.0.1" : host, port, hints, found);
}
