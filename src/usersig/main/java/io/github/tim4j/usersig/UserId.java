/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

/** What a user id may be: 1 to 32 bytes, each 0x20 to 0x7e (printable ASCII). Letters, digits, {@code _} and {@code -} are advised. */
public final class UserId {
    /** The longest user id, in bytes. */
    public static final int MAX_LENGTH = 32;

    private UserId() {}

    /**
     * Whether this can be a user id.
     *
     * @param userId any text, or null
     * @return whether it is 1 to 32 characters of printable ASCII
     */
    public static boolean isValid(String userId) {
        return userId != null
                && !userId.isEmpty()
                && userId.length() <= MAX_LENGTH
                && userId.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
    }
}
