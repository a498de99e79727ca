/* SPDX-License-Identifier: Apache-2.0 */
package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.tim4j.TimClient;
import io.github.tim4j.junit.LoginServerExtension;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginServer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each test has a login server of its own, in this JVM, and a client that logs in to it over a real connection. */
class AccountTest {
    @RegisterExtension
    static LoginServerExtension server = LoginServerExtension.create();

    private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

    private String next() throws InterruptedException {
        return seen.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void aLoginWelcomesTheUser(TimClient tim) throws Exception {
        new Account(tim, seen::add).open("alice");
        assertEquals("Welcome, alice", next());
    }

    @Test
    void aRefusedLoginAsksToTryAgain(TimClient tim, LoginServer loginServer) throws Exception {
        loginServer.testing().refuseLogins(1, 70013);
        new Account(tim, seen::add).open("alice");
        assertEquals("Please try again", next());
    }

    @Test
    void whoIsKickedLearnsWhy(TimClient tim, LoginServer loginServer) throws Exception {
        new Account(tim, seen::add).open("alice").join();
        assertEquals("Welcome, alice", next());
        loginServer.kick(server.sdkAppId(), "alice", KickCause.REST);
        assertEquals("Logged out by an administrator", next());
    }
}
