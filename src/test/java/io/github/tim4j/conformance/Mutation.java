/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import java.util.List;

/**
 * A fault put into timshim for a test of the kit: a piece of one source, replaced while it is compiled.
 *
 * @param number      the mutation's number
 * @param what        what the library does wrong then
 * @param file        the source, relative to the project
 * @param text        the piece, which stands there exactly once
 * @param replacement what stands there instead
 * @param scenario    what must find it
 */
record Mutation(int number, String what, String file, String text, String replacement, String scenario) {
    /** In a source of the classic library alone. */
    boolean isClassic() {
        return file.startsWith("native/classic/");
    }

    static List<Mutation> all() {
        return List.of(
                new Mutation(1, "TIMInit takes the app id 0", "native/api.c",
                        "if (sdk_app_id == 0) return TIM_ERR_PARAM;", "", "offline.init-app-id-0"),
                new Mutation(2, "TIMInit with another app id succeeds", "native/instance.c",
                        "app_id == sdk_app_id ? TIM_SUCC : TIM_ERR_PARAM", "TIM_SUCC", "offline.init-twice-other-app"),
                new Mutation(3, "the user id buffer is left untouched while logged out", "native/api.c",
                        "    published_user_id(user_id_buffer);",
                        "    if (published_status() == kTIMLoginStatus_Logined) published_user_id(user_id_buffer);",
                        "offline.user-id-logged-out"),
                new Mutation(4, "an empty UserSig is accepted", "native/instance.c",
                        "user_sig == NULL || user_sig[0] == '\\0'", "user_sig == NULL", "offline.login-arguments"),
                new Mutation(5, "a user id of 33 bytes is sent to the server", "native/session.c",
                        "length == 0 || length > SESSION_USER_ID_MAX", "length == 0 || length > SESSION_USER_ID_MAX + 1",
                        "bad-input.user-id-7003"),
                new Mutation(6, "TIMUninit forgets the requests that wait", "native/session.c",
                        "    emit(s, request->done);", "    if (code != ERR_SDK_COMM_INTERRUPT) emit(s, request->done);",
                        "offline.uninit-answers-requests"),
                new Mutation(7, "only 100 requests may wait", "native/session.h",
                        "SESSION_WAITING_MAX = 1000", "SESSION_WAITING_MAX = 100", "offline.thousand-requests"),
                new Mutation(8, "a login of the user who is logged in asks the server again", "native/session.c",
                        "if (same_user && secret_equal(s->running.user_sig, request->user_sig)) {", "if (false) {",
                        "login.again-same-usersig"),
                new Mutation(9, "a switch of the account does not log the first user out", "native/session.c",
                        "s->running.phase == PHASE_ONLINE ? ACTION_GOODBYE : ACTION_CLOSE", "ACTION_CLOSE", "login.switch-logs-out"),
                new Mutation(10, "a logout does not tell the server", "native/link.c",
                        "if (link->stage == LINK_OPEN && link->out_size == 0) {", "if (false) {", "login.logout-tells-server"),
                new Mutation(11, "a refused renewal ends the session that was there", "native/session.c",
                        "drop_link(s, &s->attempt, ACTION_CLOSE);\n    forget(&s->attempt);",
                        "drop_link(s, &s->attempt, ACTION_CLOSE);\n    forget(&s->attempt);\n    forget(&s->running);",
                        "login.again-wrong-usersig"),
                new Mutation(12, "a UserSig that was refused as expired is sent again", "native/session.c",
                        "if (reason->verdict == VERDICT_EXPIRED) remember_expired(s, s->attempt.user_sig);", "", "login.expired-known"),
                new Mutation(13, "the kicked callback comes twice", "native/session.c",
                        "notify(s, CALLBACK_KICKED, kick_reason, 0, desc);",
                        "notify(s, CALLBACK_KICKED, kick_reason, 0, desc); notify(s, CALLBACK_KICKED, kick_reason, 0, desc);",
                        "devices.same-platform"),
                new Mutation(14, "a kick by another platform is told as one by the same", "native/reasons.c",
                        "return other ? kTIMShimKick_OtherPlatform : kTIMShimKick_OtherInstance;", "return kTIMShimKick_OtherInstance;",
                        "devices.single-platform"),
                new Mutation(15, "a plain broker's refusal means another code", "native/reasons.c",
                        "{0x8A, VERDICT_REFUSED, ERR_SVR_ACCOUNT_BLACKLIST,", "{0x8A, VERDICT_REFUSED, ERR_SVR_ACCOUNT_NOT_FOUND,",
                        "login.broker-0x8A"),
                new Mutation(16, "a server that asks to come again is not asked again", "native/reasons.c",
                        "{0x9C, VERDICT_RETRY, ", "{0x9C, VERDICT_REFUSED, ", "login.broker-0x9C"),
                new Mutation(17, "an expired UserSig is told as a kick", "native/session.c",
                        "if (kick_reason == kTIMShimKick_UserSigExpired) {", "if (false) {", "login.expires-online"),
                new Mutation(18, "a lost connection is not restored", "native/session.c",
                        "else wait_until(&s->running, now + backoff(s, s->running.failures++));",
                        "else wait_until(&s->running, SESSION_NEVER);",
                        "faults.connection-lost"),
                new Mutation(19, "attempts follow each other without a pause", "native/session.c",
                        "return delay / 2 + random_below(s, delay / 2 + 1);", "return delay / 1000;", "faults.no-storm-of-attempts"),
                new Mutation(20, "no heartbeat is sent", "native/session.c",
                        "act(s, ACTION_PING, r->link);", "", "faults.heartbeat"),
                new Mutation(21, "a heartbeat that is not answered goes unnoticed", "native/session.c",
                        "if (r->ping_unanswered) {", "if (false) {", "faults.half-open"),
                new Mutation(22, "the server's keep alive is ignored", "native/session.c",
                        "connack->server_keep_alive >= 0 ?", "false ?", "faults.server-keep-alive"),
                new Mutation(23, "user_data is lost", "native/callbacks.c",
                        "c->cb(c->code, c->desc, text, c->user_data)", "c->cb(c->code, c->desc, text, NULL)", "offline.user-data"),
                new Mutation(24, "desc is NULL on success", "native/callbacks.c",
                        "c->cb(c->code, c->desc, text, c->user_data)", "c->cb(c->code, c->code == 0 ? NULL : c->desc, text, c->user_data)",
                        "offline.logout-when-logged-out"),
                new Mutation(25, "callbacks come after TIMUninit has returned", "native/instance.c",
                        "    callbacks_stop(started); /*", "    (void)started; /*", "offline.thousand-requests"),
                new Mutation(26, "a callback is called under a lock", "native/callbacks.c",
                        "            os_unlock(&q.lock);\n            if (c->cb != NULL) c->cb(c->code, c->desc, text, c->user_data);\n"
                                + "            os_lock(&q.lock);",
                        "            if (c->cb != NULL) c->cb(c->code, c->desc, text, c->user_data);", "threads.logout-in-callback"),
                new Mutation(27, "a refusal as expired crashes", "native/session.c",
                        "    request->done->code = code;",
                        "    if (code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED) *(volatile int*)0 = code;\n"
                                + "    request->done->code = code;",
                        "login.usersig-expired"),
                new Mutation(28, "the status is 3 while a login is under way", "native/session.c",
                        "return s->active != NULL ? kTIMLoginStatus_Logining : kTIMLoginStatus_UnLogined;",
                        "return kTIMLoginStatus_UnLogined;",
                        "offline.status-while-logging-in"),
                new Mutation(29, "the status is 3 while the connection is being restored", "native/session.c",
                        "if (exists(&s->running)) return kTIMLoginStatus_Logined;",
                        "if (exists(&s->running) && s->running.phase == PHASE_ONLINE) return kTIMLoginStatus_Logined;",
                        "faults.server-away"),
                new Mutation(30, "a setting of the wrong type is ignored", "native/config.c",
                        "            reading->wrong_type = true;\n            return false;", "            return true;",
                        "bad-input.init-json-wrong-type"),
                new Mutation(31, "the UserSig stands in the log", "native/loop.c",
                        "log_write(kTIMLog_Info, \"login of %s requested\", request->user_id);",
                        "log_write(kTIMLog_Info, \"login of %s with %s\", request->user_id, request->user_sig == NULL ? \"\" : "
                                + "request->user_sig->text);",
                        "login.success"),
                new Mutation(32, "TIMUninit logs out", "native/loop.c",
                        "for (int i = 0; i < LINKS; i++) link_close(&loop->links[i]);",
                        "for (int i = 0; i < LINKS; i++) link_goodbye(&loop->links[i]);",
                        "login.uninit-is-no-logout"),
                new Mutation(33, "the server's time is not told", "native/session.c",
                        "s->server_time = connack->server_time;", "s->server_time = 0;", "login.server-time"),
                new Mutation(34, "a callback that is set to NULL stays", "native/callbacks.c",
                        "        (slot).cb = (callback);        \\", "        if ((callback) != NULL) (slot).cb = (callback); \\",
                        "threads.callback-removed"),
                new Mutation(35, "the network callback tells no failure", "native/session.c",
                        "if (attempt_is_told(s)) notify_network(s, kTIMConnectFailed, code, desc);", "", "offline.network-callback"),
                new Mutation(36, "classic: the caller's structure is used after the call", "native/classic/classic.c",
                        "    *copy = malloc(sizeof **copy);\n    if (*copy != NULL) **copy = *callback;",
                        "    *copy = (TIMCommCB*)(uintptr_t)callback;",
                        "classic.structures-gone"),
                new Mutation(37, "classic: TIMGetLoginUser writes behind the buffer", "native/classic/classic.c",
                        "bool fits = *len > length;", "bool fits = *len >= length;", "classic.login-user-buffer"));
    }
}
