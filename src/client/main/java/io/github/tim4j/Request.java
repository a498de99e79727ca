/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import com.sun.jna.Pointer;
import io.github.tim4j.jna.ImSdk.TIMCommCallback;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request of the library, from the call to its end: a login, a logout, or another function's call. Retried, renewed and aborted, it
 * stays this object. Belongs to the loop. Not a record: its UserSig must not show.
 */
final class Request<T> {
    /** One call of the C API that ends in a callback and its user_data. */
    interface NativeCall {
        int invoke(TIMCommCallback cb, Pointer userData);
    }

    /** What it does. */
    enum Kind {
        LOGIN,
        LOGOUT,
        CALL
    }

    /** One future of the application's that waits for the request, and until when by {@link System#nanoTime}. */
    record Caller<T>(Reply<T> reply, Request<T> request, long deadline) {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    final Kind kind;
    /** Who logs in; null for another request. */
    final @Nullable String userId;
    /** Given by the caller, fetched, or null as long as it must be fetched. */
    @Nullable
    String userSig;
    /** What the application gave, also while it is tried with another; null if it left that to the provider. */
    final @Nullable String givenSig;

    final @Nullable NativeCall call;
    /** Those who wait: one, more for a shared login, none for a login that nobody called for or all have left. */
    final List<Caller<T>> callers = new ArrayList<>();
    /** The user_data while the library has it; 0 before and after. */
    long id;
    /** How many fresh UserSigs it has been tried with because the ones before had expired. */
    int renewals;
    /** Why the last attempt failed, while a fresh UserSig is fetched for the next one. */
    @Nullable
    TimException refusal;
    /** Whether all have left a login that the library has, and that it is to be aborted when its turn comes. */
    boolean aborted;
    /** The renewal that it belongs to, if nobody called for it. */
    @Nullable
    Renewal renewal;

    private Request(Kind kind, @Nullable String userId, @Nullable String userSig, @Nullable NativeCall call) {
        this.kind = kind;
        this.userId = userId;
        this.userSig = userSig;
        this.givenSig = userSig;
        this.call = call;
    }

    /** @param userSig null if the provider is to be asked */
    static Request<LoginResult> login(String userId, @Nullable String userSig) {
        return new Request<>(Kind.LOGIN, userId, userSig, null);
    }

    static Request<Void> logout() {
        return new Request<>(Kind.LOGOUT, null, null, null);
    }

    static Request<String> call(NativeCall call) {
        return new Request<>(Kind.CALL, null, null, call);
    }

    /** Whether a login of this user with this UserSig, or with the provider's, is the same request. */
    boolean isSameLogin(String otherUser, @Nullable String otherSig) {
        return kind == Kind.LOGIN
                && renewal == null
                && !aborted
                && otherUser.equals(userId)
                && Objects.equals(otherSig, givenSig);
    }

    /** Its answer is not expected any more. */
    void forget() {
        Callbacks.forget(id);
        id = 0;
    }
}
