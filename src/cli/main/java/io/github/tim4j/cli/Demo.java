// SPDX-License-Identifier: Apache-2.0
package io.github.tim4j.cli;

import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The steps of the story. What the application sees comes from the client alone; the server is only told what to do to it. */
final class Demo implements AutoCloseable {
    private static final long APP = 1400000000L;
    private static final long PATIENCE_SECONDS = 10;

    private final Story story;
    private final String secret = SecretKey.random();
    private final UserSigKey key = new UserSigKey(APP, secret);
    private LoginServer server;
    private TimClient tim;
    private OtherProcess other;

    Demo(Story story) {
        this.story = story;
    }

    void run() throws Exception {
        story.print("A Java application logs in: TimClient -> JNA -> C API -> timshim -> MQTT 5 -> login server.");
        story.step("Start a login server and a client", this::start);
        story.step("Log in", this::logIn);
        story.step("Ask who is logged in", this::askStatus);
        story.step("Log in once more: nothing changes", this::repeatLogin);
        story.step("Another process logs in as the same user: kicked offline", this::kickedByOtherProcess);
        story.step("Log in again: now the other process is kicked", this::logInAgain);
        story.step("Switch to another account", this::switchAccount);
        story.step("The UserSig expires while online", this::userSigExpires);
        story.step("A wrong UserSig is refused", this::wrongUserSig);
        story.step("The server goes away and comes back", this::reconnect);
        story.step("Log out", this::logOut);
    }

    private void start() throws Exception {
        server = LoginServer.start(LoginServerConfig.builder().app(APP, secret).build());
        story.see("server", "listening " + server.uri());
        tim = TimClient.builder()
                .sdkAppId(APP)
                .server(server.uri().toString())
                .deviceId("demo")
                .build();
        story.see("client", "timshim " + tim.sdkVersion() + ", SDKAppID " + APP);
        tim.addListener(new EventLines(line -> story.see("event", line)));
    }

    private void logIn() throws Exception {
        logIn("alice", key.make("alice"));
        story.expect(
                "event onStatusChanged LOGGED_OUT -> LOGGING_IN (LOGIN)",
                "event onStatusChanged LOGGING_IN -> LOGGED_IN (LOGIN)",
                "event onReady alice",
                "future LoginResult[userId=alice, repeatLogin=false]");
    }

    private void askStatus() throws Exception {
        status("LOGGED_IN, alice");
        story.see(
                "time",
                tim.serverTime().map(time -> time + " by the server's clock").orElse("unknown"));
        story.expect("time 2");
    }

    private void repeatLogin() throws Exception {
        logIn("alice", key.make("alice"));
        story.expect("future LoginResult[userId=alice, repeatLogin=true]");
        status("LOGGED_IN, alice");
    }

    private void kickedByOtherProcess() throws Exception {
        other = OtherProcess.logIn(server.uri(), APP, "alice", key.make("alice"), line -> story.see("process", line));
        story.see("process", "started, process id " + other.pid());
        story.expect(
                "event onStatusChanged LOGGED_IN -> LOGGED_OUT (KICKED_OFFLINE)",
                "event onNotReady alice",
                "event onKickedOffline OTHER_INSTANCE");
        status("LOGGED_OUT");
        story.expect("process logged in");
    }

    private void logInAgain() throws Exception {
        logIn("alice", key.make("alice"));
        story.expect("future LoginResult[userId=alice, repeatLogin=false]");
        story.see("process", "ended, exit code " + other.exitCode(PATIENCE_SECONDS));
        story.expect("process event   onKickedOffline OTHER_INSTANCE", "process ended, exit code 1");
        status("LOGGED_IN, alice");
    }

    private void switchAccount() throws Exception {
        logIn("bob", key.make("bob"));
        story.expect(
                "event onStatusChanged LOGGED_IN -> LOGGING_IN (ACCOUNT_SWITCH)",
                "event onNotReady alice",
                "event onReady bob",
                "future LoginResult[userId=bob, repeatLogin=false]");
        status("LOGGED_IN, bob");
    }

    private void userSigExpires() throws Exception {
        story.see("call", "tim.login(\"bob\", userSigValidFor2Seconds)");
        future(tim.login("bob", key.make("bob", Duration.ofSeconds(2))));
        story.expect(
                "future LoginResult[userId=bob, repeatLogin=true]",
                "event onStatusChanged LOGGED_IN -> LOGGED_OUT (USER_SIG_EXPIRED)",
                "event onUserSigExpired bob");
        status("LOGGED_OUT");
    }

    private void wrongUserSig() throws Exception {
        story.see("call", "tim.login(\"alice\", userSigSignedWithAnotherKey)");
        future(tim.login("alice", new UserSigKey(APP, SecretKey.random()).make("alice")));
        story.expect("event onStatusChanged LOGGING_IN -> LOGGED_OUT (LOGIN_FAILED)", "future TimException: 70009");
        status("LOGGED_OUT");
    }

    private void reconnect() throws Exception {
        logIn("alice", key.make("alice"));
        story.expect("future LoginResult[userId=alice, repeatLogin=false]");
        server.testing().stopListening();
        story.see("server", "gone");
        story.expect("event onNetworkStatus DISCONNECTED", "event onNetworkStatus CONNECT_FAILED");
        status("LOGGED_IN, alice");
        server.testing().listenAgain();
        story.see("server", "back on " + server.uri());
        story.expect("event onNetworkStatus CONNECTED (reconnect)");
        status("LOGGED_IN, alice");
    }

    private void logOut() throws Exception {
        story.see("call", "tim.logout()");
        future(tim.logout());
        story.expect("event onStatusChanged LOGGING_OUT -> LOGGED_OUT (LOGOUT)", "future completed");
        status("LOGGED_OUT");
    }

    private void logIn(String userId, String userSig) throws Exception {
        story.see("call", "tim.login(\"" + userId + "\", userSig)");
        future(tim.login(userId, userSig));
    }

    private void status(String expected) throws Story.Failure {
        String actual = tim.status() + tim.loginUser().map(user -> ", " + user).orElse("");
        story.see("status", actual);
        if (!actual.equals(expected)) {
            throw new Story.Failure("the status is " + actual + ", not " + expected);
        }
    }

    private void future(CompletableFuture<?> future) throws Exception {
        try {
            Object value = future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            story.see("future", value == null ? "completed" : value.toString());
        } catch (ExecutionException e) {
            story.see(
                    "future",
                    e.getCause().getClass().getSimpleName() + ": "
                            + e.getCause().getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        if (other != null) {
            other.close();
        }
        if (tim != null) {
            tim.close();
        }
        if (server != null) {
            server.close();
        }
    }
}
