/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console in a real browser, with the keyboard: each button, and what becomes of a client. Where there is no Chromium it is skipped. */
@Timeout(180)
class ConsoleTest {
    private static final long APP = RawClient.APP;

    @TempDir(cleanup = CleanupMode.NEVER) // Chromium's processes may write into it to the last.
    Path profile;

    private static LoginServer start(String token) {
        LoginServerConfig.Builder config =
                LoginServerConfig.builder().app(APP, "secret").controlPort(0);
        return LoginServer.start((token == null ? config : config.controlToken(token)).build());
    }

    /** Logged in, and seen in the console. */
    private static RawClient online(LoginServer server, Browser browser) throws Exception {
        RawClient alice = new RawClient(server.port());
        assertThat(RawClient.reason(alice.login(server, "alice", Platform.LINUX, "d1")))
                .isZero();
        browser.see("document.querySelectorAll('#sessions tr').length", "1");
        return alice;
    }

    private static String alices(String button) {
        return "#sessions button[data-do=" + button + "]";
    }

    private static String fault(String name) {
        return "#faults form[data-do=" + name + "] button";
    }

    @ParameterizedTest
    @ValueSource(ints = {1280, 390})
    void eachButtonHasItsEffectOnAClient(int width) throws Exception {
        try (LoginServer server = start(null);
                Browser browser = new Browser(profile, width, 900)) {
            browser.open(server.controlUri() + "/");
            browser.see("document.querySelector('main').hidden", "false");
            browser.see("document.getElementById('open').hidden", "false");
            browser.see(
                    "document.getElementById('address').textContent",
                    server.uri().toString());

            pressThoseOfASession(server, browser);
            makeAUserSig(server, browser);
            browser.screenshot(Project.ROOT.resolve("target/console/console-" + width + ".png"));
            pressThoseOfTheServer(server, browser);
            browser.see("document.body.scrollWidth <= " + width, "true");
            assertThat(browser.errors).isEmpty();
        }
    }

    private static void pressThoseOfASession(LoginServer server, Browser browser) throws Exception {
        Map<String, Integer> ended = Map.of("kick", 0x98, "kickOther", 0x8E, "expire", 0xA0, "invalidate", 0x87);
        for (String kick : ended.keySet()) {
            // A UserSig that was made before is no longer good: each login has one of a later second.
            server.testing().advanceClock(Duration.ofSeconds(2));
            try (RawClient alice = online(server, browser)) {
                browser.press(alices(kick));
                assertThat(RawClient.reason(alice.next())).as(kick).isEqualTo(ended.get(kick));
                browser.see("document.querySelectorAll('#sessions tr').length", "0");
            }
        }
        server.testing().advanceClock(Duration.ofSeconds(2));
        try (RawClient alice = online(server, browser)) {
            browser.press(alices("cut"));
            assertThat(alice.next()).isNull();
        }
        try (RawClient alice = online(server, browser)) {
            browser.press(alices("halfOpen"));
            browser.see("document.getElementById('done').textContent.startsWith('half-open')", "true");
            mustGetNoPong(alice);
        }
        server.testing().reset();
    }

    private static void mustGetNoPong(RawClient client) throws IOException {
        client.socket().setSoTimeout(300);
        client.send(0xC0, 0);
        assertThatThrownBy(client::next).isInstanceOf(SocketTimeoutException.class);
    }

    private static void makeAUserSig(LoginServer server, Browser browser) throws Exception {
        browser.type("#usersig [name=userId]", "o'bob");
        browser.press("#usersig button");
        browser.see("document.getElementById('made').hidden", "false");
        String sig = browser.get("document.getElementById('made-sig').value");
        try (RawClient bob = new RawClient(server.port())) {
            assertThat(RawClient.reason(bob.login("o'bob", Platform.LINUX, "d2", sig)))
                    .isZero();
        }
        for (String snippet : List.of("java", "c", "cli")) {
            assertThat(browser.get("document.getElementById('made-" + snippet + "').value"))
                    .contains(sig, server.uri().toString());
        }
        assertThat(browser.get("location.href")).doesNotContain(sig);
    }

    private static String code(LoginServer server, String user) throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return RawClient.code(client.login(server, user, Platform.LINUX, "d3"));
        }
    }

    private static void pressThoseOfTheServer(LoginServer server, Browser browser) throws Exception {
        server.testing().reset();
        browser.type("#faults form[data-do=refuse] [name=code]", "70052");
        browser.press(fault("refuse"));
        done(browser, "refuse");
        assertThat(code(server, "carol")).isEqualTo("70052");
        browser.see("document.getElementById('refusals').textContent.includes('70052')", "true");

        browser.type("#faults form[data-do=delay] [name=milliseconds]", "300");
        browser.press(fault("delay"));
        done(browser, "delay");
        Instant before = Instant.now();
        try (RawClient carol = new RawClient(server.port())) {
            carol.login(server, "carol", Platform.LINUX, "d3");
        }
        assertThat(Duration.between(before, Instant.now())).isGreaterThan(Duration.ofMillis(250));
        browser.press(fault("reset"));
        done(browser, "reset");

        Instant now = server.now();
        browser.press(fault("time"));
        done(browser, "time");
        assertThat(server.now()).isAfter(now.plusSeconds(86_000));

        try (RawClient alice = online(server, browser)) {
            browser.press(fault("cut"));
            assertThat(alice.next()).isNull();
        }
        browser.see("document.querySelectorAll('#sessions tr').length", "0");
        try (RawClient alice = online(server, browser)) {
            browser.press(fault("restart"));
            assertThat(RawClient.reason(alice.next())).isEqualTo(0x8B);
        }
        browser.see("document.querySelectorAll('#sessions tr').length", "0");
        browser.press(fault("pause"));
        await().until(() -> !server.isAccepting());
        browser.press(fault("resume"));
        await().until(server::isAccepting);
        browser.press(fault("stop"));
        await().until(() -> !server.isAccepting());
        browser.press(fault("listen"));
        await().until(server::isAccepting);
        try (RawClient alice = online(server, browser)) {
            browser.press(fault("half-open"));
            done(browser, "half-open");
            mustGetNoPong(alice);
        }
    }

    private static void done(Browser browser, String what) {
        browser.see("document.getElementById('done').textContent.split(' ')[0]", what);
    }

    @Test
    void asksForTheTokenWhereThereIsOne() throws Exception {
        try (LoginServer server = start("only-for-the-console");
                Browser browser = new Browser(profile, 1280, 900)) {
            browser.open(server.controlUri() + "/");
            browser.see("document.getElementById('token').hidden", "false");
            assertThat(browser.get("document.querySelector('main').hidden")).isEqualTo("true");
            browser.type("#token input", "something else");
            browser.press("#token button");
            browser.see("document.getElementById('problem').textContent", "This is not the control token.");
            browser.type("#token input", "only-for-the-console");
            browser.press("#token button");
            browser.see("document.querySelector('main').hidden", "false");
            assertThat(browser.get("document.getElementById('open').hidden")).isEqualTo("true");
            try (RawClient alice = online(server, browser)) {
                assertThat(alice.socket().isConnected()).isTrue();
            }
        }
    }

    @Test
    void speaksChineseToo() throws Exception {
        try (LoginServer server = start(null);
                Browser browser = new Browser(profile, 1280, 900)) {
            browser.open(server.controlUri() + "/");
            browser.see("document.querySelector('main').hidden", "false");
            browser.press("#language");
            browser.see("document.documentElement.lang", "zh");
            String wordless =
                    "[...document.querySelectorAll('[data-text]')].filter(at => !/[\\u4e00-\\u9fff]/.test(at.textContent))"
                            + ".map(at => at.dataset.text).join()";
            assertThat(browser.get(wordless)).isEqualTo("app,app");
            assertThat(browser.errors).isEmpty();
        }
    }

    /** So many that not all can be shown: the page stays quick, and a filter finds the others. {@code -Dtim4j.sessions=10000} for more. */
    @Test
    void staysQuickWithManySessions() throws Exception {
        int count = Integer.getInteger("tim4j.sessions", 1000);
        List<RawClient> clients = new ArrayList<>();
        try (LoginServer server = start(null);
                Browser browser = new Browser(profile, 1280, 900)) {
            browser.open(server.controlUri() + "/");
            for (int i = 0; i < count; i++) {
                RawClient client = new RawClient(server.port());
                clients.add(client);
                client.login(server, "user" + i, Platform.LINUX, "d1");
            }
            browser.see("document.getElementById('session-count').textContent", Integer.toString(count));
            browser.see("document.querySelectorAll('#sessions tr').length", "200");
            browser.type("#session-filter", "user777 " + APP);
            browser.see("document.querySelectorAll('#sessions tr').length", "1");
            browser.press(alices("kick"));
            assertThat(RawClient.reason(clients.get(777).next())).isEqualTo(0x98);
            assertThat(browser.errors).isEmpty();
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
