/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file TIMShim.h
 * What only timshim has. A program that includes this header does not run on the vendor's library.
 */
#ifndef TIM_SHIM_H
#define TIM_SHIM_H

#include "TIMCloudDef.h"

/** The version of these headers. TIMGetSDKVersion returns the library's, in the form of TIMSHIM_VERSION. */
#define TIMSHIM_VERSION_MAJOR 0
#define TIMSHIM_VERSION_MINOR 1
#define TIMSHIM_VERSION_PATCH 0
#define TIMSHIM_VERSION "0.1.0"

/*
 * Keys of TIMInit's JSON. Where the JSON does not name one, the environment variable beside it counts: the same name in capitals, with
 * TIM_ in front. An environment variable that is set and empty counts as not set.
 */
#define kTIMShimServer "shim_server"                   /**< string: mqtt://host[:1883] or mqtts://host[:8883]; required. TIM_SHIM_SERVER */
#define kTIMShimPlatform "shim_platform"               /**< string: Windows, Mac, Linux, Android, iPhone, iPad or Web;
                                              default: the system's. TIM_SHIM_PLATFORM */
#define kTIMShimDeviceId "shim_device_id"              /**< string, 1 to 64 bytes of letters, digits, - and _; default: random, kept in
                                               sdk_config_config_file_path if that is given. TIM_SHIM_DEVICE_ID */
#define kTIMShimLoginTimeoutMs "shim_login_timeout_ms" /**< integer, 1 to 600000 ms; default 30000. TIM_SHIM_LOGIN_TIMEOUT_MS */
#define kTIMShimHeartbeatS "shim_heartbeat_s"          /**< integer, 1 to 3600 s; default 30. The server may shorten it. TIM_SHIM_HEARTBEAT_S */
#define kTIMShimCaFile "shim_ca_file"                  /**< string: PEM file of the CAs to trust; default: the system's. TIM_SHIM_CA_FILE */
#define kTIMShimTlsServerName "shim_tls_server_name"   /**< string: the name to verify; default: the URL's host. TIM_SHIM_TLS_SERVER_NAME */
#define kTIMShimAllowPlaintext "shim_allow_plaintext"  /**< bool: allow mqtt:// to an address that is not loopback; default false.
                                                           TIM_SHIM_ALLOW_PLAINTEXT, "true" or "false" */

/*
 * mqtts:// is TLS 1.2 or 1.3 by the machine's OpenSSL, 3 or 1.1.1, which is loaded at the first login. The server's certificate must be
 * valid, come from a trusted CA (or be in shim_ca_file itself) and have the name or IP address among its subject alternative names; there
 * is no way to do without. The CA file is read again for each connection, the system's CAs once in a process. A login that fails gets:
 *
 *   ERR_SDK_NET_DECODE_FAILED (9502)    a certificate that is not acceptable, a port without TLS, no common version; at once
 *   ERR_SDK_NET_ENCODE_FAILED (9501)    no OpenSSL here; at once, and the text says what to install
 *   ERR_INVALID_PARAMETERS (6017)       a CA file that cannot be used; at once, and the text names it
 *   ERR_SDK_NET_RESET_BY_PEER (9514)    the server broke off in the handshake; after the login timeout
 *   ERR_SDK_NET_WAIT_ACK_TIMEOUT (9520) the handshake was not finished in time; after the login timeout
 *
 * A session that loses its connection goes on trying, whatever the reason. On Linux and macOS the system's CAs are those of OpenSSL's
 * own folders (SSL_CERT_FILE and SSL_CERT_DIR count), on Windows those of the store "ROOT".
 */

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

/**
 * Ends every login that TIMLogin was given this user_data for and that is not answered yet, under way or waiting for its turn: each gets
 * ERR_SDK_COMM_INTERRUPT (7009), once, in the order of the calls; its connection is closed, and what waits behind it goes on. Whoever is
 * logged in stays so, also while being authenticated again. A switch of account that is under way has ended the session before it already:
 * then nobody is logged in. If the login packet of another user was sent, that user is logged out again where the server may have accepted
 * it. Logouts are not touched. From any thread, also inside a callback; the callbacks come as always, not from inside this call.
 * @param user_data compared as a pointer; NULL means the logins that were given NULL
 * @return TIM_SUCC if there was such a login; TIM_ERR_PARAM if there was none, because it has been answered already; TIM_ERR_SDKUNINIT
 */
TIM_DECL int TIMShimAbortLogin(const void* user_data);

/**
 * The name of a code, as TIMErrorCode.h has it: "ERR_SVR_ACCOUNT_USERSIG_EXPIRED" for 70001. Any thread; valid before TIMInit too.
 * @return static; NULL for a code that is not in TIMErrorCode.h, which a newer server may send
 */
TIM_DECL const char* TIMShimErrorName(int32_t code);

#endif
