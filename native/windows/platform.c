/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#ifdef _WIN32

#include <bcrypt.h>
#include <errno.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>
#include <wincrypt.h>

#include "TIMErrorCode.h"

void os_lock(os_mutex* mutex) {
    AcquireSRWLockExclusive(mutex);
}

void os_unlock(os_mutex* mutex) {
    ReleaseSRWLockExclusive(mutex);
}

void os_wait(os_cond* cond, os_mutex* mutex) {
    SleepConditionVariableSRW(cond, mutex, INFINITE, 0);
}

void os_wake_all(os_cond* cond) {
    WakeAllConditionVariable(cond);
}

/* Widens UTF-8. @return false if it is not UTF-8 or too long */
static bool widen(const char* text, wchar_t* wide, int size) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size) > 0;
}

struct thread_start {
    wchar_t name[16];
    void (*run)(void*);
    void* argument;
};

static unsigned __stdcall thread_main(void* argument) {
    typedef HRESULT(WINAPI * set_description)(HANDLE, PCWSTR);
    struct thread_start start = *(struct thread_start*)argument;
    free(argument);
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    void* symbol = kernel == NULL ? NULL : os_library_symbol(kernel, "SetThreadDescription"); /* Windows 10 1607 and later */
    set_description describe;
    memcpy(&describe, &symbol, sizeof describe);
    if (describe != NULL) describe(GetCurrentThread(), start.name);
    start.run(start.argument);
    return 0;
}

bool os_thread_start(os_thread* thread, const char* name, void (*run)(void*), void* argument) {
    struct thread_start* start = calloc(1, sizeof *start);
    if (start == NULL) return false;
    widen(name, start->name, 16);
    start->run = run;
    start->argument = argument;
    *thread = (HANDLE)_beginthreadex(NULL, 2 * 1024 * 1024, thread_main, start, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (*thread == NULL) free(start);
    return *thread != NULL;
}

void os_thread_join(os_thread thread) {
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

void os_thread_detach(os_thread thread) {
    CloseHandle(thread);
}

uint64_t os_thread_self(void) {
    return GetCurrentThreadId();
}

uint64_t os_now_ms(void) {
    return GetTickCount64();
}

bool os_random(void* bytes, size_t size) {
    return BCryptGenRandom(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

void os_wipe(void* bytes, size_t size) {
    SecureZeroMemory(bytes, size);
}

bool os_network_start(void) {
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data) == 0;
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
        case WSAECONNREFUSED: return ERR_SDK_NET_CONN_REFUSE;
        case WSAETIMEDOUT: return ERR_SDK_NET_CONN_TIMEOUT;
        case WSAENETUNREACH:
        case WSAEHOSTUNREACH:
        case WSAENETDOWN:
        case WSAEADDRNOTAVAIL:
        case WSAEAFNOSUPPORT:
        case WSAEACCES: return ERR_SDK_NET_NET_UNREACH;
        case WSAECONNRESET:
        case WSAECONNABORTED: return ERR_SDK_NET_RESET_BY_PEER;
        case WSAENOBUFS: return ERR_SDK_NET_SOCKET_NO_BUFF;
        default: return ERR_SDK_NET_SOCKET_INVALID;
    }
}

static bool make_nonblocking(SOCKET handle) {
    u_long on = 1;
    SetHandleInformation((HANDLE)handle, HANDLE_FLAG_INHERIT, 0);
    return ioctlsocket(handle, (long)FIONBIO, &on) == 0;
}

int32_t os_connect(os_socket* handle, const struct os_address* address) {
    *handle = socket(address->storage.ss_family, SOCK_STREAM, 0);
    if (*handle == INVALID_SOCKET) return network_code(WSAGetLastError());
    BOOL on = TRUE;
    setsockopt(*handle, IPPROTO_TCP, TCP_NODELAY, (const char*)&on, sizeof on);
    if (make_nonblocking(*handle) &&
        (connect(*handle, (const struct sockaddr*)&address->storage, address->length) == 0 || WSAGetLastError() == WSAEWOULDBLOCK)) {
        return 0;
    }
    int32_t code = network_code(WSAGetLastError());
    closesocket(*handle);
    *handle = OS_NO_SOCKET;
    return code;
}

static bool is_connected_to_itself(SOCKET handle) {
    struct sockaddr_storage local = {0}, peer = {0};
    int local_length = sizeof local, peer_length = sizeof peer;
    return getsockname(handle, (struct sockaddr*)&local, &local_length) == 0 &&
           getpeername(handle, (struct sockaddr*)&peer, &peer_length) == 0 && local_length == peer_length &&
           memcmp(&local, &peer, (size_t)local_length) == 0;
}

int32_t os_connect_result(os_socket handle) {
    int error = 0;
    int length = sizeof error;
    if (getsockopt(handle, SOL_SOCKET, SO_ERROR, (char*)&error, &length) != 0) error = WSAGetLastError();
    if (error == 0 && is_connected_to_itself(handle)) {
        /* Closed with a reset: otherwise the server's port would be taken for another minute. */
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(handle, SOL_SOCKET, SO_LINGER, (const char*)&reset, sizeof reset);
        error = WSAECONNREFUSED;
    }
    return error == 0 ? 0 : network_code(error);
}

static int io_result(int count, int32_t* code) {
    if (count >= 0) return count;
    int error = WSAGetLastError();
    if (error == WSAEWOULDBLOCK || error == WSAEINTR) return OS_IO_AGAIN;
    *code = network_code(error);
    return OS_IO_ERROR;
}

int os_send(os_socket handle, const void* bytes, size_t size, int32_t* code) {
    return io_result(send(handle, bytes, (int)size, 0), code);
}

int os_receive(os_socket handle, void* bytes, size_t size, int32_t* code) {
    return io_result(recv(handle, bytes, (int)size, 0), code);
}

void os_close(os_socket handle) {
    closesocket(handle);
}

void os_poll(struct os_poll* polls, size_t count, int64_t timeout_ms) {
    WSAPOLLFD fds[8];
    for (size_t i = 0; i < count; i++) {
        fds[i].fd = polls[i].socket;
        fds[i].events = (SHORT)((polls[i].want_read ? POLLRDNORM : 0) | (polls[i].want_write ? POLLWRNORM : 0));
        fds[i].revents = 0;
    }
    int timeout = timeout_ms < 0 ? -1 : timeout_ms > 3600000 ? 3600000 : (int)timeout_ms;
    if (WSAPoll(fds, (ULONG)count, timeout) == SOCKET_ERROR) {
        for (size_t i = 0; i < count; i++) fds[i].revents = 0;
    }
    for (size_t i = 0; i < count; i++) {
        bool broken = (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        polls[i].readable = broken || (fds[i].revents & POLLRDNORM) != 0;
        polls[i].writable = broken || (fds[i].revents & POLLWRNORM) != 0;
    }
}

/* WSAPoll takes sockets only, so the waker is a UDP socket on loopback that is connected to itself: nobody else can write to it. */
bool os_waker_open(struct os_waker* waker) {
    struct sockaddr_in self;
    int length = sizeof self;
    memset(&self, 0, sizeof self);
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET handle = socket(AF_INET, SOCK_DGRAM, 0);
    waker->read_end = waker->write_end = handle;
    return handle != INVALID_SOCKET && bind(handle, (struct sockaddr*)&self, sizeof self) == 0 &&
           getsockname(handle, (struct sockaddr*)&self, &length) == 0 && connect(handle, (struct sockaddr*)&self, length) == 0 &&
           make_nonblocking(handle);
}

void os_waker_wake(const struct os_waker* waker) {
    send(waker->write_end, "", 1, 0);
}

void os_waker_drain(const struct os_waker* waker) {
    char byte;
    while (recv(waker->read_end, &byte, 1, 0) == 1) {}
}

void os_waker_close(struct os_waker* waker) {
    if (waker->read_end != INVALID_SOCKET) closesocket(waker->read_end);
}

FILE* os_open(const char* path, const char* mode) {
    wchar_t wide_path[1024], wide_mode[8];
    if (!widen(path, wide_path, 1024) || !widen(mode, wide_mode, 6)) return NULL;
    wcscat(wide_mode, mode[0] == 'w' ? L"Nx" : L"N"); /* not inherited by child processes; what is written is new */
    FILE* file = _wfopen(wide_path, wide_mode);
    if (file != NULL && GetFileType((HANDLE)_get_osfhandle(_fileno(file))) != FILE_TYPE_DISK) {
        fclose(file);
        errno = EINVAL;
        return NULL;
    }
    return file;
}

bool os_exists(const char* path) {
    wchar_t wide_path[1024];
    return widen(path, wide_path, 1024) && GetFileAttributesW(wide_path) != INVALID_FILE_ATTRIBUTES;
}

void os_remove(const char* path) {
    wchar_t wide_path[1024];
    if (widen(path, wide_path, 1024)) DeleteFileW(wide_path);
}

bool os_truncate(FILE* file) {
    return _chsize(_fileno(file), 0) == 0;
}

const char* os_environment(const char* name) {
    return getenv(name);
}

bool os_rename(const char* from, const char* to) {
    wchar_t wide_from[1024], wide_to[1024];
    return widen(from, wide_from, 1024) && widen(to, wide_to, 1024) && MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING) != 0;
}

void* os_library_open(const char* name) {
    wchar_t wide[1024];
    return widen(name, wide, 1024) ? (void*)LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) : NULL;
}

void* os_library_symbol(void* library, const char* name) {
    FARPROC symbol = GetProcAddress((HMODULE)library, name);
    void* result;
    memcpy(&result, &symbol, sizeof result);
    return result;
}

void os_each_system_ca(void (*add)(void* context, const unsigned char* der, size_t size), void* context) {
    HCERTSTORE store = CertOpenSystemStoreW(0, L"ROOT");
    if (store == NULL) return;
    const CERT_CONTEXT* ca = NULL;
    while ((ca = CertEnumCertificatesInStore(store, ca)) != NULL) add(context, ca->pbCertEncoded, ca->cbCertEncoded);
    CertCloseStore(store, 0);
}

#endif
