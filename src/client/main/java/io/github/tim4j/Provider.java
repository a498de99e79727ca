/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks the application's provider for UserSigs, one at a time, on a thread of its own. Belongs to the loop, except for what runs on that thread.
 * A call that outlives the time limit, or that nobody waits for any more, is interrupted and left behind with its thread.
 */
final class Provider {
    private final Function<String, ? extends CompletionStage<String>> function;
    private final Loop loop;
    private final Duration timeout;
    private @Nullable ThreadPoolExecutor thread;
    private @Nullable Fetch current;

    Provider(Function<String, ? extends CompletionStage<String>> function, Loop loop, Duration timeout) {
        this.function = function;
        this.loop = loop;
        this.timeout = timeout;
    }

    /** One question, answered at most once. */
    private final class Fetch {
        private final String userId;
        private final BiConsumer<@Nullable String, @Nullable Throwable> then;
        private @Nullable Future<?> deadline;
        private volatile boolean returned;

        Fetch(String userId, BiConsumer<@Nullable String, @Nullable Throwable> then) {
            this.userId = userId;
            this.then = then;
        }

        void ask() {
            try {
                CompletionStage<String> stage = function.apply(userId);
                returned = true;
                if (stage == null) {
                    throw new IllegalStateException("the UserSigProvider returned null for " + userId);
                }
                stage.whenComplete((sig, failure) -> loop.put(() -> answered(sig, failure)));
            } catch (Throwable e) {
                returned = true;
                loop.put(() -> answered(null, e));
            }
        }

        private void answered(@Nullable String sig, @Nullable Throwable failure) {
            if (current != this) {
                return;
            }
            cancel();
            if (failure != null) {
                then.accept(null, Reply.cause(failure));
            } else if (sig == null || sig.isEmpty()) {
                then.accept(null, new IllegalStateException("the UserSigProvider returned no UserSig for " + userId));
            } else {
                then.accept(sig, null);
            }
        }
    }

    /** @param then run in the loop with the UserSig or the failure, unless this fetch is cancelled or replaced by another */
    void fetch(String userId, BiConsumer<@Nullable String, @Nullable Throwable> then) {
        cancel();
        Fetch fetch = new Fetch(userId, then);
        current = fetch;
        if (thread == null) {
            thread = DaemonThread.named("tim4j-provider");
        }
        thread.execute(fetch::ask);
        fetch.deadline = loop.later(
                timeout,
                () -> fetch.answered(
                        null,
                        new TimeoutException("the UserSigProvider has not answered for " + userId + " within "
                                + timeout.toMillis() + " ms")));
    }

    boolean isAsking() {
        return current != null;
    }

    /** Nobody waits for the UserSig any more. */
    void cancel() {
        Fetch fetch = current;
        current = null;
        if (fetch != null) {
            if (fetch.deadline != null) {
                fetch.deadline.cancel(false);
            }
            if (!fetch.returned) {
                close();
            }
        }
    }

    /** Interrupts the thread; another fetch makes a new one. */
    void close() {
        current = null;
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
        }
    }
}
