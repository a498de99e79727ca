/* SPDX-License-Identifier: Apache-2.0 */

/** A login server, embedded or on its own: {@link io.github.tim4j.server.LoginServer}. */
module io.github.tim4j.server {
    exports io.github.tim4j.server;
    exports io.github.tim4j.server.store;

    requires transitive io.github.tim4j.usersig;
    requires com.fasterxml.jackson.databind;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires java.management;
    requires java.net.http;
    requires org.slf4j;
    requires static com.h2database.mvstore;
    requires static io.netty.codec.haproxy;
    requires static lettuce.core;
    requires static org.jspecify;

    uses io.github.tim4j.server.LoginServerStarter;

    provides io.github.tim4j.server.LoginServerStarter with
            io.github.tim4j.server.node.RunningServerStarter;
}
