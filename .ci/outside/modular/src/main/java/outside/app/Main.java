/* SPDX-License-Identifier: Apache-2.0 */
package outside.app;

import io.github.tim4j.LoginResult;
import io.github.tim4j.TimClient;

/** Logs in and out: the server's URL is the argument, the UserSig stands on standard input. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        String userSig = new String(System.in.readAllBytes()).strip();
        try (TimClient tim = TimClient.builder().sdkAppId(1400000000L).server(args[0]).build()) {
            LoginResult login = tim.login("alice", userSig).get();
            System.out.println(login.userId() + " is " + tim.status() + " in " + Main.class.getModule());
            tim.logout().get();
        }
    }
}
