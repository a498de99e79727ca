/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** What only timshim exports, as in {@code TIMShim.h}. The vendor's library has none of it. */
public interface ImSdkShim extends Library {
    /** Called right before the kicked or the expired callback; {@code reason} is a {@code TIMShimKickReason}. */
    interface TIMShimKickedOfflineReasonCallback extends Callback {
        void invoke(int reason, @Nullable Pointer desc, @Nullable Pointer user_data);
    }

    void TIMShimSetKickedOfflineReasonCallback(
            @Nullable TIMShimKickedOfflineReasonCallback cb, @Nullable Pointer user_data);

    int TIMShimAbortLogin(@Nullable Pointer user_data);

    @Nullable
    String TIMShimErrorName(int code);
}
