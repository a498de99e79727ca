/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.login.LoginService;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A listening socket that makes an {@link MqttConnection} of each connection. Not for several threads at once. */
public final class MqttListener {
    /** As long as the kernel allows: clients that reconnect all at once must not be dropped. */
    private static final int BACKLOG = 4096;
    /** More than a client ever has to take at once: a CONNACK and a DISCONNECT. */
    private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(4096, 8192);
    /** A CONNECT with a UserSig has about 600 bytes. */
    private static final FixedRecvByteBufAllocator READ_BUFFERS = new FixedRecvByteBufAllocator(2048);

    private final LoginService service;
    private final EventLoopGroup loops;
    private final InetAddress host;
    /** Null for plain text. */
    private final Supplier<SslContext> tls;

    private Channel channel;
    private int port;

    public MqttListener(
            LoginService service, EventLoopGroup loops, InetAddress host, int port, Supplier<SslContext> tls) {
        this.service = service;
        this.loops = loops;
        this.host = host;
        this.port = port;
        this.tls = tls;
    }

    public static InetAddress resolve(String name) {
        try {
            return InetAddress.getByName(name);
        } catch (UnknownHostException e) {
            throw new LoginServerException(
                    "cannot listen on host " + name + ": the name is not known. Use a name or address of this machine",
                    e);
        }
    }

    /** Binds; the port is from then on always the same one. */
    public void open() {
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        client.config().setRecvByteBufAllocator(READ_BUFFERS);
                        if (service.config().proxyProtocol()) {
                            ProxyHeader.expect(
                                    client,
                                    service.config().limits().connectTimeout(),
                                    address -> serve(client, address));
                        } else {
                            serve(client, client.remoteAddress());
                        }
                    }
                })
                .bind(host, port)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new LoginServerException(
                    "cannot listen on " + service.config().host() + ":" + port + ": "
                            + bound.cause().getMessage()
                            + ". Choose another port (0 takes any free one), or stop the program that uses this one",
                    bound.cause());
        }
        channel = bound.channel();
        port = ((InetSocketAddress) channel.localAddress()).getPort();
    }

    private void serve(SocketChannel client, @Nullable InetSocketAddress address) {
        if (tls != null && !service.limits().handshake()) {
            client.close();
            return;
        }
        if (tls != null) {
            client.pipeline().addLast(tls.get().newHandler(client.alloc()));
        }
        client.pipeline().addLast(new MqttConnection(service, address));
    }

    public int port() {
        return port;
    }

    /** Whether new connections are taken; those that are not wait in the kernel. */
    public void accept(boolean on) {
        channel.eventLoop().submit(() -> channel.config().setAutoRead(on)).awaitUninterruptibly();
    }

    /** Closes the port; when this returns, it refuses connections and can be bound again. */
    public void close() {
        if (channel != null) {
            channel.close().awaitUninterruptibly();
            // The JDK lets go of the socket when the selector has run once more: it does between two iterations of the
            // loop.
            SingleThreadEventLoop loop = (SingleThreadEventLoop) channel.eventLoop();
            CompletableFuture<Void> gone = new CompletableFuture<>();
            loop.execute(() -> loop.executeAfterEventLoopIteration(() -> loop.execute(() -> gone.complete(null))));
            gone.join();
        }
    }
}
