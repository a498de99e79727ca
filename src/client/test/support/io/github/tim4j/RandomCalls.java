/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.LoginModel.Sig;
import io.github.tim4j.LoginModel.Worth;
import io.github.tim4j.usersig.UserSigKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** What the model test is made of: users, UserSigs, clients, how a result is worded, and waiting. */
final class RandomCalls {
    static final String ALICE = "alice";
    static final String BOB = "bob";
    /** Not printable, so no user id. */
    static final String NOBODY = "bob\t";

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    /** How long to wait for what must happen. */
    static volatile Duration patience = Duration.ofSeconds(20);

    private final TestServer at;
    private final Map<String, String> texts = new ConcurrentHashMap<>();
    private final AtomicLong made = new AtomicLong();
    final AtomicBoolean providerFails = new AtomicBoolean();

    RandomCalls(TestServer at) {
        this.at = at;
    }

    TimClient client(boolean provider, boolean direct, Duration loginTimeout) {
        TimClient.Builder builder = at.client().loginTimeout(loginTimeout).renewalBackoff(Duration.ofMillis(1));
        if (provider) {
            builder.userSigProvider(userId -> {
                if (providerFails.getAndSet(false)) {
                    throw new IOException("the backend is down");
                }
                return fresh(userId);
            });
        }
        return (direct ? builder.callbackExecutor(Runnable::run) : builder).build();
    }

    String fresh(String userId) {
        return at.server.userSig(TestServer.APP, userId, HOUR.plusSeconds(made.incrementAndGet() % 1_000_000));
    }

    Sig sig(String userId, Worth worth) {
        String owner = userId.equals(NOBODY) ? BOB : userId;
        return new Sig(
                worth,
                worth == Worth.FRESH ? fresh(owner) : texts.computeIfAbsent(owner + worth, key -> make(owner, worth)));
    }

    private static String make(String userId, Worth worth) {
        Instant now = Instant.now();
        UserSigKey key = new UserSigKey(TestServer.APP, TestServer.SECRET);
        return switch (worth) {
            // Made so long ago that a revocation at any time of the test covers it.
            case KEPT -> key.make(userId, DAY.multipliedBy(180), now.minus(HOUR), null);
            case EXPIRED -> key.make(userId, DAY, now.minus(DAY.multipliedBy(2)), null);
            case WRONG_KEY -> new UserSigKey(TestServer.APP, "not the secret of the app").make(userId);
            case OF_ANOTHER_USER -> key.make(userId + "by", DAY, now, null);
            case GARBAGE -> "garbage of " + userId;
            case FRESH -> throw new IllegalArgumentException("made when needed");
        };
    }

    /** A result in a few words: the user of a login, with "again" if it was a repeated one; a code; the kind of another failure. */
    static String wordsFor(Object result, Throwable failure) {
        if (failure instanceof TimException error) {
            return Integer.toString(error.code());
        }
        if (failure != null) {
            return failure.getClass().getSimpleName();
        }
        if (result instanceof LoginResult login) {
            return login.userId() + (login.repeatLogin() ? " again" : "");
        }
        return result instanceof String ? "json" : "done";
    }

    /** A connection lost while logged in is told as a reconnect until it is back, and one for a login is not. */
    static void checkReconnects(Recorder recorder) {
        boolean loggedIn = false;
        boolean lost = false;
        for (Object told : recorder.both) {
            if (told instanceof StatusChange change) {
                loggedIn = change.to() == LoginStatus.LOGGED_IN;
                lost &= loggedIn;
            } else if (told instanceof NetworkChange network) {
                if (network.status() == NetworkStatus.DISCONNECTED && network.code() == 0) {
                    // Not lost: it ended with the session.
                    assertThat(network.reconnect())
                            .as("reconnect of %s", network)
                            .isFalse();
                    continue;
                }
                lost |= loggedIn && network.status() == NetworkStatus.DISCONNECTED;
                // A login of the same user may have seen the loss, so that no DISCONNECTED comes before what restores
                // the connection.
                assertThat(network.reconnect())
                        .as("reconnect of %s in %s", network, recorder.both)
                        .isIn(lost, loggedIn);
                assertThat(network.reconnect() || network.outage().isZero())
                        .as("outage of %s", network)
                        .isTrue();
                lost &= network.status() != NetworkStatus.CONNECTED;
            }
        }
    }

    static void awaitDone(CompletableFuture<?> future) {
        try {
            CompletableFuture.anyOf(future).get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | CancellationException e) {
            // Done; how it ended is looked at elsewhere.
        } catch (TimeoutException e) {
            throw new AssertionError("a future was not completed within " + patience.toSeconds() + " s");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** @param problem null or empty once there is none */
    static void eventually(Supplier<?> problem) {
        long end = System.nanoTime() + patience.toNanos();
        for (Object left = problem.get(); left != null && !List.of().equals(left); left = problem.get()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(left);
            }
            LockSupport.parkNanos(50_000);
        }
    }
}
