/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;

/**
 * What a worker process tells: the return of a call, or a callback. One line of text each on its standard output, begun with a word that
 * only the two processes know, since the library may write there too.
 *
 * @param kind   what it is
 * @param id     of {@link Kind#RETURNED} and {@link Kind#BROKEN}: the call's; else the callback's user_data
 * @param number what was returned; of a callback the code or status; of {@link Kind#INSIDE} what the call inside the callback returned
 * @param text   what was returned, or the callback's desc; null for NULL
 * @param json   the callback's json_params or log line; of a network event its code is in the number and the status here; null for NULL
 * @param thread the native thread's name and number, "" if unknown
 * @param status what TIMGetLoginStatus said inside the callback, 0 if not asked
 * @param flags  {@link #OVERLAPS}, {@link #AFTER_UNINIT}, {@link #ON_CALLING_THREAD}
 */
record News(Kind kind, long id, long number, byte[] text, byte[] json, String thread, int status, int flags) {
    enum Kind {
        RETURNED,
        BROKEN,
        INSIDE,
        ANSWER,
        NETWORK,
        KICKED,
        EXPIRED,
        KICK_REASON,
        LOG,
        CONNECTED,
        DISCONNECTED
    }

    /** Another thread was in a callback at the same time. */
    static final int OVERLAPS = 1;
    /** It began after TIMUninit had returned. */
    static final int AFTER_UNINIT = 2;
    /** It came on a thread of the application, inside a call. */
    static final int ON_CALLING_THREAD = 4;

    static News returned(long id, long number, byte[] text) {
        return new News(Kind.RETURNED, id, number, text, null, "", 0, 0);
    }

    boolean isCallback() {
        return kind.ordinal() >= Kind.ANSWER.ordinal();
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    String toLine(String word) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(kind.ordinal());
            out.writeLong(id);
            out.writeLong(number);
            Call.writeBytes(out, text);
            Call.writeBytes(out, json);
            out.writeUTF(thread);
            out.writeInt(status);
            out.writeInt(flags);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return word + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    static News ofLine(String base64) {
        try (DataInputStream in =
                new DataInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(base64)))) {
            return new News(
                    Kind.values()[in.readByte()],
                    in.readLong(),
                    in.readLong(),
                    Call.readBytes(in),
                    Call.readBytes(in),
                    in.readUTF(),
                    in.readInt(),
                    in.readInt());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
