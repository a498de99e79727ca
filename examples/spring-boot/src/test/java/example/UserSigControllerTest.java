/* SPDX-License-Identifier: Apache-2.0 */
package example;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.TimClient;
import io.github.tim4j.junit.LoginServerExtension;
import io.github.tim4j.server.LoginServer;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.http.HttpStatus;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The backend on a free port, and a login server in this JVM that takes its UserSigs. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class UserSigControllerTest {
    private static final long SDK_APP_ID = 1400000000L;
    private static final String SECRET_KEY = "a secret key for this test";
    private static final String PASSWORD = UUID.randomUUID().toString();

    @RegisterExtension
    static LoginServerExtension tim =
            LoginServerExtension.builder().app(SDK_APP_ID, SECRET_KEY).build();

    @Autowired
    private TestRestTemplate http;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("tim.sdkappid", () -> SDK_APP_ID);
        registry.add("tim.secret-key", () -> SECRET_KEY);
        registry.add("spring.security.user.name", () -> "alice");
        registry.add("spring.security.user.password", () -> PASSWORD);
    }

    @Test
    void aUserLogsInWithTheUserSigThatTheBackendMakes(LoginServer server) {
        TestRestTemplate alice = http.withBasicAuth("alice", PASSWORD);
        try (TimClient client =
                tim.client(builder -> builder.userSigProvider(userId -> alice.getForObject("/usersig", String.class)))) {
            assertThat(client.login("alice").join().userId()).isEqualTo("alice");
            assertThat(server.sessions()).hasSize(1);
        }
    }

    @Test
    void whoIsNotKnownGetsNone() {
        assertThat(http.getForEntity("/usersig", String.class).getStatusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
    }
}
