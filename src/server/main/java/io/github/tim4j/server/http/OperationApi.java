/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.event.LoginMetrics;
import io.github.tim4j.server.login.LoginService;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;

/** What operation asks: {@code /healthz} (it runs), {@code /readyz} (it takes logins), {@code /metrics} (Prometheus text). */
public final class OperationApi implements HttpListener.Service {
    private final LoginServer server;
    private final LoginService service;
    private final LoginMetrics metrics;
    private final ControlAccess access;

    public OperationApi(LoginServer server, LoginService service, LoginMetrics metrics, ControlAccess access) {
        this.server = server;
        this.service = service;
        this.metrics = metrics;
        this.access = access;
    }

    @Override
    public HttpListener.Answer answer(HttpListener.Ask ask) {
        return switch (ask.path()) {
            case "/healthz" -> HttpListener.Answer.text(200, "ok\n");
            case "/readyz" -> ready();
            case "/metrics" ->
                access.refusal(ask)
                        .orElseGet(() -> new HttpListener.Answer(
                                200,
                                "text/plain; version=0.0.4; charset=utf-8",
                                metrics.text(
                                        service.limits().openConnections(),
                                        service.onlineSessions(),
                                        dailyActiveUsers())));
            default -> HttpListener.Answer.text(404, "there is nothing at this path\n");
        };
    }

    private HttpListener.Answer ready() {
        if (!server.isAccepting()) {
            return HttpListener.Answer.text(503, "not accepting connections\n");
        }
        return service.storeAnswers()
                ? HttpListener.Answer.text(200, "ready\n")
                : HttpListener.Answer.text(503, "the session store does not answer\n");
    }

    private Map<Long, Integer> dailyActiveUsers() {
        LocalDate today = LocalDate.ofInstant(server.now(), ZoneOffset.UTC);
        Map<Long, Integer> counts = new TreeMap<>();
        for (long app : service.config().apps().keySet()) {
            counts.put(app, server.dailyActiveUsers(app).getOrDefault(today, 0));
        }
        return counts;
    }
}
