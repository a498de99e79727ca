/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TIMSHIM_VERSION_H
#define TIMSHIM_VERSION_H

/** What TIMGetSDKVersion returns and CONNECT says; the same as the Maven project's. */
#define TIMSHIM_VERSION "0.1.0"

#endif
