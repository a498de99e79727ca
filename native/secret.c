/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

struct secret* secret_new(const char* text, size_t length) {
    struct secret* secret = malloc(sizeof *secret + length + 1);
    if (secret == NULL) return NULL;
    secret->length = length;
    memcpy(secret->text, text, length);
    secret->text[length] = '\0';
    return secret;
}

void secret_free(struct secret* secret) {
    if (secret == NULL) return;
    os_wipe(secret->text, secret->length);
    free(secret);
}

bool secret_equal(const struct secret* a, const struct secret* b) {
    if (a->length != b->length) return false;
    unsigned char difference = 0;
    for (size_t i = 0; i < a->length; i++) difference = (unsigned char)(difference | (a->text[i] ^ b->text[i]));
    return difference == 0;
}
