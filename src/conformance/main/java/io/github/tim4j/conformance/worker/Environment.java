/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.worker;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.nio.charset.StandardCharsets;

/** Environment variables of this process as C sees them; Java itself can only read those that it was started with. */
final class Environment {
    private Environment() {}

    /** @param value null to remove the variable; @return 0 on success */
    static int set(String name, String value) {
        if (Platform.isWindows()) {
            return NativeLibrary.getInstance("msvcrt")
                    .getFunction("_putenv_s")
                    .invokeInt(new Object[] {ascii(name), ascii(value == null ? "" : value)});
        }
        NativeLibrary c = NativeLibrary.getInstance("c");
        if (value == null) {
            return c.getFunction("unsetenv").invokeInt(new Object[] {ascii(name)});
        }
        return c.getFunction("setenv").invokeInt(new Object[] {ascii(name), ascii(value), 1});
    }

    private static byte[] ascii(String text) {
        return (text + "\0").getBytes(StandardCharsets.US_ASCII);
    }
}
