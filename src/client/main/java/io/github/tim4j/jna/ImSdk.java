/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

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
        void invoke(int code, @Nullable Pointer desc, @Nullable Pointer json_params, @Nullable Pointer user_data);
    }

    /** Reports each change of the connection; {@code status} is a {@code TIMNetworkStatus}. */
    interface TIMNetworkStatusListenerCallback extends Callback {
        void invoke(int status, int code, @Nullable Pointer desc, @Nullable Pointer user_data);
    }

    /** The user was logged out by the server. */
    interface TIMKickedOfflineCallback extends Callback {
        void invoke(@Nullable Pointer user_data);
    }

    /** The UserSig expired while the user was logged in. */
    interface TIMUserSigExpiredCallback extends Callback {
        void invoke(@Nullable Pointer user_data);
    }

    /** One line of the library's log; {@code level} is a {@code TIMLogLevel}. */
    interface TIMLogCallback extends Callback {
        void invoke(int level, @Nullable Pointer log, @Nullable Pointer user_data);
    }

    int TIMInit(long sdk_app_id, @Nullable String json_sdk_config);

    int TIMUninit();

    String TIMGetSDKVersion();

    long TIMGetServerTime();

    int TIMSetConfig(@Nullable String json_config, @Nullable TIMCommCallback cb, @Nullable Pointer user_data);

    int TIMLogin(
            @Nullable String user_id,
            @Nullable Pointer user_sig,
            @Nullable TIMCommCallback cb,
            @Nullable Pointer user_data);

    int TIMLogout(@Nullable TIMCommCallback cb, @Nullable Pointer user_data);

    /** @param user_id_buffer at least {@link #USER_ID_BUFFER} bytes, all zero: the vendor's library may leave them untouched */
    int TIMGetLoginUserID(byte @Nullable [] user_id_buffer);

    int TIMGetLoginStatus();

    void TIMSetNetworkStatusListenerCallback(
            @Nullable TIMNetworkStatusListenerCallback cb, @Nullable Pointer user_data);

    void TIMSetKickedOfflineCallback(@Nullable TIMKickedOfflineCallback cb, @Nullable Pointer user_data);

    void TIMSetUserSigExpiredCallback(@Nullable TIMUserSigExpiredCallback cb, @Nullable Pointer user_data);

    void TIMSetLogCallback(@Nullable TIMLogCallback cb, @Nullable Pointer user_data);
}
