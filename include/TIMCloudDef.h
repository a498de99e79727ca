/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file TIMCloudDef.h
 * Results, states, callback types and JSON keys of the C API.
 */
#ifndef TIM_CLOUD_DEF_H
#define TIM_CLOUD_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TIM_EXTERN_C extern "C"
#else
#define TIM_EXTERN_C extern
#endif

/**
 * In front of every exported function. TIM_BUILD is defined only while the shared library itself is compiled; define TIM_STATIC where timshim is
 * compiled into the program, and when it is compiled for that.
 */
#if defined(TIM_STATIC)
#define TIM_DECL TIM_EXTERN_C
#elif defined(_WIN32) && defined(TIM_BUILD)
#define TIM_DECL TIM_EXTERN_C __declspec(dllexport)
#elif defined(_WIN32)
#define TIM_DECL TIM_EXTERN_C __declspec(dllimport)
#else
#define TIM_DECL TIM_EXTERN_C __attribute__((visibility("default")))
#endif

/** What a call returns. Unless it is TIM_SUCC, the call's callback is never called. */
typedef enum TIMResult {
    TIM_SUCC = 0,           /**< accepted */
    TIM_ERR_SDKUNINIT = -1, /**< TIMInit has not been called */
    TIM_ERR_NOTLOGIN = -2,  /**< nobody is logged in */
    TIM_ERR_JSON = -3,      /**< not a JSON object, or a known key has a value of the wrong type */
    TIM_ERR_PARAM = -4,     /**< an argument is NULL, empty or out of range */
    TIM_ERR_CONV = -5,      /**< conversations only; not used here */
    TIM_ERR_GROUP = -6      /**< groups only; not used here */
} TIMResult;

/** What TIMGetLoginStatus returns. */
typedef enum TIMLoginStatus {
    kTIMLoginStatus_Logined = 1,   /**< logged in, also while the connection is being restored */
    kTIMLoginStatus_Logining = 2,  /**< a login is under way */
    kTIMLoginStatus_UnLogined = 3, /**< nobody is logged in */
    kTIMLoginStatus_Logouting = 4  /**< a logout is under way */
} TIMLoginStatus;

/** The state of the connection to the server. */
typedef enum TIMNetworkStatus {
    kTIMConnected = 0,    /**< connected and authenticated */
    kTIMDisconnected = 1, /**< the connection was lost while logged in; or, with code 0, closed by a logout or a switch of account */
    kTIMConnecting = 2,   /**< an attempt begins */
    kTIMConnectFailed = 3 /**< the attempt failed; another follows by itself, unless the login or session has ended */
} TIMNetworkStatus;

/** Levels of the log. A threshold lets through its own level and every higher one; 0 lets nothing through. */
typedef enum TIMLogLevel {
    kTIMLog_Off = 0,
    kTIMLog_Test = 1,
    kTIMLog_Verbose = 2,
    kTIMLog_Debug = 3,
    kTIMLog_Info = 4,
    kTIMLog_Warn = 5,
    kTIMLog_Error = 6,
    kTIMLog_Assert = 7
} TIMLogLevel;

/**
 * Answers one request.
 * @param code        0, or a code of TIMErrorCode.h
 * @param desc        "" on success, else one sentence; at most 255 bytes
 * @param json_params the result as JSON, "" where the request has none
 * @param user_data   what was given with the request
 */
typedef void (*TIMCommCallback)(int32_t code, const char* desc, const char* json_params, const void* user_data);

/**
 * Reports each change of the connection, for the first connection of a login as for every reconnect. Connecting comes before connected and before
 * connect failed; disconnected comes after connected, unless the kicked or the expired callback says it. While the user who is logged in is authenticated
 * again with another UserSig, nothing is reported as long as the session stays connected.
 * @param code the cause; 0 for kTIMConnecting and kTIMConnected, and for kTIMDisconnected after a logout
 * @param desc the cause in words, or ""
 */
typedef void (*TIMNetworkStatusListenerCallback)(enum TIMNetworkStatus status, int32_t code, const char* desc,
                                                 const void* user_data);

/** The user was logged out by the server: another instance logged in, or an administrator kicked. Nothing reconnects after it. */
typedef void (*TIMKickedOfflineCallback)(const void* user_data);

/** The UserSig expired while the user was logged in. The user is logged out; log in again with a new UserSig. */
typedef void (*TIMUserSigExpiredCallback)(const void* user_data);

/** One line of the log, without line end. A line contains no UserSig. */
typedef void (*TIMLogCallback)(enum TIMLogLevel level, const char* log, const void* user_data);

/* Keys of TIMInit's JSON. Those that only timshim knows are in TIMShim.h. */
#define kTIMSdkConfigConfigFilePath "sdk_config_config_file_path" /**< string: an existing folder for what must be kept */
#define kTIMSdkConfigLogFilePath "sdk_config_log_file_path"       /**< string: an existing folder for the log file */
#define kTIMSdkConfigMainThreadId "sdk_config_main_thread_id"     /**< integer; accepted, without effect */
#define kTIMSdkConfigJavaVM "sdk_config_java_vm"                  /**< integer; accepted, without effect */

/* Keys of TIMSetConfig's JSON. */
#define kTIMSetConfigLogLevel "set_config_log_level"                       /**< TIMLogLevel of the log file and console */
#define kTIMSetConfigCackBackLogLevel "set_config_callback_log_level"      /**< TIMLogLevel of the log callback (the vendor's spelling) */
#define kTIMSetConfigCallbackLogLevel kTIMSetConfigCackBackLogLevel        /**< the same, spelled right */
#define kTIMSetConfigIsLogOutputConsole "set_config_is_log_output_console" /**< bool: log to standard error as well */
#define kTIMSetConfigUserConfig "set_config_user_config"                   /**< object; accepted, without effect */
/*
 * Proxies. timshim asks an HTTP proxy to CONNECT (with Basic authentication), a SOCKS 5 proxy by the server's name; with both, SOCKS 5 is used. A proxy
 * that wants another user name or password ends the login with ERR_SDK_NET_AUTH_INVALID, one that refuses with ERR_SDK_NET_CONN_REFUSE; each text
 * names it. mqtt:// goes through a proxy only to loopback, or with shim_allow_plaintext.
 */
#define kTIMSetConfigHttpProxyInfo "set_config_http_proxy_info"     /**< object, with the four keys below */
#define kTIMHttpProxyInfoIp "http_proxy_info_ip"                    /**< string: a host name or an address, up to 255 bytes; "": no proxy */
#define kTIMHttpProxyInfoPort "http_proxy_info_port"                /**< number, 1 to 65535 */
#define kTIMHttpProxyInfoUserName "http_proxy_info_username"        /**< string, up to 255 bytes, without a colon; "": without authentication */
#define kTIMHttpProxyInfoPassword "http_proxy_info_password"        /**< string, up to 255 bytes */
#define kTIMSetConfigSocks5ProxyInfo "set_config_socks5_proxy_info" /**< object, with the four keys below */
#define kTIMSocks5ProxyInfoIp "socks5_proxy_info_ip"                /**< string: a host name or an address, up to 255 bytes; "": no proxy */
#define kTIMSocks5ProxyInfoPort "socks5_proxy_info_port"            /**< number, 1 to 65535 */
#define kTIMSocks5ProxyInfoUserName "socks5_proxy_info_username"    /**< string, up to 255 bytes; "": without authentication */
#define kTIMSocks5ProxyInfoPassword "socks5_proxy_info_password"    /**< string, up to 255 bytes */
#define kTIMSetConfigPACProxyInfo "set_config_pac_proxy_info"       /**< object, with the two keys below; accepted, without effect */
#define kTIMPACProxyInfoUserName "pac_proxy_info_username"
#define kTIMPACProxyInfoPassword "pac_proxy_info_password"
#define kTIMSetConfigUserDefineData "set_config_user_define_data"               /**< string; accepted, without effect */
#define kTIMSetConfigIsOnlyLocalDNSSource "set_config_is_only_local_dns_source" /**< bool; accepted: timshim knows no other */

/* Keys of kTIMSetConfigUserConfig's object, which concern messages: accepted, without effect. */
#define kTIMUserConfigIsReadReceipt "user_config_is_read_receipt"
#define kTIMUserConfigIsSyncReport "user_config_is_sync_report"
#define kTIMUserConfigIsIngoreGroupTipsUnRead "user_config_is_ingore_grouptips_unread" /**< the vendor's spelling */
#define kTIMUserConfigIsDisableStorage "user_config_is_is_disable_storage"             /**< the vendor's spelling */
#define kTIMUserConfigGroupGetInfoOption "user_config_group_getinfo_option"
#define kTIMUserConfigGroupMemberGetInfoOption "user_config_group_member_getinfo_option"

#endif
