/* SPDX-License-Identifier: Apache-2.0 */
/* A UserSig is in the memory of the process while it is needed, and nowhere after that. Looks at all of the memory (Linux only). */
#include <TIMCloud.h>
#include <TIMShim.h>

#include <fcntl.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "server.h"

enum { SIG_SIZE = 200, REGION_MAX = 64 * 1024 * 1024 /* larger ones are the sanitizers' own */ };

static sem_t answered;
static int32_t last_code;

static void on_result(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)desc, (void)json_params, (void)user_data;
    last_code = code;
    sem_post(&answered);
}

/* Differs in every byte from what is compiled in, so that only copies of the UserSig itself are found. */
static void make_user_sig(char* user_sig, const char* begin, int which) {
    memset(user_sig, 0, SIG_SIZE);
    size_t length = strlen(begin);
    memcpy(user_sig, begin, length);
    for (size_t i = length; i < SIG_SIZE - 1; i++) user_sig[i] = (char)('A' + (i * 7 + (size_t)which * 5 + i / 26) % 26);
}

static void wipe(char* bytes, size_t size) {
    for (volatile char* at = bytes; size-- > 0; at++) *at = 0;
}

/* Counts a piece of 24 bytes of the UserSig that starts 100 bytes in, without ever having the piece itself in memory. */
static int copies_in(const char* bytes, size_t size, const char* inverted) {
    int found = 0;
    for (size_t at = 0; at + 24 <= size; at++) {
        int same = 0;
        while (same < 24 && (char)~bytes[at + (size_t)same] == inverted[100 + same]) same++;
        found += same == 24;
    }
    return found;
}

static int copies(int which) {
    static char* window; /* what is read is searched here, a part of a region at a time, so that the search does not find itself */
    enum { WINDOW = 1 << 20 };
    char inverted[SIG_SIZE], line[512];
    make_user_sig(inverted, "", which);
    for (int i = 0; i < SIG_SIZE; i++) inverted[i] = (char)~inverted[i];
    if (window == NULL) window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int memory = open("/proc/self/mem", O_RDONLY);
    FILE* maps = fopen("/proc/self/maps", "r");
    int found = 0;
    if (memory < 0 || maps == NULL || window == MAP_FAILED) abort();
    while (fgets(line, sizeof line, maps) != NULL) {
        uint64_t start, end;
        char access[8];
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, access) != 3 || strncmp(access, "rw", 2) != 0) continue;
        if (end - start > REGION_MAX) continue;
        for (uint64_t at = start; at < end; at += WINDOW - 24) {
            size_t size = end - at < WINDOW ? (size_t)(end - at) : WINDOW;
            bool itself = at < (uint64_t)(uintptr_t)window + WINDOW && at + size > (uint64_t)(uintptr_t)window;
            ssize_t have = itself ? 0 : pread(memory, window, size, (off_t)at);
            if (have > 0) found += copies_in(window, (size_t)have, inverted);
            memset(window, 0, WINDOW);
        }
    }
    fclose(maps);
    close(memory);
    return found;
}

static void login(const char* begin, int which, int32_t expected) {
    char user_sig[SIG_SIZE];
    make_user_sig(user_sig, begin, which);
    CHECK_NUMBER(TIMLogin("alice", user_sig, on_result, NULL), TIM_SUCC);
    wipe(user_sig, sizeof user_sig);
    sem_wait(&answered);
    CHECK_NUMBER(last_code, expected);
}

int main(void) {
    char config[128];
    snprintf(config, sizeof config, "{\"shim_server\":\"mqtt://127.0.0.1:%d\"}", server_start_process());
    sem_init(&answered, 0, 0);

    CHECK_NUMBER(TIMInit(1400000000, config), TIM_SUCC);
    CHECK_NUMBER(copies(1), 0);
    login("ok", 1, 0);
    CHECK(copies(1) >= 1); /* it is needed to reconnect, and this test can see it */
    TIMLogout(on_result, NULL);
    sem_wait(&answered);
    CHECK_NUMBER(copies(1), 0);

    login("refuse 70009 ", 2, 70009);
    CHECK_NUMBER(copies(2), 0);

    login("ok", 3, 0);
    login("ok, fresh", 4, 0);
    CHECK_NUMBER(copies(3), 0);
    CHECK(copies(4) >= 1);
    TIMUninit();
    CHECK_NUMBER(copies(4), 0);

    return check_result();
}
