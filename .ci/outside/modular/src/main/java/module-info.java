/* SPDX-License-Identifier: Apache-2.0 */
module outside.app {
    requires io.github.tim4j;
}
