/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The machine's OpenSSL, 3 or 1.1.1, found at run time: nothing is linked, and a program that uses no TLS never loads it. Only functions
 * that both versions export under the same name are used, declared here as OpenSSL's manual pages give them.
 */
#ifndef TIMSHIM_OPENSSL_H
#define TIMSHIM_OPENSSL_H

#include <stdint.h>

#include "tls.h"

typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_method_st SSL_METHOD;
typedef struct x509_st X509;
typedef struct x509_store_ctx_st X509_STORE_CTX;
typedef struct x509_store_st X509_STORE;
typedef struct X509_VERIFY_PARAM_st X509_VERIFY_PARAM;

typedef int OPENSSL_PASSWORD(char* into, int size, int writing, void* context);
typedef int OPENSSL_VERIFY(int ok, X509_STORE_CTX* context);

/* F(result, name, parameters) */
#define OPENSSL_FUNCTIONS(F)                                                                 \
    F(unsigned long, OpenSSL_version_num, (void))                                            \
    F(const char*, OpenSSL_version, (int what))                                              \
    F(int, OPENSSL_init_ssl, (uint64_t options, const void* settings))                       \
    F(void, ERR_clear_error, (void))                                                         \
    F(unsigned long, ERR_peek_error, (void))                                                 \
    F(unsigned long, ERR_peek_last_error, (void))                                            \
    F(const char*, ERR_reason_error_string, (unsigned long error))                           \
    F(int, BIO_get_new_index, (void))                                                        \
    F(BIO_METHOD*, BIO_meth_new, (int type, const char* name))                               \
    F(int, BIO_meth_set_write, (BIO_METHOD * method, int (*write)(BIO*, const char*, int)))  \
    F(int, BIO_meth_set_read, (BIO_METHOD * method, int (*read)(BIO*, char*, int)))          \
    F(int, BIO_meth_set_ctrl, (BIO_METHOD * method, long (*ctrl)(BIO*, int, long, void*)))   \
    F(BIO*, BIO_new, (const BIO_METHOD* method))                                             \
    F(BIO*, BIO_new_mem_buf, (const void* bytes, int size))                                  \
    F(int, BIO_free, (BIO * bio))                                                            \
    F(void, BIO_set_data, (BIO * bio, void* data))                                           \
    F(void*, BIO_get_data, (BIO * bio))                                                      \
    F(void, BIO_set_flags, (BIO * bio, int flags))                                           \
    F(void, BIO_clear_flags, (BIO * bio, int flags))                                         \
    F(X509*, PEM_read_bio_X509, (BIO * bio, X509 * *into, OPENSSL_PASSWORD*, void* context)) \
    F(X509*, d2i_X509, (X509 * *into, const unsigned char** der, long size))                 \
    F(void, X509_free, (X509 * certificate))                                                 \
    F(int, X509_STORE_add_cert, (X509_STORE * store, X509 * certificate))                    \
    F(int, X509_VERIFY_PARAM_set_flags, (X509_VERIFY_PARAM * param, unsigned long flags))    \
    F(void, X509_VERIFY_PARAM_set_hostflags, (X509_VERIFY_PARAM * param, unsigned flags))    \
    F(int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM * param, const char*, size_t))    \
    F(int, X509_VERIFY_PARAM_set1_ip_asc, (X509_VERIFY_PARAM * param, const char* address))  \
    F(const char*, X509_verify_cert_error_string, (long error))                              \
    F(const SSL_METHOD*, TLS_client_method, (void))                                          \
    F(SSL_CTX*, SSL_CTX_new, (const SSL_METHOD* method))                                     \
    F(int, SSL_CTX_up_ref, (SSL_CTX * context))                                              \
    F(void, SSL_CTX_free, (SSL_CTX * context))                                               \
    F(long, SSL_CTX_ctrl, (SSL_CTX * context, int command, long number, void* pointer))      \
    F(uint64_t, SSL_CTX_set_options, (SSL_CTX * context, uint64_t options))                  \
    F(void, SSL_CTX_set_verify, (SSL_CTX * context, int mode, OPENSSL_VERIFY* callback))     \
    F(int, SSL_CTX_set_default_verify_paths, (SSL_CTX * context))                            \
    F(X509_STORE*, SSL_CTX_get_cert_store, (const SSL_CTX* context))                         \
    F(X509_VERIFY_PARAM*, SSL_CTX_get0_param, (SSL_CTX * context))                           \
    F(SSL*, SSL_new, (SSL_CTX * context))                                                    \
    F(void, SSL_free, (SSL * ssl))                                                           \
    F(long, SSL_ctrl, (SSL * ssl, int command, long number, void* pointer))                  \
    F(void, SSL_set_bio, (SSL * ssl, BIO * read, BIO * write))                               \
    F(X509_VERIFY_PARAM*, SSL_get0_param, (SSL * ssl))                                       \
    F(void, SSL_set_connect_state, (SSL * ssl))                                              \
    F(int, SSL_do_handshake, (SSL * ssl))                                                    \
    F(int, SSL_read, (SSL * ssl, void* bytes, int size))                                     \
    F(int, SSL_write, (SSL * ssl, const void* bytes, int size))                              \
    F(int, SSL_shutdown, (SSL * ssl))                                                        \
    F(int, SSL_get_error, (const SSL* ssl, int result))                                      \
    F(long, SSL_get_verify_result, (const SSL* ssl))                                         \
    F(const char*, SSL_get_version, (const SSL* ssl))

struct openssl {
#define OPENSSL_MEMBER(result, name, parameters) result(*name) parameters;
    OPENSSL_FUNCTIONS(OPENSSL_MEMBER)
#undef OPENSSL_MEMBER
};

/**
 * Loads it when first called, which takes some milliseconds; it stays loaded until the process ends. Where it was not found it is looked
 * for again the next time. Any thread.
 * @return NULL with *failure: it is missing or too old
 */
const struct openssl* openssl(struct tls_failure* failure);

/**
 * @param error what ERR_peek_error returned
 * @return its reason (SSL_R_..., the same numbers in all versions) if it is libssl's; else 0
 */
int openssl_tls_reason(const struct openssl* o, unsigned long error);

#endif
