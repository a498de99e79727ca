/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz.h
 * Runs a fuzz harness without a fuzzing engine: `program [iterations [seed]]` mutates the harness's own examples. The same seed gives the
 * same run; on a failure it prints the iteration and the input. With an engine (clang -fsanitize=fuzzer) compile with -DFUZZ_ENGINE.
 *
 * A harness includes this file, defines LLVMFuzzerTestOneInput, which calls FUZZ_CHECK on what must always hold, and ends with
 * FUZZ_EXAMPLES({"...", size}, ...).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_MAX_INPUT 512

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

struct fuzz_example {
    const char* bytes;
    size_t size;
};

static const uint8_t* fuzz_input; /* the one at hand, for the message */
static size_t fuzz_input_size;
static long fuzz_iteration;

#define FUZZ_CHECK(condition)                    \
    do {                                         \
        if (!(condition)) fuzz_fail(#condition); \
    } while (0)

static inline void fuzz_fail(const char* what) {
    fprintf(stderr, "failed in iteration %ld: %s\ninput:", fuzz_iteration, what);
    for (size_t i = 0; i < fuzz_input_size; i++) fprintf(stderr, " %02x", fuzz_input[i]);
    fputc('\n', stderr);
    abort();
}

/* splitmix64 */
static inline uint64_t fuzz_random(uint64_t* state, uint64_t below) {
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % below;
}

/* One change: a byte set, a bit turned, a piece removed, doubled, or taken from another example. */
static inline size_t fuzz_mutate(uint8_t* data, size_t size, const struct fuzz_example* other, uint64_t* random) {
    static const uint8_t telling[] = {0,   1,    2,   3,   0x1F, 0x20, 0x26, 0x7F, 0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xF0, 0xFF,
                                      '"', '\\', '{', '}', '[',  ']',  ',',  ':',  'u',  'd',  '0',  '8',  '-',  '.',  'e'};
    uint64_t kind = fuzz_random(random, 6);
    size_t at = (size_t)fuzz_random(random, size + 1);
    if (kind < 3 && at < size) {
        if (kind == 0) data[at] = (uint8_t)fuzz_random(random, 256);
        if (kind == 1) data[at] = telling[fuzz_random(random, sizeof telling)];
        if (kind == 2) data[at] ^= (uint8_t)(1u << fuzz_random(random, 8));
        return size;
    }
    if (kind == 3) {
        size_t n = (size_t)fuzz_random(random, size - at + 1);
        memmove(data + at, data + at + n, size - at - n);
        return size - n;
    }
    const uint8_t* from = kind == 4 ? data : (const uint8_t*)other->bytes;
    size_t from_size = kind == 4 ? size : other->size;
    size_t start = (size_t)fuzz_random(random, from_size + 1);
    size_t n = (size_t)fuzz_random(random, from_size - start + 1);
    if (n > FUZZ_MAX_INPUT - size) n = FUZZ_MAX_INPUT - size;
    uint8_t piece[FUZZ_MAX_INPUT];
    memcpy(piece, from + start, n);
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, piece, n);
    return size + n;
}

static inline void fuzz_one(const uint8_t* data, size_t size) {
    uint8_t* exact = malloc(size ? size : 1); /* so that AddressSanitizer sees a read behind it */
    if (!exact) abort();
    memcpy(exact, data, size);
    fuzz_input = exact;
    fuzz_input_size = size;
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static inline int fuzz_run(const struct fuzz_example* examples, size_t count, int argc, char** argv) {
    long iterations = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
    uint64_t random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (size_t i = 0; i < count; i++) fuzz_one((const uint8_t*)examples[i].bytes, examples[i].size);
    for (fuzz_iteration = 1; fuzz_iteration <= iterations; fuzz_iteration++) {
        const struct fuzz_example* example = &examples[fuzz_random(&random, count)];
        uint8_t data[FUZZ_MAX_INPUT];
        size_t size = example->size;
        memcpy(data, example->bytes, size);
        for (uint64_t left = 1 + fuzz_random(&random, 5); left > 0; left--)
            size = fuzz_mutate(data, size, &examples[fuzz_random(&random, count)], &random);
        fuzz_one(data, size);
    }
    return 0;
}

#ifdef FUZZ_ENGINE
#define FUZZ_EXAMPLES(...) struct fuzz_unused
#else
#define FUZZ_EXAMPLES(...)                                                               \
    int main(int argc, char** argv) {                                                    \
        static const struct fuzz_example examples[] = {__VA_ARGS__};                     \
        int status = fuzz_run(examples, sizeof examples / sizeof *examples, argc, argv); \
        fuzz_summary();                                                                  \
        return status;                                                                   \
    }                                                                                    \
    struct fuzz_unused
#endif

#endif
