/* SPDX-License-Identifier: Apache-2.0 */
/** Whom TLS trusts: OpenSSL's context with the system's CAs, or those of a file, and the versions that are allowed. */
#ifndef TIMSHIM_TRUST_H
#define TIMSHIM_TRUST_H

#include "openssl.h"

/**
 * The last context is kept: the system's CAs, some 20 to 60 ms of work, are read once in a process; a file is parsed again if it has
 * changed. Any thread.
 * @param ca_file "": the system's CAs
 * @return a reference, for the caller to free; NULL with *failure: the file cannot be used, or there is no memory
 */
SSL_CTX* trust_context(const struct openssl* o, const char* ca_file, struct tls_failure* failure);

#endif
