/* SPDX-License-Identifier: Apache-2.0 */

/** UserSigs: made, read and checked. */
module io.github.tim4j.usersig {
    exports io.github.tim4j.usersig;

    requires static org.jspecify;
}
