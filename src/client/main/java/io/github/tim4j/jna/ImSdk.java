/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;

/**
 * The thirteen functions of the login lifecycle, as in {@code TIMManager.h}.
 *
 * <p>Strings are passed as UTF-8. A UserSig is passed as a pointer, so that the caller owns the only native copy and can wipe it. Strings
 * that a callback gets are pointers too: {@code NULL} arrives as {@code null}, they are valid until the callback returns, and
 * {@code pointer.getString(0, "UTF-8")} copies one. Unsigned 64-bit values are Java {@code long}s of the same bits.
 */
public interface ImSdk extends Library {
    /** Size in bytes of the buffer that {@link #TIMGetLoginUserID} fills. */
    int USER_ID_BUFFER = 128;

    /** Answers one request. */
    interface TIMCommCallback extends Callback {
        void invoke(int code, Pointer desc, Pointer json_params, Pointer user_data);
    }

    /** Tells each change of the connection; {@code status} is a {@code TIMNetworkStatus}. */
    interface TIMNetworkStatusListenerCallback extends Callback {
        void invoke(int status, int code, Pointer desc, Pointer user_data);
    }

    /** The user was logged out by the server. */
    interface TIMKickedOfflineCallback extends Callback {
        void invoke(Pointer user_data);
    }

    /** The UserSig expired while the user was logged in. */
    interface TIMUserSigExpiredCallback extends Callback {
        void invoke(Pointer user_data);
    }

    /** One line of the library's log; {@code level} is a {@code TIMLogLevel}. */
    interface TIMLogCallback extends Callback {
        void invoke(int level, Pointer log, Pointer user_data);
    }

    int TIMInit(long sdk_app_id, String json_sdk_config);

    int TIMUninit();

    String TIMGetSDKVersion();

    long TIMGetServerTime();

    int TIMSetConfig(String json_config, TIMCommCallback cb, Pointer user_data);

    int TIMLogin(String user_id, Pointer user_sig, TIMCommCallback cb, Pointer user_data);

    int TIMLogout(TIMCommCallback cb, Pointer user_data);

    /** @param user_id_buffer at least {@link #USER_ID_BUFFER} bytes, all zero: the vendor's library may leave them untouched */
    int TIMGetLoginUserID(byte[] user_id_buffer);

    int TIMGetLoginStatus();

    void TIMSetNetworkStatusListenerCallback(TIMNetworkStatusListenerCallback cb, Pointer user_data);

    void TIMSetKickedOfflineCallback(TIMKickedOfflineCallback cb, Pointer user_data);

    void TIMSetUserSigExpiredCallback(TIMUserSigExpiredCallback cb, Pointer user_data);

    void TIMSetLogCallback(TIMLogCallback cb, Pointer user_data);
}
