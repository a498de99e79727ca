/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.login;

import io.github.tim4j.server.Limits;
import io.github.tim4j.server.event.RareLog;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.LoggerFactory;

/** How much the server takes from all, from an address, and of a user. Any thread. */
public final class LoginLimits {
    /** Over the limit a connection is still taken, so that its client can be told; over the limit by more than this it is not. */
    private static final int TO_BE_TOLD = 1_000;
    /** What a wrong UserSig earns, as opposed to one that was right. */
    private static final Set<Integer> FAILED_CHECKS = Set.of(70002, 70003, 70005, 70009, 70013, 70014);

    private static final RareLog TOO_MANY_HANDSHAKES = new RareLog(LoggerFactory.getLogger(LoginLimits.class));

    private record User(long sdkAppId, String userId) {}

    private volatile Limits config;
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<InetAddress, Integer> addresses = new ConcurrentHashMap<>();
    private final RateLimit logins;
    private final RateLimit handshakes;
    private final FailureLimit<User> userFailures;
    private final FailureLimit<InetAddress> addressFailures;

    LoginLimits(Limits config, ServerClock clock) {
        this.config = config;
        logins = new RateLimit(config.maxLoginsPerSecond());
        handshakes = new RateLimit(config.maxHandshakesPerSecond());
        userFailures = new FailureLimit<>(config.maxFailuresPerUser(), clock::nanos);
        addressFailures = new FailureLimit<>(config.maxFailuresPerAddress(), clock::nanos);
    }

    /** For what comes from now on; what is counted stays counted. */
    void configure(Limits changed) {
        config = changed;
        logins.limit(changed.maxLoginsPerSecond());
        handshakes.limit(changed.maxHandshakesPerSecond());
        userFailures.limit(changed.maxFailuresPerUser());
        addressFailures.limit(changed.maxFailuresPerAddress());
    }

    /** Counts a connection. False: close it at once, the server is far too full to say so; it is not to be uncounted. */
    public boolean opened(InetAddress from) {
        InetAddress address = network(from);
        int all = connections.incrementAndGet();
        int same = addresses.merge(address, 1, Integer::sum);
        if (all > config.maxConnections() + TO_BE_TOLD || same > config.maxConnectionsPerAddress() + TO_BE_TOLD) {
            closed(from);
            return false;
        }
        return true;
    }

    public void closed(InetAddress from) {
        InetAddress address = network(from);
        connections.decrementAndGet();
        addresses.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }

    /** Whether a TLS handshake may begin. */
    public boolean handshake() {
        if (handshakes.take()) {
            return true;
        }
        TOO_MANY_HANDSHAKES.warn("more than " + config.maxHandshakesPerSecond()
                + " TLS handshakes a second: a connection is closed before its own");
        return false;
    }

    /** Why a login cannot even be looked at, or null. */
    Refusal refusal(ClientIdentity who, InetAddress address) {
        if (connections.get() > config.maxConnections()) {
            return new Refusal(
                    Refusal.CONNECT_LIMIT, "the server is full: it takes " + config.maxConnections() + " connections");
        }
        if (addresses.getOrDefault(network(address), 0) > config.maxConnectionsPerAddress()) {
            return new Refusal(
                    Refusal.CONNECT_LIMIT,
                    "too many connections from this address: the server takes " + config.maxConnectionsPerAddress());
        }
        if (!logins.take()) {
            return new Refusal(Refusal.OVERLOAD, "too many logins at once; retry after a second");
        }
        return null;
    }

    /**
     * A UserSig was refused. One that is right is never locked out, or anybody could lock out anyone: after too many wrong ones, a wrong one is not even
     * told why.
     *
     * @return what to answer
     */
    Refusal failed(ClientIdentity who, InetAddress from, Refusal refusal) {
        InetAddress address = network(from);
        int code = refusal.code();
        boolean guessed = FAILED_CHECKS.contains(code);
        if ((guessed || code == Refusal.APP_NOT_FOUND) && addressFailures.isLocked(address)) {
            return new Refusal(Refusal.FREQ_LIMIT, "too many failed logins from this address; retry after a minute");
        }
        if (guessed && userFailures.isLocked(new User(who.sdkAppId(), who.userId()))) {
            return new Refusal(Refusal.FREQ_LIMIT, "too many failed logins of this user; retry after a minute");
        }
        count(who, address, code);
        return refusal;
    }

    /** Of an IPv6 address the first 64 bits, which is what one customer has. */
    private static InetAddress network(InetAddress address) {
        if (!(address instanceof Inet6Address) || address.isLoopbackAddress()) {
            return address;
        }
        byte[] bytes = address.getAddress();
        Arrays.fill(bytes, 8, 16, (byte) 0);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    private void count(ClientIdentity who, InetAddress address, int code) {
        if (FAILED_CHECKS.contains(code)) {
            userFailures.failed(new User(who.sdkAppId(), who.userId()));
            addressFailures.failed(address);
        } else if (code == Refusal.APP_NOT_FOUND) {
            // An app that is not there has no users that could be remembered.
            addressFailures.failed(address);
        }
    }

    void succeeded(ClientIdentity who) {
        userFailures.succeeded(new User(who.sdkAppId(), who.userId()));
    }

    /** Forgets failures; connections stay counted. */
    void clear() {
        userFailures.clear();
        addressFailures.clear();
    }

    public int openConnections() {
        return connections.get();
    }
}
