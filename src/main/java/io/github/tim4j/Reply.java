/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

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
    private final Dispatch dispatch;
    private final Reply<?> source;
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
    }

    /** Completes it on this thread: with its answer if there is one, else with the failure. */
    void completeNow(Throwable failure) {
        Runnable result = completion;
        if (result != null) {
            result.run();
        }
        completeExceptionally(failure);
    }

    /** Completes what has its answer already: this one, or one that it was derived from. */
    void help() {
        for (Reply<?> reply = this; reply != null; reply = reply.source) {
            Runnable result = reply.completion;
            if (result != null) {
                result.run();
            }
        }
    }

    private void beforeWaiting() {
        if (isDone()) {
            return;
        }
        if (Dispatch.isInside()) {
            throw new IllegalStateException("waiting for a TimClient future inside a callback would wait for ever: "
                    + "its completion is queued behind this callback; use thenAccept or whenComplete instead of join or get");
        }
        dispatch.watch(this);
    }

    @Override
    public T join() {
        beforeWaiting();
        try {
            return super.join();
        } finally {
            dispatch.unwatch(this);
        }
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        beforeWaiting();
        try {
            return super.get();
        } finally {
            dispatch.unwatch(this);
        }
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        beforeWaiting();
        try {
            return super.get(timeout, unit);
        } finally {
            dispatch.unwatch(this);
        }
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new Reply<>(dispatch, this);
    }
}
