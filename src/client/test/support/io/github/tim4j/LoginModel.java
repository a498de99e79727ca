/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * What a {@link TimClient} must do, written as simply as possible: requests and faults one after another, nothing else going on. Each
 * method is one of them, returns the result as {@link Outcome} words it, and adds what a listener is told as {@link Recorder} words it.
 */
final class LoginModel {
    /** What a UserSig is worth. */
    enum Worth {
        /** Made for this login alone. */
        FRESH(0),
        /** Valid, and the same at each login, until a revocation. */
        KEPT(0),
        EXPIRED(70001),
        WRONG_KEY(70009),
        OF_ANOTHER_USER(70013),
        GARBAGE(70003);

        final int code;

        Worth(int code) {
            this.code = code;
        }
    }

    /** Does not show its text. */
    record Sig(Worth worth, String text) {
        @Override
        public String toString() {
            return worth.toString();
        }
    }

    private static final int EXPIRED_REMEMBERED = 8;
    /** Fresh UserSigs in a row that may be refused as expired, and short sessions in a row that may expire. */
    private static final int PATIENCE = 3;

    final List<String> events = new ArrayList<>();
    final Queue<Integer> refusals = new ArrayDeque<>();
    boolean providerFails;
    /** The connection may be lost: the next that is sent over it may or may not arrive. */
    boolean offline;
    /** Null for nobody. */
    String user;
    /** Whom the server has as logged in, connected or not. It outlives the client. */
    final Set<String> onServer = new HashSet<>();
    /** Whom the last event was about. */
    private String concerned;

    private final boolean provider;
    private String sig;
    private boolean repeat;
    private int expiries;
    /** UserSigs that the library has seen to expire, the oldest first; of a fresh one only that there was one. */
    private final Queue<String> expired = new ArrayDeque<>();

    private final Map<String, Integer> revoked;

    /** @param revoked what the server answers to kept UserSigs, by user: it outlives the client */
    LoginModel(boolean provider, Map<String, Integer> revoked) {
        this.provider = provider;
        this.revoked = revoked;
        events.addAll(replay());
    }

    LoginModel(boolean provider) {
        this(provider, new HashMap<>());
    }

    /** After {@link TimClient#close()}, a new client. */
    LoginModel rebuilt() {
        LoginModel model = new LoginModel(provider, revoked);
        model.refusals.addAll(refusals);
        model.providerFails = providerFails;
        model.onServer.addAll(onServer);
        return model;
    }

    /** What a listener that is added now is told. */
    List<String> replay() {
        String status = user == null ? "LOGGED_OUT" : "LOGGED_IN";
        List<String> told = new ArrayList<>(
                List.of(status + ">" + status + " REPLAY" + (concerned == null ? "" : " " + concerned)));
        if (user != null) {
            told.add("ready " + user);
        }
        return told;
    }

    /** Whether a login with it now would be followed by a renewal: then a request right behind it would make a difference. */
    boolean mayBeRenewed(Sig sig) {
        return provider
                && (!refusals.isEmpty()
                        || !revoked.isEmpty()
                        || refusedHere("anybody", sig)
                        || sig.worth == Worth.EXPIRED);
    }

    String loginByProvider(String userId) {
        if (!provider) {
            return "IllegalStateException";
        }
        return takeProviderFailure() ? "IOException" : login(userId, new Sig(Worth.FRESH, ""));
    }

    String login(String userId, Sig given) {
        int code = attempt(userId, given);
        for (int n = 1; provider && (code == 70001 || code == 6206); n++) {
            if (n > PATIENCE) {
                events.add("renewal REFUSED GAVE_UP " + PATIENCE);
                break;
            }
            events.add("renewal REFUSED STARTED " + n);
            if (takeProviderFailure()) {
                events.add("renewal REFUSED GAVE_UP " + n);
                return "IOException";
            }
            code = attempt(userId, new Sig(Worth.FRESH, ""));
            if (code == 0) {
                events.add("renewal REFUSED SUCCEEDED " + n);
            }
        }
        return code == 0 ? userId + (repeat ? " again" : "") : Integer.toString(code);
    }

    /** Whether the library answers without asking the server, or closing a session. */
    boolean refusedHere(String userId, Sig given) {
        return !isUserId(userId) || given.worth != Worth.FRESH && expired.contains(given.text);
    }

    private static boolean isUserId(String text) {
        return text.matches("[ -~]{1,32}");
    }

    private int attempt(String userId, Sig given) {
        repeat = userId.equals(user);
        boolean refusedHere = refusedHere(userId, given);
        boolean nothingNew = repeat && given.text.equals(sig);
        int code;
        if (refusedHere) {
            code = isUserId(userId) ? 6206 : 7003;
        } else if (nothingNew) {
            code = 0;
        } else if (!refusals.isEmpty()) {
            code = refusals.remove();
        } else {
            code = given.worth == Worth.KEPT ? revoked.getOrDefault(userId, 0) : given.worth.code;
        }
        if (code == 70001) {
            rememberExpired(given.worth == Worth.FRESH ? null : given.text);
        }
        if (!repeat) {
            becomeAnother(userId, code, refusedHere);
        }
        if (code == 0 && !nothingNew) {
            sig = given.worth == Worth.FRESH ? null : given.text;
            offline = false;
        }
        return code;
    }

    private void becomeAnother(String userId, int code, boolean refusedHere) {
        String before = user;
        if (before == null) {
            events.add("LOGGED_OUT>LOGGING_IN LOGIN " + userId);
        } else {
            events.addAll(List.of("LOGGED_IN>LOGGING_IN ACCOUNT_SWITCH " + userId, "notReady " + before));
        }
        if (!refusedHere) {
            onServer.remove(before);
        }
        if (code == 0) {
            events.addAll(List.of("LOGGING_IN>LOGGED_IN LOGIN " + userId, "ready " + userId));
            user = userId;
            onServer.add(userId);
        } else if (refusedHere && before != null) {
            // Refused by the library itself, it ends nothing.
            events.addAll(List.of("LOGGING_IN>LOGGED_IN LOGIN_FAILED " + before + " " + code, "ready " + before));
        } else {
            events.add("LOGGING_IN>LOGGED_OUT LOGIN_FAILED " + userId + " " + code);
            user = null;
            offline = false;
        }
        concerned = user != null ? user : userId;
    }

    private void rememberExpired(String text) {
        expired.add(text == null ? "" : text);
        if (expired.size() > EXPIRED_REMEMBERED) {
            expired.remove();
        }
    }

    private boolean takeProviderFailure() {
        boolean fails = providerFails;
        providerFails = false;
        return fails;
    }

    String logout() {
        if (user != null) {
            events.addAll(List.of(
                    "LOGGED_IN>LOGGING_OUT LOGOUT " + user,
                    "notReady " + user,
                    "LOGGING_OUT>LOGGED_OUT LOGOUT " + user));
            onServer.remove(user);
            nobody();
        }
        return "done";
    }

    void close() {
        if (user != null) {
            end("CLOSED");
        }
    }

    void kick(KickReason reason) {
        end("KICKED_OFFLINE");
        events.add("kicked " + reason);
    }

    void invalidate() {
        revoked.put(user, 70052);
        kick(KickReason.REST);
    }

    void expire() {
        String whose = user;
        revoked.put(whose, 70001);
        rememberExpired(sig);
        end("USER_SIG_EXPIRED");
        events.add("expired " + whose);
        if (provider) {
            renew(whose);
        }
    }

    private void renew(String userId) {
        expiries++;
        if (expiries > PATIENCE) {
            events.add("renewal EXPIRED_ONLINE GAVE_UP " + expiries);
            return;
        }
        int n = 1;
        events.add("renewal EXPIRED_ONLINE STARTED 1");
        if (takeProviderFailure()) {
            n = 2;
            events.addAll(List.of("renewal EXPIRED_ONLINE FAILED 1", "renewal EXPIRED_ONLINE STARTED 2"));
        }
        attempt(userId, new Sig(Worth.FRESH, ""));
        events.add("renewal EXPIRED_ONLINE SUCCEEDED " + n);
    }

    private void end(String cause) {
        if (!cause.equals("CLOSED")) {
            onServer.remove(user);
        }
        events.addAll(List.of("LOGGED_IN>LOGGED_OUT " + cause + " " + user, "notReady " + user));
        nobody();
    }

    private void nobody() {
        user = null;
        sig = null;
        offline = false;
    }
}
