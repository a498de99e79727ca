/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a process, counts the blocks that are freed while they still
 * contain a secret. The environment holds the secret backwards, so that the
 * environment is not itself a finding.
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void __libc_free(void* block);

static char secret[256];
static size_t length;
static atomic_int found;

__attribute__((constructor)) static void prepare(void) {
    const char* backwards = getenv("FREEWATCH_SECRET_BACKWARDS");
    if (!backwards) return;
    size_t n = strlen(backwards);
    if (n >= sizeof secret) abort();
    for (size_t i = 0; i < n; i++) secret[i] = backwards[n - 1 - i];
    length = n;
}

void free(void* block) {
    if (block && length && memmem(block, malloc_usable_size(block), secret, length)) found++;
    __libc_free(block);
}

__attribute__((destructor)) static void report(void) {
    fprintf(stderr, "blocks freed with the secret in them: %d\n", (int)found);
}
