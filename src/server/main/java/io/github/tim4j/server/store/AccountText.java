/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tim4j.server.Platform;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.SigStamp;
import io.github.tim4j.server.store.Account.Device;
import io.github.tim4j.server.store.Account.Held;
import io.github.tim4j.server.store.Account.Key;
import io.github.tim4j.server.store.Account.Link;
import io.github.tim4j.server.store.Account.Revocation;
import io.github.tim4j.server.store.Account.Untold;
import io.github.tim4j.usersig.UserId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An {@link Account} as JSON, for stores that keep text. The same account always gives the same text. No UserSig is in it, only stamps. */
final class AccountText {
    private static final ObjectMapper JSON = new ObjectMapper();

    private AccountText() {}

    /** Null if there is nothing to keep. */
    static @Nullable String of(Account account) {
        if (account.isNothing()) {
            return null;
        }
        ObjectNode root = JSON.createObjectNode();
        root.put("registered", account.registered);
        if (account.lastSig != null) {
            root.set("sig", of(account.lastSig));
        }
        if (account.days != 0) {
            root.put("day", account.day).put("days", account.days);
        }
        account.held.forEach(one -> {
            ObjectNode node = of(one.session());
            node.set("sig", of(one.sig()));
            if (one.lease() != null) {
                node.put("lease", one.lease());
            }
            if (one.lost() != null) {
                node.put("lost", one.lost().getEpochSecond());
            }
            root.withArray("held").add(node);
        });
        account.untold.forEach(mark -> {
            ObjectNode node = root.withArray("untold")
                    .addObject()
                    .put("platform", mark.device().platform().text())
                    .put("device", mark.device().deviceId())
                    .put("server", mark.link().server())
                    .put("id", mark.link().id())
                    .put("by", mark.by().text());
            if (mark.lease() != null) {
                node.put("lease", mark.lease());
            }
        });
        addRevocations(root, account);
        return root.toString();
    }

    private static void addRevocations(ObjectNode root, Account account) {
        account.revocations.forEach(revocation -> {
            ArrayNode seen = root.withArray("revocations")
                    .addObject()
                    .put("code", revocation.code())
                    .put("second", revocation.second())
                    .putArray("seen");
            revocation.seen().forEach(sig -> seen.add(of(sig)));
        });
    }

    /** A line that is told to others. */
    static String exported(Key user, Account account) {
        ObjectNode root = JSON.createObjectNode()
                .put("sdkAppId", user.sdkAppId())
                .put("userId", user.userId())
                .put("registered", account.registered);
        addRevocations(root, account);
        return root.toString();
    }

    /** What such a line says. */
    record Imported(Key user, Account account) {}

    /** An IllegalArgumentException if it is none. */
    static Imported imported(String line) {
        try {
            JsonNode root = JSON.readTree(line);
            Set<String> unknown = new TreeSet<>();
            root.fieldNames().forEachRemaining(unknown::add);
            unknown.removeAll(Set.of("sdkAppId", "userId", "registered", "revocations"));
            if (!root.isObject() || !unknown.isEmpty()) {
                throw new IllegalArgumentException("unknown field " + String.join(", ", unknown));
            }
            JsonNode app = root.required("sdkAppId");
            String user = root.required("userId").asText();
            if (!app.canConvertToLong() || app.asLong() < 1 || !UserId.isValid(user)) {
                throw new IllegalArgumentException("SDKAppID " + app + " or user id is none");
            }
            Account account = new Account();
            account.registered = root.required("registered").asBoolean();
            readRevocations(account, root);
            return new Imported(new Key(app.asLong(), user), account);
        } catch (JsonProcessingException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "not an exported account: "
                            + (e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage()),
                    e);
        }
    }

    private static ArrayNode of(SigStamp sig) {
        return JSON.createArrayNode().add(sig.issuedAt()).add(sig.fingerprint());
    }

    /** Without the user, who is the account's. */
    static ObjectNode of(Session session) {
        return JSON.createObjectNode()
                .put("platform", session.platform().text())
                .put("device", session.deviceId())
                .put("server", session.server())
                .put("id", session.id())
                .put("ip", literal(session.address().getAddress()))
                .put("port", session.address().getPort())
                .put("since", session.loggedInAt().toString())
                .put("until", session.userSigExpiresAt().toString());
    }

    /** Without a scope, which means something on its own machine only. */
    private static String literal(InetAddress address) {
        return address.getHostAddress().replaceFirst("%.*", "");
    }

    /**
     * Reads an account.
     *
     * @param text null for none
     * @throws IllegalArgumentException if it is not what {@link #of(Account)} writes; the message names the user
     */
    static Account read(Key user, @Nullable String text) {
        Account account = new Account();
        if (text != null) {
            try {
                read(account, user, JSON.readTree(text));
            } catch (JsonProcessingException | UnknownHostException | RuntimeException e) {
                throw new IllegalArgumentException(
                        "what the store keeps of user " + user.userId() + " of SDKAppID " + user.sdkAppId()
                                + " cannot be read: " + e.getMessage(),
                        e);
            }
        }
        return account;
    }

    private static void read(Account account, Key user, JsonNode root) throws UnknownHostException {
        account.registered = root.required("registered").asBoolean();
        account.lastSig = root.has("sig") ? sig(root.get("sig")) : null;
        account.day = root.path("day").asInt();
        account.days = root.path("days").asInt();
        for (JsonNode node : root.path("held")) {
            account.held.add(new Held(session(user, node), sig(node.required("sig")), lease(node), lost(node)));
        }
        for (JsonNode node : root.path("untold")) {
            account.untold.add(new Untold(
                    new Device(
                            platform(node, "platform"), node.required("device").asText()),
                    new Link(
                            node.required("server").asText(),
                            node.required("id").asLong()),
                    platform(node, "by"),
                    lease(node)));
        }
        readRevocations(account, root);
    }

    private static void readRevocations(Account account, JsonNode root) {
        for (JsonNode node : root.path("revocations")) {
            List<SigStamp> seen = new ArrayList<>();
            node.required("seen").forEach(sig -> seen.add(sig(sig)));
            account.revocations.add(new Revocation(
                    node.required("code").asInt(), node.required("second").asLong(), List.copyOf(seen)));
        }
    }

    static Session session(Key user, JsonNode node) throws UnknownHostException {
        return new Session(
                user.sdkAppId(),
                user.userId(),
                platform(node, "platform"),
                node.required("device").asText(),
                node.required("server").asText(),
                node.required("id").asLong(),
                // An address, not a name, so nobody is asked.
                new InetSocketAddress(
                        InetAddress.getByName(node.required("ip").asText()),
                        node.required("port").asInt()),
                Instant.parse(node.required("since").asText()),
                Instant.parse(node.required("until").asText()));
    }

    private static @Nullable Instant lost(JsonNode node) {
        return node.has("lost") ? Instant.ofEpochSecond(node.get("lost").asLong()) : null;
    }

    private static @Nullable String lease(JsonNode node) {
        return node.has("lease") ? node.get("lease").asText() : null;
    }

    private static Platform platform(JsonNode node, String name) {
        return Platform.of(node.required(name).asText()).orElseThrow();
    }

    private static SigStamp sig(JsonNode node) {
        return new SigStamp(node.required(0).asLong(), node.required(1).asLong());
    }
}
