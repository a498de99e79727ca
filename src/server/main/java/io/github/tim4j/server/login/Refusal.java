/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;

/**
 * Why a login is refused.
 *
 * @param code     the code that the application gets, the user property {@code tim-code}
 * @param text     a sentence for people, without secrets
 * @param kickedBy with 6208, the platform of the instance that kicked, or null
 */
public record Refusal(int code, String text, Platform kickedBy) {
    public static final int INVALID_CLIENT = 6017;
    public static final int KICKED = 6208;
    public static final int INVALID_USER_ID = 7003;
    public static final int CONNECT_LIMIT = -302;
    public static final int OVERLOAD = -10114;
    public static final int USER_SIG_EXPIRED = 70001;
    static final int KEY_NOT_FOUND = 70016;
    public static final int APP_NOT_FOUND = 70020;
    public static final int FREQ_LIMIT = 70050;
    public static final int USER_SIG_INVALID = 70052;
    public static final int INTERNAL_ERROR = 70500;

    public Refusal(int code, String text) {
        this(code, text, null);
    }

    public static Refusal kicked(Platform by) {
        return new Refusal(KICKED, KickCause.OTHER_INSTANCE.text(), by);
    }
}
