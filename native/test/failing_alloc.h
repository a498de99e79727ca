/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file failing_alloc.h
 * Makes an allocation of timshim fail. The library under test is linked with --wrap for malloc, calloc, realloc and strdup, and with
 * failing_alloc.c; what libc allocates for itself is not touched. Any thread; the count is the process's.
 */
#ifndef FAILING_ALLOC_H
#define FAILING_ALLOC_H

#include <stdbool.h>

/** The n-th allocation from now on returns NULL, those after it succeed again; 0 or less: none fails. */
void failing_alloc_at(long n);

/** @return whether the one chosen last was reached */
bool failing_alloc_happened(void);

#endif
