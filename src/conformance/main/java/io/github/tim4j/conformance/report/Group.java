/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

/** What a scenario is about, and what it is run with. */
public enum Group {
    /** No server at all. */
    OFFLINE("offline", "what holds without a server"),
    /** A login server. */
    LOGIN("login", "logins, switches of account, logouts, refusals"),
    /** Several processes of one user. */
    DEVICES("devices", "kicks and login policies, with several processes"),
    /** A network or a server that misbehaves. */
    FAULTS("faults", "lost connections and servers that misbehave"),
    /** Callbacks, calls from inside them, and races. */
    THREADS("threads", "callbacks, calls from inside them, races"),
    /** Arguments that no application should pass, and packets that no server should send. */
    BAD_INPUT("bad-input", "arguments and packets that nobody should send"),
    /** The classic C API of 2016. */
    CLASSIC("classic", "the classic C API");

    private final String id;
    private final String about;

    Group(String id, String about) {
        this.id = id;
        this.about = about;
    }

    /**
     * What it is about.
     *
     * @return a phrase
     */
    public String about() {
        return about;
    }

    /** The name on the command line and in reports. */
    @Override
    public String toString() {
        return id;
    }
}
