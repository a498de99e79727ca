/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.message;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** What a worker process reports: that a call has returned, or that the library has called back. A text of null is C's NULL. */
public sealed interface WorkerMessage {
    /**
     * A call has returned.
     *
     * @param call   the call's number; 0: the worker is ready
     * @param number what it returned
     * @param text   what it returned or put into a buffer
     */
    record Returned(long call, long number, byte[] text) implements WorkerMessage {}

    /** The library is loaded: whether it has what only timshim has, its version, and the functions of the C API that it lacks. */
    record Loaded(long call, boolean shim, String version, List<String> missing) implements WorkerMessage {}

    /** A call could not be made at all. */
    record Broken(long call, String why) implements WorkerMessage {}

    /**
     * A call from inside a callback has returned.
     *
     * @param userData of the callback
     */
    record ReturnedInside(long userData, String function, long number, byte[] text) implements WorkerMessage {}

    /** The library has called back. */
    sealed interface CalledBack extends WorkerMessage {
        Circumstances at();

        /** All texts that the callback was given. */
        default List<byte[]> texts() {
            return List.of();
        }

        /** The callback's name in reports. */
        String kind();
    }

    /** A request is answered. */
    record Answer(Circumstances at, int code, byte[] desc, byte[] json) implements CalledBack {
        @Override
        public List<byte[]> texts() {
            return Arrays.asList(desc, json);
        }

        @Override
        public String kind() {
            return "answer";
        }
    }

    record NetworkEvent(Circumstances at, int status, int code, byte[] desc) implements CalledBack {
        @Override
        public List<byte[]> texts() {
            return Collections.singletonList(desc);
        }

        @Override
        public String kind() {
            return "network";
        }
    }

    record Kicked(Circumstances at) implements CalledBack {
        @Override
        public String kind() {
            return "kicked";
        }
    }

    record Expired(Circumstances at) implements CalledBack {
        @Override
        public String kind() {
            return "expired";
        }
    }

    record KickReason(Circumstances at, int reason, byte[] desc) implements CalledBack {
        @Override
        public List<byte[]> texts() {
            return Collections.singletonList(desc);
        }

        @Override
        public String kind() {
            return "kick reason";
        }
    }

    record LogLine(Circumstances at, int level, byte[] line) implements CalledBack {
        @Override
        public List<byte[]> texts() {
            return Collections.singletonList(line);
        }

        @Override
        public String kind() {
            return "log";
        }
    }

    /** Of the classic API. */
    record Connected(Circumstances at) implements CalledBack {
        @Override
        public String kind() {
            return "connected";
        }
    }

    /** Of the classic API. */
    record Disconnected(Circumstances at) implements CalledBack {
        @Override
        public String kind() {
            return "disconnected";
        }
    }
}
