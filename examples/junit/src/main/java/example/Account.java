/* SPDX-License-Identifier: Apache-2.0 */
package example;

import io.github.tim4j.KickReason;
import io.github.tim4j.TimClient;
import io.github.tim4j.TimListener;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A piece of an application: logs in, and says what happens to the login in the user's words. */
public final class Account implements TimListener {
    private final TimClient tim;
    private final Consumer<String> user;

    public Account(TimClient tim, Consumer<String> user) {
        this.tim = tim;
        this.user = user;
        tim.addListener(this);
    }

    public CompletableFuture<Void> open(String userId) {
        return tim.login(userId)
                .handle((login, failure) -> failure == null ? "Welcome, " + login.userId() : "Please try again")
                .thenAccept(user);
    }

    @Override
    public void onKickedOffline(KickReason reason) {
        user.accept(reason == KickReason.REST ? "Logged out by an administrator" : "Logged in elsewhere");
    }

    @Override
    public void onUserSigExpired(String userId) {
        user.accept("Please log in again");
    }
}
