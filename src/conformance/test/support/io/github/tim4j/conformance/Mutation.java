/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** Finds the piece however its lines are broken; one that begins with a space begins a line. */
    Pattern pattern() {
        String words = Stream.of(text.strip().split("\\s+")).map(Pattern::quote).collect(Collectors.joining("\\s+"));
        return Pattern.compile((text.startsWith(" ") ? "^\\s*" : "") + words, Pattern.MULTILINE);
    }

    static List<Mutation> all() {
        return List.of(
                new Mutation(
                        1,
                        "TIMInit takes the app id 0",
                        "native/api.c",
                        "if (sdk_app_id == 0) return TIM_ERR_PARAM;",
                        "",
                        "offline.init-app-id-0"),
                new Mutation(
                        2,
                        "TIMInit with another app id succeeds",
                        "native/instance.c",
                        "app_id == sdk_app_id ? TIM_SUCC : TIM_ERR_PARAM",
                        "TIM_SUCC",
                        "offline.init-twice-other-app"),
                new Mutation(
                        3,
                        "the user id buffer is left untouched while logged out",
                        "native/api.c",
                        "    published_user_id(user_id_buffer);",
                        "    if (published_status() == kTIMLoginStatus_Logined) published_user_id(user_id_buffer);",
                        "offline.user-id-logged-out"),
                new Mutation(
                        4,
                        "an empty UserSig is accepted",
                        "native/instance.c",
                        "user_sig == NULL || user_sig[0] == '\\0'",
                        "user_sig == NULL",
                        "offline.login-arguments"),
                new Mutation(
                        5,
                        "a user id of 33 bytes is sent to the server",
                        "native/session.c",
                        "length == 0 || length > SESSION_USER_ID_MAX",
                        "length == 0 || length > SESSION_USER_ID_MAX + 1",
                        "bad-input.user-id-7003"),
                new Mutation(
                        6,
                        "TIMUninit forgets the requests that wait",
                        "native/session.c",
                        "    emit(s, request->done);",
                        "    if (code != ERR_SDK_COMM_INTERRUPT) emit(s, request->done);",
                        "offline.uninit-answers-requests"),
                new Mutation(
                        7,
                        "only 100 requests may wait",
                        "native/session.h",
                        "SESSION_WAITING_MAX = 1000",
                        "SESSION_WAITING_MAX = 100",
                        "offline.thousand-requests"),
                new Mutation(
                        8,
                        "a login of the user who is logged in asks the server again",
                        "native/session.c",
                        "if (same_user && secret_equal(s->running.user_sig, request->user_sig)) {",
                        "if (false) {",
                        "login.again-same-usersig"),
                new Mutation(
                        9,
                        "a switch of the account does not log the first user out",
                        "native/session.c",
                        "s->running.phase == PHASE_ONLINE ? ACTION_GOODBYE : ACTION_CLOSE",
                        "ACTION_CLOSE",
                        "login.switch-logs-out"),
                new Mutation(
                        10,
                        "a logout does not tell the server",
                        "native/link.c",
                        "if (link->stage == LINK_OPEN && link->out_size == 0) {",
                        "if (false) {",
                        "login.logout-tells-server"),
                new Mutation(
                        11,
                        "a refused renewal ends the session that was there",
                        "native/session.c",
                        "drop_link(s, &s->attempt, ACTION_CLOSE);\n    forget(&s->attempt);",
                        "drop_link(s, &s->attempt, ACTION_CLOSE);\n    forget(&s->attempt);\n    forget(&s->running);",
                        "login.again-wrong-usersig"),
                new Mutation(
                        12,
                        "a UserSig that was refused as expired is sent again",
                        "native/session.c",
                        "if (reason->verdict == VERDICT_EXPIRED) remember_expired(s, s->attempt.user_sig);",
                        "",
                        "login.expired-known"),
                new Mutation(
                        13,
                        "the kicked callback comes twice",
                        "native/session.c",
                        "notify(s, CALLBACK_KICKED, kick_reason, 0, desc);",
                        "notify(s, CALLBACK_KICKED, kick_reason, 0, desc); notify(s, CALLBACK_KICKED, kick_reason, 0, desc);",
                        "devices.same-platform"),
                new Mutation(
                        14,
                        "a kick by another platform is told as one by the same",
                        "native/reasons.c",
                        "return other ? kTIMShimKick_OtherPlatform : kTIMShimKick_OtherInstance;",
                        "return kTIMShimKick_OtherInstance;",
                        "devices.single-platform"),
                new Mutation(
                        15,
                        "a plain broker's refusal means another code",
                        "native/reasons.c",
                        "{0x8A, VERDICT_REFUSED, ERR_SVR_ACCOUNT_BLACKLIST,",
                        "{0x8A, VERDICT_REFUSED, ERR_SVR_ACCOUNT_NOT_FOUND,",
                        "login.broker-0x8A"),
                new Mutation(
                        16,
                        "a server that asks to come again is not asked again",
                        "native/reasons.c",
                        "{0x9C, VERDICT_RETRY, ",
                        "{0x9C, VERDICT_REFUSED, ",
                        "login.broker-0x9C"),
                new Mutation(
                        17,
                        "an expired UserSig is told as a kick",
                        "native/session.c",
                        "if (kick_reason == kTIMShimKick_UserSigExpired) {",
                        "if (false) {",
                        "login.expires-online"),
                new Mutation(
                        18,
                        "a lost connection is not restored",
                        "native/session.c",
                        "else wait_until(&s->running, now + backoff(s, s->running.failures++));",
                        "else wait_until(&s->running, SESSION_NEVER);",
                        "faults.connection-lost"),
                new Mutation(
                        19,
                        "attempts follow each other without a pause",
                        "native/session.c",
                        "return delay / 2 + random_below(s, delay / 2 + 1);",
                        "return delay / 1000;",
                        "faults.no-storm-of-attempts"),
                new Mutation(
                        20,
                        "no heartbeat is sent",
                        "native/session.c",
                        "r->wanted = ACTION_PING;",
                        "",
                        "faults.heartbeat"),
                new Mutation(
                        21,
                        "a heartbeat that is not answered goes unnoticed",
                        "native/session.c",
                        "if (r->ping_unanswered) {",
                        "if (false) {",
                        "faults.half-open"),
                new Mutation(
                        22,
                        "the server's keep alive is ignored",
                        "native/session.c",
                        "connack->server_keep_alive > 0 ?",
                        "false ?",
                        "faults.server-keep-alive"),
                new Mutation(
                        23,
                        "user_data is lost",
                        "native/callbacks.c",
                        "c->cb(c->code, c->desc, text, c->user_data)",
                        "c->cb(c->code, c->desc, text, NULL)",
                        "offline.user-data"),
                new Mutation(
                        24,
                        "desc is NULL on success",
                        "native/callbacks.c",
                        "c->cb(c->code, c->desc, text, c->user_data)",
                        "c->cb(c->code, c->code == 0 ? NULL : c->desc, text, c->user_data)",
                        "offline.logout-when-logged-out"),
                new Mutation(
                        25,
                        "callbacks come after TIMUninit has returned",
                        "native/instance.c",
                        "    callbacks_stop();\n    os_lock(&lock);\n    enter(IDLE);",
                        "    os_lock(&lock);\n    enter(IDLE);",
                        "offline.thousand-requests"),
                new Mutation(
                        26,
                        "a callback is called under a lock",
                        "native/callbacks.c",
                        "            os_unlock(&q.lock);\n            if (c->cb != NULL) c->cb(c->code, c->desc, text, c->user_data);\n"
                                + "            os_lock(&q.lock);",
                        "            if (c->cb != NULL) c->cb(c->code, c->desc, text, c->user_data);",
                        "threads.logout-in-callback"),
                new Mutation(
                        27,
                        "a refusal as expired crashes",
                        "native/session.c",
                        "    request->done->code = code;",
                        "    if (code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED) *(volatile int*)0 = code;\n"
                                + "    request->done->code = code;",
                        "login.usersig-expired"),
                new Mutation(
                        28,
                        "the status is 3 while a login is under way",
                        "native/session.c",
                        "return s->active != NULL ? kTIMLoginStatus_Logining : kTIMLoginStatus_UnLogined;",
                        "return kTIMLoginStatus_UnLogined;",
                        "offline.status-while-logging-in"),
                new Mutation(
                        29,
                        "the status is 3 while the connection is being restored",
                        "native/session.c",
                        "if (exists(&s->running)) return kTIMLoginStatus_Logined;",
                        "if (exists(&s->running) && s->running.phase == PHASE_ONLINE) return kTIMLoginStatus_Logined;",
                        "faults.server-away"),
                new Mutation(
                        30,
                        "a setting of the wrong type is ignored",
                        "native/config.c",
                        "            reading->wrong_type = true;\n            return false;",
                        "            return true;",
                        "bad-input.init-json-wrong-type"),
                new Mutation(
                        31,
                        "the UserSig stands in the log",
                        "native/loop.c",
                        "log_write(kTIMLog_Info, \"login of %s requested\", request->user_id);",
                        "log_write(kTIMLog_Info, \"login of %s with %s\", request->user_id, request->user_sig == NULL ? \"\" : "
                                + "request->user_sig->text);",
                        "login.success"),
                new Mutation(
                        32,
                        "TIMUninit logs out",
                        "native/loop.c",
                        "for (int i = 0; i < LINKS; i++) link_close(&loop->links[i]);",
                        "for (int i = 0; i < LINKS; i++) link_goodbye(&loop->links[i]);",
                        "login.uninit-is-no-logout"),
                new Mutation(
                        33,
                        "the server's time is not told",
                        "native/session.c",
                        "s->server_time = connack->server_time;",
                        "s->server_time = 0;",
                        "login.server-time"),
                new Mutation(
                        34,
                        "a callback that is set to NULL stays",
                        "native/callbacks.c",
                        "        (slot).cb = (callback);        \\",
                        "        if ((callback) != NULL) (slot).cb = (callback); \\",
                        "threads.callback-removed"),
                new Mutation(
                        35,
                        "the network callback tells no failure",
                        "native/session.c",
                        "if (attempt_is_told(s) && !told_already) tell_failed(s, code, desc);",
                        "",
                        "offline.network-callback"),
                new Mutation(
                        36,
                        "classic: the caller's structure is used after the call",
                        "native/classic/classic.c",
                        "    *copy = malloc(sizeof **copy);\n    if (*copy != NULL) **copy = *callback;",
                        "    *copy = (TIMCommCB*)(uintptr_t)callback;",
                        "classic.structures-gone"),
                new Mutation(
                        37,
                        "classic: TIMGetLoginUser writes behind the buffer",
                        "native/classic/classic.c",
                        "bool fits = *len > length;",
                        "bool fits = *len >= length;",
                        "classic.login-user-buffer"),
                new Mutation(
                        38,
                        "TIMGetLoginUserID writes behind the buffer",
                        "native/api.c",
                        "    published_user_id(user_id_buffer);",
                        "    for (int i = 0; i < 160; i++) user_id_buffer[i] = 0;\n    published_user_id(user_id_buffer);",
                        "offline.user-id-before-init"),
                new Mutation(
                        39,
                        "the loop never sleeps",
                        "native/loop.c",
                        "due == SESSION_NEVER ? -1 : due <= now ? 0 : (int64_t)(due - now)",
                        "0",
                        "faults.idle-is-idle"),
                new Mutation(
                        40,
                        "sockets stay open",
                        "native/link.c",
                        "if (link->socket != OS_NO_SOCKET) os_close(link->socket);",
                        "",
                        "faults.switch-frees"),
                new Mutation(
                        41,
                        "a server that asks to come again at once is kept waiting",
                        "native/session.c",
                        "else if (retry_now) wait_until(&s->running, now);",
                        "",
                        "faults.reconnect-at-once"),
                new Mutation(
                        42,
                        "the status is still 2 when the callback of a success runs",
                        "native/loop.c",
                        "    publish(session_status(s), session_user_id(s), s->server_time, s->server_time_at);\n"
                                + "    struct callback* next;",
                        "    if (s->out_head == NULL) publish(session_status(s), session_user_id(s), s->server_time, "
                                + "s->server_time_at);\n"
                                + "    struct callback* next;",
                        "login.status-in-callback"),
                new Mutation(
                        43,
                        "after a logout the user id is still there",
                        "native/published.c",
                        "    publish_user_id(user_id);",
                        "    if (user_id[0] != '\\0') publish_user_id(user_id);",
                        "login.logout"),
                new Mutation(
                        44,
                        "if a switch fails, the first user is still logged in",
                        "native/session.c",
                        "    if (exists(&s->running) && !same_user) {",
                        "    if (false) {",
                        "login.switch-fails"),
                new Mutation(
                        45,
                        "a new UserSig of the user who is logged in is not looked at",
                        "native/session.c",
                        "if (same_user && secret_equal(s->running.user_sig, request->user_sig)) {",
                        "if (same_user) {",
                        "login.again-wrong-usersig"),
                new Mutation(
                        46,
                        "a kick is taken for a lost connection, and kicks back",
                        "native/reasons.c",
                        "{0x8E, VERDICT_KICKED, ERR_LOGIN_KICKED_OFF_BY_OTHER,",
                        "{0x8E, VERDICT_RETRY, ERR_LOGIN_KICKED_OFF_BY_OTHER,",
                        "devices.same-platform"),
                new Mutation(
                        47,
                        "a network callback follows the kicked callback",
                        "native/session.c",
                        "    s->network = kTIMDisconnected; /*",
                        "    notify_network(s, kTIMDisconnected, 0, \"\"); /*",
                        "devices.same-platform"),
                new Mutation(
                        48,
                        "a reconnect that is refused as expired is told as a lost connection",
                        "native/session.c",
                        "        else running_refused(s, now, &reason);\n    } else if (packet->type == MQTT_PINGRESP",
                        "        else running_lost(s, now, reason.code, reason.desc, false);\n"
                                + "    } else if (packet->type == MQTT_PINGRESP",
                        "faults.reconnect-expired"),
                new Mutation(
                        49,
                        "a long text is cut inside a character",
                        "native/callbacks.c",
                        "utf8_copy_line(callback->desc, sizeof callback->desc, desc, strlen(desc));",
                        "snprintf(callback->desc, 101, \"%s\", desc);",
                        "bad-input.reason-string-long"),
                new Mutation(
                        50,
                        "json_params is an empty object",
                        "native/callbacks.c",
                        "c->text == NULL ? \"\" : c->text",
                        "c->text == NULL ? \"{}\" : c->text",
                        "login.success"),
                new Mutation(
                        51,
                        "TIMUninit inside a callback waits for itself",
                        "native/callbacks.c",
                        "return q.running && q.thread_id == os_thread_self();",
                        "return false;",
                        "threads.uninit-in-callback"),
                new Mutation(
                        52,
                        "after TIMUninit the first app stays",
                        "native/instance.c",
                        "    app_id = sdk_app_id;",
                        "    if (app_id == 0) app_id = sdk_app_id;",
                        "login.other-app-after-uninit"),
                new Mutation(
                        53,
                        "the server's time is the local one until a server has told it",
                        "native/published.c",
                        "return offset == 0 ? 0 : ",
                        "return offset == 0 ? (uint64_t)time(NULL) : ",
                        "offline.server-time-unknown"),
                new Mutation(
                        54,
                        "the server's time stands still",
                        "native/published.c",
                        "(uint64_t)(offset + (int64_t)now) / 1000",
                        "(uint64_t)(offset + (int64_t)now) / 1000000 * 1000",
                        "login.server-time"),
                new Mutation(
                        55,
                        "TIMGetSDKVersion is NULL",
                        "native/api.c",
                        "    return TIMSHIM_VERSION;",
                        "    return NULL;",
                        "offline.version"),
                new Mutation(
                        56,
                        "the level of the log callback is ignored",
                        "native/log.c",
                        "bool to_callback = passes(state.settings.callback_level, level);",
                        "bool to_callback = true;",
                        "offline.log-callback"),
                new Mutation(
                        57,
                        "no log file is written",
                        "native/log.c",
                        "bool to_file = state.has_file && ",
                        "bool to_file = false && ",
                        "bad-input.log-file"),
                new Mutation(
                        58,
                        "TIMSetConfig changes nothing",
                        "native/settings.c",
                        "        log_configure(&visit.log);",
                        "",
                        "offline.set-config"),
                new Mutation(
                        59,
                        "the network callback has another user_data",
                        "native/callbacks.c",
                        "c->code, c->desc, r.user_data); break;\n        case CALLBACK_KICK_REASON",
                        "c->code, c->desc, &q); break;\n        case CALLBACK_KICK_REASON",
                        "offline.network-callback"),
                new Mutation(
                        60,
                        "callbacks come on the thread that they arise on",
                        "native/callbacks.c",
                        "void callbacks_post(struct callback* callback) {\n    callback->next = NULL;\n    os_lock(&q.lock);",
                        "void callbacks_post(struct callback* callback) {\n"
                                + "    callback->next = NULL;\n"
                                + "    os_lock(&q.lock);\n"
                                + "    if (callback->kind == CALLBACK_NETWORK) {\n"
                                + "        call(callback);\n"
                                + "        free(callback);\n"
                                + "        os_unlock(&q.lock);\n"
                                + "        return;\n"
                                + "    }",
                        "threads.one-thread"),
                new Mutation(
                        61,
                        "one callback of a hundred is lost",
                        "native/callbacks.c",
                        "    if (c->cb != NULL) c->cb(c->code, c->desc, text, c->user_data);",
                        "    static int count;\n"
                                + "            if (c->cb != NULL && ++count % 100 != 0) c->cb(c->code, c->desc, text, c->user_data);",
                        "offline.requests-in-order"),
                new Mutation(
                        62,
                        "callbacks that wait come in reverse order",
                        "native/callbacks.c",
                        "    if (q.tail == NULL) q.head = callback;\n    else q.tail->next = callback;\n    q.tail = callback;",
                        "    callback->next = q.head;\n    q.head = callback;\n    if (q.tail == NULL) q.tail = callback;",
                        "offline.requests-in-order"),
                new Mutation(
                        63,
                        "memory is lost with each request",
                        "native/callbacks.c",
                        "    free(callback->text);\n    free(callback);\n    if (!nested) {",
                        "    free(callback->text);\n    if (!nested) {",
                        "offline.requests-free"),
                new Mutation(
                        64,
                        "memory is lost with each login",
                        "native/secret.c",
                        "    free(secret);",
                        "",
                        "login.again-frees"),
                new Mutation(
                        65,
                        "a UserSig stays in memory, unwiped",
                        "native/secret.c",
                        "    os_wipe(secret->text, secret->length);",
                        // Freed, it might be overwritten by chance.
                        "    return;",
                        "login.usersig-wiped"),
                new Mutation(
                        66,
                        "too many requests get another code",
                        "native/session.c",
                        "ERR_SDK_NET_REQ_COUNT_LIMIT, \"1000",
                        "ERR_SDK_NET_FREQ_LIMIT, \"1000",
                        "offline.thousand-requests"),
                new Mutation(
                        67,
                        "a user id of 32 bytes is refused",
                        "native/session.c",
                        "length == 0 || length > SESSION_USER_ID_MAX)",
                        "length == 0 || length >= SESSION_USER_ID_MAX)",
                        "login.user-id-32-bytes"),
                new Mutation(
                        68,
                        "the login timeout is ignored",
                        "native/session.c",
                        "s->login_deadline = now + s->settings.login_timeout_ms;",
                        "s->login_deadline = now + 30000;",
                        "faults.login-timeout"),
                new Mutation(
                        69,
                        "the network callback does not tell that the connection is back",
                        "native/session.c",
                        "        go_online(connection, s, now, connack);\n        tell_connected(s);",
                        "        go_online(connection, s, now, connack);",
                        "faults.connection-lost"),
                new Mutation(
                        70,
                        "heartbeats come too late",
                        "native/session.c",
                        "connection->due = connection->keep_alive_ms == SESSION_NEVER ? SESSION_NEVER : now + connection->keep_alive_ms * 3 / 4;",
                        "connection->due = connection->keep_alive_ms == SESSION_NEVER ? SESSION_NEVER : now + connection->keep_alive_ms * 2;",
                        "faults.heartbeat-in-time"),
                new Mutation(
                        71,
                        "the pauses between attempts do not grow",
                        "native/session.c",
                        "(uint64_t)SESSION_BACKOFF_MIN_MS << failures",
                        "SESSION_BACKOFF_MIN_MS",
                        "faults.no-storm-of-attempts"),
                new Mutation(
                        72,
                        "a second login gets 7501 at once",
                        "native/session.c",
                        "    request->next = NULL;\n    if (s->tail == NULL) s->head = request;",
                        "    if (s->active != NULL && request->type == REQUEST_LOGIN) {\n"
                                + "        answer(s, request, 7501, \"a login is under way\");\n"
                                + "        return;\n"
                                + "    }\n"
                                + "    request->next = NULL;\n"
                                + "    if (s->tail == NULL) s->head = request;",
                        "offline.login-during-login"),
                new Mutation(
                        73,
                        "a logout overtakes the login that is under way",
                        "native/session.c",
                        "    request->next = NULL;\n    if (s->tail == NULL) s->head = request;",
                        "    if (s->active != NULL && request->type == REQUEST_LOGOUT) {\n"
                                + "        answer(s, request, 0, \"\");\n"
                                + "        return;\n"
                                + "    }\n"
                                + "    request->next = NULL;\n"
                                + "    if (s->tail == NULL) s->head = request;",
                        "offline.logout-during-login"),
                new Mutation(
                        74,
                        "a callback that is NULL is called",
                        "native/callbacks.c",
                        "            if (c->cb != NULL) c->cb(c->code",
                        "            c->cb(c->code",
                        "offline.callback-null"),
                new Mutation(
                        75,
                        "TIMUninit waits for three seconds",
                        "native/instance.c",
                        "    loop_free(ended);",
                        "    for (uint64_t end = os_now_ms() + 3000; os_now_ms() < end;) {}\n    loop_free(ended);",
                        "offline.uninit-during-login"),
                new Mutation(
                        76,
                        "the device id is not kept",
                        "native/device_id.c",
                        "    if (!keep || write_id(path, device_id)) return;",
                        "    return;",
                        "devices.device-id-kept"),
                new Mutation(
                        77,
                        "a logout is told as a lost connection",
                        "native/session.c",
                        "        drop_link(s, &s->running, ACTION_GOODBYE);\n        forget(&s->running);\n        return;",
                        "        drop_link(s, &s->running, ACTION_GOODBYE);\n"
                                + "        notify_network(s, kTIMDisconnected, ERR_SDK_NET_DISCONNECT, \"\");\n"
                                + "        forget(&s->running);\n"
                                + "        return;",
                        "login.logout"),
                new Mutation(
                        78,
                        "the environment counts more than the JSON",
                        "native/config.c",
                        "reading->in_json[i] || !settings[i].environment",
                        "!settings[i].environment",
                        "bad-input.environment"),
                new Mutation(
                        79,
                        "a certificate for another name is accepted",
                        "native/tls.c",
                        "o->X509_VERIFY_PARAM_set1_host(param, name, length) == 1 &&\n           ",
                        "",
                        "login.tls-other-name"),
                new Mutation(
                        80,
                        "after TIMUninit the status stays",
                        "native/loop.c",
                        "    session_end(&loop->session);\n    pass_on(loop);",
                        "    session_end(&loop->session);\n"
                                + "    for (struct callback *c = session_take_callbacks(&loop->session), *next; c != NULL; c = next) {\n"
                                + "        next = c->next;\n"
                                + "        callbacks_post(c);\n"
                                + "    }",
                        "login.uninit-is-no-logout"),
                new Mutation(
                        81,
                        "classic: OnSuccess is called for failures, too",
                        "native/classic/classic.c",
                        "    if (code == 0 && callback.OnSuccess",
                        "    if (callback.OnSuccess",
                        "classic.usersig-expired"),
                new Mutation(
                        82,
                        "classic: the connection callbacks are mixed up",
                        "native/classic/classic.c",
                        "if (status == kTIMDisconnected && copy",
                        "if (status == kTIMConnecting && copy",
                        "classic.connection-callbacks"),
                new Mutation(
                        83,
                        "classic: account_type may be missing",
                        "native/classic/classic.c",
                        "user->account_type == NULL || ",
                        "",
                        "classic.login-arguments"),
                new Mutation(
                        84,
                        "classic: the app of a login is ignored",
                        "native/classic/classic.c",
                        "instance_login((uint64_t)sdk_app_id, user",
                        "instance_login(1400000000, user",
                        "classic.other-app"),
                new Mutation(
                        85,
                        "the status is 3 while a logout is under way",
                        "native/session.c",
                        "return kTIMLoginStatus_Logouting;",
                        "return kTIMLoginStatus_UnLogined;",
                        "login.logout-status"),
                new Mutation(
                        86,
                        "a new UserSig of the user who is logged in is told as another connection",
                        "native/session.c",
                        "return !exists(&s->running) || s->running.phase != PHASE_ONLINE;",
                        "(void)s;\n    return true;",
                        "login.again-fresh-usersig"),
                new Mutation(
                        87,
                        "TIMInit while a user is logged in starts over",
                        "native/api.c",
                        "if (instance_init_again(sdk_app_id, &result)) return result;",
                        "if (instance_init_again(sdk_app_id, &result)) {\n        if (result != TIM_SUCC) return result;\n"
                                + "        instance_uninit();\n    }",
                        "login.init-again"),
                new Mutation(
                        88,
                        "only the first kick of a process is told",
                        "native/session.c",
                        "        notify(s, CALLBACK_KICKED, kick_reason, 0, desc);",
                        "        static int kicks;\n        if (kicks++ == 0) notify(s, CALLBACK_KICKED, kick_reason, 0, desc);",
                        "devices.login-after-kick"),
                new Mutation(
                        89,
                        "only the first expiry of a process is told",
                        "native/session.c",
                        "        notify(s, CALLBACK_USERSIG_EXPIRED, 0, 0, desc);",
                        "        static int expiries;\n        if (expiries++ == 0) notify(s, CALLBACK_USERSIG_EXPIRED, 0, 0, desc);",
                        "login.expires-online"),
                new Mutation(
                        90,
                        "after a new UserSig was refused the connection is not restored",
                        "native/session.c",
                        "else wait_until(&s->running, now);\n    }\n    answer_active",
                        "else wait_until(&s->running, SESSION_NEVER);\n    }\n    answer_active",
                        "faults.renewal-refused-while-reconnecting"),
                new Mutation(
                        91,
                        "the kicked callback cannot be removed",
                        "native/callbacks.c",
                        "    REGISTER(q.kicked,",
                        "    if (cb == NULL) return;\n    REGISTER(q.kicked,",
                        "threads.kicked-callback-removed"),
                new Mutation(
                        92,
                        "the expired callback cannot be removed",
                        "native/callbacks.c",
                        "    REGISTER(q.expired,",
                        "    if (cb == NULL) return;\n    REGISTER(q.expired,",
                        "threads.expired-callback-removed"),
                new Mutation(
                        93,
                        "the app id is cut to 32 bits",
                        "native/loop.c",
                        "snprintf(app, sizeof app, \"%\" PRIu64, account->sdk_app_id);",
                        "snprintf(app, sizeof app, \"%\" PRIu32, (uint32_t)account->sdk_app_id);",
                        "login.app-id-of-64-bits"),
                new Mutation(
                        94,
                        "a lost connection's descriptor stays open",
                        "native/link.c",
                        "    if (link->socket != OS_NO_SOCKET) os_close(link->socket);\n    link->socket = OS_NO_SOCKET;\n    mqtt_decoder_free",
                        "    link->socket = OS_NO_SOCKET;\n    mqtt_decoder_free",
                        "faults.reconnect-frees"),
                new Mutation(
                        95,
                        "TIMInit prints on standard output",
                        "native/instance.c",
                        "    log_write(kTIMLog_Info, \"timshim \" TIMSHIM_VERSION \" initialised\");",
                        "    puts(\"timshim \" TIMSHIM_VERSION \" initialised\");",
                        "offline.process-untouched"),
                new Mutation(
                        96,
                        "a proxy's password is in the configuration",
                        "native/settings.c",
                        "json_write_string(user, sizeof user, shown->user);",
                        "json_write_string(user, sizeof user, proxies.socks5.password);",
                        "bad-input.set-config-proxy"));
    }
}
