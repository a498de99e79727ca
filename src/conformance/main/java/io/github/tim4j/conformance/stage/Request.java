/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.message.Call;
import io.github.tim4j.conformance.message.UserIdBuffer;
import io.github.tim4j.conformance.message.WorkerMessage;
import io.github.tim4j.conformance.message.WorkerMessage.Answer;
import io.github.tim4j.conformance.message.WorkerMessage.ReturnedInside;
import java.util.concurrent.CompletableFuture;

/** One call of a function that answers by a callback, or of any function from inside a callback. */
public final class Request {
    private final Client client;
    private final Call call;
    /** The user_data; 0 for a call without callback. */
    private final long tag;

    private CompletableFuture<WorkerMessage> returned;
    /** The user_data of the callback that this call is made in; 0 for one that is made by a thread of the application. */
    private long insideOf;

    public Request(Client client, Call call, long tag) {
        this.client = client;
        this.call = call;
        this.tag = tag;
    }

    public Call call() {
        return call;
    }

    public long tag() {
        return tag;
    }

    public String function() {
        return call.function();
    }

    public boolean isPlanned() {
        return returned == null && insideOf == 0;
    }

    public void plannedInside(long callbackTag) {
        insideOf = callbackTag;
    }

    public void sent(CompletableFuture<WorkerMessage> answer) {
        returned = answer;
    }

    /** What the function returned; waits for it. */
    public long result() {
        return returned != null
                ? client.get(returned, function()).number()
                : returnedInside().number();
    }

    /** The text that it returned, or put into a buffer, inside a callback; null if that has no end. */
    public String textInside() {
        return UserIdBuffer.text(returnedInside().text());
    }

    private ReturnedInside returnedInside() {
        return client.await(
                "what " + function() + " returned inside a callback",
                ReturnedInside.class,
                inside -> inside.userData() == insideOf && inside.function().equals(function()));
    }

    /** Fails the scenario unless the function returned 0. */
    public Request accepted() {
        client.stage().that(function(), result()).is(0L);
        return this;
    }

    /** The callback; waits for it, and fails the scenario if it does not come. */
    public Answer answer() {
        return client.await("the callback of " + function(), Answer.class, this::isMine);
    }

    public int code() {
        return answer().code();
    }

    /** Fails the scenario unless the callback comes with this code. */
    public Request answers(int code) {
        accepted();
        client.stage().that("the callback of " + function(), code()).is(code);
        return this;
    }

    public boolean isAnswered() {
        return client.messages().stream().anyMatch(message -> message instanceof Answer answer && isMine(answer));
    }

    private boolean isMine(Answer answer) {
        return answer.at().userData() == tag;
    }

    /** Result and callback in words. Waits for a callback that is due; for one that is not, a moment. */
    public String outcome() {
        long result = result();
        if (result != 0) {
            client.stage().aMoment();
        }
        boolean answered = result == 0 || isAnswered();
        return "returns " + result + (answered ? ", callback " + code() : ", no callback");
    }
}
