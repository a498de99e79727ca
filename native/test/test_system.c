/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system may do to the whole library: files that are none, folders that cannot be used, and threads that begin and end it at the same
 * time. Each request is still answered, and nothing of one instance is called back once it has ended.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "TIMCloud.h"
#include "TIMShim.h"
#include "check.h"
#include "server.h"

static char folder[256];

static char* path_of(const char* name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static atomic_int last_code;
static atomic_int answers;

static void on_answer(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)desc;
    (void)json;
    (void)user_data;
    last_code = code;
    answers++;
}

static void wait_for_answers(int count) {
    for (int i = 0; i < 20000 && answers < count; i++) usleep(1000);
    CHECK_NUMBER(answers, count);
}

static void write_file(const char* path, const char* text) {
    FILE* file = fopen(path, "w");
    if (!CHECK(file != NULL)) return;
    fputs(text, file);
    fclose(file);
}

static void a_fifo_is_no_file_and_nobody_waits_for_it(void) {
    char json[1024];
    CHECK_NUMBER(mkfifo(path_of("ca.pem"), 0600), 0);
    CHECK_NUMBER(mkfifo(path_of("timshim.log"), 0600), 0);
    snprintf(json, sizeof json,
             "{\"shim_server\":\"mqtts://127.0.0.1:1\",\"shim_ca_file\":\"%s/ca.pem\",\"sdk_config_log_file_path\":\"%s\"}", folder,
             folder);
    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    answers = 0;
    CHECK_NUMBER(TIMLogin("alice", "sig", on_answer, NULL), TIM_SUCC);
    wait_for_answers(1);
    CHECK_NUMBER(last_code, ERR_INVALID_PARAMETERS);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    unlink(path_of("timshim.log"));
}

static void a_log_never_follows_a_link_and_is_the_users_alone(void) {
    char json[1024], target[512];
    snprintf(target, sizeof target, "%s", path_of("precious"));
    write_file(target, "mine");
    CHECK_NUMBER(symlink(target, path_of("timshim.log")), 0);
    snprintf(json, sizeof json, "{\"sdk_config_log_file_path\":\"%s\"}", folder);
    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    struct stat about;
    CHECK_NUMBER(stat(target, &about), 0);
    CHECK_NUMBER(about.st_size, 4);
    unlink(path_of("timshim.log"));

    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(stat(path_of("timshim.log"), &about), 0);
    CHECK_NUMBER(about.st_mode & 0777, 0600);
    CHECK(about.st_size > 0);
}

static void a_device_id_file_that_is_not_ours_is_left_alone(void) {
    char json[1024], text[64] = "";
    write_file(path_of("timshim_device_id"), "my precious id with spaces\n");
    snprintf(json, sizeof json, "{\"sdk_config_config_file_path\":\"%s\"}", folder);
    CHECK_NUMBER(TIMInit(1, json), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    FILE* file = fopen(path_of("timshim_device_id"), "r");
    if (!CHECK(file != NULL)) return;
    CHECK(fgets(text, sizeof text, file) != NULL);
    fclose(file);
    CHECK_TEXT(text, "my precious id with spaces\n");
}

static char* log_json(void) {
    static char json[1024];
    snprintf(json, sizeof json, "{\"sdk_config_log_file_path\":\"%s\"}", folder);
    return json;
}

static long long size_of(const char* name) {
    struct stat about;
    return stat(path_of(name), &about) == 0 ? about.st_size : -1;
}

static void fill(const char* name, long long size) {
    write_file(path_of(name), "");
    CHECK_NUMBER(truncate(path_of(name), (off_t)size), 0);
}

static void a_log_is_at_most_so_large_also_where_it_cannot_be_renamed(void) {
    static const long long full = 5 * 1024 * 1024 + 1;
    fill("timshim.log", full);
    CHECK_NUMBER(TIMInit(1, log_json()), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(size_of("timshim.log.1"), full);
    CHECK(size_of("timshim.log") > 0 && size_of("timshim.log") < 1000);

    /* A folder in the place of the older file cannot be replaced. */
    unlink(path_of("timshim.log.1"));
    CHECK_NUMBER(mkdir(path_of("timshim.log.1"), 0700), 0);
    fill("timshim.log", full);
    CHECK_NUMBER(TIMInit(1, log_json()), TIM_SUCC);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK(size_of("timshim.log") > 0 && size_of("timshim.log") < 1000);
    rmdir(path_of("timshim.log.1"));
}

struct reader {
    int end;
    int lines;
    bool missing;
};

static void* read_lines(void* argument) {
    struct reader* reader = argument;
    FILE* pipe_end = fdopen(reader->end, "r");
    char line[1000];
    while (pipe_end != NULL && fgets(line, sizeof line, pipe_end) != NULL) {
        reader->lines += strncmp(line, "timshim ", 8) == 0;
        reader->missing = reader->missing || strstr(line, "lines are missing") != NULL;
    }
    if (pipe_end != NULL) fclose(pipe_end);
    return NULL;
}

/* Standard error is a pipe that is full, and nobody reads it: who logs does not wait, and requests are answered. */
static void a_log_that_cannot_be_written_holds_up_nobody(void) {
    enum { REQUESTS = 2000 };
    int ends[2], standard_error = dup(STDERR_FILENO);
    if (!CHECK_NUMBER(pipe(ends), 0)) return;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], "\n", 1) == 1) {}
    fcntl(ends[1], F_SETFL, 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);

    CHECK_NUMBER(TIMInit(1, "{}"), TIM_SUCC);
    answers = 0;
    CHECK_NUMBER(TIMSetConfig("{\"" kTIMSetConfigIsLogOutputConsole "\":true}", on_answer, NULL), TIM_SUCC);
    for (int i = 1; i <= REQUESTS; i++) CHECK_NUMBER(TIMLogout(on_answer, NULL), TIM_SUCC);
    wait_for_answers(1 + REQUESTS);

    struct reader reader = {.end = ends[0]};
    pthread_t thread;
    CHECK_NUMBER(pthread_create(&thread, NULL, read_lines, &reader), 0);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    pthread_join(thread, NULL);
    CHECK(reader.lines >= 1000 && reader.lines < 2 * REQUESTS);
    CHECK(reader.missing);
}

static atomic_bool blocked;

static void on_block(int32_t code, const char* desc, const char* json, const void* user_data) {
    on_answer(code, desc, json, user_data);
    while (blocked) usleep(1000);
}

static void answers_that_wait_are_bounded(void) {
    CHECK_NUMBER(TIMInit(1, "{}"), TIM_SUCC);
    answers = 0;
    blocked = true;
    CHECK_NUMBER(TIMSetConfig("{}", on_block, NULL), TIM_SUCC);
    wait_for_answers(1);
    int accepted = 1;
    while (accepted < 100000 && TIMSetConfig("{}", on_answer, NULL) == TIM_SUCC) accepted++;
    CHECK(accepted < 20000);
    CHECK_NUMBER(TIMLogout(on_answer, NULL), TIM_ERR_PARAM);
    blocked = false;
    wait_for_answers(accepted);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
}

static atomic_int log_lines;

static void on_log(enum TIMLogLevel level, const char* line, const void* user_data) {
    (void)level;
    (void)line;
    (void)user_data;
    log_lines++;
    while (blocked) usleep(1000);
}

/* Those of a log callback that does not return: a thousand wait, what comes on top is lost. */
static void log_lines_that_wait_are_bounded(void) {
    enum { REQUESTS = 1500 };
    TIMSetLogCallback(on_log, NULL);
    CHECK_NUMBER(TIMInit(1, "{}"), TIM_SUCC);
    answers = 0;
    log_lines = 0;
    blocked = true;
    for (int i = 0; i < REQUESTS; i++) CHECK_NUMBER(TIMLogout(on_answer, NULL), TIM_SUCC);
    blocked = false;
    wait_for_answers(REQUESTS);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    TIMSetLogCallback(NULL, NULL);
    CHECK(log_lines > 1000 && log_lines < 2 * REQUESTS);
}

static atomic_bool begun;
static int ended_inside = -100, answered_inside;

/* Waits until another thread is about to end the library, which waits for this. */
static void on_end(int32_t code, const char* desc, const char* json, const void* user_data) {
    begun = true;
    while (TIMLogout(on_answer, NULL) == TIM_SUCC) usleep(1000);
    ended_inside = TIMUninit();
    answered_inside = answers;
    on_answer(code, desc, json, user_data);
}

/* Neither end can wait for the other: the one inside a callback returns at once, when what was called before it has been answered. */
static void an_end_inside_a_callback_during_another_end_returns(void) {
    CHECK_NUMBER(TIMInit(1, "{}"), TIM_SUCC);
    answers = 0;
    begun = false;
    CHECK_NUMBER(TIMSetConfig("{}", on_end, NULL), TIM_SUCC);
    while (!begun) usleep(1000);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(ended_inside, TIM_SUCC);
    CHECK_NUMBER(answers, answered_inside + 1);
    CHECK_NUMBER(TIMLogout(on_answer, NULL), TIM_ERR_SDKUNINIT);
}

/* Each enumerator of the header, "    ERR_NAME = CODE,", by the function that knows their names; an older name comes right after the one of today. */
static void each_code_of_the_header_has_its_name(void) {
    FILE* header = fopen("include/TIMErrorCode.h", "r");
    if (!CHECK(header != NULL)) return;
    char line[1000], name[200];
    int code, previous = -1, count = 0;
    while (fgets(line, sizeof line, header) != NULL) {
        if (sscanf(line, " %199[A-Z0-9_] = %d", name, &code) != 2) continue;
        if (code != previous) CHECK_TEXT(TIMShimErrorName(code), name);
        previous = code;
        count++;
    }
    fclose(header);
    CHECK(count > 50);
}

/* Threads that begin and end the library as they like. Each logs what the others may be in the middle of. */
enum { THREADS = 6, ROUNDS = 200 };

static char server_json[128];
static atomic_int given, taken;

static void on_given(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)code;
    (void)desc;
    (void)json;
    (void)user_data;
    taken++;
}

static void* begin_and_end(void* argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1103515245U + 12345U;
        switch (seed >> 16 & 3) {
            case 0: TIMInit(1, server_json); break;
            case 1: TIMUninit(); break;
            case 2: given += TIMLogin("alice", "ok", on_given, NULL) == TIM_SUCC; break;
            default: given += TIMLogout(on_given, NULL) == TIM_SUCC; break;
        }
    }
    return NULL;
}

static void beginnings_and_ends_at_the_same_time_lose_nothing(void) {
    struct server* server = server_start(0);
    snprintf(server_json, sizeof server_json, "{\"shim_server\":\"mqtt://127.0.0.1:%d\"}", (int)server_port(server));
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) CHECK_NUMBER(pthread_create(&threads[i], NULL, begin_and_end, (void*)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK_NUMBER(TIMUninit(), TIM_SUCC);
    CHECK_NUMBER(taken, given);
    CHECK_NUMBER(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    server_stop(server);
}

int main(void) {
    snprintf(folder, sizeof folder, "/tmp/timshim-system-XXXXXX");
    if (!CHECK(mkdtemp(folder) != NULL)) return check_result();
    a_fifo_is_no_file_and_nobody_waits_for_it();
    a_log_never_follows_a_link_and_is_the_users_alone();
    a_log_is_at_most_so_large_also_where_it_cannot_be_renamed();
    a_log_that_cannot_be_written_holds_up_nobody();
    a_device_id_file_that_is_not_ours_is_left_alone();
    answers_that_wait_are_bounded();
    log_lines_that_wait_are_bounded();
    an_end_inside_a_callback_during_another_end_returns();
    each_code_of_the_header_has_its_name();
    beginnings_and_ends_at_the_same_time_lose_nothing();
    static const char* const names[] = {"ca.pem", "timshim.log", "precious", "timshim_device_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path_of(names[i]));
    rmdir(folder);
    return check_result();
}
