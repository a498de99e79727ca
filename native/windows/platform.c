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

void os_stay_loaded(void) {
    static const char anchor;
    HMODULE self;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void*)&anchor, &self);
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

/* By select: WSAPoll does not say that a connection was refused before Windows 10 2004. A set holds 64 sockets, whatever their numbers. */
void os_poll(struct os_poll* polls, size_t count, int64_t timeout_ms) {
    fd_set readable, writable, failed;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    for (size_t i = 0; i < count; i++) {
        if (polls[i].want_read) FD_SET(polls[i].socket, &readable);
        if (polls[i].want_write) FD_SET(polls[i].socket, &writable);
        FD_SET(polls[i].socket, &failed);
    }
    int64_t bounded = timeout_ms > 3600000 ? 3600000 : timeout_ms;
    struct timeval timeout = {.tv_sec = (long)(bounded / 1000), .tv_usec = (long)(bounded % 1000 * 1000)};
    int ready = select(0, &readable, &writable, &failed, timeout_ms < 0 ? NULL : &timeout);
    if (ready == SOCKET_ERROR) Sleep(50); /* it may fail for long, and must not keep a processor busy meanwhile */
    for (size_t i = 0; i < count; i++) {
        bool broken = ready > 0 && FD_ISSET(polls[i].socket, &failed);
        polls[i].readable = broken || (ready > 0 && FD_ISSET(polls[i].socket, &readable));
        polls[i].writable = broken || (ready > 0 && FD_ISSET(polls[i].socket, &writable));
    }
}

/* select takes sockets only, so the waker is a UDP socket on loopback that is connected to itself: nobody else can write to it. */
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

static int error_number(DWORD error) {
    switch (error) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND: return ENOENT;
        case ERROR_ACCESS_DENIED:
        case ERROR_SHARING_VIOLATION:
        case ERROR_LOCK_VIOLATION: return EACCES;
        case ERROR_FILE_EXISTS:
        case ERROR_ALREADY_EXISTS: return EEXIST;
        case ERROR_DISK_FULL: return ENOSPC;
        case ERROR_INVALID_NAME:
        case ERROR_NO_UNICODE_TRANSLATION: return EINVAL;
        case ERROR_FILENAME_EXCED_RANGE: return ENAMETOOLONG;
        case ERROR_NOT_ENOUGH_MEMORY:
        case ERROR_OUTOFMEMORY: return ENOMEM;
        default: return EIO;
    }
}

/*
 * The path as Windows takes it at any length: from 260 characters on only if it is absolute and begins with \\?\, or \\?\UNC\ for a share.
 * @return to be freed; NULL with errno set
 */
static wchar_t* wide_path(const char* path) {
    static const wchar_t plain[] = L"\\\\?\\", share[] = L"\\\\?\\UNC";
    enum { ROOM = 8, LIMIT = 32768 };
    wchar_t* given = malloc(LIMIT * sizeof *given);
    wchar_t* full = malloc((ROOM + LIMIT) * sizeof *full);
    DWORD length = 0;
    if (given == NULL || full == NULL) {
        SetLastError(ERROR_OUTOFMEMORY);
    } else if (widen(path, given, LIMIT)) {
        length = GetFullPathNameW(given, LIMIT, full + ROOM, NULL);
    }
    free(given);
    if (length == 0 || length >= LIMIT) {
        errno = length == 0 ? error_number(GetLastError()) : ENAMETOOLONG;
        free(full);
        return NULL;
    }
    const wchar_t* start = full + ROOM;
    bool prefixed = wcsncmp(start, plain, 4) == 0 || wcsncmp(start, L"\\\\.\\", 4) == 0;
    bool shared = !prefixed && wcsncmp(start, L"\\\\", 2) == 0;
    if (shared) {
        start++; /* one of its two backslashes */
        start -= wcslen(share);
        memcpy((void*)start, share, wcslen(share) * sizeof *share);
    } else if (!prefixed && length >= MAX_PATH - 12) {
        start -= wcslen(plain);
        memcpy((void*)start, plain, wcslen(plain) * sizeof *plain);
    }
    memmove(full, start, (wcslen(start) + 1) * sizeof *full);
    return full;
}

static bool worked(BOOL done) {
    if (!done) errno = error_number(GetLastError());
    return done != 0;
}

FILE* os_open(const char* path, const char* mode) {
    wchar_t* wide = wide_path(path);
    if (wide == NULL) return NULL;
    wchar_t wide_mode[8] = {0};
    widen(mode, wide_mode, 6);
    wcscat(wide_mode, mode[0] == 'w' ? L"Nx" : L"N"); /* not inherited by child processes; what is written is new */
    FILE* file = _wfopen(wide, wide_mode);
    free(wide);
    if (file != NULL && GetFileType((HANDLE)_get_osfhandle(_fileno(file))) != FILE_TYPE_DISK) {
        fclose(file);
        errno = EINVAL;
        return NULL;
    }
    return file;
}

bool os_exists(const char* path) {
    wchar_t* wide = wide_path(path);
    bool exists = wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return exists;
}

void os_remove(const char* path) {
    wchar_t* wide = wide_path(path);
    if (wide != NULL) DeleteFileW(wide);
    free(wide);
}

bool os_truncate(FILE* file) {
    return _chsize(_fileno(file), 0) == 0;
}

bool os_rename(const char* from, const char* to) {
    wchar_t *wide_from = wide_path(from), *wide_to = wide_path(to);
    bool renamed = wide_from != NULL && wide_to != NULL && worked(MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING));
    free(wide_from);
    free(wide_to);
    return renamed;
}

const char* os_environment(const char* name) {
    return getenv(name);
}

/* Looks in the absolute folders of the PATH: a relative one, or none, is the working directory. */
static void* open_from_path(const wchar_t* name) {
    enum { LIMIT = 32768 };
    wchar_t* path = malloc(LIMIT * sizeof *path);
    DWORD length = path == NULL ? 0 : GetEnvironmentVariableW(L"PATH", path, LIMIT);
    HMODULE library = NULL;
    wchar_t* next = NULL;
    for (wchar_t* folder = length == 0 || length >= LIMIT ? NULL : path; folder != NULL && library == NULL; folder = next) {
        next = wcschr(folder, L';');
        if (next != NULL) *next++ = L'\0';
        bool absolute =
            wcslen(folder) < MAX_PATH && (wcsncmp(folder, L"\\\\", 2) == 0 || (folder[0] != L'\0' && wcsncmp(folder + 1, L":\\", 2) == 0));
        wchar_t file[2 * MAX_PATH];
        if (!absolute || swprintf(file, 2 * MAX_PATH, L"%ls\\%ls", folder, name) < 0) continue;
        library = LoadLibraryExW(file, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    }
    free(path);
    return (void*)library;
}

void* os_library_open(const char* name) {
    wchar_t wide[MAX_PATH];
    if (!widen(name, wide, MAX_PATH)) return NULL;
    HMODULE library = LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    return library != NULL ? (void*)library : open_from_path(wide);
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
