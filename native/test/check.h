/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check.h
 * What a test program in C needs: checks that say where they failed and let the program go on, and an exit status at the end.
 * From any thread; but what is being tried (check_about) belongs to one.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static atomic_int check_count;
static atomic_int check_failures;
static const char* check_about = ""; /**< what is being tried, shown with a failure; set it in loops over cases */

static inline bool check_report(bool ok, const char* file, int line, const char* what) {
    check_count++;
    if (!ok) {
        check_failures++;
        printf("%s:%d: failed: %s%s%s\n", file, line, what, *check_about ? "  with " : "", check_about);
    }
    return ok;
}

static inline bool check_same_number(long long actual, long long expected, const char* file, int line, const char* what) {
    bool ok = check_report(actual == expected, file, line, what);
    if (!ok) printf("    is %lld, should be %lld\n", actual, expected);
    return ok;
}

static inline bool check_same_text(const char* actual, const char* expected, const char* file, int line, const char* what) {
    bool ok = check_report(actual && strcmp(actual, expected) == 0, file, line, what);
    if (!ok) printf("    is \"%s\", should be \"%s\"\n", actual ? actual : "(NULL)", expected);
    return ok;
}

#define CHECK(condition) check_report((condition), __FILE__, __LINE__, #condition)
#define CHECK_NUMBER(actual, expected) check_same_number((actual), (expected), __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) check_same_text((actual), (expected), __FILE__, __LINE__, #actual)

/** The last thing main does. A program that checked nothing has failed. */
static inline int check_result(void) {
    printf("%d checks, %d failed\n", atomic_load(&check_count), atomic_load(&check_failures));
    return check_count > 0 && check_failures == 0 ? 0 : 1;
}

#endif
