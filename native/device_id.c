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

static bool read_id(const char* path, char device_id[DEVICE_ID_SIZE]) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    FILE* file = os_open(path, "r");
    if (file == NULL) return false;
    bool found = fgets(device_id, DEVICE_ID_SIZE, file) != NULL;
    fclose(file);
    if (!found) return false;
    device_id[strcspn(device_id, "\r\n")] = '\0';
    return device_id[0] != '\0' && strspn(device_id, allowed) == strlen(device_id);
}

static bool write_id(const char* path, const char* device_id) {
    char temporary[CONFIG_PATH_SIZE + 48];
    unsigned suffix = 0;
    os_random(&suffix, sizeof suffix);
    snprintf(temporary, sizeof temporary, "%s.%08x", path, suffix);
    FILE* file = os_open(temporary, "w");
    if (file == NULL) return false;
    bool written = fprintf(file, "%s\n", device_id) > 0;
    return (fclose(file) == 0) && written && os_rename(temporary, path);
}

void device_id_load(char device_id[DEVICE_ID_SIZE], const char* folder) {
    char path[CONFIG_PATH_SIZE + 24];
    bool keep = folder[0] != '\0';
    snprintf(path, sizeof path, "%s/timshim_device_id", folder);
    if (keep && read_id(path, device_id)) return;
    make(device_id);
    if (!keep || write_id(path, device_id)) return;
    log_write(kTIMLog_Warn, "%.400s cannot be written (%s): the server will take the next start for another device", path, strerror(errno));
}
