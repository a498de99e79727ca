/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How many instances of one user may be logged in together: which platforms exclude each other, and how many instances each platform may
 * have. An instance is one installation, known by platform and device id. Who logs in over the limit kicks the instance that has been
 * logged in longest. Immutable.
 */
public final class LoginPolicy {
    /** Which platforms can be logged in together. */
    public enum Kind {
        /** One platform of all. */
        SINGLE_PLATFORM,
        /** One of Android, iPhone, iPad, Windows, Mac and Linux, and Web beside it. */
        DUAL_PLATFORM,
        /** One mobile platform (Android, iPhone, iPad), one desktop platform (Windows, Mac, Linux), and Web. */
        TRIPLE_PLATFORM,
        /** Every platform beside every other. */
        MULTI_PLATFORM
    }

    private final Kind kind;
    private final Map<Platform, Integer> instances;

    private LoginPolicy(Kind kind, Map<Platform, Integer> instances) {
        this.kind = kind;
        this.instances = instances;
    }

    /**
     * A policy with one instance for each platform.
     *
     * @param kind which platforms can be logged in together
     * @return the policy
     */
    public static LoginPolicy of(Kind kind) {
        return new LoginPolicy(Objects.requireNonNull(kind), Map.of());
    }

    /**
     * This policy with another number of instances for a platform.
     *
     * @param platform the platform
     * @param limit    1 to 3, for Web 1 to 10
     * @return a new policy
     * @throws IllegalArgumentException if the limit is out of range
     */
    public LoginPolicy withInstances(Platform platform, int limit) {
        int max = platform == Platform.WEB ? 10 : 3;
        if (limit < 1 || limit > max) {
            throw new IllegalArgumentException(
                    "instance limit " + limit + " for " + platform.text() + " is out of range: choose 1 to " + max);
        }
        Map<Platform, Integer> changed = new EnumMap<>(Platform.class);
        changed.putAll(instances);
        changed.put(platform, limit);
        return new LoginPolicy(kind, changed);
    }

    /**
     * Which platforms can be logged in together.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * How many instances a platform may have.
     *
     * @param platform the platform
     * @return 1 to 10
     */
    public int instances(Platform platform) {
        return instances.getOrDefault(platform, 1);
    }

    /**
     * Whom a login kicks.
     *
     * @param loggedIn the user's other instances, the one logged in longest first
     * @param comer    the platform of the instance that logs in
     * @return those of {@code loggedIn} that must go, in the same order
     */
    public List<Session> victims(List<Session> loggedIn, Platform comer) {
        List<Session> victims = new ArrayList<>();
        long samePlatform =
                loggedIn.stream().filter(session -> session.platform() == comer).count();
        for (Session session : loggedIn) {
            if (session.platform() == comer ? samePlatform-- >= instances(comer) : exclude(session.platform(), comer)) {
                victims.add(session);
            }
        }
        return victims;
    }

    private boolean exclude(Platform one, Platform other) {
        return switch (kind) {
            case SINGLE_PLATFORM -> true;
            case DUAL_PLATFORM -> one != Platform.WEB && other != Platform.WEB;
            case TRIPLE_PLATFORM -> one.kind() == other.kind();
            case MULTI_PLATFORM -> false;
        };
    }

    @Override
    public String toString() {
        return kind + (instances.isEmpty() ? "" : " " + instances);
    }
}
