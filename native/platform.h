/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What timshim needs of the operating system: posix/platform.c and windows/platform.c implement it, nothing else knows the system.
 * Every function may be called from any thread unless it says otherwise.
 */
#ifndef TIMSHIM_PLATFORM_H
#define TIMSHIM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
typedef SRWLOCK os_mutex;
typedef CONDITION_VARIABLE os_cond;
typedef HANDLE os_thread;
typedef SOCKET os_socket;
#define OS_MUTEX_INIT SRWLOCK_INIT
#define OS_COND_INIT CONDITION_VARIABLE_INIT
#define OS_NO_SOCKET INVALID_SOCKET
#else
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
typedef pthread_mutex_t os_mutex;
typedef pthread_cond_t os_cond;
typedef pthread_t os_thread;
typedef int os_socket;
#define OS_MUTEX_INIT PTHREAD_MUTEX_INITIALIZER
#define OS_COND_INIT PTHREAD_COND_INITIALIZER
#define OS_NO_SOCKET (-1)
#endif

/* Threads. A thread of ours has every signal blocked, so that the application's handlers never run on it. */
void os_lock(os_mutex* mutex);
void os_unlock(os_mutex* mutex);
void os_wait(os_cond* cond, os_mutex* mutex);
void os_wake_all(os_cond* cond);
/** @param name at most 15 bytes; what debuggers and /proc show */
bool os_thread_start(os_thread* thread, const char* name, void (*run)(void*), void* argument);
void os_thread_join(os_thread thread);
void os_thread_detach(os_thread thread);
/** An integer that differs from that of every other living thread; never 0. */
uint64_t os_thread_self(void);

/** Milliseconds of a clock that never goes back; its start has no meaning. */
uint64_t os_now_ms(void);
/** Fills with random bytes of the system's generator. @return false if there is none */
bool os_random(void* bytes, size_t size);
/** Overwrites with zeros, and the compiler cannot leave it out. */
void os_wipe(void* bytes, size_t size);

/** Sockets are ready to use once this returned true; as often as you like. */
bool os_network_start(void);

struct os_address {
    struct sockaddr_storage storage;
    socklen_t length;
};
bool os_address_is_loopback(const struct os_address* address);

/*
 * Sockets are non-blocking, closed on exec, without SIGPIPE and without Nagle's delay. Where a function says "a code", it is one of
 * TIMErrorCode.h (9510 to 9517).
 */
enum os_io { OS_IO_AGAIN = -1, OS_IO_ERROR = -2 };
/** Begins to connect. @return 0 if begun or done, else a code */
int32_t os_connect(os_socket* socket, const struct os_address* address);
/**
 * After the socket became writable. While no server listens on this machine, the system can give a client the server's port for its own
 * end: then the client is connected to itself, which counts as refused, and must be closed. @return 0 if connected, else a code
 */
int32_t os_connect_result(os_socket socket);
/** @return bytes written, OS_IO_AGAIN, or OS_IO_ERROR with *code set */
int os_send(os_socket socket, const void* bytes, size_t size, int32_t* code);
/** @return bytes read, 0 at the end of the stream, OS_IO_AGAIN, or OS_IO_ERROR with *code set */
int os_receive(os_socket socket, void* bytes, size_t size, int32_t* code);
/** Closes; what was sent is still delivered. */
void os_close(os_socket socket);

struct os_poll {
    os_socket socket;
    bool want_read, want_write;
    bool readable, writable; /**< out; an error or a hang-up sets both */
};
enum { OS_POLL_MAX = 40 };
/** Waits until one of at most OS_POLL_MAX is ready or the time is over. @param timeout_ms negative: without end */
void os_poll(struct os_poll* polls, size_t count, int64_t timeout_ms);

/** Wakes a thread that waits in os_poll. Any number of wakes before it looks count as one. */
struct os_waker {
    os_socket read_end, write_end;
};
bool os_waker_open(struct os_waker* waker);
void os_waker_wake(const struct os_waker* waker);
void os_waker_drain(const struct os_waker* waker);
void os_waker_close(struct os_waker* waker);

/*
 * Files. Paths are UTF-8. Only a regular file is opened, without ever waiting for it; else errno says what is wrong, EINVAL that it is something
 * else. A file to write to ("a", "w") is the user's alone if it is made, and never reached through a symbolic link; "w" makes a new one.
 */
FILE* os_open(const char* path, const char* mode);
bool os_exists(const char* path);
void os_remove(const char* path);
/** Makes a file that is open for writing empty. */
bool os_truncate(FILE* file);
/** Replaces the target if there is one. @return false if it failed */
bool os_rename(const char* from, const char* to);

/** @return a variable of the environment; NULL if there is none, or if a program with more rights than its caller must not heed it */
const char* os_environment(const char* name);

/** From now on this library is never unloaded, whoever closes it: its threads run until TIMUninit, and callbacks may be under way. */
void os_stay_loaded(void);

/* Shared libraries found at run time: never in the working directory, and the program's symbols do not replace theirs. */
void* os_library_open(const char* name);
void* os_library_symbol(void* library, const char* name);

/** Calls `add` with each CA of the system's own store (Windows), as DER. Where CAs are files, which OpenSSL finds by itself, with none. */
void os_each_system_ca(void (*add)(void* context, const unsigned char* der, size_t size), void* context);

#endif
