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
import io.github.tim4j.server.mqtt.ConnectionState.Answer;
import io.github.tim4j.server.mqtt.ConnectionState.Phase;
import io.github.tim4j.server.mqtt.ConnectionState.Timer;
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
 * One client's connection: packets, timers and the channel around a {@link ConnectionState}, which says what is to be done. All of it belongs to
 * the channel's event loop; the methods of {@link Connection} may be called by any thread.
 *
 * <p>What a client sends after its last packet was answered is read and dropped for a moment: closing with unread bytes would reset the
 * connection, and the client might never see the answer.
 */
final class MqttConnection extends ByteToMessageDecoder implements Connection, ConnectionState.World<Session> {
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

    private final LoginService service;
    private final @Nullable InetSocketAddress address;
    private ChannelHandlerContext ctx;
    private long number;
    private final ConnectionState<Session> state = new ConnectionState<>(this);
    /** The CONNECT, until its login is decided. */
    private @Nullable ConnectPacket connect;

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
            state.turnedAway();
            return;
        }
        number = service.opened(this);
        state.opened();
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
        if (state.phase() == Phase.DECIDING && !state.isMuted()) {
            // What follows the CONNECT waits for the decision, within limits.
            if (in.readableBytes() > LoginServerConfig.MAX_PACKET) {
                context.channel().config().setAutoRead(false);
            }
            return;
        }
        if (state.isMuted() || state.phase() == Phase.ENDING || state.phase() == Phase.CLOSED) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            packet(in);
        } catch (MqttException e) {
            in.skipBytes(in.readableBytes());
            state.broken(e);
        } catch (ConnectPacket.OlderVersion e) {
            in.skipBytes(in.readableBytes());
            state.olderVersion();
        }
    }

    /** A client that has gone while its login was being decided may have said before that it logs out. */
    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (state.phase() != Phase.DECIDING || state.isMuted()) {
            super.decodeLast(context, in, out);
            return;
        }
        try {
            MqttPacket packet = in.isReadable() ? MqttPacket.cut(in, false) : null;
            while (packet != null && packet.type() != MqttPacket.DISCONNECT) {
                packet = in.isReadable() ? MqttPacket.cut(in, false) : null;
            }
            state.leftWhileDeciding(packet != null && saysLogout(packet.body()));
        } catch (MqttException e) {
            broken(e.getMessage());
        }
        in.skipBytes(in.readableBytes());
    }

    private void packet(ByteBuf in) throws MqttException, ConnectPacket.OlderVersion {
        MqttPacket packet = MqttPacket.cut(in, state.phase() == Phase.OPENING);
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
            case MqttPacket.CONNECT -> connected(ConnectPacket.read(packet.body()));
            case MqttPacket.PINGREQ -> {
                new MqttFields(packet.body()).end();
                ctx.write(MqttAnswer.pingResponse());
            }
            case MqttPacket.DISCONNECT -> state.disconnected(saysLogout(packet.body()));
            default -> throw new AssertionError(packet.type());
        }
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

    // ---- login

    private void connected(ConnectPacket packet) throws MqttException {
        clientMaximum = packet.properties().number(MqttFields.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE);
        if (packet.will()) {
            throw new MqttException(MqttReason.IMPLEMENTATION_SPECIFIC, "a login server takes no will message");
        }
        if (packet.properties().values().containsKey(MqttFields.AUTHENTICATION_METHOD)) {
            throw new MqttException(
                    MqttReason.BAD_AUTHENTICATION_METHOD,
                    "a login server takes the UserSig as the password, nothing else");
        }
        if (packet.properties().values().containsKey(MqttFields.AUTHENTICATION_DATA)) {
            throw MqttException.protocolError("authentication data without a method");
        }
        ClientIdentityReader.Reading reading = ClientIdentityReader.read(packet);
        if (reading.refusal() != null) {
            service.refused(LoginEvent.Client.UNKNOWN, reading.refusal());
            state.connectRefused(reading.refusal());
            return;
        }
        identity = reading.identity();
        connect = packet;
        state.connect(!service.faults().delay().isZero());
    }

    @Override
    public void decide() {
        CompletableFuture<LoginService.Outcome> outcome =
                service.login(number, identity, connect.password(), address).toCompletableFuture();
        if (outcome.isDone()) {
            decided(outcome.join());
        } else {
            outcome.whenComplete((done, failure) -> ctx.executor()
                    .execute(failure == null ? () -> decided(done) : () -> exceptionCaught(ctx, failure)));
        }
    }

    private void decided(LoginService.Outcome outcome) {
        if (outcome.session() == null) {
            state.refused(outcome.refusal());
        } else {
            state.admitted(outcome.session());
        }
        connect = null;
        if (state.phase() == Phase.ONLINE) {
            goOnReading();
        }
    }

    private int keepAlive() {
        int maximum = service.config().limits().maxKeepAlive();
        return connect.keepAlive() == 0 ? maximum : Math.min(connect.keepAlive(), maximum);
    }

    private MqttAnswer accepted() {
        long now = service.clock().instant().getEpochSecond();
        MqttAnswer answer = answer().serverKeepAlive(keepAlive())
                .maximumPacketSize(LoginServerConfig.MAX_PACKET)
                .user("server-time", now)
                .user("sig-expires-in", state.session().userSigExpiresAt().getEpochSecond() - now);
        if (connect.properties().values().containsKey(MqttFields.SESSION_EXPIRY_INTERVAL)) {
            answer.noSessionExpiry();
        }
        if (identity.assignedClientId() != null) {
            answer.assignedClientId(identity.assignedClientId());
        }
        return answer;
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
        if (state.phase() == Phase.ONLINE) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }
    }

    // ---- what is to be done

    @Override
    public boolean send(Answer answer) {
        ChannelFuture written = ctx.writeAndFlush(packet(answer));
        return answer instanceof Answer.Accepted
                || answer instanceof Answer.ShuttingDown
                || written.isSuccess() && ctx.channel().isActive();
    }

    private ByteBuf packet(Answer answer) {
        if (answer instanceof Answer.Accepted) {
            return accepted().connack(MqttReason.SUCCESS, clientMaximum);
        } else if (answer instanceof Answer.Refused refused) {
            return refusal(refused.refusal()).connack(MqttReason.of(refused.refusal()), clientMaximum);
        } else if (answer instanceof Answer.Broken broken) {
            MqttAnswer packet = answer().reasonString(broken.cause().getMessage());
            int reason = broken.cause().reason();
            return broken.online() ? packet.disconnect(reason, clientMaximum) : packet.connack(reason, clientMaximum);
        } else if (answer instanceof Answer.Kicked kicked) {
            return kicked(kicked).disconnect(MqttReason.of(kicked.cause()), clientMaximum);
        } else if (answer instanceof Answer.Silent) {
            return answer().reasonString("silent for 1.5 times its keep alive")
                    .disconnect(MqttReason.KEEP_ALIVE_TIMEOUT, clientMaximum);
        } else if (answer instanceof Answer.ShuttingDown) {
            return answer().reasonString("the server shuts down").disconnect(MqttReason.SHUTTING_DOWN, clientMaximum);
        }
        return MqttAnswer.olderVersion();
    }

    private MqttAnswer refusal(Refusal refusal) {
        MqttAnswer answer = answer().user("tim-code", refusal.code());
        if (refusal.kickedBy() != null) {
            answer.user("kick-platform", refusal.kickedBy().text());
        }
        return answer.reasonString(refusal.text());
    }

    private MqttAnswer kicked(Answer.Kicked kicked) {
        MqttAnswer answer = answer().reasonString(kicked.cause().text());
        if (kicked.cause().code() != 0) {
            answer.user("tim-code", kicked.cause().code());
        }
        if (kicked.by() != null) {
            answer.user("kick-platform", kicked.by().text());
        }
        return answer;
    }

    private MqttAnswer answer() {
        return MqttAnswer.with(ctx.alloc());
    }

    @Override
    public void finish() {
        ctx.channel().config().setAutoRead(true);
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.closeOutbound();
        } else {
            ((SocketChannel) ctx.channel()).shutdownOutput();
        }
    }

    @Override
    public void close() {
        ctx.close();
    }

    @Override
    public void start(Timer what) {
        switch (what) {
            case CONNECT -> schedule(service.config().limits().connectTimeout().toNanos(), state::timeUp);
            case DELAY -> schedule(service.faults().delay().toNanos(), state::timeUp);
            case WATCH -> {
                lastPacket = System.nanoTime();
                silenceNanos = TimeUnit.MILLISECONDS.toNanos(Math.min(keepAlive() * 1500L, LONGEST_SILENCE_MS));
                watch();
            }
            case LINGER -> schedule(TimeUnit.MILLISECONDS.toNanos(LINGER_MS), state::timeUp);
            case MOMENT -> schedule(TimeUnit.MILLISECONDS.toNanos(MOMENT_MS), state::timeUp);
        }
    }

    /** One timer for both deadlines: silence and the UserSig's expiry. Also called when the clock has been set. */
    private void watch() {
        Session session = state.session();
        if (session == null) {
            return;
        }
        long silenceLeft = lastPacket + silenceNanos - System.nanoTime();
        Duration validity = Duration.between(service.clock().instant(), session.userSigExpiresAt());
        if (validity.isNegative() || validity.isZero()) {
            onLoop(state::userSigExpired);
        } else if (silenceLeft <= 0) {
            onLoop(state::silent);
        } else {
            Duration capped = validity.compareTo(LONGEST_TIMER) < 0 ? validity : LONGEST_TIMER;
            schedule(Math.min(silenceLeft, capped.toNanos()), this::watch);
        }
    }

    @Override
    public void startMoment() {
        ctx.executor().schedule(state::wasThereAgain, MOMENT_MS, TimeUnit.MILLISECONDS);
    }

    private void schedule(long nanos, Runnable action) {
        stopTimer();
        timer = ctx.executor().schedule(action, nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    @Override
    public void online(boolean on) {
        service.online(on);
    }

    @Override
    public void ended(Session session, SessionEnded.How how) {
        service.ended(session, how);
    }

    @Override
    public void expired(Session session) {
        service.expired(session);
    }

    @Override
    public void answered(int code) {
        service.answered(code, Duration.ofNanos(System.nanoTime() - lastPacket));
    }

    @Override
    public void refusedAfterAll(Refusal refusal) {
        service.report(identity, refusal);
    }

    @Override
    public void broken(String text) {
        service.protocolBroken(
                identity == null
                        ? LoginEvent.Client.UNKNOWN
                        : new LoginEvent.Client(
                                identity.sdkAppId(), identity.userId(), identity.platform(), identity.deviceId()),
                text);
    }

    // ---- asked for by other threads

    @Override
    public CompletionStage<Boolean> evict(KickCause cause, Platform by) {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        if (!onLoop(() -> state.evict(cause, by, told))) {
            told.complete(false);
        }
        return told;
    }

    @Override
    public void cameAgain() {
        onLoop(state::cameAgain);
    }

    @Override
    public CompletionStage<Void> cut() {
        return done(state::cut);
    }

    @Override
    public CompletionStage<Void> mute() {
        return done(state::mute);
    }

    @Override
    public CompletionStage<Void> shutDown() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        ctx.channel().closeFuture().addListener(done -> closed.complete(null));
        onLoop(state::shutDown);
        return closed;
    }

    @Override
    public CompletionStage<Void> clockChanged() {
        return done(this::watch);
    }

    @Override
    public CompletionStage<Session> session() {
        CompletableFuture<Session> answer = new CompletableFuture<>();
        if (!onLoop(() -> answer.complete(state.session()))) {
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

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        super.channelInactive(context);
        if (state.phase() != Phase.CLOSED) {
            service.limits().closed(address.getAddress());
            service.closed(number);
            state.closed();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A reset by the client or a failed handshake, most often.
        Throwable reason = cause instanceof CodecException && cause.getCause() != null ? cause.getCause() : cause;
        if (!(reason instanceof IOException || reason instanceof CodecException)) {
            UNEXPECTED.error("an MQTT connection failed", cause);
        }
        state.failed();
    }
}
