/* SPDX-License-Identifier: Apache-2.0 */
#include "openssl.h"

#include <string.h>

#include "TIMErrorCode.h"
#include "log.h"
#include "platform.h"

#if defined(_M_ARM64) || (defined(_WIN32) && defined(__aarch64__))
#define WINDOWS_CPU "arm64"
#else
#define WINDOWS_CPU "x64"
#endif

/* The file names to try, in this order: libssl, and where a symbol of libcrypto cannot be had through it, libcrypto. */
#ifndef OPENSSL_LIBRARIES /* a test names others */
#if defined(_WIN32)
#define OPENSSL_LIBRARIES                                                     \
    {"libssl-3-" WINDOWS_CPU ".dll", "libcrypto-3-" WINDOWS_CPU ".dll"}, {    \
        "libssl-1_1-" WINDOWS_CPU ".dll", "libcrypto-1_1-" WINDOWS_CPU ".dll" \
    }
#elif defined(__APPLE__) /* never a name without a version: macOS ends a process that loads its own libssl.dylib */
#define OPENSSL_LIBRARIES                                                                                                \
    {"libssl.3.dylib", NULL}, {"/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib", NULL},                                  \
        {"/usr/local/opt/openssl@3/lib/libssl.3.dylib", NULL}, {"/opt/local/libexec/openssl3/lib/libssl.3.dylib", NULL}, \
        {"libssl.1.1.dylib", NULL}, {"/opt/homebrew/opt/openssl@1.1/lib/libssl.1.1.dylib", NULL}, {                      \
        "/usr/local/opt/openssl@1.1/lib/libssl.1.1.dylib", NULL                                                          \
    }
#else
#define OPENSSL_LIBRARIES                             \
    {"libssl.so.3", NULL}, {"libssl.so.1.1", NULL}, { \
        "libssl.so", NULL                             \
    }
#endif
#endif

#if defined(_WIN32)
#define REMEDY \
    "put libssl-3-" WINDOWS_CPU ".dll and libcrypto-3-" WINDOWS_CPU ".dll where the PATH finds them (the installers for Windows do)"
#elif defined(__APPLE__)
#define REMEDY "brew install openssl@3"
#else
#define REMEDY "install the package libssl3 (Debian, Ubuntu), openssl-libs (Fedora, RHEL) or libopenssl3 (SUSE)"
#endif

enum { VERSION_TEXT = 0, NO_ATEXIT = 0x00080000, ERR_LIB_SSL = 20 };
#define OLDEST 0x10101000UL /* 1.1.1, the first with TLS 1.3 */
#define OPENSSL_3 0x30000000UL
#define LIBRESSL 0x20000000UL /* what it says, whatever its version */

static const struct {
    const char* ssl;
    const char* crypto;
} libraries[] = {OPENSSL_LIBRARIES};

static const struct {
    const char* name;
    size_t offset;
} functions[] = {
#define OPENSSL_FUNCTION(result, name, parameters) {#name, offsetof(struct openssl, name)},
    OPENSSL_FUNCTIONS(OPENSSL_FUNCTION)
#undef OPENSSL_FUNCTION
};

static os_mutex lock = OS_MUTEX_INIT;
static bool loaded;                     /* under the lock */
static struct openssl loaded_functions; /* written once, before `loaded` */

static bool find_functions(struct openssl* o, void* ssl, void* crypto) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void* symbol = os_library_symbol(ssl, functions[i].name);
        if (symbol == NULL && crypto != NULL) symbol = os_library_symbol(crypto, functions[i].name);
        if (symbol == NULL) return false;
        memcpy((char*)o + functions[i].offset, &symbol, sizeof symbol);
    }
    return true;
}

static bool new_enough(const struct openssl* o) {
    unsigned long version = o->OpenSSL_version_num();
    return version >= OLDEST && (version < LIBRESSL || version >= OPENSSL_3);
}

/* @return whether one works; else *unfit tells whether one was found that does not */
static bool load(struct openssl* o, bool* unfit) {
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        void* crypto = libraries[i].crypto == NULL ? NULL : os_library_open(libraries[i].crypto);
        void* ssl = os_library_open(libraries[i].ssl);
        if (ssl == NULL) continue;
        /* Without its handler at exit, which would free what the loop's thread still uses while the process ends. */
        if (find_functions(o, ssl, crypto) && new_enough(o) && o->OPENSSL_init_ssl(NO_ATEXIT, NULL) == 1) return true;
        *unfit = true;
    }
    return false;
}

const struct openssl* openssl(struct tls_failure* failure) {
    bool unfit = false;
    os_lock(&lock);
    bool first = !loaded;
    if (first) loaded = load(&loaded_functions, &unfit);
    bool ready = loaded;
    os_unlock(&lock);
    if (ready) {
        if (first) log_write(kTIMLog_Info, "TLS by %s", loaded_functions.OpenSSL_version(VERSION_TEXT));
        return &loaded_functions;
    }
    *failure = (struct tls_failure){.code = ERR_SDK_NET_ENCODE_FAILED, .final = true};
    snprintf(failure->text, sizeof failure->text, "mqtts:// needs OpenSSL 3 or 1.1.1, and %s: " REMEDY,
             unfit ? "what was found here is neither" : "this machine has none");
    return NULL;
}

int openssl_tls_reason(const struct openssl* o, unsigned long error) {
    unsigned library = (unsigned)(error >> (o->OpenSSL_version_num() >= OPENSSL_3 ? 23 : 24)) & 0xFF;
    return library == ERR_LIB_SSL ? (int)(error & 0xFFF) : 0;
}
