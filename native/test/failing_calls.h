/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file failing_calls.h
 * Makes system calls of timshim fail. The library under test is linked with --wrap for each of them and with failing_calls.c; what others call is
 * not touched. Any thread; what is chosen counts for the process.
 */
#ifndef FAILING_CALLS_H
#define FAILING_CALLS_H

#include <stdbool.h>

enum call {
    CALL_SOCKET,
    CALL_CONNECT,
    CALL_EVENTFD,
    CALL_POLL,
    CALL_OPEN,
    CALL_FDOPEN,
    CALL_FSTAT,
    CALL_RENAME,
    CALL_FCNTL,
    CALL_GETSOCKOPT,
    CALL_SEND,
    CALL_RECV,
    CALL_THREAD,  /* pthread_create */
    CALL_LOOK_UP, /* getaddrinfo */
    CALL_RANDOM,  /* getrandom, and /dev/urandom in its place */
    CALLS
};

extern const char* const call_names[CALLS];

/** The n-th of these calls from now on fails, or that and all that follow. */
void failing_call_at(enum call call, long n, bool and_all_after);
/** No call fails. */
void failing_call_none(void);
/** @return whether one has failed since it was chosen */
bool failing_call_happened(void);

/** Each other send, recv and poll is interrupted (EINTR), and what is sent or received is one byte at a time. */
void hindered_calls(bool hindered);

/** getaddrinfo finds the host timshim.test, on loopback, and takes so long for it. */
void slow_look_ups(unsigned ms);

#endif
