/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.util.Arrays;
import java.util.Optional;

/** What a client runs on, under the names that the wire contract and the REST API use. */
public enum Platform {
    /** Windows. */
    WINDOWS("Windows", Kind.DESKTOP),
    /** macOS. */
    MAC("Mac", Kind.DESKTOP),
    /** Linux. */
    LINUX("Linux", Kind.DESKTOP),
    /** Android. */
    ANDROID("Android", Kind.MOBILE),
    /** iPhone. */
    IPHONE("iPhone", Kind.MOBILE),
    /** iPad. */
    IPAD("iPad", Kind.MOBILE),
    /** A browser. */
    WEB("Web", Kind.WEB);

    public enum Kind {
        DESKTOP,
        MOBILE,
        WEB
    }

    private final String text;
    private final Kind kind;

    Platform(String text, Kind kind) {
        this.text = text;
        this.kind = kind;
    }

    /**
     * The name on the wire.
     *
     * @return Windows, Mac, Linux, Android, iPhone, iPad or Web
     */
    public String text() {
        return text;
    }

    public Kind kind() {
        return kind;
    }

    /**
     * The platform of a name.
     *
     * @param text a name on the wire, letter case and all; null has none
     * @return the platform, or empty if there is none of this name
     */
    public static Optional<Platform> of(String text) {
        return Arrays.stream(values())
                .filter(platform -> platform.text.equals(text))
                .findFirst();
    }
}
