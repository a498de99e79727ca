/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import com.sun.jna.ptr.IntByReference;
import org.jspecify.annotations.Nullable;

/**
 * The classic C API, as in {@code classic/tim.h}. It has a library of its own, {@code timshim_classic}; load it with
 * {@link NativeLibraries#loadClassic}.
 *
 * <p>The library copies every structure before a call returns, but JNA must keep the callbacks inside: hold the callback objects in a
 * field until the library can no longer call them.
 */
public interface ClassicTim extends Library {
    /** Who logs in; the first three fields must not be null. */
    @FieldOrder({"account_type", "app_id_at_3rd", "identifier", "stiny_id", "tiny_id"})
    final class TIMUserInfo extends Structure {
        public @Nullable String account_type;
        public @Nullable String app_id_at_3rd;
        public @Nullable String identifier;
        public @Nullable String stiny_id;
        public long tiny_id;
    }

    /** {@code void (*)(void* data)} */
    interface Event extends Callback {
        void invoke(@Nullable Pointer data);
    }

    /** {@code void (*)(int code, const char* desc, void* data)} */
    interface Failure extends Callback {
        void invoke(int code, @Nullable Pointer desc, @Nullable Pointer data);
    }

    /** Answers one request, by one of the two. */
    @FieldOrder({"OnSuccess", "OnError", "data"})
    final class TIMCommCB extends Structure {
        public @Nullable Event OnSuccess;
        public @Nullable Failure OnError;
        public @Nullable Pointer data;
    }

    /** The connection was made, or lost while logged in. */
    @FieldOrder({"OnConnected", "OnDisconnected", "data"})
    final class TIMConnCB extends Structure {
        public @Nullable Event OnConnected;
        public @Nullable Event OnDisconnected;
        public @Nullable Pointer data;
    }

    /** The user was kicked offline. */
    @FieldOrder({"OnKickOffline", "data"})
    final class TIMForceOfflineCB extends Structure {
        public @Nullable Event OnKickOffline;
        public @Nullable Pointer data;
    }

    /** The UserSig expired while the user was logged in. */
    @FieldOrder({"OnUserSigExpired", "data"})
    final class TIMUserSigExpiredCB extends Structure {
        public @Nullable Event OnUserSigExpired;
        public @Nullable Pointer data;
    }

    int TIMInit();

    int TIMUninit();

    void TIMSetMode(int mode);

    void TIMSetPath(@Nullable String path);

    int TIMLogin(
            int sdk_app_id, @Nullable TIMUserInfo tim_user, @Nullable String user_sig, @Nullable TIMCommCB callback);

    void TIMLogout(@Nullable TIMCommCB callback);

    void TIMSetConnCallBack(@Nullable TIMConnCB callback);

    void TIMSetKickOfflineCallBack(@Nullable TIMForceOfflineCB callback);

    void TIMSetUserSigExpiredCallBack(@Nullable TIMUserSigExpiredCB callback);

    /** @param len in: the buffer's size; out: the user id's length */
    int TIMGetLoginUser(byte[] id, IntByReference len);
}
