/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The callbacks of the login lifecycle are in TIMCloudDef.h; this header is for programs that include it by this name.
 */
#ifndef TIMCLOUDCALLBACK_H
#define TIMCLOUDCALLBACK_H

#include "TIMCloudDef.h"

#endif
