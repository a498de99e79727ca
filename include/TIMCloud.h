/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file TIMCloud.h
 * The C API of the Tencent IM login lifecycle; this header includes all others but TIMShim.h.
 *
 * The whole contract on one page. It holds for timshim; where the vendor's library is known to differ, the function says so.
 *
 * Order     TIMInit, then TIMLogin / TIMLogout any number of times, then TIMUninit; and again, as often as you like, also with
 *           another app id. One process has one instance and one user logged in.
 * Threads   Every function may be called from any thread and from inside any callback. None blocks on the network. TIMUninit alone
 *           waits: for the callbacks that are due.
 * Results   A function returns a TIMResult. If it is not TIM_SUCC, nothing was started and the callback is never called. If it is
 *           TIM_SUCC, the callback (unless NULL) is called exactly once: with code 0, or with a code of TIMErrorCode.h.
 * Requests  TIMLogin and TIMLogout run one after another in the order of the calls. At most 1000 wait; one more is answered with
 *           ERR_SDK_NET_REQ_COUNT_LIMIT.
 * Callbacks run one at a time, in order, on a thread of the library named "tim_callback". No lock is held meanwhile. One that blocks
 *           delays the later ones, but neither the heartbeat nor the state. They nest in one case: TIMUninit called from inside a callback
 *           runs those that are due before it returns. No exception and no longjmp may leave a callback: the library's frames below it
 *           are not made for either.
 * Locks     TIMUninit waits for callbacks, and so does a TIMInit while another thread is in TIMUninit. Call neither with a lock held that
 *           one of your callbacks takes, or both wait for ever. No other function waits for a callback.
 * Strings   UTF-8, terminated. What you pass is copied before the call returns. What a callback gets is never NULL and is valid until
 *           the callback returns. user_data is handed back untouched and belongs to you.
 * Secrets   A UserSig is kept in one buffer, wiped before it is freed, and appears in no log and no message.
 * fork      The child of a fork must not use the library.
 */
#ifndef TIM_CLOUD_H
#define TIM_CLOUD_H

#include "TIMCloudDef.h"
#include "TIMErrorCode.h"
#include "TIMManager.h"

#endif
