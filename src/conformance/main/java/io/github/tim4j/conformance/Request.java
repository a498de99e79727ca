/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.conformance.News.Kind;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One call of a function that answers by a callback, or of any function from inside a callback. */
final class Request {
    private final Client client;
    private final Call call;
    /** The user_data; 0 for a call without callback. */
    private final long tag;

    private CompletableFuture<News> returned;
    /** The user_data of the callback that this call is made in; 0 for one that is made by a thread of the application. */
    private long insideOf;

    Request(Client client, Call call, long tag) {
        this.client = client;
        this.call = call;
        this.tag = tag;
    }

    Call call() {
        return call;
    }

    long tag() {
        return tag;
    }

    String function() {
        return call.function();
    }

    boolean isPlanned() {
        return returned == null && insideOf == 0;
    }

    void plannedInside(long callbackTag) {
        insideOf = callbackTag;
    }

    void sent(CompletableFuture<News> answer) {
        returned = answer;
    }

    /** What the function returned; waits for it. */
    long result() {
        return returned != null
                ? client.get(returned, function()).number()
                : insideNews().number();
    }

    /** The text that it returned, or put into a buffer, inside a callback; null if that has no end. */
    String textInside() {
        return Device.terminated(insideNews().json());
    }

    private News insideNews() {
        List<News> found = client.await(
                "what " + function() + " returned inside a callback",
                news -> news.kind() == Kind.INSIDE
                        && news.id() == insideOf
                        && client.text(news.text()).equals(function()));
        return found.get(0);
    }

    /** Fails the scenario unless the function returned 0. */
    Request accepted() {
        client.stage().that(function(), result()).is(0L);
        return this;
    }

    /** The callback; waits for it, and fails the scenario if it does not come. */
    News answer() {
        return client.await("the callback of " + function(), this::isMine).get(0);
    }

    int code() {
        return (int) answer().number();
    }

    /** Fails the scenario unless the callback comes with this code. */
    Request answers(int code) {
        accepted();
        client.stage().that("the callback of " + function(), code()).is(code);
        return this;
    }

    boolean isAnswered() {
        return client.news().stream().anyMatch(this::isMine);
    }

    private boolean isMine(News news) {
        return news.kind() == Kind.ANSWER && news.id() == tag;
    }

    /** Result and callback in words. Waits for a callback that is due; for one that is not, a moment. */
    String outcome() {
        long result = result();
        if (result != 0) {
            client.stage().aMoment();
        }
        boolean answered = result == 0 || isAnswered();
        return "returns " + result + (answered ? ", callback " + code() : ", no callback");
    }
}
