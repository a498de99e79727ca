/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

/** What a peer can make happen any number of times fills no log. */
class RareLogTest {
    @Test
    void onlyTheFirstOfAMinuteIsLogged() {
        List<String> lines = new ArrayList<>();
        RareLog log = new RareLog((Logger) Proxy.newProxyInstance(
                Logger.class.getClassLoader(), new Class<?>[] {Logger.class}, (proxy, method, arguments) -> {
                    lines.add(method.getName() + " " + Arrays.deepToString(arguments));
                    return null;
                }));
        for (int i = 0; i < 1000; i++) {
            log.error("a connection failed", new IllegalStateException("number " + i));
        }
        assertThat(lines).singleElement().asString().contains("error", "a connection failed", "number 0");
    }
}
