/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file TIMShim.h
 * What only timshim has. A program that includes this header does not run on the vendor's library.
 */
#ifndef TIM_SHIM_H
#define TIM_SHIM_H

#include "TIMCloudDef.h"

/*
 * Keys of TIMInit's JSON. Where the JSON does not name one, the environment variable beside it counts: the same name in capitals, with
 * TIM_ in front. An environment variable that is set and empty counts as not set.
 */
#define kTIMShimServer "shim_server" /**< string: mqtt://host[:1883] or mqtts://host[:8883]; required. TIM_SHIM_SERVER */
#define kTIMShimPlatform "shim_platform" /**< string: Windows, Mac, Linux, Android, iPhone, iPad or Web; default: the system's. TIM_SHIM_PLATFORM */
#define kTIMShimDeviceId "shim_device_id" /**< string, 1 to 64 bytes of letters, digits, - and _; default: random, kept in
                                               sdk_config_config_file_path if that is given. TIM_SHIM_DEVICE_ID */
#define kTIMShimLoginTimeoutMs "shim_login_timeout_ms" /**< integer, 1 to 600000 ms; default 30000. TIM_SHIM_LOGIN_TIMEOUT_MS */
#define kTIMShimHeartbeatS "shim_heartbeat_s" /**< integer, 1 to 3600 s; default 30. The server may shorten it. TIM_SHIM_HEARTBEAT_S */
#define kTIMShimCaFile "shim_ca_file" /**< string: PEM file of the CAs to trust; default: the system's. TIM_SHIM_CA_FILE */
#define kTIMShimTlsServerName "shim_tls_server_name" /**< string: the name to verify; default: the URL's host. TIM_SHIM_TLS_SERVER_NAME */
#define kTIMShimAllowPlaintext "shim_allow_plaintext" /**< bool: allow mqtt:// to an address that is not loopback; default false.
                                                           TIM_SHIM_ALLOW_PLAINTEXT, "true" or "false" */

/** Why the server ended the session. */
typedef enum TIMShimKickReason {
    kTIMShimKick_OtherInstance = 1, /**< the same user logged in on the same platform */
    kTIMShimKick_OtherPlatform = 2, /**< the same user logged in on another platform, and the login policy allows one */
    kTIMShimKick_Rest = 3,          /**< an administrator kicked, or invalidated the UserSig */
    kTIMShimKick_UserSigExpired = 4 /**< the UserSig expired; TIMUserSigExpiredCallback follows, not TIMKickedOfflineCallback */
} TIMShimKickReason;

/**
 * @param reason a TIMShimKickReason
 * @param desc   the server's words, or ""; never NULL, valid until the callback returns
 */
typedef void (*TIMShimKickedOfflineReasonCallback)(int32_t reason, const char* desc, const void* user_data);

/**
 * Called right before TIMKickedOfflineCallback or TIMUserSigExpiredCallback, once each time. Otherwise like the functions of TIMManager.h.
 */
TIM_DECL void TIMShimSetKickedOfflineReasonCallback(TIMShimKickedOfflineReasonCallback cb, const void* user_data);

#endif
