/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The log: a file (timshim.log in sdk_config_log_file_path, at most 5 MB and one older file), standard error, and the log callback.
 * Lines never contain a UserSig. Any thread, and none of them waits for the disk or the terminal: a thread ("tim_log") that is there once there is
 * something to write does the writing. 1000 lines wait for it at most; how many were too many is written in their place.
 */
#ifndef TIMSHIM_LOG_H
#define TIMSHIM_LOG_H

#include "TIMCloudDef.h"

struct log_settings {
    int level;          /**< TIMLogLevel of file and standard error; default info */
    int callback_level; /**< TIMLogLevel of the callback; default info */
    bool console;       /**< default false */
};

/** @param folder "" for no file. A folder that cannot be written to is told through the callback, and the library runs without a file. */
void log_open(const char* folder);
/** Waits until what was logged is written. */
void log_close(void);
void log_configure(const struct log_settings* settings);
struct log_settings log_current(void);

#if defined(__GNUC__) && !defined(_WIN32)
__attribute__((format(printf, 2, 3)))
#endif
void log_write(enum TIMLogLevel level, const char* format, ...);

#endif
