/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "TIMShim.h"
#include "log.h"
#include "trust.h"

/* OpenSSL's constants. */
enum {
    ERROR_WANT_READ = 2,
    ERROR_WANT_WRITE = 3,
    ERROR_ZERO_RETURN = 6,
    CTRL_SET_TLSEXT_HOSTNAME = 55,
    HOSTNAME_TYPE = 0,
    CHECK_NO_PARTIAL_WILDCARDS = 0x04,
    CHECK_NEVER_SUBJECT = 0x20,
    BIO_SOURCE_SINK = 0x0400,
    BIO_EOF = 2,
    BIO_FLUSH = 11,
    BIO_READ = 0x01,
    BIO_WRITE = 0x02,
    BIO_RETRY = 0x08
};

struct tls {
    const struct openssl* o;
    SSL* ssl;
    os_socket socket;
    const char* ca_file;
    const char* server_name;
    bool secured; /* the handshake is done */
    bool wants_write;

    bool heard; /* the server has sent something, first_byte first */
    uint8_t first_byte;
    bool ended;     /* the server has closed the stream */
    int32_t broken; /* 0, or the code of what broke the transport */
};

/* ---- The transport, as OpenSSL sees it ---- */

/* The BIO has no place for the functions, and they are the same for all. */
static const struct openssl* bio_openssl; /* written under the lock, before there is a BIO */
static BIO_METHOD* bio_method;            /* likewise */
static os_mutex lock = OS_MUTEX_INIT;

static int bio_result(BIO* bio, int count, int direction) {
    bio_openssl->BIO_clear_flags(bio, BIO_READ | BIO_WRITE | BIO_RETRY);
    if (count == OS_IO_AGAIN) bio_openssl->BIO_set_flags(bio, direction | BIO_RETRY);
    return count < 0 ? -1 : count;
}

static int bio_write(BIO* bio, const char* bytes, int size) {
    struct tls* tls = bio_openssl->BIO_get_data(bio);
    return bio_result(bio, os_send(tls->socket, bytes, (size_t)size, &tls->broken), BIO_WRITE);
}

static int bio_read(BIO* bio, char* bytes, int size) {
    struct tls* tls = bio_openssl->BIO_get_data(bio);
    int count = os_receive(tls->socket, bytes, (size_t)size, &tls->broken);
    if (count == 0) tls->ended = true;
    if (count > 0 && !tls->heard) {
        tls->heard = true;
        tls->first_byte = (uint8_t)bytes[0];
    }
    return bio_result(bio, count, BIO_READ);
}

static long bio_ctrl(BIO* bio, int command, long number, void* pointer) {
    (void)number;
    (void)pointer;
    const struct tls* tls = bio_openssl->BIO_get_data(bio);
    return command == BIO_FLUSH || (command == BIO_EOF && tls != NULL && tls->ended);
}

static BIO* new_bio(const struct openssl* o, struct tls* tls) {
    os_lock(&lock);
    if (bio_method == NULL) {
        bio_openssl = o;
        bio_method = o->BIO_meth_new(o->BIO_get_new_index() | BIO_SOURCE_SINK, "timshim");
        if (bio_method != NULL) {
            o->BIO_meth_set_write(bio_method, bio_write);
            o->BIO_meth_set_read(bio_method, bio_read);
            o->BIO_meth_set_ctrl(bio_method, bio_ctrl);
        }
    }
    const BIO_METHOD* method = bio_method;
    os_unlock(&lock);
    BIO* bio = method == NULL ? NULL : o->BIO_new(method);
    if (bio != NULL) o->BIO_set_data(bio, tls);
    return bio;
}

/* ---- Begin and end ---- */

/* The certificate must be for the address, or for the name, which is then told to the server too (SNI). */
static bool set_server_name(const struct openssl* o, SSL* ssl, const char* server_name) {
    char name[256];
    size_t length = strlen(server_name);
    if (length > 0 && server_name[length - 1] == '.') length--; /* certificates and SNI go without the root's dot */
    if (length == 0 || length >= sizeof name) return false;
    memcpy(name, server_name, length);
    name[length] = '\0';
    X509_VERIFY_PARAM* param = o->SSL_get0_param(ssl);
    if (o->X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1) return true;
    /* The subject is no place for a name since RFC 2818; no other client looks there any more. */
    o->X509_VERIFY_PARAM_set_hostflags(param, CHECK_NO_PARTIAL_WILDCARDS | CHECK_NEVER_SUBJECT);
    return o->X509_VERIFY_PARAM_set1_host(param, name, length) == 1 && o->SSL_ctrl(ssl, CTRL_SET_TLSEXT_HOSTNAME, HOSTNAME_TYPE, name) == 1;
}

struct tls* tls_new(const char* ca_file, const char* server_name, struct tls_failure* failure) {
    const struct openssl* o = openssl(failure);
    SSL_CTX* context = o == NULL ? NULL : trust_context(o, ca_file, failure);
    if (context == NULL) return NULL;
    struct tls* tls = calloc(1, sizeof *tls);
    SSL* ssl = tls == NULL ? NULL : o->SSL_new(context);
    o->SSL_CTX_free(context); /* the SSL holds its own reference */
    BIO* bio = ssl == NULL ? NULL : new_bio(o, tls);
    if (bio != NULL) o->SSL_set_bio(ssl, bio, bio); /* takes it over */
    if (bio == NULL || !set_server_name(o, ssl, server_name)) {
        if (ssl != NULL) o->SSL_free(ssl);
        free(tls);
        *failure = (struct tls_failure){.code = ERR_OUT_OF_MEMORY, .text = "no memory for TLS"};
        return NULL;
    }
    o->SSL_set_connect_state(ssl);
    *tls = (struct tls){.o = o, .ssl = ssl, .socket = OS_NO_SOCKET, .ca_file = ca_file, .server_name = server_name};
    return tls;
}

void tls_free(struct tls* tls) {
    if (tls == NULL) return;
    tls->o->SSL_free(tls->ssl);
    free(tls);
}

/* ---- What went wrong, in words ---- */

/* X509_V_ERR_..., the same in all versions. */
static void explain_certificate(const struct tls* tls, long error, struct tls_failure* failure) {
    char* text = failure->text;
    size_t size = sizeof failure->text;
    switch (error) {
        case 62: /* HOSTNAME_MISMATCH */
        case 64: /* IP_ADDRESS_MISMATCH */
            snprintf(text, size,
                     "its certificate is not for %.90s; if it is for another name of the server, set " kTIMShimTlsServerName " to that",
                     tls->server_name);
            break;
        case 10: /* CERT_HAS_EXPIRED */
            snprintf(text, size, "its certificate, or its CA's, has expired; the server needs a new one, unless the clock here is wrong");
            break;
        case 9: /* CERT_NOT_YET_VALID */
            snprintf(text, size, "its certificate, or its CA's, is not valid yet; check the clock of this machine");
            break;
        case 18: /* DEPTH_ZERO_SELF_SIGNED_CERT */
            snprintf(text, size, "its certificate is self-signed and not trusted; set " kTIMShimCaFile " to a PEM file that has it");
            break;
        case 2:  /* UNABLE_TO_GET_ISSUER_CERT */
        case 19: /* SELF_SIGNED_CERT_IN_CHAIN */
        case 20: /* UNABLE_TO_GET_ISSUER_CERT_LOCALLY */
        case 21: /* UNABLE_TO_VERIFY_LEAF_SIGNATURE */
            if (tls->ca_file[0] == '\0')
                snprintf(text, size, "its certificate is from a CA not trusted here; set " kTIMShimCaFile " to its PEM file");
            else snprintf(text, size, "its certificate is from a CA that is not in " kTIMShimCaFile ", %.110s", tls->ca_file);
            break;
        default: snprintf(text, size, "its certificate cannot be trusted: %.100s", tls->o->X509_verify_cert_error_string(error)); break;
    }
}

/* SSL_R_...: 1000 and more are alerts from the server. */
static void explain_protocol(const struct tls* tls, struct tls_failure* failure) {
    unsigned long error = tls->o->ERR_peek_error();
    const char* words = tls->o->ERR_reason_error_string(error);
    char* text = failure->text;
    size_t size = sizeof failure->text;
    switch (openssl_tls_reason(tls->o, error)) {
        case 258:  /* UNSUPPORTED_PROTOCOL */
        case 1070: /* alert PROTOCOL_VERSION */
            snprintf(text, size, "it offers neither TLS 1.2 nor TLS 1.3, and no older version is used; the server must be updated");
            break;
        case 1040: /* alert HANDSHAKE_FAILURE */
            snprintf(text, size, "it refused the TLS handshake: no common cipher, or it wants a client certificate, and timshim has none");
            break;
        case 1042: /* alert BAD_CERTIFICATE, though none was sent */
        case 1116: /* alert CERTIFICATE_REQUIRED */ snprintf(text, size, "it wants a client certificate, and timshim has none"); break;
        case 1112: /* alert UNRECOGNIZED_NAME */
            snprintf(text, size, "it does not know the name %.90s; set " kTIMShimTlsServerName " to one that it knows", tls->server_name);
            break;
        case 1080: /* alert INTERNAL_ERROR */
            failure->final = false;
            snprintf(text, size, "it broke the TLS connection off because of an error of its own");
            break;
        default: snprintf(text, size, "the TLS connection failed: %.100s", words == NULL ? "no reason given" : words); break;
    }
}

/* For an end or a break of the transport before the handshake is done. */
static void explain_interruption(const struct tls* tls, struct tls_failure* failure) {
    failure->code = tls->broken == 0 ? ERR_SDK_NET_RESET_BY_PEER : tls->broken;
    failure->final = false; /* so does a server, or a proxy before it, that is about to restart */
    snprintf(failure->text, sizeof failure->text, "%s",
             tls->heard ? "it closed the connection in the middle of the TLS handshake"
                        : "it closed the connection when the TLS handshake began; use its port for TLS, or mqtt:// if this one is not");
}

/* The first record is one of the handshake or an alert. Nobody needs to wait for the rest of what is neither. */
static bool speaks_no_tls(const struct tls* tls) {
    return tls->heard && tls->first_byte != 0x16 && tls->first_byte != 0x15;
}

/* What OpenSSL says of the transport differs between its versions, so what the transport itself said comes first. */
static void explain(const struct tls* tls, struct tls_failure* failure) {
    *failure = (struct tls_failure){.code = ERR_SDK_NET_DECODE_FAILED, .final = true};
    long certificate = tls->o->SSL_get_verify_result(tls->ssl);
    if (speaks_no_tls(tls))
        snprintf(failure->text, sizeof failure->text, "it does not speak TLS on this port; use its port for TLS, or mqtt:// for this one");
    else if (!tls->secured && certificate != 0) explain_certificate(tls, certificate, failure);
    else if (!tls->secured && (tls->broken != 0 || tls->ended)) explain_interruption(tls, failure);
    else if (tls->broken != 0 || tls->ended)
        *failure = (struct tls_failure){.code = tls->broken != 0 ? tls->broken : ERR_SDK_NET_RESET_BY_PEER};
    else explain_protocol(tls, failure);
}

/* ---- Steps ---- */

/* OpenSSL keeps its errors in a queue of the thread; what is left in it from others would be taken for ours. */
static void begin(struct tls* tls) {
    tls->wants_write = false;
    tls->o->ERR_clear_error();
}

/* @param result what OpenSSL returned, not positive. @return 0 at the end of the stream, OS_IO_AGAIN or OS_IO_ERROR */
static int outcome(struct tls* tls, int result, struct tls_failure* failure) {
    int error = tls->o->SSL_get_error(tls->ssl, result);
    if (error == ERROR_ZERO_RETURN) return 0;
    tls->wants_write = error == ERROR_WANT_WRITE;
    if (error == ERROR_WANT_READ || error == ERROR_WANT_WRITE) return OS_IO_AGAIN;
    explain(tls, failure);
    tls->o->ERR_clear_error();
    return OS_IO_ERROR;
}

int tls_handshake(struct tls* tls, os_socket socket, struct tls_failure* failure) {
    tls->socket = socket;
    begin(tls);
    int result = tls->o->SSL_do_handshake(tls->ssl);
    if (result == 1) {
        tls->secured = true;
        log_write(kTIMLog_Info, "%s with %s", tls->o->SSL_get_version(tls->ssl), tls->server_name);
        return 0;
    }
    result = outcome(tls, result, failure);
    if (result == OS_IO_AGAIN && !speaks_no_tls(tls)) return result;
    if (result == 0) tls->ended = true; /* close_notify instead of a handshake */
    if (result != OS_IO_ERROR) explain(tls, failure);
    return OS_IO_ERROR;
}

static int at_most_int(size_t size) {
    return size > INT_MAX ? INT_MAX : (int)size;
}

int tls_send(struct tls* tls, const void* bytes, size_t size, struct tls_failure* failure) {
    begin(tls);
    int count = tls->o->SSL_write(tls->ssl, bytes, at_most_int(size));
    if (count > 0) return count;
    count = outcome(tls, count, failure);
    if (count != 0) return count;
    *failure = (struct tls_failure){.code = ERR_SDK_NET_RESET_BY_PEER};
    return OS_IO_ERROR;
}

int tls_receive(struct tls* tls, void* bytes, size_t size, struct tls_failure* failure) {
    begin(tls);
    int count = tls->o->SSL_read(tls->ssl, bytes, at_most_int(size));
    return count > 0 ? count : outcome(tls, count, failure);
}

bool tls_wants_write(const struct tls* tls) {
    return tls->wants_write;
}

void tls_goodbye(struct tls* tls) {
    begin(tls);
    tls->o->SSL_shutdown(tls->ssl);
    tls->o->ERR_clear_error();
}
