/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.jna.ClassicTim;
import io.github.tim4j.jna.NativeLibraries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The classic C API. Each structure is overwritten as soon as the call returns, like one on the caller's stack. */
final class ClassicFunctions implements Worker.Functions {
    private static final int GUARD = 33;

    private final ClassicTim tim;
    /** JNA frees what a structure points to with the structure; a library that kept a pointer shall find rubbish, not freed memory. */
    private final List<Structure> overwritten = new CopyOnWriteArrayList<>();

    ClassicFunctions(Path path) {
        this.tim = NativeLibraries.loadClassic(path);
    }

    @Override
    public int status() {
        return 0;
    }

    @Override
    public WorkerMessage call(long id, Call call) {
        return switch (call.function()) {
            case "TIMGetLoginUser" -> loginUser(id, call);
            default -> new Returned(id, number(call), null);
        };
    }

    /** The buffer ends in a guard, which must stay as it was. */
    private WorkerMessage loginUser(long id, Call call) {
        int size = (int) call.number(0);
        byte[] buffer = new byte[size + GUARD];
        Arrays.fill(buffer, (byte) GUARD);
        IntByReference length = new IntByReference(size);
        int result = tim.TIMGetLoginUser(buffer, length);
        for (int i = size; i < buffer.length; i++) {
            if (buffer[i] != (byte) GUARD) {
                throw new IllegalStateException("it wrote behind the buffer of " + size + " bytes");
            }
        }
        String text = result == 0 ? Native.toString(buffer, "UTF-8") : "";
        return new Returned(id, result, (length.getValue() + " " + text).getBytes(StandardCharsets.UTF_8));
    }

    private long number(Call call) {
        switch (call.function()) {
            case "TIMInit":
                Callbacks.uninitialised(false);
                return tim.TIMInit();
            case "TIMUninit":
                long result = tim.TIMUninit();
                Callbacks.uninitialised(true);
                return result;
            case "TIMSetMode":
                tim.TIMSetMode((int) call.number(0));
                return 0;
            case "TIMSetPath":
                tim.TIMSetPath(call.text(0));
                return 0;
            case "TIMLogin":
                return login(call);
            case "TIMLogout":
                ClassicTim.TIMCommCB callback = callback(call, 0);
                tim.TIMLogout(callback);
                gone(callback);
                return 0;
            default:
                listen(call);
                return 0;
        }
    }

    /** Arguments: app id, account type, app id at 3rd, identifier ("-" in place of the four: no structure), UserSig, user_data. */
    private long login(Call call) {
        ClassicTim.TIMUserInfo user = null;
        if (!"-".equals(call.text(1))) {
            user = new ClassicTim.TIMUserInfo();
            user.account_type = call.text(1);
            user.app_id_at_3rd = call.text(2);
            user.identifier = call.text(3);
        }
        ClassicTim.TIMCommCB callback = callback(call, 5);
        int result = tim.TIMLogin((int) call.number(0), user, call.text(4), callback);
        gone(user);
        gone(callback);
        return result;
    }

    private ClassicTim.TIMCommCB callback(Call call, int tag) {
        if (call.args().get(tag) == null) {
            return null;
        }
        Callbacks.whenCalled(call.number(tag), call.inside());
        ClassicTim.TIMCommCB callback = new ClassicTim.TIMCommCB();
        callback.OnSuccess = Callbacks.SUCCESS;
        callback.OnError = Callbacks.FAILURE;
        callback.data = Worker.userData(call.number(tag));
        return callback;
    }

    private void gone(Structure structure) {
        if (structure != null) {
            Pointer memory = structure.getPointer();
            memory.setMemory(0, structure.size(), (byte) 0);
            overwritten.add(structure);
        }
    }

    private void listen(Call call) {
        Pointer data = call.text(0) == null ? null : Worker.userData(call.number(0));
        if (data != null) {
            Callbacks.whenCalled(call.number(0), call.inside());
        }
        switch (call.function()) {
            case "TIMSetConnCallBack" -> {
                ClassicTim.TIMConnCB callback = new ClassicTim.TIMConnCB();
                callback.OnConnected = Callbacks.CONNECTED;
                callback.OnDisconnected = Callbacks.DISCONNECTED;
                callback.data = data;
                tim.TIMSetConnCallBack(data == null ? null : callback);
                gone(callback);
            }
            case "TIMSetKickOfflineCallBack" -> {
                ClassicTim.TIMForceOfflineCB callback = new ClassicTim.TIMForceOfflineCB();
                callback.OnKickOffline = Callbacks.KICK_OFFLINE;
                callback.data = data;
                tim.TIMSetKickOfflineCallBack(data == null ? null : callback);
                gone(callback);
            }
            case "TIMSetUserSigExpiredCallBack" -> {
                ClassicTim.TIMUserSigExpiredCB callback = new ClassicTim.TIMUserSigExpiredCB();
                callback.OnUserSigExpired = Callbacks.SIG_EXPIRED;
                callback.data = data;
                tim.TIMSetUserSigExpiredCallBack(data == null ? null : callback);
                gone(callback);
            }
            default -> throw new IllegalArgumentException("no function " + call.function());
        }
    }
}
