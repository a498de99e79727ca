/* SPDX-License-Identifier: Apache-2.0 */
#include "device_id.h"

#include <errno.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "platform.h"

enum { RANDOM_BYTES = 12 };

static void make(char device_id[DEVICE_ID_SIZE]) {
    unsigned char bytes[RANDOM_BYTES];
    if (!os_random(bytes, sizeof bytes)) {
        uint64_t now = os_now_ms();
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, &now, sizeof now);
    }
    for (int i = 0; i < RANDOM_BYTES; i++) snprintf(device_id + 2 * i, 3, "%02x", bytes[i]);
}

/* @return NULL if it was read; else what is wrong with the file */
static const char* read_id(const char* path, char device_id[DEVICE_ID_SIZE]) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    FILE* file = os_open(path, "r");
    if (file == NULL) return strerror(errno);
    bool found = fgets(device_id, DEVICE_ID_SIZE, file) != NULL;
    fclose(file);
    if (found) device_id[strcspn(device_id, "\r\n")] = '\0';
    bool valid = found && device_id[0] != '\0' && strspn(device_id, allowed) == strlen(device_id);
    return valid ? NULL : "it holds no device id";
}

static bool write_id(const char* path, const char* device_id) {
    char temporary[CONFIG_PATH_SIZE + 48];
    unsigned suffix = 0;
    os_random(&suffix, sizeof suffix);
    snprintf(temporary, sizeof temporary, "%s.%08x", path, suffix);
    FILE* file = os_open(temporary, "w");
    if (file == NULL) return false;
    bool written = fprintf(file, "%s\n", device_id) > 0;
    if (fclose(file) == 0 && written && os_rename(temporary, path)) return true;
    int error = errno;
    os_remove(temporary);
    errno = error;
    return false;
}

void device_id_load(char device_id[DEVICE_ID_SIZE], const char* folder) {
    char path[CONFIG_PATH_SIZE + 24];
    bool keep = folder[0] != '\0';
    snprintf(path, sizeof path, "%s/timshim_device_id", folder);
    const char* problem = keep ? read_id(path, device_id) : NULL;
    if (keep && problem == NULL) return;
    bool there = keep && os_exists(path);
    make(device_id);
    if (there) { /* somebody's, or ours and damaged: not ours to overwrite */
        log_write(kTIMLog_Warn, "%.400s is not used (%.100s), and the server will take each start for another device: mend or delete it",
                  path, problem);
        return;
    }
    if (!keep || write_id(path, device_id)) return;
    log_write(kTIMLog_Warn, "%.400s cannot be written (%s): the server will take the next start for another device", path, strerror(errno));
}
