/* SPDX-License-Identifier: Apache-2.0 */
/** The codes of TIMErrorCode.h by name. Pure; any thread. */
#ifndef TIMSHIM_ERROR_NAMES_H
#define TIMSHIM_ERROR_NAMES_H

#include <stdint.h>

/** @return static; NULL for a code that has no name */
const char* error_name(int32_t code);

#endif
