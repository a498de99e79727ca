/* SPDX-License-Identifier: Apache-2.0 */
/**
 * TLS 1.2 and 1.3 on a connected socket, by the machine's OpenSSL. The server's certificate must be valid, come from a trusted CA and be
 * for the server's name; there is no way to do without. An object belongs to one thread.
 *
 * OpenSSL never touches the socket itself: it writes and reads through os_send and os_receive, so there is no SIGPIPE.
 */
#ifndef TIMSHIM_TLS_H
#define TIMSHIM_TLS_H

#include "platform.h"

struct tls;

struct tls_failure {
    int32_t code;   /**< of TIMErrorCode.h */
    bool final;     /**< trying again cannot help */
    char text[240]; /**< "": the transport broke, and the code says how */
};

/**
 * Loads OpenSSL and the CAs where that has not been done: when first called, some 20 to 60 ms.
 * @param ca_file     "": the system's CAs; must outlive the object
 * @param server_name what the certificate must be for: a host name, or an IP address without brackets; must outlive the object
 * @return NULL with *failure, whose text is then a whole sentence: no OpenSSL (9501), ca_file cannot be used (6017), no memory (6028)
 */
struct tls* tls_new(const char* ca_file, const char* server_name, struct tls_failure* failure);
/** NULL is allowed. The socket stays open. */
void tls_free(struct tls* tls);

/*
 * The functions below return OS_IO_AGAIN when they wait for the socket: to be readable, and if tls_wants_write, to be writable. They
 * return OS_IO_ERROR with *failure, whose text goes on from "the server SO-AND-SO: ".
 */

/** Begins the handshake when first called. @return 0 when it is done */
int tls_handshake(struct tls* tls, os_socket socket, struct tls_failure* failure);
/** @return bytes taken, at least 1 */
int tls_send(struct tls* tls, const void* bytes, size_t size, struct tls_failure* failure);
/** @return bytes read, 0 at the end of the stream. What it has decrypted is not seen by a poll: call until OS_IO_AGAIN */
int tls_receive(struct tls* tls, void* bytes, size_t size, struct tls_failure* failure);
/** Whether the last call waits for the socket to be writable. */
bool tls_wants_write(const struct tls* tls);
/** Says close_notify, if that can be sent at once. Nothing may be sent or received after it. */
void tls_goodbye(struct tls* tls);

#endif
