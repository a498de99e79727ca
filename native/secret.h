/* SPDX-License-Identifier: Apache-2.0 */
/** A UserSig: one buffer on the heap, wiped before it is freed. */
#ifndef TIMSHIM_SECRET_H
#define TIMSHIM_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
    size_t length;
    char text[]; /**< terminated */
};

/** Copies. @return NULL if there is no memory */
struct secret* secret_new(const char* text, size_t length);
void secret_free(struct secret* secret);
/** In a time that depends on the lengths only. */
bool secret_equal(const struct secret* a, const struct secret* b);

#endif
