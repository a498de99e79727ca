/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The future that the application gets. It completes on the callback executor, behind the events of the same request. To wait for it
 * inside a callback fails at once, because the completion would wait behind that callback.
 */
final class Reply<T> extends CompletableFuture<T> {
    /** A thread that waits is let go when the executor has done nothing for so long: the thread may be the executor's own. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Dispatch dispatch;
    private final Reply<?> source;
    private volatile boolean awaited;
    private volatile Runnable completion;

    private Reply(Dispatch dispatch, Reply<?> source) {
        this.dispatch = dispatch;
        this.source = source;
    }

    /** @return a future of its own for what may be shared: cancelling it, or timing it out, concerns nobody else */
    static <T> Reply<T> to(CompletableFuture<T> result, Dispatch dispatch) {
        Reply<T> reply = new Reply<>(dispatch, null);
        result.whenComplete((value, failure) -> reply.answer(failure == null
                ? () -> reply.complete(value) : () -> reply.completeExceptionally(cause(failure))));
        return reply;
    }

    /** What went wrong, without the wrapping that stages of futures add. */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private void answer(Runnable result) {
        completion = result;
        dispatch.execute(result);
        letWaitersGo();
    }

    /** Completes it on this thread: with its answer if there is one, else with the failure. */
    void completeNow(Throwable failure) {
        Runnable result = completion;
        if (result != null) {
            result.run();
        }
        completeExceptionally(failure);
    }

    private void beforeWaiting() {
        if (isDone()) {
            return;
        }
        if (Dispatch.isInside()) {
            throw new IllegalStateException("waiting for a TimClient future inside a callback would wait for ever: "
                    + "its completion is queued behind this callback; use thenAccept or whenComplete instead of join or get");
        }
        for (Reply<?> reply = this; reply != null; reply = reply.source) {
            reply.awaited = true;
            reply.letWaitersGo();
        }
    }

    private void letWaitersGo() {
        Runnable result = completion;
        if (awaited && result != null && !isDone()) {
            long before = dispatch.progress();
            Timer.after(PATIENCE, () -> {
                if (dispatch.progress() == before) {
                    result.run();
                } else {
                    letWaitersGo();
                }
            });
        }
    }

    @Override
    public T join() {
        beforeWaiting();
        return super.join();
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        beforeWaiting();
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        beforeWaiting();
        return super.get(timeout, unit);
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new Reply<>(dispatch, this);
    }
}
