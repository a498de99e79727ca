/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SessionStore.Instance;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.login.Refusal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one user: who is logged in, who was kicked and may not know it, which UserSigs are useless. What happens to a user is decided
 * here, for every store; a store keeps accounts and lets one change at a time at each. Not for several threads at once.
 */
final class Account {
    /** How many kicks that a user's instances may not know of are remembered; the oldest is dropped. */
    private static final int MAX_UNTOLD = 32;

    /** Of a session that was put back. */
    private static final SigStamp UNKNOWN = new SigStamp(0, 0);

    /** Where an account is. */
    record Key(long sdkAppId, String userId) {
        static Key of(Session session) {
            return new Key(session.sdkAppId(), session.userId());
        }
    }

    /** A connection, of whichever server. */
    record Link(String server, long id) {
        static Link of(Session session) {
            return new Link(session.server(), session.id());
        }
    }

    /** An instance, whichever connection it has. */
    record Device(Platform platform, String deviceId) {
        static Device of(Session session) {
            return new Device(session.platform(), session.deviceId());
        }
    }

    /**
     * An instance that is logged in.
     *
     * @param lease under which its server holds its connection; null if it is not connected
     * @param lost  since when it is not, in whole seconds; null if it is
     */
    record Held(
            Session session,
            SigStamp sig,
            @Nullable String lease,
            @Nullable Instant lost) {
        static Held connected(Session session, SigStamp sig, String lease) {
            return new Held(session, sig, lease, null);
        }

        Held under(String other) {
            return connected(session, sig, other);
        }

        Held lost(Instant at) {
            return new Held(session, sig, null, at.truncatedTo(ChronoUnit.SECONDS));
        }

        boolean isOn(Link link) {
            return session.id() == link.id() && session.server().equals(link.server());
        }
    }

    /**
     * A kick that an instance may not know of.
     *
     * @param device the instance
     * @param link   on which it was to be told
     * @param by     the platform that kicked
     * @param lease  under which the link's server is to see if it was told; null once it is known that it was not
     */
    record Untold(
            Device device, Link link, Platform by, @Nullable String lease) {
        Untold closed() {
            return new Untold(device, link, by, null);
        }
    }

    /**
     * UserSigs that are useless.
     *
     * @param code   what logins with them get
     * @param second those made before are
     * @param seen   and these
     */
    record Revocation(int code, long second, List<SigStamp> seen) {
        boolean covers(SigStamp sig) {
            return sig.issuedAt() < second || seen.contains(sig);
        }
    }

    /** What becomes of a login. */
    sealed interface Decision {
        /**
         * The instance is logged in.
         *
         * @param takenOver  its own session before, if it had one
         * @param kicked     those who had to go
         * @param firstOfDay the day, if it is the user's first login on it
         */
        record Admitted(
                Session session,
                @Nullable Held takenOver,
                List<Held> kicked,
                @Nullable LocalDate firstOfDay) implements Decision {}

        record Refused(int code, @Nullable Platform by) implements Decision {}

        /** It is open whether this instance has been told of a kick on that connection. */
        record Open(Link link) implements Decision {}
    }

    /** False: there is no such account, but there are revocations. */
    boolean registered;

    @Nullable
    SigStamp lastSig;

    /** The day of the last login, since 1970; and whether there was one on it (bit 0) and on each of the 31 days before. */
    int day;

    int days;

    /** In the order of their logins. */
    final List<Held> held = new ArrayList<>(1);
    /** The oldest first. */
    final List<Untold> untold = new ArrayList<>(0);
    /** The newest first. */
    final List<Revocation> revocations = new ArrayList<>(0);

    /** Whether nothing is known of this user, so that nothing needs to be kept. */
    boolean isNothing() {
        return !registered && revocations.isEmpty();
    }

    /**
     * Decides about a login.
     *
     * @param lease   of the connection's server
     * @param patient whether the login can wait until it is known whether this instance has been told of a kick
     */
    Decision login(Session session, SigStamp sig, LoginPolicy policy, String lease, boolean patient) {
        int revoked = revocationOf(sig);
        if (revoked != 0) {
            return new Decision.Refused(revoked, null);
        }
        Untold mark = untold(Device.of(session));
        if (mark != null && mark.lease() != null && patient) {
            return new Decision.Open(mark.link());
        }
        if (mark != null) {
            untold.remove(mark);
            return new Decision.Refused(Refusal.KICKED, mark.by());
        }
        registered = true;
        lastSig = sig;
        LocalDate today = LocalDate.ofInstant(session.loggedInAt(), ZoneOffset.UTC);
        LocalDate firstOfDay = isFirstOn(Math.toIntExact(today.toEpochDay())) ? today : null;
        for (int i = 0; i < held.size(); i++) {
            Held before = held.get(i);
            if (before.session().sameInstance(session)) {
                Session again = session.withLoggedInAt(before.session().loggedInAt());
                held.set(i, Held.connected(again, sig, lease));
                return new Decision.Admitted(again, before, List.of(), firstOfDay);
            }
        }
        List<Held> kicked = List.of();
        if (!held.isEmpty()) {
            List<Session> victims =
                    policy.victims(held.stream().map(Held::session).toList(), session.platform());
            kicked = take(victims::contains, KickCause.OTHER_INSTANCE, session.platform());
        }
        held.add(Held.connected(session, sig, lease));
        return new Decision.Admitted(session, null, kicked, firstOfDay);
    }

    /** Notes a login. Days that are further away than a month are as if they had never been: somebody has set the clock. */
    private boolean isFirstOn(int today) {
        int ago = day - today;
        if (days == 0 || Math.abs(ago) > 31) {
            days = 1;
            day = today;
            return true;
        }
        if (ago < 0) {
            days = days << -ago | 1;
            day = today;
            return true;
        }
        boolean first = (days >>> ago & 1) == 0;
        days |= 1 << ago;
        return first;
    }

    /** Takes out those that match, and marks them if that is the cause to. */
    List<Held> take(Predicate<Session> victim, KickCause cause, @Nullable Platform by) {
        List<Held> taken = new ArrayList<>();
        for (Iterator<Held> all = held.iterator(); all.hasNext(); ) {
            Held one = all.next();
            if (victim.test(one.session())) {
                all.remove();
                taken.add(one);
                if (cause == KickCause.OTHER_INSTANCE) {
                    mark(one, by);
                }
            }
        }
        return taken;
    }

    private void mark(Held victim, @Nullable Platform by) {
        Session session = victim.session();
        Device device = Device.of(session);
        untold.removeIf(older -> older.device().equals(device));
        untold.add(new Untold(device, Link.of(session), by == null ? session.platform() : by, victim.lease()));
        if (untold.size() > MAX_UNTOLD) {
            untold.remove(0);
        }
    }

    private @Nullable Untold untold(Device device) {
        for (Untold mark : untold) {
            if (mark.device().equals(device)) {
                return mark;
            }
        }
        return null;
    }

    /** The connections of which it is open whether their instances were told of a kick. */
    Set<Link> beingTold() {
        Set<Link> links = new HashSet<>();
        for (Untold mark : untold) {
            if (mark.lease() != null) {
                links.add(mark.link());
            }
        }
        return links;
    }

    /** It is known whether the instance on that connection was told of its kick; a mark of another kick stays as it is. */
    void told(Link link, boolean told) {
        if (told) {
            untold.removeIf(mark -> mark.link().equals(link));
        } else {
            untold.replaceAll(mark -> mark.link().equals(link) ? mark.closed() : mark);
        }
    }

    /** A connection has ended. @return whether its session was here */
    boolean end(Link link, boolean loggedOut, Instant at) {
        for (int i = 0; i < held.size(); i++) {
            if (held.get(i).isOn(link)) {
                if (loggedOut) {
                    held.remove(i);
                } else {
                    held.set(i, held.get(i).lost(at));
                }
                return true;
            }
        }
        return false;
    }

    /**
     * A lease is over: its connections are gone with their server, or are held under another one by now.
     *
     * @return the sessions that were connected
     */
    List<Session> over(Predicate<String> lease, Instant at) {
        List<Session> lost = new ArrayList<>();
        held.replaceAll(one -> {
            if (one.lease() == null || !lease.test(one.lease())) {
                return one;
            }
            lost.add(one.session());
            return one.lost(at);
        });
        untold.replaceAll(mark -> mark.lease() != null && lease.test(mark.lease()) ? mark.closed() : mark);
        return lost;
    }

    /** What is known of a session whose server has its connection. */
    enum Found {
        CONNECTED,
        /** It was taken for lost. */
        LOST,
        /** It was kicked, or its instance has another one. */
        NOT_HERE
    }

    /** @param kicked those who had to go, as when it logged in */
    record Hold(Found found, List<Held> kicked) {
        Hold(Found found) {
            this(found, List.of());
        }
    }

    /**
     * A session is under another lease from now on, if it is here.
     *
     * @param forgotten null; or, if the store has forgotten everything, the policy: then the session is put back, as if it logged in when it did
     */
    Hold hold(Session session, String lease, @Nullable LoginPolicy forgotten) {
        for (int i = 0; i < held.size(); i++) {
            Held one = held.get(i);
            if (one.isOn(Link.of(session))) {
                held.set(i, one.under(lease));
                return new Hold(one.lease() == null ? Found.LOST : Found.CONNECTED);
            }
        }
        if (forgotten == null || isOut(session, forgotten)) {
            return new Hold(Found.NOT_HERE);
        }
        registered = true;
        List<Session> earlier = held.stream()
                .map(Held::session)
                .filter(one -> one.loggedInAt().isBefore(session.loggedInAt()))
                .toList();
        List<Session> victims = forgotten.victims(earlier, session.platform());
        List<Held> kicked = take(victims::contains, KickCause.OTHER_INSTANCE, session.platform());
        held.add(earlier.size() - kicked.size(), Held.connected(session, UNKNOWN, lease));
        return new Hold(Found.CONNECTED, kicked);
    }

    private boolean isOut(Session session, LoginPolicy policy) {
        List<Session> loggedIn = new ArrayList<>(List.of(session));
        for (Held later : held) {
            if (later.session().sameInstance(session)) {
                return true;
            }
            if (!later.session().loggedInAt().isBefore(session.loggedInAt())) {
                loggedIn.removeAll(policy.victims(loggedIn, later.session().platform()));
                loggedIn.add(later.session());
            }
        }
        return !loggedIn.contains(session);
    }

    /** @param made UserSigs beside those that were logged in with */
    void revoke(long second, int code, Collection<SigStamp> made) {
        Set<SigStamp> seen = new LinkedHashSet<>(made);
        held.forEach(one -> seen.add(one.sig()));
        if (lastSig != null) {
            seen.add(lastSig);
        }
        for (Iterator<Revocation> all = revocations.iterator(); all.hasNext(); ) {
            Revocation old = all.next();
            if (old.code() == code) {
                all.remove();
                seen.addAll(old.seen());
            }
        }
        seen.removeIf(sig -> sig.issuedAt() < second);
        revocations.add(0, new Revocation(code, second, List.copyOf(seen)));
    }

    /** What is known elsewhere of the user, but for who is logged in: whatever is revoked there or here, is. */
    void add(Account other) {
        registered |= other.registered;
        for (Revocation theirs : other.revocations) {
            Revocation ours = null;
            for (Revocation one : revocations) {
                ours = one.code() == theirs.code() ? one : ours;
            }
            long second = ours == null ? theirs.second() : Math.max(ours.second(), theirs.second());
            revoke(second, theirs.code(), theirs.seen());
        }
    }

    /** @return the code; 0 for none */
    int revocationOf(SigStamp sig) {
        for (Revocation revocation : revocations) {
            if (revocation.covers(sig)) {
                return revocation.code();
            }
        }
        return 0;
    }

    /** Forgets all but the revocations. @return whom that ends, or null if there is no such account */
    @Nullable
    List<Held> delete() {
        if (!registered) {
            return null;
        }
        List<Held> ended = List.copyOf(held);
        registered = false;
        lastSig = null;
        days = 0;
        held.clear();
        untold.clear();
        return ended;
    }

    /** Null if there is no such account. */
    @Nullable
    List<Instance> instances() {
        return registered
                ? held.stream()
                        .map(one -> new Instance(one.session(), one.lease() != null, one.lost()))
                        .toList()
                : null;
    }
}
