/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.mqtt;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.event.LoginEvent.SessionEnded.How;
import io.github.tim4j.server.login.Refusal;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a client's connection is, without sockets, packets and clocks: what happens goes in by the methods, what is to be done goes out to the
 * {@link World}. A test visits every state. One thread.
 *
 * <pre>
 * OPENING --CONNECT--> DECIDING --admitted--> ONLINE --logout, loss, kick, ...--> ENDING --> CLOSED
 *    |                     |                                                        ^
 *    +------ refused ------+--------------------------------------------------------+
 * </pre>
 *
 * <p>Muted, a connection answers nothing and notices nothing, as if the network were dead.
 *
 * @param <S> a session
 */
final class ConnectionState<S> {
    /** Where it is. */
    enum Phase {
        /** Waits for the CONNECT. */
        OPENING,
        /** Waits for the decision about the login. */
        DECIDING,
        ONLINE,
        /** Has sent its last packet, or none, and is to be closed. */
        ENDING,
        CLOSED
    }

    /** What it waits for besides the client. */
    enum Timer {
        /** A whole CONNECT must have come. */
        CONNECT,
        /** A test delays the login. */
        DELAY,
        /** The UserSig expires, or the client has been silent for too long; who knows which says so. */
        WATCH,
        /** After its last packet the client closes, which shows that it has read it. */
        LINGER,
        /** The same where the link or the server goes. */
        MOMENT
    }

    /** A packet for the client. */
    sealed interface Answer {
        /** CONNACK: logged in. */
        record Accepted() implements Answer {}

        /** CONNACK: not logged in. */
        record Refused(Refusal refusal) implements Answer {}

        /** CONNACK, or DISCONNECT if it was online: a packet was none. */
        record Broken(MqttException cause, boolean online) implements Answer {}

        /** CONNACK of an older version of MQTT. */
        record OlderVersion() implements Answer {}

        /** DISCONNECT: the session is over. */
        record Kicked(KickCause cause, @Nullable Platform by) implements Answer {}

        /** DISCONNECT: silent for too long. */
        record Silent() implements Answer {}

        /** DISCONNECT: the server goes. */
        record ShuttingDown() implements Answer {}
    }

    /** Does what is to be done. None of it comes back before the method that called for it has returned, but for {@link #decide}. */
    interface World<S> {
        /**
         * Sends a packet.
         *
         * @return false if it is known already that it will not arrive
         */
        boolean send(Answer answer);

        /** Says that nothing more will come, and reads on. */
        void finish();

        /** Closes; {@link ConnectionState#closed()} follows. */
        void close();

        /** Starts the timer, instead of the one that may run. */
        void start(Timer timer);

        void stopTimer();

        /** Starts a further timer, of a {@link Timer#MOMENT}, for {@link ConnectionState#wasThereAgain()}. */
        void startMoment();

        /** Asks whether this client is let in; {@link ConnectionState#admitted} or {@link ConnectionState#refused} follows, perhaps at once. */
        void decide();

        /** There is a session, or no longer is. */
        void online(boolean on);

        /** Ends the session in the store. */
        void ended(S session, How how);

        /** Ends the session in the store, because its UserSig has expired. */
        void expired(S session);

        /** For the log: a login was answered; 0 for success. */
        void answered(int code);

        /** For the log: a login that was let in is refused nevertheless. */
        void refusedAfterAll(Refusal refusal);

        /** For the log: the client broke the protocol. */
        void broken(String text);
    }

    private final World<S> world;
    private Phase phase = Phase.OPENING;
    private boolean muted;
    /** How the client has left, or would have if it had been online: with a DISCONNECT that says so, or in another way. */
    private boolean loggedOut;
    /** Whether the last packet said that the instance is out. */
    private boolean sentOut;
    /** Whether the client had its time to close after the last packet, and did not. */
    private boolean lingeredInVain;

    private @Nullable S session;
    /** Asked whether this client knows that it is out; answered when the connection has closed at the latest. */
    private @Nullable CompletableFuture<Boolean> told;

    private @Nullable Timer timer;

    ConnectionState(World<S> world) {
        this.world = world;
    }

    Phase phase() {
        return phase;
    }

    boolean isMuted() {
        return muted;
    }

    /** Null unless online. */
    @Nullable
    S session() {
        return phase == Phase.ONLINE ? session : null;
    }

    // ---- what the client does

    void opened() {
        start(Timer.CONNECT);
    }

    /** There is a connection, but it cannot even be looked at. */
    void turnedAway() {
        phase = Phase.CLOSED;
        world.close();
    }

    /**
     * A CONNECT that says of whom it is.
     *
     * @param delayed whether a test wants it to wait
     */
    void connect(boolean delayed) {
        phase = Phase.DECIDING;
        if (delayed) {
            start(Timer.DELAY);
        } else {
            stopTimer();
            world.decide();
        }
    }

    /** A CONNECT of nobody that could be let in. */
    void connectRefused(Refusal refusal) {
        refuse(refusal);
    }

    void olderVersion() {
        world.broken("a client of MQTT 3; this server speaks MQTT 5");
        last(new Answer.OlderVersion());
    }

    /** A packet that is none. */
    void broken(MqttException cause) {
        world.broken(cause.getMessage());
        boolean online = phase == Phase.ONLINE;
        if (cause.reason() == MqttException.NO_ANSWER && !online) {
            close();
            return;
        }
        end(How.LINK_CLOSED);
        last(new Answer.Broken(cause, online));
    }

    /** A DISCONNECT while online. */
    void disconnected(boolean saysLogout) {
        end(saysLogout ? How.LOGOUT : How.LINK_CLOSED);
        close();
    }

    /** The client has gone while its login was being decided. */
    void leftWhileDeciding(boolean saidLogout) {
        loggedOut = saidLogout;
    }

    void closed() {
        if (phase == Phase.CLOSED) {
            return;
        }
        stopTimer();
        phase = Phase.CLOSED;
        end(How.LINK_CLOSED);
        if (told != null) {
            told.complete(!lingeredInVain);
        }
    }

    /** The connection is broken; nobody knows what the client has read. */
    void failed() {
        end(How.LINK_CLOSED);
        lingerNoMore();
    }

    // ---- what was decided

    void admitted(S loggedIn) {
        if (phase != Phase.DECIDING) {
            // The client has gone, or has been kicked already; if it is still in the store, it ends there as it has
            // gone.
            world.ended(loggedIn, loggedOut ? How.LOGOUT : How.LINK_CLOSED);
            return;
        }
        phase = Phase.ONLINE;
        session = loggedIn;
        world.online(true);
        world.answered(0);
        if (!muted) {
            world.send(new Answer.Accepted());
        }
        start(Timer.WATCH);
    }

    void refused(Refusal refusal) {
        if (phase == Phase.DECIDING) {
            refuse(refusal);
        }
    }

    // ---- time

    /** The timer is over; but for {@link Timer#WATCH}, whose owner knows more. */
    void timeUp() {
        Timer over = timer;
        timer = null;
        if (over == Timer.CONNECT) {
            if (!muted) {
                world.broken("no complete CONNECT in time");
                close();
            }
        } else if (over == Timer.DELAY) {
            world.decide();
        } else if (over != null) {
            lingerNoMore();
        }
    }

    void userSigExpired() {
        S over = take();
        if (over != null) {
            world.expired(over);
            last(new Answer.Kicked(KickCause.USER_SIG_EXPIRED, null));
        }
    }

    void silent() {
        if (session != null) {
            end(How.TIMED_OUT);
            last(new Answer.Silent());
        }
    }

    // ---- what others order

    /**
     * The session is out of the store.
     *
     * @param asked whether the client has shown that it knows that it is out: by closing after it was told, or by having logged out itself
     */
    void evict(KickCause cause, @Nullable Platform by, CompletableFuture<Boolean> asked) {
        take();
        boolean takenOver = cause == KickCause.TAKEN_OVER;
        if (takenOver) {
            asked.complete(true); // this instance has a newer connection
        }
        if (muted && phase != Phase.CLOSED) {
            stopTimer();
            phase = Phase.ENDING; // and stays open
        }
        if (phase == Phase.ENDING && sentOut && !muted) {
            told = asked; // it is being told already, that its UserSig has expired
            return;
        }
        if (phase == Phase.ENDING || phase == Phase.CLOSED) {
            asked.complete(loggedOut || sentOut && !lingeredInVain && !muted);
            return;
        }
        told = asked;
        if (phase == Phase.ONLINE) {
            last(new Answer.Kicked(cause, by));
        } else if (takenOver) {
            close(); // it waits for an answer on its newer connection
        } else {
            // Let in, but its CONNACK is still to be written; a DISCONNECT may not come before it.
            Refusal refusal = cause == KickCause.OTHER_INSTANCE
                    ? Refusal.kicked(by)
                    : new Refusal(cause.code() == 0 ? Refusal.USER_SIG_INVALID : cause.code(), cause.text());
            world.refusedAfterAll(refusal);
            refuse(refusal);
        }
    }

    /** After an eviction: the instance is connecting again. */
    void cameAgain() {
        if (told != null) {
            world.startMoment();
        }
    }

    /** A moment ago it connected again; this connection it has neither closed nor broken off, so it is there and has its message. */
    void wasThereAgain() {
        if (told != null && !lingeredInVain && phase != Phase.CLOSED) {
            told.complete(true);
        }
    }

    /** Closes without a word; the instance stays logged in. */
    void cut() {
        if (isBeingTold()) {
            start(Timer.MOMENT);
            return;
        }
        muted = true;
        end(How.LINK_CLOSED);
        lingerNoMore();
    }

    void mute() {
        muted = true;
    }

    /** The server goes. */
    void shutDown() {
        boolean online = phase == Phase.ONLINE;
        end(How.LINK_CLOSED);
        if (online && !muted) {
            world.send(new Answer.ShuttingDown());
        }
        if (isBeingTold()) {
            start(Timer.MOMENT);
        } else {
            lingerNoMore();
        }
    }

    // ----

    private void refuse(Refusal refusal) {
        world.answered(refusal.code());
        last(new Answer.Refused(refusal));
    }

    /**
     * Sends a last packet, then waits for the client to close, which shows that it has read it: the kernel also takes bytes for a network that is gone.
     * A muted connection stays open; a client that has not taken what was sent before is closed at once.
     */
    private void last(Answer answer) {
        stopTimer();
        phase = Phase.ENDING;
        if (muted) {
            return;
        }
        sentOut = answer instanceof Answer.Kicked;
        if (world.send(answer)) {
            world.finish();
            start(Timer.LINGER);
        } else {
            lingerNoMore();
        }
    }

    private void lingerNoMore() {
        lingeredInVain = true;
        close();
    }

    private void close() {
        if (phase != Phase.CLOSED) {
            stopTimer();
            phase = Phase.ENDING;
            world.close();
        }
    }

    private boolean isBeingTold() {
        return told != null && !muted && phase != Phase.CLOSED;
    }

    private void end(How how) {
        S ending = take();
        if (ending != null) {
            loggedOut = how == How.LOGOUT;
            world.ended(ending, how);
        }
    }

    /** The session, which this connection has no longer; or null. */
    private @Nullable S take() {
        S taken = session;
        session = null;
        if (taken != null) {
            world.online(false);
        }
        return taken;
    }

    private void start(Timer next) {
        timer = next;
        world.start(next);
    }

    private void stopTimer() {
        timer = null;
        world.stopTimer();
    }

    /** All that it is, for whoever looks at every state. */
    @Override
    public String toString() {
        return phase + (muted ? " muted" : "") + (loggedOut ? " loggedOut" : "") + (lingeredInVain ? " inVain" : "")
                + (sentOut ? " sentOut" : "")
                + (session == null ? "" : " session")
                + (told == null ? "" : told.isDone() ? " told" : " asked") + " " + timer;
    }
}
