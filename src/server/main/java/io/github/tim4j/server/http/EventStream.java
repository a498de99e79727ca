/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.server.event.EventLog;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * The server's events as server-sent events, as they happen: {@code id} is the event's number, {@code data} what {@code events} gives. To a
 * reader who is slower than they come, those that are no longer kept are never sent. Belongs to the connection's event loop.
 */
final class EventStream implements HttpListener.Feed {
    /** Finds out whether anybody is still there. */
    private static final int COMMENT_SECONDS = 15;

    private final EventLog log;
    private final Function<ServerEvent, String> json;
    private final AtomicBoolean woken = new AtomicBoolean();
    private ChannelHandlerContext ctx;
    private long cursor;

    private EventStream(EventLog log, Function<ServerEvent, String> json, long cursor) {
        this.log = log;
        this.json = json;
        this.cursor = cursor;
    }

    static HttpListener.Answer answer(EventLog log, Function<ServerEvent, String> json, long cursor) {
        return new HttpListener.Answer(
                200,
                "text/event-stream; charset=utf-8",
                "",
                Map.of("Cache-Control", "no-store"),
                new EventStream(log, json, cursor));
    }

    @Override
    public void begin(ChannelHandlerContext channel) {
        ctx = channel;
        Runnable watcher = this::wake;
        var comments = ctx.executor().scheduleAtFixedRate(this::comment, 0, COMMENT_SECONDS, TimeUnit.SECONDS);
        ctx.channel().closeFuture().addListener(closed -> {
            log.unwatch(watcher);
            comments.cancel(false);
        });
        log.watch(watcher);
        wake();
    }

    /** Any thread. */
    private void wake() {
        if (woken.compareAndSet(false, true)) {
            try {
                ctx.executor().execute(this::sendNew);
            } catch (RejectedExecutionException e) {
                // The server has been closed, and the connection with it.
            }
        }
    }

    /** As many as the reader takes. */
    private void sendNew() {
        woken.set(false);
        for (ServerEvent event : log.after(cursor)) {
            if (!ctx.channel().isWritable()) {
                break;
            }
            cursor = event.number();
            send("id: " + cursor + "\ndata: " + json.apply(event) + "\n\n");
        }
        ctx.flush();
    }

    private void comment() {
        if (ctx.channel().isWritable()) {
            send(":\n\n");
            ctx.flush();
        }
    }

    private void send(String text) {
        ChannelFuture sent = ctx.write(new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
        if (!ctx.channel().isWritable()) {
            // Nothing more is sent until then.
            sent.addListener(written -> wake());
        }
    }
}
