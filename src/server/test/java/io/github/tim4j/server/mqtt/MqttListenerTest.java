/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.event.LoginEvents;
import io.github.tim4j.server.login.LoginService;
import io.github.tim4j.server.login.ServerClock;
import io.github.tim4j.server.store.MemorySessionStore;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The port of a server that goes and comes back. */
@Timeout(60)
class MqttListenerTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** Hands itself on, so that its thread comes to nothing but tasks for as long as the loop allows, and slowly, as on a busy machine. */
    private record Flood(EventLoop loop, AtomicBoolean on) implements Runnable {
        @Override
        public void run() {
            if (on.get()) {
                LockSupport.parkNanos(2_000_000);
                loop.execute(this);
            }
        }
    }

    @Test
    void aClosedPortCanBeBoundAtOnceHoweverBusyTheThreadIsThatHadIt() throws Exception {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        AtomicBoolean busy = new AtomicBoolean(true);
        try {
            LoginService service = new LoginService(
                    LoginServerConfig.builder().app(1400000000L, "secret").build(),
                    new ServerClock(),
                    new MemorySessionStore(),
                    new LoginEvents());
            MqttListener listener = new MqttListener(service, loops, LOOPBACK, 0, null);
            listener.open();
            EventLoop loop = loops.next();
            loop.execute(new Flood(loop, busy));
            listener.close();
            new ServerSocket(listener.port(), 1, LOOPBACK).close();
        } finally {
            busy.set(false);
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS);
        }
    }

    @Test
    void aServerWhosePortWasTakenCanListenAgainOnceItIsFree() throws Exception {
        try (LoginServer server = LoginServer.start(
                LoginServerConfig.builder().app(1400000000L, "secret").build())) {
            server.testing().stopListening();
            try (ServerSocket other = new ServerSocket(server.port(), 1, LOOPBACK)) {
                assertThatThrownBy(server.testing()::listenAgain)
                        .isInstanceOf(LoginServerException.class)
                        .hasMessageContaining(Integer.toString(other.getLocalPort()));
                assertThat(server.isAccepting()).isFalse();
            }
            server.testing().listenAgain();
            assertThat(server.isAccepting()).isTrue();
        }
    }
}
