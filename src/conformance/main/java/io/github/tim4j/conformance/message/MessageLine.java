/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.Broken;
import io.github.tim4j.conformance.message.WorkerMessage.CalledBack;
import io.github.tim4j.conformance.message.WorkerMessage.Connected;
import io.github.tim4j.conformance.message.WorkerMessage.Disconnected;
import io.github.tim4j.conformance.message.WorkerMessage.Expired;
import io.github.tim4j.conformance.message.WorkerMessage.KickReason;
import io.github.tim4j.conformance.message.WorkerMessage.Kicked;
import io.github.tim4j.conformance.message.WorkerMessage.Loaded;
import io.github.tim4j.conformance.message.WorkerMessage.LogLine;
import io.github.tim4j.conformance.message.WorkerMessage.NetworkEvent;
import io.github.tim4j.conformance.message.WorkerMessage.Returned;
import io.github.tim4j.conformance.message.WorkerMessage.ReturnedInside;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A {@link WorkerMessage} as one line of text: the library under test may write to the same output, so binary data would not do. */
public final class MessageLine {
    /** Their place in this list is the first byte. */
    private static final List<Class<? extends WorkerMessage>> TYPES = List.of(
            Returned.class,
            Loaded.class,
            Broken.class,
            ReturnedInside.class,
            Answer.class,
            NetworkEvent.class,
            Kicked.class,
            Expired.class,
            KickReason.class,
            LogLine.class,
            Connected.class,
            Disconnected.class);

    private MessageLine() {}

    public static String of(WorkerMessage message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(TYPES.indexOf(message.getClass()));
            if (message instanceof CalledBack callback) {
                write(out, callback.at());
                write(out, callback);
            } else {
                write(out, message);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    private static void write(DataOutputStream out, WorkerMessage message) throws IOException {
        if (message instanceof Returned m) {
            out.writeLong(m.call());
            out.writeLong(m.number());
            Call.writeBytes(out, m.text());
        } else if (message instanceof Loaded m) {
            out.writeLong(m.call());
            out.writeBoolean(m.shim());
            out.writeUTF(m.version());
            out.writeInt(m.missing().size());
            for (String function : m.missing()) {
                out.writeUTF(function);
            }
        } else if (message instanceof Broken m) {
            out.writeLong(m.call());
            out.writeUTF(m.why());
        } else if (message instanceof ReturnedInside m) {
            out.writeLong(m.userData());
            out.writeUTF(m.function());
            out.writeLong(m.number());
            Call.writeBytes(out, m.text());
        }
    }

    private static void write(DataOutputStream out, Circumstances at) throws IOException {
        out.writeLong(at.userData());
        out.writeUTF(at.thread());
        out.writeInt(at.status());
        out.writeBoolean(at.overlaps());
        out.writeBoolean(at.afterUninit());
        out.writeBoolean(at.onCallingThread());
    }

    private static void write(DataOutputStream out, CalledBack message) throws IOException {
        if (message instanceof Answer m) {
            out.writeInt(m.code());
        } else if (message instanceof NetworkEvent m) {
            out.writeInt(m.status());
            out.writeInt(m.code());
        } else if (message instanceof KickReason m) {
            out.writeInt(m.reason());
        } else if (message instanceof LogLine m) {
            out.writeInt(m.level());
        }
        for (byte[] text : message.texts()) {
            Call.writeBytes(out, text);
        }
    }

    public static WorkerMessage read(String line) {
        try (DataInputStream in =
                new DataInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(line)))) {
            int type = in.readByte();
            return switch (type) {
                case 0 -> new Returned(in.readLong(), in.readLong(), Call.readBytes(in));
                case 1 -> new Loaded(in.readLong(), in.readBoolean(), in.readUTF(), texts(in));
                case 2 -> new Broken(in.readLong(), in.readUTF());
                case 3 -> new ReturnedInside(in.readLong(), in.readUTF(), in.readLong(), Call.readBytes(in));
                default -> calledBack(type, circumstances(in), in);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static WorkerMessage calledBack(int type, Circumstances at, DataInputStream in) throws IOException {
        return switch (type) {
            case 4 -> new Answer(at, in.readInt(), Call.readBytes(in), Call.readBytes(in));
            case 5 -> new NetworkEvent(at, in.readInt(), in.readInt(), Call.readBytes(in));
            case 6 -> new Kicked(at);
            case 7 -> new Expired(at);
            case 8 -> new KickReason(at, in.readInt(), Call.readBytes(in));
            case 9 -> new LogLine(at, in.readInt(), Call.readBytes(in));
            case 10 -> new Connected(at);
            case 11 -> new Disconnected(at);
            default -> throw new IOException("a message of type " + type);
        };
    }

    private static Circumstances circumstances(DataInputStream in) throws IOException {
        return new Circumstances(
                in.readLong(), in.readUTF(), in.readInt(), in.readBoolean(), in.readBoolean(), in.readBoolean());
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            texts.add(in.readUTF());
        }
        return texts;
    }
}
