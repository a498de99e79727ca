/* SPDX-License-Identifier: Apache-2.0 */
package outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.tim4j.LoginStatus;
import io.github.tim4j.TimClient;
import io.github.tim4j.junit.LoginServerExtension;
import io.github.tim4j.server.KickCause;
import io.github.tim4j.server.LoginServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LoginTest {
    @RegisterExtension
    static final LoginServerExtension SERVER = LoginServerExtension.create();

    @Test
    void logsIn(TimClient tim, LoginServer server) {
        tim.login("alice").join();
        assertEquals(LoginStatus.LOGGED_IN, tim.status());
        assertEquals(1, server.sessions().size());
    }

    @Test
    void hasAServerToItself(TimClient tim, LoginServer server) {
        assertEquals(0, server.sessions().size());
        tim.login("alice").join();
        assertEquals(1, server.kick(SERVER.sdkAppId(), "alice", KickCause.REST));
    }
}
