/* SPDX-License-Identifier: Apache-2.0 */

/** The login lifecycle of Tencent IM: {@link io.github.tim4j.TimClient}, and under it the C API as JNA sees it. */
module io.github.tim4j {
    exports io.github.tim4j;
    exports io.github.tim4j.jna;

    requires transitive com.sun.jna;
    requires transitive io.github.tim4j.usersig;
    requires io.github.tim4j.natives;
    requires org.slf4j;
    requires static org.jspecify;
}
