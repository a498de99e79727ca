/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What _FORTIFY_SOURCE calls where the size of the destination is known: glibc has these functions, musl has not, and one library for Linux
 * serves both. Hidden, so that nobody else's calls come here.
 */
#if defined(_FORTIFY_SOURCE) && _FORTIFY_SOURCE > 0
#define CHECKED
/* The functions themselves are called here. */
#undef _FORTIFY_SOURCE
#endif

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef CHECKED

/** A call that would write behind the end of its destination: a fault of timshim's, and going on would be worse than the end. */
static void must_fit(size_t size, size_t room) {
    if (size > room) abort();
}

void* __memcpy_chk(void* to, const void* from, size_t size, size_t room);
int __vsnprintf_chk(char* to, size_t size, int flag, size_t room, const char* format, va_list arguments);
int __snprintf_chk(char* to, size_t size, int flag, size_t room, const char* format, ...);
int __vfprintf_chk(FILE* file, int flag, const char* format, va_list arguments);
int __fprintf_chk(FILE* file, int flag, const char* format, ...);
ssize_t __read_chk(int fd, void* to, size_t size, size_t room);
int __poll_chk(struct pollfd* fds, nfds_t count, int timeout, size_t room);
int __open_2(const char* path, int flags);

void* __memcpy_chk(void* to, const void* from, size_t size, size_t room) {
    must_fit(size, room);
    return memcpy(to, from, size);
}

int __vsnprintf_chk(char* to, size_t size, int flag, size_t room, const char* format, va_list arguments) {
    (void)flag;
    must_fit(size, room);
    return vsnprintf(to, size, format, arguments);
}

int __snprintf_chk(char* to, size_t size, int flag, size_t room, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = __vsnprintf_chk(to, size, flag, room, format, arguments);
    va_end(arguments);
    return length;
}

int __vfprintf_chk(FILE* file, int flag, const char* format, va_list arguments) {
    (void)flag;
    return vfprintf(file, format, arguments);
}

int __fprintf_chk(FILE* file, int flag, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = __vfprintf_chk(file, flag, format, arguments);
    va_end(arguments);
    return length;
}

ssize_t __read_chk(int fd, void* to, size_t size, size_t room) {
    must_fit(size, room);
    return read(fd, to, size);
}

int __poll_chk(struct pollfd* fds, nfds_t count, int timeout, size_t room) {
    must_fit(count, room / sizeof *fds);
    return poll(fds, count, timeout);
}

/** For flags that are no constant: whoever passes O_CREAT must pass a mode, too. */
int __open_2(const char* path, int flags) {
    if ((flags & O_CREAT) != 0) abort();
    return open(path, flags);
}

#endif
