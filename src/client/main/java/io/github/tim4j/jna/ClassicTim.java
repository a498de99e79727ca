/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import com.sun.jna.ptr.IntByReference;

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
        public String account_type;
        public String app_id_at_3rd;
        public String identifier;
        public String stiny_id;
        public long tiny_id;
    }

    /** {@code void (*)(void* data)} */
    interface Event extends Callback {
        void invoke(Pointer data);
    }

    /** {@code void (*)(int code, const char* desc, void* data)} */
    interface Failure extends Callback {
        void invoke(int code, Pointer desc, Pointer data);
    }

    /** Answers one request, by one of the two. */
    @FieldOrder({"OnSuccess", "OnError", "data"})
    final class TIMCommCB extends Structure {
        public Event OnSuccess;
        public Failure OnError;
        public Pointer data;
    }

    /** The connection was made, or lost while logged in. */
    @FieldOrder({"OnConnected", "OnDisconnected", "data"})
    final class TIMConnCB extends Structure {
        public Event OnConnected;
        public Event OnDisconnected;
        public Pointer data;
    }

    /** The user was kicked offline. */
    @FieldOrder({"OnKickOffline", "data"})
    final class TIMForceOfflineCB extends Structure {
        public Event OnKickOffline;
        public Pointer data;
    }

    /** The UserSig expired while the user was logged in. */
    @FieldOrder({"OnUserSigExpired", "data"})
    final class TIMUserSigExpiredCB extends Structure {
        public Event OnUserSigExpired;
        public Pointer data;
    }

    int TIMInit();

    int TIMUninit();

    void TIMSetMode(int mode);

    void TIMSetPath(String path);

    int TIMLogin(int sdk_app_id, TIMUserInfo tim_user, String user_sig, TIMCommCB callback);

    void TIMLogout(TIMCommCB callback);

    void TIMSetConnCallBack(TIMConnCB callback);

    void TIMSetKickOfflineCallBack(TIMForceOfflineCB callback);

    void TIMSetUserSigExpiredCallBack(TIMUserSigExpiredCB callback);

    /** @param len in: the buffer's size; out: the user id's length */
    int TIMGetLoginUser(byte[] id, IntByReference len);
}
