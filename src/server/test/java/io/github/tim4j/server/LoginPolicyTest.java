/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.tim4j.server.LoginPolicy.Kind;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who must go when someone comes. */
class LoginPolicyTest {
    private static List<String> afterLogins(LoginPolicy policy, String... logins) {
        List<Session> loggedIn = new ArrayList<>();
        for (String login : logins) {
            Platform platform = Platform.of(login.replaceAll("[0-9]", "")).orElseThrow();
            loggedIn.removeAll(policy.victims(loggedIn, platform));
            loggedIn.add(new Session(
                    1,
                    "u",
                    platform,
                    login,
                    "s",
                    loggedIn.size(),
                    new InetSocketAddress("127.0.0.1", 1),
                    Instant.EPOCH,
                    Instant.MAX));
        }
        return loggedIn.stream().map(Session::deviceId).toList();
    }

    @Test
    void multiPlatformLetsEveryPlatformStandBesideEveryOther() {
        LoginPolicy policy = LoginPolicy.of(Kind.MULTI_PLATFORM);
        String[] all = {"Windows1", "Mac1", "Linux1", "Android1", "iPhone1", "iPad1", "Web1"};
        assertThat(afterLogins(policy, all)).containsExactly(all);
        assertThat(afterLogins(policy, "Windows1", "Mac1", "Windows2")).containsExactly("Mac1", "Windows2");
    }

    @Test
    void singlePlatformLetsOneStand() {
        assertThat(afterLogins(LoginPolicy.of(Kind.SINGLE_PLATFORM), "Windows1", "Web1", "iPhone1"))
                .containsExactly("iPhone1");
    }

    @Test
    void dualPlatformLetsWebStandBesideOneOther() {
        LoginPolicy policy = LoginPolicy.of(Kind.DUAL_PLATFORM);
        assertThat(afterLogins(policy, "Windows1", "Web1", "Android1")).containsExactly("Web1", "Android1");
        assertThat(afterLogins(policy, "Windows1", "Web1", "Web2")).containsExactly("Windows1", "Web2");
    }

    @Test
    void triplePlatformLetsOneMobileOneDesktopAndWebStand() {
        LoginPolicy policy = LoginPolicy.of(Kind.TRIPLE_PLATFORM);
        assertThat(afterLogins(policy, "Windows1", "Web1", "Android1", "iPad1", "Linux1"))
                .containsExactly("Web1", "iPad1", "Linux1");
    }

    @Test
    void overTheInstanceLimitTheOneLoggedInLongestGoes() {
        LoginPolicy policy = LoginPolicy.of(Kind.MULTI_PLATFORM)
                .withInstances(Platform.WINDOWS, 3)
                .withInstances(Platform.WEB, 2);
        assertThat(afterLogins(policy, "Windows1", "Windows2", "Windows3", "Mac1", "Windows4", "Windows5"))
                .containsExactly("Windows3", "Mac1", "Windows4", "Windows5");
        assertThat(afterLogins(policy, "Web1", "Web2", "Web3")).containsExactly("Web2", "Web3");
    }

    @Test
    void aPlatformThatComesSendsAllOfTheOtherAway() {
        LoginPolicy policy = LoginPolicy.of(Kind.DUAL_PLATFORM).withInstances(Platform.WINDOWS, 2);
        assertThat(afterLogins(policy, "Windows1", "Windows2", "Mac1")).containsExactly("Mac1");
    }

    @Test
    void limitsHaveLimits() {
        LoginPolicy policy = LoginPolicy.of(Kind.MULTI_PLATFORM);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy.withInstances(Platform.MAC, 4))
                .withMessageContaining("1 to 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy.withInstances(Platform.WEB, 11))
                .withMessageContaining("1 to 10");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy.withInstances(Platform.WEB, 0))
                .withMessageContaining("0");
    }
}
