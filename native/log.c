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

enum { FILE_MAX = 5 * 1024 * 1024 };

/* All under the lock. */
static struct {
    os_mutex lock;
    struct log_settings settings;
    FILE* file;
    long size;
    char path[CONFIG_PATH_SIZE + 16];
} state = {.lock = OS_MUTEX_INIT, .settings = {.level = kTIMLog_Info, .callback_level = kTIMLog_Info, .console = false}};

static bool passes(int threshold, enum TIMLogLevel level) {
    return threshold != kTIMLog_Off && (int)level >= threshold;
}

static void open_file(void) {
    state.file = os_open(state.path, "a");
    if (state.file == NULL) return;
    fseek(state.file, 0, SEEK_END);
    state.size = ftell(state.file);
}

static void rotate(void) {
    char older[sizeof state.path + 2];
    snprintf(older, sizeof older, "%s.1", state.path);
    fclose(state.file);
    bool kept = os_rename(state.path, older);
    open_file();
    /* What cannot be kept is given up: a log that only grows would fill the disk, and be rotated at each line. */
    if (!kept && state.file != NULL && os_truncate(state.file)) state.size = 0;
}

void log_open(const char* folder) {
    if (folder[0] == '\0') return;
    os_lock(&state.lock);
    snprintf(state.path, sizeof state.path, "%s/timshim.log", folder);
    open_file();
    bool failed = state.file == NULL;
    int error = errno;
    os_unlock(&state.lock);
    if (failed) {
        log_write(kTIMLog_Warn, "no log file: %.400s/timshim.log: %s; " kTIMSdkConfigLogFilePath " must be a folder that can be written to",
                  folder, strerror(error));
    }
}

void log_close(void) {
    os_lock(&state.lock);
    if (state.file != NULL) fclose(state.file);
    state.file = NULL;
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

void log_write(enum TIMLogLevel level, const char* format, ...) {
    static const char names[] = "OTVDIWEA";
    char written[600], line[600], when[32];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(written, sizeof written, format, arguments);
    va_end(arguments);
    utf8_copy_line(line, sizeof line, written, strlen(written)); /* a user id is whatever the application passed */

    os_lock(&state.lock);
    bool to_file = state.file != NULL && passes(state.settings.level, level);
    bool to_console = state.settings.console && passes(state.settings.level, level);
    bool to_callback = passes(state.settings.callback_level, level);
    if (to_file || to_console) timestamp(when, sizeof when);
    if (to_file) {
        if (state.size > FILE_MAX) rotate();
        int bytes = state.file == NULL ? 0 : fprintf(state.file, "%s %c %s\n", when, names[level], line);
        if (state.file != NULL) fflush(state.file);
        state.size += bytes > 0 ? bytes : 0;
    }
    if (to_console) fprintf(stderr, "timshim %s %c %s\n", when, names[level], line);
    os_unlock(&state.lock);
    if (to_callback && callbacks_wanted(CALLBACK_LOG)) post(level, line);
}
