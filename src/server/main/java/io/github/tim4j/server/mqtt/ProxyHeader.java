/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.event.RareLog;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * Waits for the PROXY protocol header with which a balancer begins a connection, hands on the client's address in it, and is gone. A balancer's own
 * check of the port says so in its header, and counts as a connection from the balancer. Everything on the connection's event loop.
 */
final class ProxyHeader extends SimpleChannelInboundHandler<HAProxyMessage> {
    private static final RareLog TROUBLE = new RareLog(LoggerFactory.getLogger(ProxyHeader.class));

    private final Consumer<InetSocketAddress> serve;
    private final ScheduledFuture<?> deadline;
    private boolean taken;

    private ProxyHeader(Channel channel, Duration patience, Consumer<InetSocketAddress> serve) {
        this.serve = serve;
        deadline = channel.eventLoop().schedule(() -> channel.close(), patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** @param serve adds the handlers of the connection proper to the pipeline */
    static void expect(Channel channel, Duration patience, Consumer<InetSocketAddress> serve) {
        channel.pipeline().addLast(new HAProxyMessageDecoder(), new ProxyHeader(channel, patience, serve));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage header) {
        taken = true;
        deadline.cancel(false);
        serve.accept(
                header.command() == HAProxyCommand.LOCAL
                        ? (InetSocketAddress) ctx.channel().remoteAddress()
                        : client(header, (InetSocketAddress) ctx.channel().remoteAddress()));
        ctx.fireChannelActive();
        ctx.pipeline().remove(this);
    }

    /** The balancer's own address where the header names none, as for clients of a UNIX socket. */
    private static InetSocketAddress client(HAProxyMessage header, InetSocketAddress balancer) {
        byte[] address = header.sourceAddress() == null
                ? null
                : NetUtil.createByteArrayFromIpAddressString(header.sourceAddress());
        try {
            return address == null
                    ? balancer
                    : new InetSocketAddress(InetAddress.getByAddress(address), header.sourcePort());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        deadline.cancel(false);
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!taken) {
            TROUBLE.warn(
                    "a connection from " + ctx.channel().remoteAddress()
                            + " did not begin with a PROXY protocol header, and was closed; only a balancer that sends one may reach this port");
        }
        ctx.close();
    }
}
