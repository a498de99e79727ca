/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tim.h
 * The classic C API (2016 to 2018) of the login lifecycle, exported by the library timshim_classic. Its names clash with those of the
 * current API, so a program uses one of the two.
 *
 * Order     TIMInit, then TIMLogin / TIMLogout, then TIMUninit; the app is named by each login.
 * Threads   Any, also from inside a callback. Callbacks run one at a time, in order, on the thread "tim_callback".
 * Ownership Every struct and string is copied before the call returns; it may be on the stack of the caller. `data` is handed back
 *           untouched, and belongs to you.
 * Requests  Each login and logout is answered exactly once, in the order of the calls, by OnSuccess or by OnError with a code of
 *           TIMErrorCode.h. The rules of TIMLogin and TIMLogout in TIMManager.h hold here too.
 * Settings  There is no JSON: what TIMShim.h describes is read from its environment variables (TIM_SHIM_SERVER and so on) at TIMInit.
 */
#ifndef TIM_CLASSIC_H
#define TIM_CLASSIC_H

#include <stdint.h>

#include "../TIMCloudDef.h"
#include "../TIMErrorCode.h"

typedef struct TIMUserInfo {
    char* account_type;  /**< not NULL; not used by timshim */
    char* app_id_at_3rd; /**< not NULL; the SDKAppID as text for accounts of one's own; not used by timshim */
    char* identifier;    /**< the user id */
    char* stiny_id;      /**< never read */
    uint64_t tiny_id;    /**< never read */
} TIMUserInfo;

typedef struct TIMCommCB {
    void (*OnSuccess)(void* data);                           /**< may be NULL */
    void (*OnError)(int code, const char* desc, void* data); /**< may be NULL; desc is never NULL and valid until it returns */
    void* data;
} TIMCommCB;

typedef struct TIMConnCB {
    void (*OnConnected)(void* data);    /**< the first connection of a login, and every one restored; may be NULL */
    void (*OnDisconnected)(void* data); /**< lost while logged in; it is restored by itself; may be NULL */
    void* data;
} TIMConnCB;

typedef struct TIMForceOfflineCB {
    void (*OnKickOffline)(void* data); /**< may be NULL */
    void* data;
} TIMForceOfflineCB;

typedef struct TIMUserSigExpiredCB {
    void (*OnUserSigExpired)(void* data); /**< may be NULL */
    void* data;
} TIMUserSigExpiredCB;

/** @return 0, also if already initialised; -1 if no thread could be started */
TIM_DECL int TIMInit(void);
/** As in TIMManager.h. @return 0 */
TIM_DECL int TIMUninit(void);
/** @param mode 1 = IM, 0 = login only; timshim has logins only, so both are the same here */
TIM_DECL void TIMSetMode(int mode);
/** @param path an existing folder for the device id and the log file, UTF-8; counts from the next TIMInit; NULL and "" mean none */
TIM_DECL void TIMSetPath(const char* path);

/**
 * @param sdk_app_id the SDKAppID, above 0. Another app than that of the user logged in is a switch of the account.
 * @param callback   may be NULL
 * @return 0; -1 before TIMInit; -4 if sdk_app_id is not above 0, tim_user, one of its first three fields or user_sig is NULL, or the
 *         identifier or user_sig is empty. Not 0: the callback is never called.
 */
TIM_DECL int TIMLogin(int sdk_app_id, const TIMUserInfo* tim_user, const char* user_sig, TIMCommCB* callback);
/** @param callback may be NULL; before TIMInit its OnError gets ERR_SDK_NOT_INITIALIZED on the calling thread */
TIM_DECL void TIMLogout(TIMCommCB* callback);

/* One of each kind; setting it again replaces it, NULL removes it. Works before TIMInit, and survives TIMUninit. */
TIM_DECL void TIMSetConnCallBack(TIMConnCB* callback);
TIM_DECL void TIMSetKickOfflineCallBack(TIMForceOfflineCB* callback);
TIM_DECL void TIMSetUserSigExpiredCallBack(TIMUserSigExpiredCB* callback);

/**
 * The user logged in.
 * @param id  a buffer for the user id and its terminator; 33 bytes hold every one
 * @param len in: the size of the buffer; out: the length of the user id without the terminator
 * @return 0; -2 if nobody is logged in; -4 if an argument is NULL or the buffer too small, *len then has the length of the user id
 */
TIM_DECL int TIMGetLoginUser(char* id, uint32_t* len);

#endif
