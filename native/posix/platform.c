/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define _DARWIN_C_SOURCE
#include "platform.h"

#ifndef _WIN32

#if defined(__linux__) && !defined(OS_PORTABLE) /* a test compiles for Linux what other systems get */
#define OS_LINUX
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef OS_LINUX
#include <sys/eventfd.h>
#include <sys/syscall.h>
#endif

#include "TIMErrorCode.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

void os_lock(os_mutex* mutex) {
    pthread_mutex_lock(mutex);
}

void os_unlock(os_mutex* mutex) {
    pthread_mutex_unlock(mutex);
}

void os_wait(os_cond* cond, os_mutex* mutex) {
    pthread_cond_wait(cond, mutex);
}

void os_wake_all(os_cond* cond) {
    pthread_cond_broadcast(cond);
}

enum { STACK_MIN = 2 * 1024 * 1024 }; /* an application's callback may need it, and some systems give a thread a quarter */

struct thread_start {
    char name[16];
    void (*run)(void*);
    void* argument;
};

static void* thread_main(void* argument) {
    struct thread_start start = *(struct thread_start*)argument;
    free(argument);
#ifdef __APPLE__
    pthread_setname_np(start.name);
#else
    pthread_setname_np(pthread_self(), start.name);
#endif
    start.run(start.argument);
    return NULL;
}

bool os_thread_start(os_thread* thread, const char* name, void (*run)(void*), void* argument) {
    struct thread_start* start = malloc(sizeof *start);
    if (start == NULL) return false;
    snprintf(start->name, sizeof start->name, "%s", name);
    start->run = run;
    start->argument = argument;

    /* The application's signals are not for this thread; but a fault in it must reach who reports faults, such as the JVM. */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    pthread_attr_t attributes;
    size_t stack = 0;
    pthread_attr_init(&attributes);
    if (pthread_attr_getstacksize(&attributes, &stack) == 0 && stack < STACK_MIN) pthread_attr_setstacksize(&attributes, STACK_MIN);
    int failed = pthread_create(thread, &attributes, thread_main, start);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) free(start);
    return !failed;
}

void os_thread_join(os_thread thread) {
    pthread_join(thread, NULL);
}

void os_thread_detach(os_thread thread) {
    pthread_detach(thread);
}

uint64_t os_thread_self(void) {
    return (uint64_t)(uintptr_t)pthread_self();
}

uint64_t os_now_ms(void) {
    struct timespec now;
#ifdef CLOCK_BOOTTIME
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) /* it goes on while the machine sleeps */
#endif
        clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool os_random(void* bytes, size_t size) {
#if defined(__APPLE__)
    arc4random_buf(bytes, size);
    return true;
#else
#ifdef OS_LINUX /* the system call itself: glibc has a function for it from 2.25 on only, kernels have it from 3.17 on */
    if (syscall(SYS_getrandom, bytes, size, 0) == (long)size) return true;
#endif
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool filled = fd >= 0 && read(fd, bytes, size) == (ssize_t)size;
    if (fd >= 0) close(fd);
    return filled;
#endif
}

void os_wipe(void* bytes, size_t size) {
    volatile unsigned char* at = bytes;
    while (size-- > 0) *at++ = 0;
}

bool os_network_start(void) {
    return true;
}

bool os_address_is_loopback(const struct os_address* address) {
    if (address->storage.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &address->storage, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, &address->storage, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
}

static int32_t network_code(int error) {
    switch (error) {
        case ECONNREFUSED: return ERR_SDK_NET_CONN_REFUSE;
        case ETIMEDOUT: return ERR_SDK_NET_CONN_TIMEOUT;
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
        case EACCES:
        case EPERM: return ERR_SDK_NET_NET_UNREACH;
        case ECONNRESET:
        case EPIPE: return ERR_SDK_NET_RESET_BY_PEER;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return ERR_SDK_NET_SOCKET_NO_BUFF;
        default: return ERR_SDK_NET_SOCKET_INVALID;
    }
}

static bool make_nonblocking(int fd) {
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int32_t os_connect(os_socket* fd, const struct os_address* address) {
    int type = SOCK_STREAM;
#ifdef OS_LINUX
    type |= SOCK_CLOEXEC | SOCK_NONBLOCK;
#endif
    *fd = socket(address->storage.ss_family, type, 0);
    if (*fd < 0) return network_code(errno);
    int on = 1;
    setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(*fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    if (make_nonblocking(*fd) && (connect(*fd, (const struct sockaddr*)&address->storage, address->length) == 0 || errno == EINPROGRESS)) {
        return 0;
    }
    int32_t code = network_code(errno);
    close(*fd);
    *fd = OS_NO_SOCKET;
    return code;
}

static bool is_connected_to_itself(int fd) {
    struct sockaddr_storage local = {0}, peer = {0};
    socklen_t local_length = sizeof local, peer_length = sizeof peer;
    return getsockname(fd, (struct sockaddr*)&local, &local_length) == 0 && getpeername(fd, (struct sockaddr*)&peer, &peer_length) == 0 &&
           local_length == peer_length && memcmp(&local, &peer, local_length) == 0;
}

int32_t os_connect_result(os_socket fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error == 0 && is_connected_to_itself(fd)) {
        /* Closed with a reset: otherwise the server's port would be taken for another minute. */
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        error = ECONNREFUSED;
    }
    return error == 0 ? 0 : network_code(error);
}

static int io_result(ssize_t count, int32_t* code) {
    if (count >= 0) return (int)count;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return OS_IO_AGAIN;
    *code = network_code(errno);
    return OS_IO_ERROR;
}

int os_send(os_socket fd, const void* bytes, size_t size, int32_t* code) {
    return io_result(send(fd, bytes, size, MSG_NOSIGNAL), code);
}

int os_receive(os_socket fd, void* bytes, size_t size, int32_t* code) {
    return io_result(recv(fd, bytes, size, 0), code);
}

void os_close(os_socket fd) {
    close(fd);
}

void os_poll(struct os_poll* polls, size_t count, int64_t timeout_ms) {
    struct pollfd fds[OS_POLL_MAX];
    for (size_t i = 0; i < count; i++) {
        fds[i].fd = polls[i].socket;
        fds[i].events = (short)((polls[i].want_read ? POLLIN : 0) | (polls[i].want_write ? POLLOUT : 0));
        fds[i].revents = 0;
    }
    int timeout = timeout_ms < 0 ? -1 : timeout_ms > 3600000 ? 3600000 : (int)timeout_ms;
    if (poll(fds, (nfds_t)count, timeout) < 0) {
        struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
        if (errno != EINTR) nanosleep(&pause, NULL); /* it may fail for long, and must not keep a processor busy meanwhile */
        for (size_t i = 0; i < count; i++) fds[i].revents = 0;
    }
    for (size_t i = 0; i < count; i++) {
        bool broken = (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        polls[i].readable = broken || (fds[i].revents & POLLIN) != 0;
        polls[i].writable = broken || (fds[i].revents & POLLOUT) != 0;
    }
}

bool os_waker_open(struct os_waker* waker) {
#ifdef OS_LINUX
    waker->read_end = waker->write_end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return waker->read_end >= 0;
#else
    int ends[2];
    waker->read_end = waker->write_end = -1;
    if (pipe(ends) != 0) return false;
    waker->read_end = ends[0];
    waker->write_end = ends[1];
    return make_nonblocking(ends[0]) && make_nonblocking(ends[1]);
#endif
}

void os_waker_wake(const struct os_waker* waker) {
    uint64_t one = 1;
    ssize_t written = write(waker->write_end, &one, sizeof one);
    (void)written; /* full means that a wake is pending already */
}

void os_waker_drain(const struct os_waker* waker) {
    uint64_t bytes[8];
    while (read(waker->read_end, bytes, sizeof bytes) == (ssize_t)sizeof bytes) {}
}

void os_waker_close(struct os_waker* waker) {
    if (waker->read_end >= 0) close(waker->read_end);
    if (waker->write_end >= 0 && waker->write_end != waker->read_end) close(waker->write_end);
}

FILE* os_open(const char* path, const char* mode) {
    int flags = mode[0] == 'r'   ? O_RDONLY
                : mode[0] == 'a' ? O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
                                 : O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) return NULL;
    struct stat about;
    bool known = fstat(fd, &about) == 0, regular = known && S_ISREG(about.st_mode);
    FILE* file = regular ? fdopen(fd, mode) : NULL;
    if (file == NULL) {
        int error = !known || regular ? errno : S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
        close(fd);
        if ((flags & O_EXCL) != 0) unlink(path); /* it was made here, and is empty */
        errno = error;
    }
    return file;
}

bool os_exists(const char* path) {
    struct stat about;
    return lstat(path, &about) == 0 || errno != ENOENT;
}

void os_remove(const char* path) {
    unlink(path);
}

bool os_truncate(FILE* file) {
    return ftruncate(fileno(file), 0) == 0;
}

bool os_rename(const char* from, const char* to) {
    return rename(from, to) == 0;
}

const char* os_environment(const char* name) {
#if defined(__GLIBC__)
    return secure_getenv(name);
#else
    return getenv(name);
#endif
}

/* The library's own symbols count for it before those of the program: one with an OpenSSL linked in would replace half of it otherwise. */
#if defined(RTLD_DEEPBIND) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) /* sanitizers refuse it: they replace the allocator everywhere */
enum { OWN_SYMBOLS_FIRST = RTLD_DEEPBIND };
#else
enum { OWN_SYMBOLS_FIRST = 0 };
#endif

void os_stay_loaded(void) {
    static const char anchor;
    Dl_info about;
    if (dladdr(&anchor, &about) != 0 && about.dli_fname != NULL) dlopen(about.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

void* os_library_open(const char* name) {
    return dlopen(name, RTLD_NOW | RTLD_LOCAL | OWN_SYMBOLS_FIRST);
}

void* os_library_symbol(void* library, const char* name) {
    return dlsym(library, name);
}

void os_each_system_ca(void (*add)(void* context, const unsigned char* der, size_t size), void* context) {
    (void)add;
    (void)context;
}

#endif
