/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

/** The state of the connection to the server: the {@code TIMNetworkStatus} of the C API. */
public enum NetworkStatus {
    /** Connected and authenticated. */
    CONNECTED(0),
    /** The connection was lost while logged in. */
    DISCONNECTED(1),
    /** An attempt to connect begins. */
    CONNECTING(2),
    /** The attempt failed; the library tries again by itself. */
    CONNECT_FAILED(3);

    private final int value;

    NetworkStatus(int value) {
        this.value = value;
    }

    /** The number in the C API, 0 to 3. */
    public int value() {
        return value;
    }

    /** The status with this number; {@link #CONNECT_FAILED} for a number that the C API does not define. */
    static NetworkStatus of(int value) {
        for (NetworkStatus status : values()) {
            if (status.value == value) {
                return status;
            }
        }
        return CONNECT_FAILED;
    }
}
