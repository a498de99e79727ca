/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.usersig.UserSigKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Puts a load on an MQTT 5 server: this login server, or any other for comparison.
 *
 * <pre>
 * java -cp tim4j-all.jar io.github.tim4j.server.LoadGenerator rate mqtt://127.0.0.1:1883 SDKAPPID COUNT CONCURRENCY
 * java -cp tim4j-all.jar io.github.tim4j.server.LoadGenerator hold mqtt://127.0.0.1:1883 SDKAPPID COUNT SECONDS
 * </pre>
 *
 * <p>{@code rate} connects, logs in, logs out and closes COUNT times, CONCURRENCY at a time, and tells logins a second and how long a login
 * took from the opening of the connection to the CONNACK. {@code hold} logs COUNT users in, keeps them for SECONDS with a ping every 30 s,
 * and tells how many of them were dropped. Both send the same packets; a server that does not look at passwords takes them, too. The
 * UserSigs are made with the secret key in the variable {@code TIM_SECRET_KEY}. The connections come from 127.0.0.1 to 127.0.0.16 in turn,
 * so that a fast server does not run this machine out of ports. Exit code 1 if a login failed or a session was dropped.
 */
public final class LoadGenerator {
    /** UserSigs are made beforehand, so that making them does not slow the load down. */
    private static final int USERS = 10_000;

    private static final int SOURCE_ADDRESSES = 16;
    private static final int PING_SECONDS = 30;
    private static final byte[] LOGOUT = {(byte) 0xE0, 0};
    private static final byte[] PING = {(byte) 0xC0, 0};

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("load", true), NioIoHandler.newFactory());
    private final InetSocketAddress server;
    private final byte[][] connects;
    private final boolean hold;
    private final int count;
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger loggedIn = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final Map<String, Integer> failures = new TreeMap<>();
    private final long[] nanos;
    private final CountDownLatch done;
    private final AtomicLong answered = new AtomicLong();

    private LoadGenerator(URI server, long sdkAppId, String secret, int count, boolean hold) {
        this.server = new InetSocketAddress(server.getHost(), server.getPort());
        this.count = count;
        this.hold = hold;
        this.nanos = new long[count];
        this.done = new CountDownLatch(count);
        UserSigKey key = new UserSigKey(sdkAppId, secret);
        this.connects = new byte[Math.min(count, USERS)][];
        for (int i = 0; i < connects.length; i++) {
            connects[i] = connect(sdkAppId, "load" + i, key.make("load" + i));
        }
    }

    /**
     * Runs one load.
     *
     * @param args see the class
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        String secret = System.getenv("TIM_SECRET_KEY");
        if (args.length != 5 || !args[0].equals("rate") && !args[0].equals("hold") || secret == null) {
            System.err.println("usage: rate|hold mqtt://HOST:PORT SDKAPPID COUNT CONCURRENCY|SECONDS; "
                    + "with the secret key in TIM_SECRET_KEY");
            System.exit(2);
        }
        boolean hold = args[0].equals("hold");
        LoadGenerator load = new LoadGenerator(
                URI.create(args[1]), Long.parseLong(args[2]), secret, Integer.parseInt(args[3]), hold);
        boolean good = hold ? load.hold(Integer.parseInt(args[4])) : load.rate(Integer.parseInt(args[4]));
        System.exit(good ? 0 : 1);
    }

    private boolean rate(int concurrency) throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < Math.min(concurrency, count); i++) {
            next();
        }
        done.await();
        report((System.nanoTime() - start) / 1e9);
        return failures.isEmpty();
    }

    private boolean hold(int seconds) throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < Math.min(256, count); i++) {
            next();
        }
        done.await();
        report((System.nanoTime() - start) / 1e9);
        System.out.println("holding " + loggedIn.get() + " sessions for " + seconds + " s");
        Thread.sleep(seconds * 1000L);
        System.out.println("dropped " + dropped.get() + ", pings answered " + answered.get());
        return failures.isEmpty() && dropped.get() == 0;
    }

    private void report(double seconds) {
        int good = loggedIn.get();
        long[] sorted = Arrays.copyOf(nanos, good);
        Arrays.sort(sorted);
        System.out.printf(
                Locale.ROOT,
                "%d logins in %.2f s: %.0f a second; median %.2f ms, p99 %.2f ms; failures %s%n",
                good,
                seconds,
                good / seconds,
                good == 0 ? 0 : sorted[good / 2] / 1e6,
                good == 0 ? 0 : sorted[(int) (good * 0.99)] / 1e6,
                failures);
    }

    private void next() {
        int number = started.getAndIncrement();
        if (number >= count) {
            return;
        }
        InetSocketAddress from = new InetSocketAddress("127.0.0." + (1 + number % SOURCE_ADDRESSES), 0);
        ChannelFuture connected = new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_REUSEADDR, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new Client(connects[number % connects.length]));
                    }
                })
                .connect(server, server.getAddress().isLoopbackAddress() ? from : null);
        connected.addListener(result -> {
            if (!result.isSuccess()) {
                ended("connect: " + result.cause().getMessage());
            }
        });
    }

    private void ended(String failure) {
        if (failure != null) {
            synchronized (failures) {
                failures.merge(failure, 1, Integer::sum);
            }
        }
        done.countDown();
        next();
    }

    private final class Client extends ChannelInboundHandlerAdapter {
        private final byte[] connect;
        private final long start = System.nanoTime();
        private boolean online;

        Client(byte[] connect) {
            this.connect = connect;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(Unpooled.wrappedBuffer(connect));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            if (online) {
                answered.addAndGet(in.readableBytes() / 2);
            } else if (in.readableBytes() > 3 && in.getByte(0) == 0x20 && in.getByte(in.getByte(1) < 0 ? 4 : 3) == 0) {
                online(ctx.channel());
            } else {
                ended("refused");
                ctx.close();
            }
            in.release();
        }

        private void online(Channel channel) {
            online = true;
            nanos[loggedIn.getAndIncrement()] = System.nanoTime() - start;
            if (hold) {
                channel.eventLoop()
                        .scheduleAtFixedRate(
                                () -> channel.writeAndFlush(Unpooled.wrappedBuffer(PING)),
                                PING_SECONDS,
                                PING_SECONDS,
                                TimeUnit.SECONDS);
                ended(null);
            } else {
                channel.writeAndFlush(Unpooled.wrappedBuffer(LOGOUT));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (online && hold) {
                dropped.incrementAndGet();
            } else if (online) {
                ended(null);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!online) {
                ended(cause.toString());
            }
            ctx.close();
        }
    }

    private static byte[] connect(long sdkAppId, String user, String sig) {
        ByteBuf body = Unpooled.buffer();
        text(body, "MQTT");
        body.writeByte(5).writeByte(0xC2).writeShort(60);
        ByteBuf properties = Unpooled.buffer();
        String[][] userProperties = {
            {"sdkappid", "" + sdkAppId}, {"platform", "Linux"}, {"device-id", "d"}, {"sdk-version", "load"}
        };
        for (String[] property : userProperties) {
            properties.writeByte(0x26);
            text(properties, property[0]);
            text(properties, property[1]);
        }
        body.writeByte(properties.readableBytes()).writeBytes(properties);
        text(body, sdkAppId + ":" + user + ":Linux:d");
        text(body, user);
        text(body, sig);
        int length = body.readableBytes();
        ByteBuf packet = Unpooled.buffer()
                .writeByte(0x10)
                .writeByte(length & 0x7f | 0x80)
                .writeByte(length >> 7)
                .writeBytes(body);
        byte[] bytes = new byte[packet.readableBytes()];
        packet.readBytes(bytes);
        return bytes;
    }

    private static void text(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        out.writeShort(bytes.length).writeBytes(bytes);
    }
}
