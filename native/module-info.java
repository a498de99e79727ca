/* SPDX-License-Identifier: Apache-2.0 */

/**
 * timshim and its classic twin as resources, one folder for each platform under the name that JNA has for it: {@code linux-x86-64/libtimshim.so}
 * and the like. There is nothing to call: {@code io.github.tim4j} finds and loads them.
 */
module io.github.tim4j.natives {}
