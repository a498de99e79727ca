/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "TIMShim.h"
#include "platform.h"

enum { FILE_MAX = 4 * 1024 * 1024 }; /* twenty times the usual list of all public CAs */

/* OpenSSL's constants. */
enum {
    VERIFY_PEER = 1,
    CTRL_MODE = 33,
    CTRL_SET_MIN_PROTO_VERSION = 123,
    CTRL_GET_MIN_PROTO_VERSION = 130,
    TLS1_2 = 0x0303,
    MODE_PARTIAL_WRITE = 0x01,
    MODE_MOVING_WRITE_BUFFER = 0x02,
    MODE_RELEASE_BUFFERS = 0x10, /* an idle connection then costs some 34 KB less */
    OP_NO_RENEGOTIATION = 0x40000000,
    FLAG_PARTIAL_CHAIN = 0x80000,
    PEM_LIBRARY_END = 108 /* PEM_R_NO_START_LINE: the usual end of a file */
};

struct file {
    char* bytes; /* NULL for none */
    size_t size;
};

static os_mutex lock = OS_MUTEX_INIT;
static SSL_CTX* kept;         /* under the lock; NULL: none yet */
static struct file kept_file; /* under the lock: what `kept` was made of; bytes is NULL for the system's CAs */

static void file_problem(struct tls_failure* failure, const char* path, const char* problem) {
    *failure = (struct tls_failure){.code = ERR_INVALID_PARAMETERS, .final = true};
    snprintf(failure->text, sizeof failure->text, kTIMShimCaFile " is \"%.120s\": %.50s; name a PEM file of the CAs to trust", path,
             problem);
}

static bool no_memory(struct tls_failure* failure) {
    *failure = (struct tls_failure){.code = ERR_OUT_OF_MEMORY, .text = "no memory for TLS"};
    return false;
}

static bool read_file(struct file* file, const char* path, struct tls_failure* failure) {
    FILE* stream = os_open(path, "rb");
    if (stream == NULL) {
        file_problem(failure, path, strerror(errno));
        return false;
    }
    file->bytes = malloc(FILE_MAX + 1);
    file->size = file->bytes == NULL ? 0 : fread(file->bytes, 1, FILE_MAX + 1, stream);
    int error = ferror(stream) ? errno : 0;
    fclose(stream);
    if (file->bytes == NULL) return no_memory(failure);
    if (error != 0 || file->size > FILE_MAX) {
        file_problem(failure, path, error != 0 ? strerror(error) : "it has more than 4 MiB");
        free(file->bytes);
        return false;
    }
    char* exact = realloc(file->bytes, file->size + 1);
    if (exact != NULL) file->bytes = exact;
    return true;
}

static bool same(const struct file* a, const struct file* b) {
    if (a->bytes == NULL || b->bytes == NULL) return a->bytes == b->bytes;
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* @return what is wrong with the file; NULL if nothing */
static const char* add_file(const struct openssl* o, SSL_CTX* context, const struct file* file) {
    X509_STORE* store = o->SSL_CTX_get_cert_store(context);
    BIO* bio = o->BIO_new_mem_buf(file->bytes, (int)file->size);
    if (bio == NULL) return "no memory for it";
    unsigned count = 0;
    bool added = true;
    X509* ca;
    o->ERR_clear_error();
    while (added && (ca = o->PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        added = o->X509_STORE_add_cert(store, ca) == 1;
        o->X509_free(ca);
        count++;
    }
    bool whole = added && (o->ERR_peek_last_error() & 0xFFF) == PEM_LIBRARY_END;
    o->ERR_clear_error();
    o->BIO_free(bio);
    /* What somebody lists here is trusted, also where it is not the root of its chain. */
    o->X509_VERIFY_PARAM_set_flags(o->SSL_CTX_get0_param(context), FLAG_PARTIAL_CHAIN);
    return !whole ? "a certificate in it is damaged" : count == 0 ? "it has no certificate in PEM form" : NULL;
}

struct adding {
    const struct openssl* o;
    X509_STORE* store;
};

static void add_system_ca(void* context, const unsigned char* der, size_t size) {
    struct adding* adding = context;
    X509* ca = adding->o->d2i_X509(NULL, &der, (long)size);
    if (ca == NULL) return;
    adding->o->X509_STORE_add_cert(adding->store, ca);
    adding->o->X509_free(ca);
}

/* OpenSSL knows where the system keeps its CAs, but on Windows. Where there are none, no certificate will be trusted. */
static void add_system(const struct openssl* o, SSL_CTX* context) {
    struct adding adding = {o, o->SSL_CTX_get_cert_store(context)};
    o->SSL_CTX_set_default_verify_paths(context);
    os_each_system_ca(add_system_ca, &adding);
    o->ERR_clear_error();
}

static SSL_CTX* new_context(const struct openssl* o, const char* ca_file, const struct file* file, struct tls_failure* failure) {
    SSL_CTX* context = o->SSL_CTX_new(o->TLS_client_method());
    if (context == NULL) {
        no_memory(failure);
        return NULL;
    }
    o->SSL_CTX_set_verify(context, VERIFY_PEER, NULL);
    if (o->SSL_CTX_ctrl(context, CTRL_GET_MIN_PROTO_VERSION, 0, NULL) < TLS1_2) /* the machine's configuration may ask for more */
        o->SSL_CTX_ctrl(context, CTRL_SET_MIN_PROTO_VERSION, TLS1_2, NULL);
    o->SSL_CTX_set_options(context, OP_NO_RENEGOTIATION);
    o->SSL_CTX_ctrl(context, CTRL_MODE, MODE_PARTIAL_WRITE | MODE_MOVING_WRITE_BUFFER | MODE_RELEASE_BUFFERS, NULL);
    const char* problem = NULL;
    if (file->bytes == NULL) add_system(o, context);
    else problem = add_file(o, context, file);
    if (problem == NULL) return context;
    file_problem(failure, ca_file, problem);
    o->SSL_CTX_free(context);
    return NULL;
}

SSL_CTX* trust_context(const struct openssl* o, const char* ca_file, struct tls_failure* failure) {
    struct file file = {NULL, 0};
    if (ca_file[0] != '\0' && !read_file(&file, ca_file, failure)) return NULL;
    os_lock(&lock);
    if (kept != NULL && same(&file, &kept_file)) {
        free(file.bytes);
    } else {
        SSL_CTX* context = new_context(o, ca_file, &file, failure);
        if (context == NULL) {
            os_unlock(&lock);
            free(file.bytes);
            return NULL;
        }
        o->SSL_CTX_free(kept);
        free(kept_file.bytes);
        kept = context;
        kept_file = file;
    }
    SSL_CTX* context = kept;
    o->SSL_CTX_up_ref(context);
    os_unlock(&lock);
    return context;
}
