/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.github.tim4j.TimClient;
import io.github.tim4j.TimError;
import io.github.tim4j.TimException;
import io.github.tim4j.VendorLibraryTest;
import io.github.tim4j.testing.ExportedSymbols;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** {@link TimClient#call} with the vendor's functions, of every shape. {@link VendorLibraryTest} gives each method a JVM of its own. */
public final class VendorCallChecks {
    private static final int NOT_INITIALIZED = TimError.ERR_SDK_NOT_INITIALIZED.code();
    private static final int NOT_LOGGED_IN = TimError.ERR_SDK_NOT_LOGGED_IN.code();
    private static final int BAD_JSON = TimError.TIM_ERR_JSON.code();

    /** A call and the code of its answer. */
    private record Call(int code, String function, Object... arguments) {}

    private static List<Call> calls(Pointer messageId, Pointer inviteId) {
        return List.of(
                new Call(NOT_LOGGED_IN, "TIMConvGetConvList"),
                new Call(NOT_LOGGED_IN, "TIMConvGetTotalUnreadMessageCount"),
                new Call(NOT_LOGGED_IN, "TIMGroupGetJoinedGroupList"),
                new Call(NOT_LOGGED_IN, "TIMFriendshipGetFriendProfileList"),
                new Call(NOT_LOGGED_IN, "TIMGroupDelete", "a group"),
                new Call(NOT_LOGGED_IN, "TIMGroupJoin", "a group", "你好"),
                new Call(NOT_LOGGED_IN, "TIMMsgDoBackground", 3),
                new Call(NOT_LOGGED_IN, "TIMFriendshipReportPendencyReaded", 1_700_000_000L),
                new Call(NOT_LOGGED_IN, "TIMMsgClearHistoryMessage", "bob", 1),
                new Call(NOT_LOGGED_IN, "TIMMsgSetAllReceiveMessageOpt", 1, 22, 0, 0, 3600),
                new Call(NOT_LOGGED_IN, "TIMConvPinConversation", "bob", 1, true),
                new Call(NOT_LOGGED_IN, "TIMGroupIncreaseGroupCounter", "a group", "visits", -5L),
                new Call(NOT_LOGGED_IN, "TIMConvCleanConversationUnreadMessageCount", "c2c_bob", 0L, 0L),
                new Call(NOT_LOGGED_IN, "TIMGetUserStatus", "[\"bob\"]"),
                new Call(NOT_LOGGED_IN, "TIMMsgSetC2CReceiveMessageOpt", "[\"bob\"]", 2),
                new Call(NOT_LOGGED_IN, "TIMConvDeleteConversationList", "[\"c2c_bob\"]", true),
                new Call(NOT_LOGGED_IN, "TIMConvMarkConversation", "[\"c2c_bob\"]", 1L, false),
                new Call(NOT_LOGGED_IN, "TIMGroupMarkGroupMemberList", "a group", "[\"bob\"]", 1000, true),
                new Call(NOT_LOGGED_IN, "TIMConvGetConversationListByFilter", "{}", 0L, 10),
                new Call(NOT_LOGGED_IN, "TIMMsgGetMsgList", "bob", 1, "{\"msg_getmsg_param_count\":10}"),
                new Call(
                        NOT_LOGGED_IN,
                        "TIMMsgSendMessage",
                        "bob",
                        1,
                        "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"你好\"}]}",
                        messageId),
                new Call(NOT_LOGGED_IN, "TIMSignalingInvite", "bob", "data", false, null, 30, inviteId),
                new Call(BAD_JSON, "TIMGroupCreate", "{}"),
                new Call(BAD_JSON, "TIMMsgGetAllUserListOfMessageReaction", "{}", "a reaction", 0, 10),
                new Call(BAD_JSON, "callExperimentalAPI", "not JSON"),
                new Call(0, "TIMSetConfig", "{\"set_config_log_level\":6}"));
    }

    void functionsOfEveryShapeAnswerWhileLoggedOut() throws Exception {
        try (TimClient tim = TimClient.builder()
                        .sdkAppId(1400000000L)
                        .library(VendorLibrary.file())
                        .build();
                Memory messageId = new Memory(128);
                Memory inviteId = new Memory(128)) {
            messageId.clear();
            inviteId.clear();
            Map<Call, CompletableFuture<String>> answers = new LinkedHashMap<>();
            calls(messageId, inviteId).forEach(call -> answers.put(call, tim.call(call.function, call.arguments)));
            for (Map.Entry<Call, CompletableFuture<String>> answer : answers.entrySet()) {
                Call call = answer.getKey();
                int first = code(answer.getValue());
                // For a moment after TIMInit, the library may say of itself that it is not initialised.
                int code = first != NOT_INITIALIZED
                        ? first
                        : await().until(
                                        () -> code(tim.call(call.function, call.arguments)),
                                        again -> again != NOT_INITIALIZED);
                assertThat(code).as(call.function).isEqualTo(call.code);
            }
            assertThat(messageId.getString(0)).as("written through the pointer").isNotEmpty();
            assertThat(inviteId.getString(0)).as("written through the pointer").isNotEmpty();
        }
    }

    /** The code of an answer, 0 for a result; fails if none comes. */
    private static int code(CompletableFuture<String> answer) throws Exception {
        try {
            assertThat(answer.get(10, TimeUnit.SECONDS)).isNotNull();
            return 0;
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(TimException.class);
            return ((TimException) e.getCause()).code();
        }
    }

    void theLibraryExportsHundredsOfFunctionsAndAllThatAreCalledHere() throws Exception {
        List<String> exports = ExportedSymbols.of(VendorLibrary.file());
        assertThat(exports).filteredOn(name -> name.startsWith("TIM")).hasSize(246);
        assertThat(exports)
                .containsAll(calls(null, null).stream().map(Call::function).toList());
    }
}
