/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One function call that a worker process is to make.
 *
 * @param function the C function, or a command of {@link Worker}
 * @param thread   which of the worker's threads makes it; 0 is its main thread
 * @param args     texts and numbers as bytes; null is NULL
 * @param inside   calls to make from inside the callback of this one
 */
public record Call(String function, int thread, List<byte[]> args, List<Call> inside) {
    public static Call of(String function, Object... args) {
        return new Call(function, 0, Arrays.stream(args).map(Call::bytes).toList(), List.of());
    }

    public Call on(int otherThread) {
        return new Call(function, otherThread, args, inside);
    }

    public Call inside(List<Call> calls) {
        return new Call(function, thread, args, calls);
    }

    private static byte[] bytes(Object arg) {
        if (arg == null || arg instanceof byte[]) {
            return (byte[]) arg;
        }
        return arg.toString().getBytes(StandardCharsets.UTF_8);
    }

    public String text(int index) {
        byte[] arg = args.get(index);
        return arg == null ? null : new String(arg, StandardCharsets.UTF_8);
    }

    public long number(int index) {
        return Long.parseLong(text(index));
    }

    public void write(DataOutput out) throws IOException {
        out.writeUTF(function);
        out.writeInt(thread);
        out.writeInt(args.size());
        for (byte[] arg : args) {
            writeBytes(out, arg);
        }
        out.writeInt(inside.size());
        for (Call call : inside) {
            call.write(out);
        }
    }

    public static Call read(DataInput in) throws IOException {
        String function = in.readUTF();
        int thread = in.readInt();
        List<byte[]> args = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            args.add(readBytes(in));
        }
        List<Call> inside = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            inside.add(read(in));
        }
        return new Call(function, thread, args, inside);
    }

    /** Null is told from empty. */
    static void writeBytes(DataOutput out, byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    static byte[] readBytes(DataInput in) throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }
}
