/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.event.LoginMetrics;
import io.github.tim4j.server.event.MetricsText;
import io.github.tim4j.server.event.StateWebhook;
import io.github.tim4j.server.login.LoginService;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.TreeSet;

/** What operation asks: {@code /healthz} (it runs), {@code /readyz} (it takes logins), {@code /metrics} (Prometheus text). */
public final class OperationApi implements HttpListener.Service {
    private final LoginServer server;
    private final LoginService service;
    private final LoginMetrics metrics;
    private final List<StateWebhook> webhooks;
    private final ControlAccess access;

    public OperationApi(
            LoginServer server,
            LoginService service,
            LoginMetrics metrics,
            List<StateWebhook> webhooks,
            ControlAccess access) {
        this.server = server;
        this.service = service;
        this.metrics = metrics;
        this.webhooks = webhooks;
        this.access = access;
    }

    @Override
    public HttpListener.Answer answer(HttpListener.Ask ask) {
        return switch (ask.path()) {
            case "/healthz" -> HttpListener.Answer.text(200, "ok\n");
            case "/readyz" -> ready();
            case "/metrics" ->
                access.refusal(ask)
                        .orElseGet(() ->
                                new HttpListener.Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics()));
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

    private String metrics() {
        MetricsText out = new MetricsText();
        out.metric("tim4j_connections", "gauge", "Open MQTT connections.")
                .sample(service.limits().openConnections());
        out.metric("tim4j_sessions", "gauge", "Connected sessions.").sample(service.onlineSessions());
        metrics.write(out);
        out.metric("tim4j_daily_active_users", "gauge", "Distinct users that logged in today (UTC), by app.");
        LocalDate today = LocalDate.ofInstant(server.now(), ZoneOffset.UTC);
        for (long app : new TreeSet<>(service.config().apps().keySet())) {
            out.sample(
                    "{sdkappid=\"" + app + "\"}", server.dailyActiveUsers(app).getOrDefault(today, 0));
        }
        webhooks.forEach(webhook -> webhook.write(out));
        ProcessMetrics.write(out);
        return out.toString();
    }
}
