/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file TIMManager.h
 * The thirteen functions of the login lifecycle. The contract that they share is at the top of TIMCloud.h.
 */
#ifndef TIM_MANAGER_H
#define TIM_MANAGER_H

#include "TIMCloudDef.h"

/**
 * Starts the library. Like all functions here it leaves to the application what belongs to the process: the working folder, the umask, what signals do,
 * standard input and output.
 * @param sdk_app_id      the SDKAppID, not 0
 * @param json_sdk_config a JSON object with keys of TIMCloudDef.h and TIMShim.h; NULL and "" mean all defaults. Unknown keys are ignored.
 *                        A value of the right type that cannot be used (an invalid URL, a timeout of -1) is not an error here:
 *                        the logins that need it fail with ERR_INVALID_PARAMETERS and a description that names it.
 * @return TIM_SUCC, also if already initialised with the same app id (the second configuration is then ignored);
 *         TIM_ERR_PARAM if sdk_app_id is 0 or another app id is initialised; TIM_ERR_JSON if the configuration is not a JSON object or
 *         a known key has the wrong type; TIM_ERR_SDKUNINIT if no thread could be started, or inside a
 *         callback while another thread is in TIMUninit, which waits for that callback.
 */
TIM_DECL int TIMInit(uint64_t sdk_app_id, const char* json_sdk_config);

/**
 * Stops the library and frees everything. Requests that have not been answered get ERR_SDK_COMM_INTERRUPT. The connection is closed as
 * if the process had ended: to the server the user is not logged out. When it returns, every callback that was due has run and no more
 * will: except the one that it was called from, if any. Called from a callback, it runs those that are due before it returns. The
 * functions registered with TIMSet...Callback stay registered.
 * @return TIM_SUCC always, also if not initialised
 */
TIM_DECL int TIMUninit(void);

/** @return the version, for example "0.1.0"; static, never NULL; valid before TIMInit too */
TIM_DECL const char* TIMGetSDKVersion(void);

/**
 * The server's time, carried on with the local monotonic clock.
 * @return Unix time in seconds; 0 until a server has reported its time, which it does in the answer to a login
 */
TIM_DECL uint64_t TIMGetServerTime(void);

/**
 * Changes the configuration, before TIMInit or while running; it is kept until TIMUninit. A proxy is used from the next connection on.
 * @param json_config a JSON object with keys of TIMCloudDef.h; what it does not name stays, and NULL or "" changes nothing
 * @param cb          gets the whole configuration as JSON, without passwords; may be NULL. Without TIMInit it is called before TIMSetConfig returns,
 *                    on the same thread: there is no callback thread yet
 * @return TIM_SUCC, TIM_ERR_JSON (not an object, a known key of the wrong type, a level outside 0 to 7, a proxy with a port outside 1 to 65535 or
 *         with an address, user name or password of more than 255 bytes), TIM_ERR_SDKUNINIT (TIMUninit is under way), or TIM_ERR_PARAM (there is no
 *         memory, or 10000 answers wait for callbacks to return)
 */
TIM_DECL int TIMSetConfig(const char* json_config, TIMCommCallback cb, const void* user_data);

/**
 * Logs a user in. If it starts at once, the status is kTIMLoginStatus_Logining when the call returns.
 *
 * - The user already logged in, same UserSig: success without touching the network.
 * - The user already logged in, another UserSig: checked with the server; refused, the callback gets the error and the session stays.
 *   The status stays kTIMLoginStatus_Logined meanwhile.
 * - Another user: the session is closed like a logout, then the login runs; if it fails, nobody is logged in.
 * - What cannot work is answered here, without touching the session: an invalid user id (ERR_SDK_COMM_INVALID_IDENTIFIER), a UserSig
 *   that is too long or was seen to expire (ERR_USER_SIG_EXPIRED), a configuration without a usable server (ERR_INVALID_PARAMETERS).
 * - The server cannot be reached: retried until the login timeout (30 s, see TIMShim.h), then the last cause is the code.
 *
 * @param user_id  1 to 32 bytes of 0x20 to 0x7e; anything else that is not empty is accepted here and answered with
 *                 ERR_SDK_COMM_INVALID_IDENTIFIER
 * @param user_sig the UserSig, at most 8192 bytes; a longer one is accepted here and answered with
 *                 ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED
 * @param cb       may be NULL; json_params is ""
 * @return TIM_SUCC; TIM_ERR_SDKUNINIT; TIM_ERR_PARAM if user_id or user_sig is NULL or empty, if there is no memory for the request,
 *         or if 10000 answers wait for callbacks to return
 */
TIM_DECL int TIMLogin(const char* user_id, const char* user_sig, TIMCommCallback cb, const void* user_data);

/**
 * Logs the user out. It never fails for want of a network: the server is informed if that can be done at once. If nobody is logged in it
 * succeeds too. Called while a login is under way, it runs after the login has ended. Where there was a session, the network callback reports
 * kTIMDisconnected with code 0 right after cb.
 * @param cb may be NULL; json_params is ""
 * @return TIM_SUCC, TIM_ERR_SDKUNINIT, or TIM_ERR_PARAM (there is no memory, or 10000 answers wait for callbacks to return)
 */
TIM_DECL int TIMLogout(TIMCommCallback cb, const void* user_data);

/**
 * The user logged in.
 * @param user_id_buffer at least 128 bytes, yours; gets a terminated string of at most 127 bytes, "" if nobody is logged in. (The vendor's
 *                       library leaves it untouched then: clear it before the call.)
 * @return TIM_SUCC; TIM_ERR_PARAM if user_id_buffer is NULL
 */
TIM_DECL int TIMGetLoginUserID(char* user_id_buffer);

/** @return the login status; kTIMLoginStatus_UnLogined before TIMInit. Takes no lock. */
TIM_DECL enum TIMLoginStatus TIMGetLoginStatus(void);

/*
 * One callback of each kind; setting it again replaces it and NULL removes it. Works before TIMInit, and survives TIMUninit.
 * A callback that is running when it is replaced runs to its end.
 */
TIM_DECL void TIMSetNetworkStatusListenerCallback(TIMNetworkStatusListenerCallback cb, const void* user_data);
TIM_DECL void TIMSetKickedOfflineCallback(TIMKickedOfflineCallback cb, const void* user_data);
TIM_DECL void TIMSetUserSigExpiredCallback(TIMUserSigExpiredCallback cb, const void* user_data);
TIM_DECL void TIMSetLogCallback(TIMLogCallback cb, const void* user_data);

#endif
