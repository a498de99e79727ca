/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.event.RareLog;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.OptionalSslHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP port. Requests are collected by the event loops, so that a slow client holds no thread, and answered by a few threads of their
 * own, because what they order may wait for event loops. With a certificate the port takes HTTPS; beside it plain HTTP, where that is
 * allowed.
 */
public final class HttpListener {
    /** What a request asks. */
    record Ask(
            String method,
            String path,
            Map<String, String> query,
            Map<String, String> headers,
            String body,
            InetAddress from,
            boolean http10) {}

    /**
     * What is answered.
     *
     * @param headers more than its type and length
     * @param feed    writes the body bit by bit, instead; null for an answer that is whole
     */
    record Answer(int status, String contentType, String body, Map<String, String> headers, Feed feed) {
        Answer(int status, String contentType, String body) {
            this(status, contentType, body, Map.of(), null);
        }

        static Answer json(int status, String body) {
            return new Answer(status, "application/json; charset=utf-8", body);
        }

        static Answer text(int status, String body) {
            return new Answer(status, "text/plain; charset=utf-8", body);
        }
    }

    /** A body without an end. */
    interface Feed {
        /**
         * The head has been written; chunks may be, from now on and by whoever, until the channel is closed.
         *
         * @param ctx in whose event loop this runs
         */
        void begin(ChannelHandlerContext ctx);
    }

    /** Answers requests whose path begins like this. */
    public interface Service {
        Answer answer(Ask ask) throws Exception;
    }

    private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);
    private static final int MAX_LINE = 8192;
    private static final int MAX_BODY = 1 << 16;
    private static final int MAX_CONNECTIONS = 512;
    /** From the connection, or the end of the request before, to the end of a request. */
    private static final int REQUEST_SECONDS = 30;

    private static final int MAX_CONNECTIONS_WAITING = 256;
    private static final int IDLE_SECONDS = 30;
    private static final int THREADS = 2;
    private static final int MAX_WAITING = 1_000;
    private static final int MAX_PIPELINED = 16;
    private static final int MAX_FEEDS = 64;

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            new DefaultThreadFactory("tim4j-http", true));
    private static final String HEALTH = "/healthz";

    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger feeds = new AtomicInteger();
    private final RareLog tooManyConnections = new RareLog(LOG);
    private final RareLog unexpected = new RareLog(LOG);
    private final Map<String, Service> services;
    private final Channel channel;

    public HttpListener(
            EventLoopGroup loops,
            InetAddress host,
            int port,
            Supplier<SslContext> tls,
            boolean plaintext,
            Map<String, Service> services) {
        this.services = services;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, MAX_CONNECTIONS_WAITING)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        if (connections.incrementAndGet() > MAX_CONNECTIONS) {
                            connections.decrementAndGet();
                            tooManyConnections.warn(
                                    "more than " + MAX_CONNECTIONS + " HTTP connections: a new one is closed at once");
                            client.close();
                            return;
                        }
                        client.closeFuture().addListener(closed -> connections.decrementAndGet());
                        if (tls != null) {
                            client.pipeline()
                                    .addLast(
                                            plaintext
                                                    ? new OptionalSslHandler(tls.get())
                                                    : tls.get().newHandler(client.alloc()));
                        }
                        client.pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(IDLE_SECONDS),
                                        new HttpServerCodec(MAX_LINE, MAX_LINE, MAX_LINE),
                                        new HttpObjectAggregator(MAX_BODY),
                                        new Handler());
                    }
                })
                .bind(host, port)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            threads.shutdownNow();
            throw new LoginServerException(
                    "cannot listen for HTTP on " + host.getHostAddress() + ":" + port + ": "
                            + bound.cause().getMessage()
                            + ". Choose another port (0 takes any free one), or stop the program that uses this one",
                    bound.cause());
        }
        channel = bound.channel();
    }

    public int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    public void close() {
        channel.close().awaitUninterruptibly();
        threads.shutdown();
    }

    private Answer answer(Ask ask) {
        for (Map.Entry<String, Service> service : services.entrySet()) {
            if (ask.path().startsWith(service.getKey())) {
                try {
                    return service.getValue().answer(ask);
                } catch (Throwable e) {
                    // The path alone: the query may hold a UserSig.
                    unexpected.error(ask.method() + " " + ask.path() + " failed", e);
                    return Answer.json(500, "{\"error\":\"internal error\"}");
                }
            }
        }
        return Answer.json(404, "{\"error\":\"there is nothing at this path\"}");
    }

    /** The requests of one connection are answered one after another. */
    private final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
        private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
        private Future<?> deadline;
        private final AtomicInteger pipelined = new AtomicInteger();

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            expectRequest(ctx);
            super.channelActive(ctx);
        }

        private void expectRequest(ChannelHandlerContext ctx) {
            if (deadline != null) {
                deadline.cancel(false);
            }
            deadline = ctx.executor().schedule(() -> ctx.close(), REQUEST_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            if (deadline != null) {
                deadline.cancel(false);
            }
            super.channelInactive(ctx);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            expectRequest(ctx);
            if (pipelined.incrementAndGet() > MAX_PIPELINED) {
                ctx.close();
                return;
            }
            boolean good = request.decoderResult().isSuccess();
            Ask ask = ask(ctx, request);
            if (good && ask.path().equals(HEALTH)) {
                // Whatever else waits for a thread: whether the process lives is no question for a queue.
                last = last.thenRun(() -> {
                    write(ctx, answer(ask), HttpUtil.isKeepAlive(request));
                    pipelined.decrementAndGet();
                });
                return;
            }
            boolean keepAlive = good && HttpUtil.isKeepAlive(request);
            try {
                last = last.thenRunAsync(
                        () -> {
                            write(
                                    ctx,
                                    good ? answer(ask) : Answer.json(400, "{\"error\":\"not an HTTP request\"}"),
                                    keepAlive);
                            pipelined.decrementAndGet();
                        },
                        threads);
            } catch (RejectedExecutionException e) {
                write(ctx, Answer.json(503, "{\"error\":\"too many requests are waiting\"}"), false);
            }
        }

        private void write(ChannelHandlerContext ctx, Answer answer, boolean keepAlive) {
            if (answer.feed() != null) {
                ctx.executor().execute(() -> feed(ctx, answer));
                return;
            }
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), Unpooled.wrappedBuffer(body));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
            answer.headers().forEach(response.headers()::set);
            HttpUtil.setKeepAlive(response, keepAlive);
            ChannelFuture written = ctx.writeAndFlush(response);
            if (!keepAlive) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        /** It is this connection's last answer: nobody waits for another request, and one that comes closes it. */
        private void feed(ChannelHandlerContext ctx, Answer answer) {
            if (!ctx.channel().isActive()) {
                return;
            }
            if (feeds.incrementAndGet() > MAX_FEEDS) {
                feeds.decrementAndGet();
                write(ctx, Answer.json(503, "{\"error\":\"" + MAX_FEEDS + " streams are open: close one\"}"), false);
                return;
            }
            ctx.channel().closeFuture().addListener(closed -> feeds.decrementAndGet());
            deadline.cancel(false);
            pipelined.set(MAX_PIPELINED + 1);
            ctx.pipeline().remove(ReadTimeoutHandler.class);
            HttpResponse head =
                    new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()));
            head.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.contentType());
            answer.headers().forEach(head.headers()::set);
            HttpUtil.setTransferEncodingChunked(head, true);
            ctx.writeAndFlush(head);
            answer.feed().begin(ctx);
        }

        private Ask ask(ChannelHandlerContext ctx, FullHttpRequest request) {
            QueryStringDecoder uri = new QueryStringDecoder(request.uri());
            Map<String, String> query = new TreeMap<>();
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            String path;
            try {
                path = uri.path();
                uri.parameters().forEach((name, values) -> query.put(name, values.get(0)));
            } catch (IllegalArgumentException e) {
                path = "";
            }
            request.headers().forEach(header -> headers.put(header.getKey(), header.getValue()));
            InetSocketAddress from = (InetSocketAddress) ctx.channel().remoteAddress();
            return new Ask(
                    request.method().name(),
                    path,
                    query,
                    headers,
                    request.content().toString(StandardCharsets.UTF_8),
                    from.getAddress(),
                    request.protocolVersion().equals(HttpVersion.HTTP_1_0));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Throwable reason = cause instanceof CodecException && cause.getCause() != null ? cause.getCause() : cause;
            if (!(reason instanceof IOException
                    || reason instanceof CodecException
                    || reason instanceof ReadTimeoutException)) {
                unexpected.error("an HTTP connection failed", cause);
            }
            ctx.close();
        }
    }
}
