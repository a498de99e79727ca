/* SPDX-License-Identifier: Apache-2.0 */
package outside.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.tim4j.LoginStatus;
import io.github.tim4j.TimClient;
import io.github.tim4j.junit.LoginServerExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LoginTest {
    @RegisterExtension
    static final LoginServerExtension SERVER = LoginServerExtension.create();

    @Test
    void logsInOnTheModulePath(TimClient tim) {
        assertTrue(TimClient.class.getModule().isNamed());
        tim.login("alice").join();
        assertEquals(LoginStatus.LOGGED_IN, tim.status());
    }
}
