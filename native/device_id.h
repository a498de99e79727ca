/* SPDX-License-Identifier: Apache-2.0 */
/** Which device this is: a random id, kept in a file so that the server knows the device again. */
#ifndef TIMSHIM_DEVICE_ID_H
#define TIMSHIM_DEVICE_ID_H

enum { DEVICE_ID_SIZE = 65 };

/**
 * Reads the id from `timshim_device_id` in the folder, or makes one and writes it there.
 * @param folder "" makes one for this process only; so does a folder that cannot be used, and the log says so
 */
void device_id_load(char device_id[DEVICE_ID_SIZE], const char* folder);

#endif
