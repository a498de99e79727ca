/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import io.github.tim4j.conformance.report.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A way in which the hostile library (src/client/test/native/hostile.c) misbehaves. It has none of timshim's own functions, so the kit judges it
 * as leniently as the vendor's.
 *
 * @param number   the way's number
 * @param what     what it does wrong
 * @param commands C statements that it executes when it is loaded
 * @param control  the same, with which it does nothing wrong as far as the scenario sees
 * @param scenario what must find it
 * @param verdict  {@link Verdict#FAIL}; {@link Verdict#DIVERGES} for what the vendor's library does, too
 */
record HostileWay(int number, String what, String commands, String control, String scenario, Verdict verdict) {
    private static final String[] RESULTS = {"SDKUNINIT", "NOTLOGIN", "JSON", "PARAM", "CONV", "GROUP"};
    private static final String GOOD = "hostile_mode(MODE_WORKER, 0, 1, TEXT_EMPTY)";

    static List<HostileWay> all() {
        List<HostileWay> ways = new ArrayList<>();
        String logout = "offline.logout-when-logged-out";
        String offline = "offline.login-without-network";
        String noNetwork = "hostile_mode(MODE_WORKER, 9523, 1, TEXT_CHINESE)";
        add(
                ways,
                "answers after TIMUninit",
                "hostile_mode(MODE_DYING_THREAD, 0, 1, TEXT_EMPTY); hostile_delay(50)",
                "hostile_mode(MODE_KEEP, 0, 1, TEXT_EMPTY)",
                "offline.no-callback-after-uninit");
        add(ways, "answers twice", "hostile_mode(MODE_WORKER, 0, 2, TEXT_EMPTY)", GOOD, logout);
        add(ways, "never answers", "hostile_mode(MODE_KEEP, 0, 1, TEXT_EMPTY)", GOOD, logout);
        add(
                ways,
                "answers before the call returns, on the caller's thread",
                "hostile_mode(MODE_BEFORE_RETURN, 0, 1, TEXT_EMPTY)",
                GOOD,
                "threads.not-before-return");
        add(
                ways,
                "answers from eight threads at once",
                "hostile_mode(MODE_CROWD, 0, 1, TEXT_EMPTY)",
                GOOD,
                "threads.many-logouts");
        add(
                ways,
                "answers each request from a thread that dies",
                "hostile_mode(MODE_DYING_THREAD, 0, 1, TEXT_EMPTY)",
                GOOD,
                "threads.not-before-return");
        add(ways, "texts are NULL", "hostile_mode(MODE_WORKER, 0, 1, TEXT_NULL)", GOOD, logout);
        add(
                ways,
                "texts of a failure are not UTF-8",
                "hostile_mode(MODE_WORKER, 9523, 1, TEXT_INVALID_UTF8)",
                noNetwork,
                offline);
        add(
                ways,
                "texts of a success are not UTF-8",
                "hostile_mode(MODE_WORKER, 0, 1, TEXT_INVALID_UTF8)",
                GOOD,
                "offline.user-data");
        add(ways, "texts of a success have a megabyte", "hostile_mode(MODE_WORKER, 0, 1, TEXT_MEGABYTE)", GOOD, logout);
        add(
                ways,
                "a text repeats the UserSig",
                "hostile_mode(MODE_WORKER, 9523, 1, TEXT_USER_SIG)",
                noNetwork,
                offline);
        add(
                ways,
                "a code that does not exist, for a logout",
                "hostile_mode(MODE_WORKER, 123456, 1, TEXT_EMPTY)",
                GOOD,
                logout);
        add(
                ways,
                "a code that does not exist, for a login",
                "hostile_mode(MODE_WORKER, 123456, 1, TEXT_CHINESE)",
                noNetwork,
                offline);
        add(
                ways,
                "the user id has no end in 128 bytes",
                "hostile_user_id_style(2)",
                GOOD,
                "offline.user-id-before-init");
        add(ways, "TIMGetLoginUserID fails", "hostile_user_id_style(3)", GOOD, "offline.user-id-before-init");
        ways.add(new HostileWay(
                ways.size() + 1,
                "the buffer of the user id is left untouched (as the vendor's library does)",
                "hostile_user_id_style(1)",
                GOOD,
                "offline.user-id-before-init",
                Verdict.DIVERGES));
        IntStream.range(0, RESULTS.length)
                .forEach(i -> add(
                        ways,
                        "every request returns " + -(i + 1) + ", TIM_ERR_" + RESULTS[i],
                        "hostile_returns(" + -(i + 1) + ")",
                        GOOD,
                        logout));
        add(ways, "a request returns a number that is no TIMResult", "hostile_returns(42)", GOOD, logout);
        add(ways, "TIMInit fails", "hostile_init_returns(-3)", GOOD, "offline.callback-null");
        add(ways, "a status that does not exist", "hostile_status(99)", GOOD, "offline.status-before-init");
        add(
                ways,
                "a network status that does not exist",
                "hostile_network_at_login(77, false)",
                "hostile_network_at_login(2, false)",
                "offline.callback-null");
        add(
                ways,
                "an event has another user_data",
                "hostile_network_at_login(2, true)",
                "hostile_network_at_login(2, false)",
                "offline.callback-null");
        ways.add(new HostileWay(
                ways.size() + 1,
                "the network callback is called after it was set to NULL (as the vendor's library does)",
                "hostile_mode(MODE_KEEP, 0, 1, TEXT_EMPTY); hostile_network_at_login(2, false)",
                "hostile_mode(MODE_KEEP, 0, 1, TEXT_EMPTY)",
                "threads.callback-removed-offline",
                Verdict.DIVERGES));
        add(
                ways,
                "the user id is not told although a user is logged in",
                "hostile_user_id_style(1)",
                GOOD,
                "login.success");
        return List.copyOf(ways);
    }

    private static void add(List<HostileWay> ways, String what, String commands, String control, String scenario) {
        ways.add(new HostileWay(ways.size() + 1, what, commands, control, scenario, Verdict.FAIL));
    }
}
