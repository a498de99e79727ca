/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.LoginServerException;

/**
 * Starts the servers of one extension. A class's first server gets the ports that the first of the class before had, if they are free and nothing else is
 * configured. Any thread.
 */
final class ServerStarter {
    /** Guarded by this. */
    private final LoginServerConfig.Builder builder;

    private final LoginServerConfig config;
    /** Guarded by this; 0 until there was one. */
    private int port;
    /** Guarded by this. */
    private int httpPort;

    private int controlPort;

    /** @throws IllegalArgumentException if the configuration is refused */
    ServerStarter(LoginServerConfig.Builder builder) {
        this.builder = builder;
        config = builder.build();
    }

    LoginServer start() {
        return LoginServer.start(config);
    }

    synchronized LoginServer startOnTheSamePorts() {
        LoginServer server = port > 0 ? again() : start();
        if (port == 0) {
            port = server.port();
            httpPort = server.httpPort();
            controlPort = server.controlPort();
        }
        return server;
    }

    private LoginServer again() {
        builder.port(port);
        if (httpPort > 0) {
            builder.httpPort(httpPort);
        }
        if (controlPort > 0) {
            builder.controlPort(controlPort);
        }
        try {
            return LoginServer.start(builder.build());
        } catch (LoginServerException e) {
            return start(); // another class has them at this moment
        }
    }
}
