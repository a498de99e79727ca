/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The future that the application gets. Its stages, and theirs, run on the callback executor, whoever completes it and however late they are
 * attached: each method without {@code Async} in its name is the one with it, given the dispatch. So completing it is safe on any thread.
 */
final class Reply<T> extends CompletableFuture<T> {
    private final Dispatch dispatch;
    private boolean wakes;
    /** Set in the loop before its answer is queued: what completes it before is the application. */
    volatile boolean answered;

    Reply(Dispatch dispatch) {
        this.dispatch = dispatch;
    }

    /** @return failed already: there is no request */
    static <T> Reply<T> failed(Dispatch dispatch, Throwable failure) {
        Reply<T> reply = new Reply<>(dispatch);
        reply.end(null, failure);
        return reply;
    }

    /** What went wrong, without the wrapping that stages of futures add. */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** The dispatch is woken once this is done; asking again adds nothing. The caller holds the dispatch's lock. */
    void wakeWhenDone(Dispatch waiting) {
        if (!wakes) {
            wakes = true;
            onEnd(waiting::wake);
        }
    }

    /** Runs at once when this completes, on the thread that completes it. */
    void onEnd(Runnable then) {
        super.whenComplete((value, failure) -> then.run());
    }

    void end(@Nullable T value, @Nullable Throwable failure) {
        if (failure == null) {
            complete(value);
        } else {
            completeExceptionally(failure);
        }
    }

    @Override
    public T join() {
        dispatch.awaitUninterruptibly(this);
        return super.join();
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        dispatch.await(this, Long.MAX_VALUE);
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        long nanos = unit.toNanos(timeout);
        long start = System.nanoTime();
        dispatch.await(this, nanos);
        return super.get(Math.max(0, nanos - (System.nanoTime() - start)), TimeUnit.NANOSECONDS);
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new Reply<>(dispatch);
    }

    @Override
    public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> fn) {
        return thenApplyAsync(fn, dispatch);
    }

    @Override
    public CompletableFuture<Void> thenAccept(Consumer<? super T> action) {
        return thenAcceptAsync(action, dispatch);
    }

    @Override
    public CompletableFuture<Void> thenRun(Runnable action) {
        return thenRunAsync(action, dispatch);
    }

    @Override
    public <U, V> CompletableFuture<V> thenCombine(
            CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> fn) {
        return thenCombineAsync(other, fn, dispatch);
    }

    @Override
    public <U> CompletableFuture<Void> thenAcceptBoth(
            CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> action) {
        return thenAcceptBothAsync(other, action, dispatch);
    }

    @Override
    public CompletableFuture<Void> runAfterBoth(CompletionStage<?> other, Runnable action) {
        return runAfterBothAsync(other, action, dispatch);
    }

    @Override
    public <U> CompletableFuture<U> applyToEither(CompletionStage<? extends T> other, Function<? super T, U> fn) {
        return applyToEitherAsync(other, fn, dispatch);
    }

    @Override
    public CompletableFuture<Void> acceptEither(CompletionStage<? extends T> other, Consumer<? super T> action) {
        return acceptEitherAsync(other, action, dispatch);
    }

    @Override
    public CompletableFuture<Void> runAfterEither(CompletionStage<?> other, Runnable action) {
        return runAfterEitherAsync(other, action, dispatch);
    }

    @Override
    public <U> CompletableFuture<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> fn) {
        return thenComposeAsync(fn, dispatch);
    }

    @Override
    public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> action) {
        return whenCompleteAsync(action, dispatch);
    }

    @Override
    public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> fn) {
        return handleAsync(fn, dispatch);
    }

    @Override
    public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> fn) {
        return exceptionallyAsync(fn, dispatch);
    }

    @Override
    public CompletableFuture<T> exceptionallyCompose(Function<Throwable, ? extends CompletionStage<T>> fn) {
        return exceptionallyComposeAsync(fn, dispatch);
    }
}
