/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.UserIdBuffer;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.jna.ImSdk;
import io.github.tim4j.jna.LibraryLoadException;
import io.github.tim4j.jna.LoadedLibrary;
import io.github.tim4j.jna.NativeLibraries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The current C API. Texts go to the library as they are, also such that are no UTF-8: therefore as pointers, through the handle of
 * {@link LoadedLibrary}, where {@link ImSdk} has strings.
 */
final class CurrentFunctions implements Worker.Functions {
    private static final int GUARD = 256;

    /** Without these there is no scenario. */
    private static final Set<String> NEEDED =
            Set.of("TIMInit", "TIMUninit", "TIMLogin", "TIMLogout", "TIMGetLoginStatus", "TIMGetLoginUserID");

    private final LoadedLibrary library;
    private final ImSdk sdk;
    private final List<String> missing;

    private CurrentFunctions(LoadedLibrary library, List<String> missing) {
        this.library = library;
        this.sdk = library.sdk();
        this.missing = missing;
    }

    /** @param path null for the bundled library; another one may lack functions that only some scenarios call */
    static CurrentFunctions load(Path path) {
        try {
            return new CurrentFunctions(NativeLibraries.load(path), List.of());
        } catch (LibraryLoadException e) {
            List<String> missing = path == null ? List.of() : missingIn(path.toString());
            if (missing.isEmpty() || missing.stream().anyMatch(NEEDED::contains)) {
                throw e;
            }
            NativeLibrary handle = NativeLibrary.getInstance(path.toString());
            ImSdk sdk = Native.load(path.toString(), ImSdk.class);
            String version = missing.contains("TIMGetSDKVersion") ? "" : String.valueOf(sdk.TIMGetSDKVersion());
            return new CurrentFunctions(
                    new LoadedLibrary(path.toString(), version, sdk, Optional.empty(), handle), missing);
        }
    }

    private static List<String> missingIn(String path) {
        try {
            return NativeLibraries.missing(NativeLibrary.getInstance(path), ImSdk.class);
        } catch (UnsatisfiedLinkError e) {
            return List.of();
        }
    }

    /** The functions of the C API that it lacks. */
    List<String> missing() {
        return missing;
    }

    boolean isShim() {
        return library.shim().isPresent();
    }

    String version() {
        return library.version();
    }

    @Override
    public int status() {
        return sdk.TIMGetLoginStatus();
    }

    @Override
    public WorkerMessage call(long id, Call call) {
        return switch (call.function()) {
            case "TIMGetSDKVersion" ->
                new Returned(id, 0, sdk.TIMGetSDKVersion().getBytes(StandardCharsets.UTF_8));
            case "TIMGetLoginUserID" -> userId(id, call.args().isEmpty());
            default -> new Returned(id, number(call), null);
        };
    }

    /** The buffer ends in a guard, which must stay as it was. */
    private WorkerMessage userId(long id, boolean withBuffer) {
        if (!withBuffer) {
            return new Returned(id, sdk.TIMGetLoginUserID(null), null);
        }
        try (Memory buffer = new Memory(ImSdk.USER_ID_BUFFER + GUARD)) {
            buffer.setMemory(0, buffer.size(), UserIdBuffer.UNTOUCHED);
            int result = library.handle().getFunction("TIMGetLoginUserID").invokeInt(new Object[] {buffer});
            for (byte guard : buffer.getByteArray(ImSdk.USER_ID_BUFFER, GUARD)) {
                if (guard != UserIdBuffer.UNTOUCHED) {
                    throw new IllegalStateException("it wrote behind the buffer of 128 bytes");
                }
            }
            return new Returned(id, result, buffer.getByteArray(0, ImSdk.USER_ID_BUFFER));
        }
    }

    private long number(Call call) {
        switch (call.function()) {
            case "TIMInit":
                Callbacks.uninitialised(false);
                return invoke("TIMInit", call.number(0), call.args().get(1));
            case "TIMUninit":
                long result = sdk.TIMUninit();
                Callbacks.uninitialised(true);
                return result;
            case "TIMGetServerTime":
                return sdk.TIMGetServerTime();
            case "TIMGetLoginStatus":
                return sdk.TIMGetLoginStatus();
            case "TIMSetConfig":
                return request(call, 1, call.args().get(0));
            case "TIMLogin":
                return request(call, 2, call.args().get(0), call.args().get(1));
            case "TIMLogin inverted":
                try (Memory userSig = Memories.inverted(call.args().get(1))) {
                    return request(
                            Call.of("TIMLogin", "", "", call.text(2)).inside(call.inside()),
                            2,
                            call.args().get(0),
                            userSig);
                }
            case "TIMLogout":
                return request(call, 0);
            default:
                listen(call);
                return 0;
        }
    }

    /** @param tag which argument is the user_data; null there: no callback */
    private long request(Call call, int tag, Object... texts) {
        List<Object> args = new ArrayList<>(Arrays.asList(texts));
        boolean hasCallback = call.args().get(tag) != null;
        Pointer userData = hasCallback ? Worker.userData(call.number(tag)) : null;
        if (hasCallback) {
            Callbacks.whenCalled(call.number(tag), call.inside());
        }
        args.add(hasCallback ? Callbacks.ANSWER : null);
        args.add(userData);
        return invoke(call.function(), args.toArray());
    }

    private long invoke(String function, Object... args) {
        List<Memory> lent = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            if (args[i] instanceof byte[] text) {
                Memory memory = new Memory(text.length + 1L);
                memory.write(0, text, 0, text.length);
                memory.setByte(text.length, (byte) 0);
                lent.add(memory);
                args[i] = memory;
            }
        }
        int result = library.handle().getFunction(function).invokeInt(args);
        // The library had to copy them.
        lent.forEach(memory -> memory.setMemory(0, memory.size(), (byte) 'x'));
        lent.forEach(Memory::close);
        return result;
    }

    private void listen(Call call) {
        Pointer userData = call.text(0) == null ? null : Worker.userData(call.number(0));
        boolean on = userData != null;
        if (on) {
            Callbacks.whenCalled(call.number(0), call.inside());
        }
        switch (call.function()) {
            case "TIMSetNetworkStatusListenerCallback" ->
                sdk.TIMSetNetworkStatusListenerCallback(on ? Callbacks.NETWORK : null, userData);
            case "TIMSetKickedOfflineCallback" ->
                sdk.TIMSetKickedOfflineCallback(on ? Callbacks.KICKED : null, userData);
            case "TIMSetUserSigExpiredCallback" ->
                sdk.TIMSetUserSigExpiredCallback(on ? Callbacks.EXPIRED : null, userData);
            case "TIMSetLogCallback" -> sdk.TIMSetLogCallback(on ? Callbacks.LOG : null, userData);
            case "TIMShimSetKickedOfflineReasonCallback" ->
                library.shim()
                        .orElseThrow()
                        .TIMShimSetKickedOfflineReasonCallback(on ? Callbacks.KICK_REASON : null, userData);
            default -> throw new IllegalArgumentException("no function " + call.function());
        }
    }
}
