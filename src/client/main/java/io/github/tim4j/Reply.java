/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The future that the application gets. It completes on the callback executor, behind the events of the same request; or, if nothing is
 * before it there and nothing but waiting threads will see it, on one of these. To wait for it inside a callback fails at once, because
 * the completion would wait behind that callback.
 */
final class Reply<T> extends CompletableFuture<T> {
    private final Dispatch dispatch;
    private final @Nullable Reply<?> source;
    private volatile @Nullable Runnable completion;
    /**
     * What threads wait for: that this is done and its stages have run. They never wait for the future itself, because a thread that
     * does may run the stages of others when it wakes up. Its lock guards the next two.
     */
    private final CompletableFuture<Void> due;
    /** How many threads wait. */
    private int waiting;
    /** Whether the dispatch waits for one of them to complete this. */
    private boolean handedOver;

    private Reply(Dispatch dispatch, @Nullable Reply<?> source) {
        this.dispatch = dispatch;
        this.source = source;
        this.due = handle((value, failure) -> null);
    }

    /**
     * @param open has the reply in it until the answer has been delivered
     * @return a future of its own for what may be shared: cancelling it, or timing it out, concerns nobody else
     */
    static <T> Reply<T> to(CompletableFuture<T> result, Dispatch dispatch, Set<Reply<?>> open) {
        Reply<T> reply = new Reply<>(dispatch, null);
        open.add(reply);
        result.whenComplete((value, failure) -> reply.answer(() -> {
            open.remove(reply);
            if (failure == null) {
                reply.complete(value);
            } else {
                reply.completeExceptionally(cause(failure));
            }
        }));
        return reply;
    }

    /** What went wrong, without the wrapping that stages of futures add. */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private void answer(Runnable result) {
        completion = result;
        dispatch.execute(result, this::handOver);
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

    /** What only waiting threads will see need not take the way through the executor, which is as long as a tenth of a login. */
    private boolean handOver() {
        synchronized (due) {
            handedOver = waiting > 0 && getNumberOfDependents() == 1; // due itself
            if (!handedOver) {
                return false;
            }
        }
        due.complete(null);
        return true;
    }

    private void beforeWaiting() {
        if (isDone()) {
            return;
        }
        if (Dispatch.isInside()) {
            throw new IllegalStateException(
                    "waiting for a TimClient future inside a callback would wait for ever: "
                            + "its completion is queued behind this callback; use thenAccept or whenComplete instead of join or get");
        }
        dispatch.watch(this);
    }

    /** @return whether the calling thread is to wait until this is due, and then to call {@link #endTurn} */
    private boolean beginTurn() {
        synchronized (due) {
            if (isDone()) {
                return false;
            }
            waiting++;
            return true;
        }
    }

    private void endTurn() {
        synchronized (due) {
            waiting--;
            if (!handedOver) {
                return;
            }
            handedOver = false;
        }
        dispatch.runNext();
    }

    @Override
    public T join() {
        beforeWaiting();
        try {
            if (beginTurn()) {
                try {
                    due.join();
                } finally {
                    endTurn();
                }
            }
            return super.join();
        } finally {
            dispatch.unwatch(this);
        }
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        beforeWaiting();
        try {
            if (beginTurn()) {
                try {
                    due.get();
                } finally {
                    endTurn();
                }
            }
            return super.get();
        } finally {
            dispatch.unwatch(this);
        }
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        beforeWaiting();
        try {
            if (beginTurn()) {
                try {
                    due.get(timeout, unit);
                } finally {
                    endTurn();
                }
            }
            return super.get(timeout, unit);
        } finally {
            dispatch.unwatch(this);
        }
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        // The stage that is made for due itself is none of the application's.
        return due == null ? new CompletableFuture<>() : new Reply<>(dispatch, this);
    }
}
