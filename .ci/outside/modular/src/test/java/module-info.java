/* SPDX-License-Identifier: Apache-2.0 */
open module outside.app {
    requires io.github.tim4j;
    requires io.github.tim4j.junit;
}
