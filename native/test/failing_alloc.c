/* SPDX-License-Identifier: Apache-2.0 */
#include "failing_alloc.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static atomic_long left; /* allocations until the one that fails, itself counted; 0 and below: none */
static atomic_bool happened;

void failing_alloc_at(long n) {
    atomic_store(&happened, false);
    atomic_store(&left, n);
}

bool failing_alloc_happened(void) {
    return atomic_load(&happened);
}

static bool fails(void) {
    if (atomic_load(&left) <= 0 || atomic_fetch_sub(&left, 1) != 1) return false;
    atomic_store(&happened, true);
    return true;
}

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* old, size_t size);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_realloc(void* old, size_t size);
char* __wrap_strdup(const char* text);

void* __wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void* __wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void* __wrap_realloc(void* old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

char* __wrap_strdup(const char* text) {
    size_t size = strlen(text) + 1;
    char* copy = fails() ? NULL : __real_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
