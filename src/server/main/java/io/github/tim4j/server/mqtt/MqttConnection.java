/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.event.LoginEvent;
import io.github.tim4j.server.event.LoginEvent.SessionEnded;
import io.github.tim4j.server.event.RareLog;
import io.github.tim4j.server.login.ClientIdentity;
import io.github.tim4j.server.login.Connection;
import io.github.tim4j.server.login.LoginService;
import io.github.tim4j.server.login.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CodecException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: logs in, answers pings, and ends. All state belongs to the channel's event loop;
 * those of {@link Connection} may be called by any thread.
 *
 * <p>What a client sends after its last packet was answered is read and dropped for a moment: closing with unread bytes would reset the
 * connection, and the client might never see the answer.
 */
final class MqttConnection extends ByteToMessageDecoder implements Connection {
    /** How long a client may take to close after its last answer. */
    private static final long LINGER_MS = 2_000;
    /** In which a connection that its client has closed or lost is known to be closed, once the client is there again, or the link or the server goes. */
    private static final long MOMENT_MS = 100;
    /** Deadlines further away are looked at again after this time: the wall clock may have been corrected. */
    private static final Duration LONGEST_TIMER = Duration.ofHours(1);

    /** A ping every few seconds is usual. */
    private static final int MAX_PACKETS_A_SECOND = 1_000;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final RareLog UNEXPECTED = new RareLog(LoggerFactory.getLogger(MqttConnection.class));

    /** As the vendor has it, whatever the keep alive. */
    private static final long LONGEST_SILENCE_MS = 400_000;

    private enum State {
        WAITING_FOR_CONNECT,
        LOGGING_IN,
        ONLINE,
        ENDING,
        CLOSED
    }

    private final LoginService service;
    private final @Nullable InetSocketAddress address;
    private ChannelHandlerContext ctx;
    private long number;
    private State state = State.WAITING_FOR_CONNECT;
    private boolean muted;
    /** How the client has left, or would have if it had been online: with a DISCONNECT that says so, or in another way. */
    private boolean loggedOut;
    /** Null unless online. */
    private Session session;

    /** Asked whether this client has been told that it is out; answered when the connection has closed. */
    private CompletableFuture<Boolean> told;
    /** Whether the client had its time to close after the last packet, and did not. */
    private boolean lingeredInVain;

    private ClientIdentity identity;
    private long clientMaximum = Long.MAX_VALUE;
    private long silenceNanos;
    private long lastPacket;
    /** Packets since {@link #countedSince}, which is at most a second ago. */
    private int packets;

    private long countedSince;
    private ScheduledFuture<?> timer;

    /** @param address the client's; null if it had gone before it was looked at */
    MqttConnection(LoginService service, @Nullable InetSocketAddress address) {
        this.service = service;
        this.address = address;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        ctx = context;
        if (address == null || !service.limits().opened(address.getAddress())) {
            state = State.CLOSED;
            context.close();
            return;
        }
        number = service.opened(this);
        schedule(service.config().limits().connectTimeout().toNanos(), this::connectTimedOut);
    }

    private void connectTimedOut() {
        if (state == State.WAITING_FOR_CONNECT && !muted) {
            protocolError("no complete CONNECT within "
                    + service.config().limits().connectTimeout().toMillis() + " ms");
            ctx.close();
        }
    }

    // ---- packets in

    /** Pings that came together are answered together. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        context.flush();
        super.channelReadComplete(context);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (state == State.LOGGING_IN && !muted) {
            // What follows the CONNECT waits for the decision, within limits.
            if (in.readableBytes() > LoginServerConfig.MAX_PACKET) {
                context.channel().config().setAutoRead(false);
            }
            return;
        }
        if (muted || state == State.ENDING || state == State.CLOSED) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            packet(in);
        } catch (MqttException e) {
            in.skipBytes(in.readableBytes());
            refusePacket(e);
        } catch (ConnectPacket.OlderVersion e) {
            in.skipBytes(in.readableBytes());
            protocolError("a client of MQTT 3; this server speaks MQTT 5");
            last(MqttAnswer.olderVersion());
        }
    }

    /** A client that has gone while its login was being decided may have said before that it logs out. */
    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (state != State.LOGGING_IN || muted) {
            super.decodeLast(context, in, out);
            return;
        }
        try {
            MqttPacket packet = in.isReadable() ? MqttPacket.cut(in, false) : null;
            while (packet != null && packet.type() != MqttPacket.DISCONNECT) {
                packet = in.isReadable() ? MqttPacket.cut(in, false) : null;
            }
            loggedOut = packet != null && saysLogout(packet.body());
        } catch (MqttException e) {
            protocolError(e.getMessage());
        }
        in.skipBytes(in.readableBytes());
    }

    private void packet(ByteBuf in) throws MqttException, ConnectPacket.OlderVersion {
        MqttPacket packet = MqttPacket.cut(in, state == State.WAITING_FOR_CONNECT);
        if (packet != null) {
            lastPacket = System.nanoTime();
            checkRate();
            served(packet);
        }
    }

    private void checkRate() throws MqttException {
        if (lastPacket - countedSince > SECOND) {
            countedSince = lastPacket;
            packets = 0;
        }
        if (++packets > MAX_PACKETS_A_SECOND) {
            throw new MqttException(
                    MqttReason.MESSAGE_RATE_TOO_HIGH, "more than " + MAX_PACKETS_A_SECOND + " packets a second");
        }
    }

    private void served(MqttPacket packet) throws MqttException, ConnectPacket.OlderVersion {
        switch (packet.type()) {
            case MqttPacket.CONNECT -> connect(ConnectPacket.read(packet.body()));
            case MqttPacket.PINGREQ -> {
                new MqttFields(packet.body()).end();
                ctx.write(MqttAnswer.pingResponse());
            }
            case MqttPacket.DISCONNECT -> disconnected(packet.body());
            default -> throw new AssertionError(packet.type());
        }
    }

    private void disconnected(ByteBuf body) throws MqttException {
        endSession(saysLogout(body) ? SessionEnded.How.LOGOUT : SessionEnded.How.LINK_CLOSED);
        state = State.ENDING;
        ctx.close();
    }

    /** Of the body of a DISCONNECT. */
    private static boolean saysLogout(ByteBuf body) throws MqttException {
        MqttFields fields = new MqttFields(body);
        int reason = fields.atEnd() ? 0 : fields.u8();
        if (!fields.atEnd()) {
            fields.properties(MqttFields.SESSION_EXPIRY_INTERVAL, MqttFields.REASON_STRING);
            fields.end();
        }
        return reason == 0;
    }

    private void refusePacket(MqttException e) {
        protocolError(e.getMessage());
        if (state == State.ONLINE) {
            endSession(SessionEnded.How.LINK_CLOSED);
            last(answer().reasonString(e.getMessage()).disconnect(e.reason(), clientMaximum));
        } else if (e.reason() == MqttException.NO_ANSWER) {
            state = State.ENDING;
            ctx.close();
        } else {
            last(answer().reasonString(e.getMessage()).connack(e.reason(), clientMaximum));
        }
    }

    private void protocolError(String text) {
        service.protocolBroken(
                identity == null
                        ? LoginEvent.Client.UNKNOWN
                        : new LoginEvent.Client(
                                identity.sdkAppId(), identity.userId(), identity.platform(), identity.deviceId()),
                text);
    }

    // ---- login

    private void connect(ConnectPacket connect) throws MqttException {
        clientMaximum = connect.properties().number(MqttFields.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE);
        if (connect.will()) {
            throw new MqttException(MqttReason.IMPLEMENTATION_SPECIFIC, "a login server takes no will message");
        }
        if (connect.properties().values().containsKey(MqttFields.AUTHENTICATION_METHOD)) {
            throw new MqttException(
                    MqttReason.BAD_AUTHENTICATION_METHOD,
                    "a login server takes the UserSig as the password, nothing else");
        }
        if (connect.properties().values().containsKey(MqttFields.AUTHENTICATION_DATA)) {
            throw MqttException.protocolError("authentication data without a method");
        }
        ClientIdentityReader.Reading reading = ClientIdentityReader.read(connect);
        if (reading.refusal() != null) {
            service.refused(LoginEvent.Client.UNKNOWN, reading.refusal());
            refuse(reading.refusal());
            return;
        }
        identity = reading.identity();
        cancelTimer();
        state = State.LOGGING_IN;
        Duration delay = service.faults().delay();
        if (delay.isZero()) {
            login(connect);
        } else {
            schedule(delay.toNanos(), () -> login(connect));
        }
    }

    private void login(ConnectPacket connect) {
        if (state != State.LOGGING_IN) {
            return;
        }
        CompletableFuture<LoginService.Outcome> outcome =
                service.login(number, identity, connect.password(), address).toCompletableFuture();
        if (outcome.isDone()) {
            decided(connect, outcome.join());
        } else {
            outcome.thenAccept(done -> ctx.executor().execute(() -> decided(connect, done)));
        }
    }

    private void decided(ConnectPacket connect, LoginService.Outcome outcome) {
        if (state != State.LOGGING_IN) {
            // The client has gone, or has been kicked already; if it is still in the store, it ends there as it has
            // gone.
            if (outcome.session() != null) {
                service.ended(outcome.session(), loggedOut ? SessionEnded.How.LOGOUT : SessionEnded.How.LINK_CLOSED);
            }
        } else if (outcome.refusal() != null) {
            refuse(outcome.refusal());
        } else {
            online(connect, outcome.session());
        }
    }

    private void online(ConnectPacket connect, Session loggedIn) {
        state = State.ONLINE;
        session = loggedIn;
        service.online(true);
        service.answered(0, Duration.ofNanos(System.nanoTime() - lastPacket));
        lastPacket = System.nanoTime();
        int maximum = service.config().limits().maxKeepAlive();
        int keepAlive = connect.keepAlive() == 0 ? maximum : Math.min(connect.keepAlive(), maximum);
        silenceNanos = TimeUnit.MILLISECONDS.toNanos(Math.min(keepAlive * 1500L, LONGEST_SILENCE_MS));
        long now = service.clock().instant().getEpochSecond();
        MqttAnswer answer = answer().serverKeepAlive(keepAlive)
                .maximumPacketSize(LoginServerConfig.MAX_PACKET)
                .user("server-time", now)
                .user("sig-expires-in", session.userSigExpiresAt().getEpochSecond() - now);
        if (connect.properties().values().containsKey(MqttFields.SESSION_EXPIRY_INTERVAL)) {
            answer.noSessionExpiry();
        }
        if (identity.assignedClientId() != null) {
            answer.assignedClientId(identity.assignedClientId());
        }
        write(answer.connack(MqttReason.SUCCESS, clientMaximum));
        watch();
        goOnReading();
    }

    /** Takes up the packets that came while the login was being decided. */
    private void goOnReading() {
        ctx.channel().config().setAutoRead(true);
        if (actualReadableBytes() > 0) {
            ctx.executor().execute(this::readOn);
        }
    }

    private void readOn() {
        try {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
            channelReadComplete(ctx);
        } catch (Exception e) {
            exceptionCaught(ctx, e);
        }
    }

    /** A client that sends pings and does not read the answers is not read from until it does. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (state == State.ONLINE) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }
    }

    private void refuse(Refusal refusal) {
        service.answered(refusal.code(), Duration.ofNanos(System.nanoTime() - lastPacket));
        MqttAnswer answer = answer().user("tim-code", refusal.code());
        if (refusal.kickedBy() != null) {
            answer.user("kick-platform", refusal.kickedBy().text());
        }
        last(answer.reasonString(refusal.text()).connack(MqttReason.of(refusal), clientMaximum));
    }

    // ---- while online

    /** One timer for both deadlines: silence and the UserSig's expiry. Also called when the clock has been set. */
    private void watch() {
        if (state != State.ONLINE || session == null) {
            return;
        }
        long silenceLeft = lastPacket + silenceNanos - System.nanoTime();
        Duration validity = Duration.between(service.clock().instant(), session.userSigExpiresAt());
        if (validity.isNegative() || validity.isZero()) {
            expire();
        } else if (silenceLeft <= 0) {
            silent();
        } else {
            Duration capped = validity.compareTo(LONGEST_TIMER) < 0 ? validity : LONGEST_TIMER;
            schedule(Math.min(silenceLeft, capped.toNanos()), this::watch);
        }
    }

    private void expire() {
        Session expired = takeSession();
        service.expired(expired);
        last(kickAnswer(KickCause.USER_SIG_EXPIRED, null));
    }

    private void silent() {
        endSession(SessionEnded.How.TIMED_OUT);
        last(answer().reasonString("silent for 1.5 times its keep alive")
                .disconnect(MqttReason.KEEP_ALIVE_TIMEOUT, clientMaximum));
    }

    private ByteBuf kickAnswer(KickCause cause, Platform by) {
        MqttAnswer answer = answer().reasonString(cause.text());
        if (cause.code() != 0) {
            answer.user("tim-code", cause.code());
        }
        if (by != null) {
            answer.user("kick-platform", by.text());
        }
        return answer.disconnect(MqttReason.of(cause), clientMaximum);
    }

    // ---- asked for by other threads

    @Override
    public CompletionStage<Boolean> evict(KickCause cause, Platform by) {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        if (!onLoop(() -> evictHere(cause, by, told))) {
            told.complete(false);
        }
        return told;
    }

    private void evictHere(KickCause cause, Platform by, CompletableFuture<Boolean> told) {
        takeSession();
        if (muted || state == State.ENDING || state == State.CLOSED) {
            told.complete(loggedOut);
            return;
        }
        if (cause == KickCause.TAKEN_OVER) {
            told.complete(true); // this instance has a newer connection
        } else {
            this.told = told;
        }
        if (state == State.ONLINE) {
            last(kickAnswer(cause, by));
        } else {
            evictWhileLoggingIn(cause, by);
        }
    }

    @Override
    public void cameAgain() {
        onLoop(() -> ctx.executor()
                .schedule(
                        () -> {
                            if (told != null && !lingeredInVain && ctx.channel().isActive()) {
                                told.complete(true);
                            }
                        },
                        MOMENT_MS,
                        TimeUnit.MILLISECONDS));
    }

    /** Admitted, but the CONNACK is still to be written; a DISCONNECT may not come before it. */
    private void evictWhileLoggingIn(KickCause cause, Platform by) {
        if (cause == KickCause.TAKEN_OVER) {
            // This instance waits for an answer on its newer connection.
            state = State.ENDING;
            ctx.close();
            return;
        }
        Refusal refusal = cause == KickCause.OTHER_INSTANCE
                ? Refusal.kicked(by)
                : new Refusal(cause.code() == 0 ? Refusal.USER_SIG_INVALID : cause.code(), cause.text());
        service.report(identity, refusal);
        refuse(refusal);
    }

    @Override
    public CompletionStage<Void> cut() {
        return done(() -> {
            if (isBeingTold()) {
                lingerAMoment();
                return;
            }
            muted = true;
            state = State.ENDING;
            endSession(SessionEnded.How.LINK_CLOSED);
            lingerNoMore();
        });
    }

    @Override
    public CompletionStage<Void> mute() {
        return done(() -> muted = true);
    }

    @Override
    public CompletionStage<Void> shutDown() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        ctx.channel().closeFuture().addListener(done -> closed.complete(null));
        onLoop(() -> {
            if (state == State.ONLINE && !muted) {
                endSession(SessionEnded.How.LINK_CLOSED);
                state = State.ENDING;
                write(answer().reasonString("the server shuts down")
                        .disconnect(MqttReason.SHUTTING_DOWN, clientMaximum));
            }
            if (isBeingTold()) {
                lingerAMoment();
            } else {
                lingerNoMore();
            }
        });
        return closed;
    }

    @Override
    public CompletionStage<Void> clockChanged() {
        return done(this::watch);
    }

    @Override
    public CompletionStage<Session> session() {
        CompletableFuture<Session> answer = new CompletableFuture<>();
        if (!onLoop(() -> answer.complete(state == State.ONLINE ? session : null))) {
            answer.complete(null);
        }
        return answer;
    }

    private CompletionStage<Void> done(Runnable action) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (!onLoop(() -> {
            action.run();
            done.complete(null);
        })) {
            done.complete(null);
        }
        return done;
    }

    /** False if the server has been closed, and this connection with it. */
    private boolean onLoop(Runnable action) {
        try {
            ctx.executor().execute(action);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    // ---- the end

    private void endSession(SessionEnded.How how) {
        Session ending = takeSession();
        if (ending != null) {
            loggedOut = how == SessionEnded.How.LOGOUT;
            service.ended(ending, how);
        }
    }

    /** The session, which this connection has no longer; or null. */
    private Session takeSession() {
        Session taken = session;
        session = null;
        if (taken != null) {
            service.online(false);
        }
        return taken;
    }

    /**
     * Sends a last packet, then waits a moment for the client to close, which shows that it has read it: the kernel also takes bytes for a network that
     * is gone. A muted connection stays as it is; a client that has not taken what was sent before is closed at once.
     */
    private void last(ByteBuf packet) {
        cancelTimer();
        if (muted) {
            packet.release();
            return;
        }
        state = State.ENDING;
        linger(write(packet).isSuccess());
    }

    private void linger(boolean written) {
        if (!written || !ctx.channel().isActive()) {
            lingerNoMore();
            return;
        }
        ctx.channel().config().setAutoRead(true);
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.closeOutbound();
        } else {
            ((SocketChannel) ctx.channel()).shutdownOutput();
        }
        schedule(TimeUnit.MILLISECONDS.toNanos(LINGER_MS), this::lingerNoMore);
    }

    private boolean isBeingTold() {
        return told != null && !muted;
    }

    /** Whoever has just been told that it is out can still show that it knows: otherwise it would be told again. */
    private void lingerAMoment() {
        schedule(TimeUnit.MILLISECONDS.toNanos(MOMENT_MS), this::lingerNoMore);
    }

    private void lingerNoMore() {
        lingeredInVain = true;
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        super.channelInactive(context);
        if (state == State.CLOSED) {
            return;
        }
        cancelTimer();
        state = State.CLOSED;
        service.limits().closed(address.getAddress());
        service.closed(number);
        endSession(SessionEnded.How.LINK_CLOSED);
        if (told != null) {
            told.complete(!lingeredInVain);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A reset by the client or a failed handshake, most often. Nobody knows what the client has read; the session
        // ends with the channel.
        Throwable reason = cause instanceof CodecException && cause.getCause() != null ? cause.getCause() : cause;
        if (!(reason instanceof IOException || reason instanceof CodecException)) {
            UNEXPECTED.error("an MQTT connection failed", cause);
        }
        lingeredInVain = true;
        context.close();
    }

    private MqttAnswer answer() {
        return MqttAnswer.with(ctx.alloc());
    }

    private ChannelFuture write(ByteBuf packet) {
        if (muted) {
            packet.release();
            return ctx.newSucceededFuture();
        }
        return ctx.writeAndFlush(packet);
    }

    private void schedule(long nanos, Runnable action) {
        cancelTimer();
        timer = ctx.executor().schedule(action, nanos, TimeUnit.NANOSECONDS);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
