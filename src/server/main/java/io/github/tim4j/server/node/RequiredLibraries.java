/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.node;

import io.github.tim4j.server.LoginServerException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The libraries beside this one. An application's own build decides about their versions; one that is missing or too old is named here, before
 * it would show as a linkage error in the middle of a login.
 */
final class RequiredLibraries {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?.*");

    private RequiredLibraries() {}

    /** A LoginServerException that names everything that is missing or too old. */
    static void check() {
        List<String> wanted = new ArrayList<>();
        require(wanted, "Netty", "io.netty:netty-handler", "4.1.100", RequiredLibraries::netty);
        require(wanted, "Netty's HTTP codec", "io.netty:netty-codec-http", "4.1.100", RequiredLibraries::nettyHttp);
        require(wanted, "Jackson", "com.fasterxml.jackson.core:jackson-databind", "2.14.0", RequiredLibraries::jackson);
        require(wanted, "the SLF4J API", "org.slf4j:slf4j-api", "1.7.36", RequiredLibraries::slf4j);
        check(wanted);
    }

    /** The same for a folder on disk. */
    static void checkDisk() {
        List<String> wanted = new ArrayList<>();
        require(wanted, "MVStore", "com.h2database:h2-mvstore", "2.4.240", RequiredLibraries::mvstore);
        check(wanted);
    }

    /** The same for Redis. */
    static void checkRedis() {
        List<String> wanted = new ArrayList<>();
        require(wanted, "Lettuce", "io.lettuce:lettuce-core", "7.7.0", RequiredLibraries::lettuce);
        check(wanted);
    }

    /** The same for PROXY protocol headers. */
    static void checkProxyProtocol() {
        List<String> wanted = new ArrayList<>();
        require(
                wanted,
                "Netty's HAProxy codec",
                "io.netty:netty-codec-haproxy",
                "4.1.100",
                RequiredLibraries::nettyHaProxy);
        check(wanted);
    }

    private static void check(List<String> wanted) {
        if (!wanted.isEmpty()) {
            throw new LoginServerException("the login server cannot run with the libraries that are here: "
                    + String.join("; ", wanted)
                    + ". Your build decides about these versions: look at its dependency tree");
        }
    }

    private static void require(
            List<String> wanted, String name, String artifact, String oldest, Supplier<@Nullable String> version) {
        String found;
        try {
            found = version.get();
        } catch (LinkageError e) {
            wanted.add(name + " is missing: add " + artifact + " " + oldest + " or newer");
            return;
        }
        if (found != null && isOlder(found, oldest)) {
            wanted.add(name + " is " + found + ", which is too old: use " + artifact + " " + oldest + " or newer");
        }
    }

    /** A version that cannot be read is given the benefit of the doubt. */
    static boolean isOlder(String version, String oldest) {
        Matcher have = VERSION.matcher(version);
        Matcher need = VERSION.matcher(oldest);
        if (!have.matches() || !need.matches()) {
            return false;
        }
        for (int part = 1; part <= 3; part++) {
            int a = have.group(part) == null ? 0 : Integer.parseInt(have.group(part));
            int b = need.group(part) == null ? 0 : Integer.parseInt(need.group(part));
            if (a != b) {
                return a < b;
            }
        }
        return false;
    }

    /** Null if the jar does not say. */
    private static @Nullable String netty() {
        touch(io.netty.handler.ssl.SslHandler.class);
        io.netty.util.Version version = io.netty.util.Version.identify(RequiredLibraries.class.getClassLoader())
                .get("netty-common");
        return version == null ? null : version.artifactVersion();
    }

    private static @Nullable String nettyHttp() {
        touch(io.netty.handler.codec.http.HttpServerCodec.class);
        return null;
    }

    private static @Nullable String nettyHaProxy() {
        touch(io.netty.handler.codec.haproxy.HAProxyMessageDecoder.class);
        return null;
    }

    private static String jackson() {
        return com.fasterxml.jackson.databind.cfg.PackageVersion.VERSION.toString();
    }

    private static @Nullable String slf4j() {
        touch(org.slf4j.LoggerFactory.class);
        return null;
    }

    private static @Nullable String mvstore() {
        touch(org.h2.mvstore.MVStore.class);
        return null;
    }

    private static @Nullable String lettuce() {
        touch(io.lettuce.core.RedisClient.class);
        return null;
    }

    /** The class literal is resolved where it stands; that is all that is wanted. */
    private static void touch(Class<?> type) {
        Objects.requireNonNull(type);
    }
}
