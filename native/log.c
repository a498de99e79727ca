/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "callbacks.h"
#include "config.h"
#include "platform.h"
#include "utf8.h"

enum {
    FILE_MAX = 5 * 1024 * 1024,
    WAITING_MAX = 1000, /* lines; a disk that takes none for so long must not fill the memory */
    MISSING_SIZE = 100  /* of the text about lines that are missing; no line has less room */
};

struct line {
    struct line* next;
    bool to_file, to_console;
    char text[];
};

/* All under the lock, which nobody holds while writing. */
static struct {
    os_mutex lock;
    os_cond changed;
    struct log_settings settings;
    bool has_file;
    bool running; /* the thread that writes: from the first line on, so that who logs nowhere has no thread for it */
    bool closing;
    os_thread thread;
    struct line *head, *tail;
    unsigned waiting, lost;
} state = {
    .lock = OS_MUTEX_INIT, .changed = OS_COND_INIT, .settings = {.level = kTIMLog_Info, .callback_level = kTIMLog_Info, .console = false}};

/* The writing thread's; before it is there and after it has gone, that of log_open and log_close. */
static struct {
    FILE* file;
    long size;
    char path[CONFIG_PATH_SIZE + 16];
} out;

static bool passes(int threshold, enum TIMLogLevel level) {
    return threshold != kTIMLog_Off && (int)level >= threshold;
}

static void timestamp(char* text, size_t size) {
    time_t now = time(NULL);
    struct tm utc;
#ifdef _WIN32
    gmtime_s(&utc, &now);
#else
    gmtime_r(&now, &utc);
#endif
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* ---- Writing ---- */

static void open_file(void) {
    out.file = os_open(out.path, "a");
    if (out.file == NULL) return;
    fseek(out.file, 0, SEEK_END);
    out.size = ftell(out.file);
}

static void rotate(void) {
    char older[sizeof out.path + 2];
    snprintf(older, sizeof older, "%s.1", out.path);
    fclose(out.file);
    bool kept = os_rename(out.path, older);
    open_file();
    /* What cannot be kept is given up: a log that only grows would fill the disk, and be rotated at each line. */
    if (!kept && out.file != NULL && os_truncate(out.file)) out.size = 0;
}

static void write_line(const struct line* line) {
    if (line->to_file && out.file != NULL && out.size > FILE_MAX) rotate();
    if (line->to_file && out.file != NULL) {
        int bytes = fprintf(out.file, "%s\n", line->text);
        out.size += bytes > 0 ? bytes : 0;
    }
    if (line->to_console) fprintf(stderr, "timshim %s\n", line->text);
}

/* How many are missing is said where the last of them would have been. */
static void write_all(struct line* lines, unsigned lost) {
    while (lines != NULL) {
        struct line* line = lines;
        lines = line->next;
        write_line(line);
        if (lines == NULL && lost > 0) {
            snprintf(line->text, MISSING_SIZE, "%u lines are missing: they came faster than they could be written", lost);
            write_line(line);
        }
        free(line);
    }
    if (out.file != NULL) fflush(out.file);
}

static void thread_main(void* unused) {
    (void)unused;
    os_lock(&state.lock);
    while (state.head != NULL || !state.closing) {
        if (state.head == NULL) {
            os_wait(&state.changed, &state.lock);
            continue;
        }
        struct line* lines = state.head;
        unsigned lost = state.lost;
        state.head = state.tail = NULL;
        state.waiting = state.lost = 0;
        os_unlock(&state.lock);
        write_all(lines, lost);
        os_lock(&state.lock);
    }
    os_unlock(&state.lock);
}

/* Under the lock. @return whether there is a thread that writes */
static bool start_writing(void) {
    if (!state.running && !state.closing) state.running = os_thread_start(&state.thread, "tim_log", thread_main, NULL);
    return state.running && !state.closing;
}

/* Under the lock; what finds no room, no memory or no thread is counted. */
static void enqueue(enum TIMLogLevel level, const char* text, bool to_file, bool to_console) {
    static const char names[] = "OTVDIWEA";
    char when[32];
    size_t size = sizeof when + 4 + strlen(text);
    struct line* line =
        state.waiting < WAITING_MAX && start_writing() ? malloc(sizeof *line + (size < MISSING_SIZE ? MISSING_SIZE : size)) : NULL;
    if (line == NULL) {
        state.lost++;
        return;
    }
    timestamp(when, sizeof when);
    *line = (struct line){.to_file = to_file, .to_console = to_console};
    snprintf(line->text, size, "%s %c %s", when, names[level], text);
    if (state.tail == NULL) state.head = line;
    else state.tail->next = line;
    state.tail = line;
    state.waiting++;
    os_wake_all(&state.changed);
}

/* ---- The log ---- */

void log_open(const char* folder) {
    if (folder[0] == '\0') return;
    snprintf(out.path, sizeof out.path, "%s/timshim.log", folder);
    open_file();
    int error = errno;
    bool opened = out.file != NULL;
    os_lock(&state.lock);
    state.has_file = opened;
    os_unlock(&state.lock);
    if (!opened) {
        log_write(kTIMLog_Warn, "no log file: %.400s/timshim.log: %s; " kTIMSdkConfigLogFilePath " must be a folder that can be written to",
                  folder, strerror(error));
    }
}

void log_close(void) {
    os_lock(&state.lock);
    state.closing = true;
    bool running = state.running;
    os_wake_all(&state.changed);
    os_unlock(&state.lock);
    if (running) os_thread_join(state.thread);
    if (out.file != NULL) fclose(out.file);
    out.file = NULL;
    os_lock(&state.lock);
    state.has_file = state.running = state.closing = false;
    state.lost = 0;
    state.settings = (struct log_settings){.level = kTIMLog_Info, .callback_level = kTIMLog_Info, .console = false};
    os_unlock(&state.lock);
}

void log_configure(const struct log_settings* settings) {
    os_lock(&state.lock);
    state.settings = *settings;
    os_unlock(&state.lock);
}

struct log_settings log_current(void) {
    os_lock(&state.lock);
    struct log_settings settings = state.settings;
    os_unlock(&state.lock);
    return settings;
}

static void post(enum TIMLogLevel level, const char* line) {
    struct callback* callback = callback_new(CALLBACK_LOG);
    if (callback == NULL) return;
    size_t size = strlen(line) + 1;
    callback->value = (int32_t)level;
    callback->text = malloc(size);
    if (callback->text != NULL) memcpy(callback->text, line, size);
    callbacks_post(callback);
}

void log_write(enum TIMLogLevel level, const char* format, ...) {
    char written[600], line[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(written, sizeof written, format, arguments);
    va_end(arguments);
    utf8_copy_line(line, sizeof line, written, strlen(written)); /* a user id is whatever the application passed */

    os_lock(&state.lock);
    bool to_file = state.has_file && passes(state.settings.level, level);
    bool to_console = state.settings.console && passes(state.settings.level, level);
    bool to_callback = passes(state.settings.callback_level, level);
    if (to_file || to_console) enqueue(level, line, to_file, to_console);
    os_unlock(&state.lock);
    if (to_callback && callbacks_want_log()) post(level, line);
}
