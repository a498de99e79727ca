/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tim4j.testing.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The enums of the Java API against the C headers. */
class TimErrorTest {
    private static final Pattern CONSTANT = Pattern.compile("^\\s+(k?[A-Z]\\w+) = (-?\\d+)", Pattern.MULTILINE);

    private static Map<String, Integer> constants(String header, String prefix) throws IOException {
        Map<String, Integer> constants = new TreeMap<>();
        Matcher matcher = CONSTANT.matcher(
                Files.readString(Project.ROOT.resolve("include").resolve(header)));
        while (matcher.find()) {
            if (matcher.group(1).startsWith(prefix)) {
                constants.put(matcher.group(1), Integer.valueOf(matcher.group(2)));
            }
        }
        return constants;
    }

    @Test
    void everyCodeOfTheHeadersHasItsConstant() throws IOException {
        Map<String, Integer> codes = constants("TIMErrorCode.h", "ERR_");
        codes.putAll(constants("TIMCloudDef.h", "TIM_ERR_"));
        codes.remove("ERR_SUCC");
        // The older name of the same code.
        codes.remove("ERR_IMSDK_KICKED_BY_OTHERS");
        assertThat(codes)
                .hasSizeGreaterThan(60)
                .allSatisfy((name, code) -> assertThat(TimError.of(code))
                        .hasValueSatisfying(error -> assertThat(error).hasToString(name)));
        assertThat(TimError.of(0)).isEmpty();
        assertThat(TimError.of(123456)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void eachSaysInOneSentenceWhatToDo(TimError error) {
        assertThat(TimError.of(error.code())).contains(error);
        assertThat(error.advice()).matches("[A-Z0-9].{15,}\\.").hasSizeLessThan(150);
        assertThat(new TimException(error.code(), "words"))
                .hasMessage(error.code() + " " + error.name() + ": words (" + error.advice() + ")");
    }

    @Test
    void aRetryIsAdvisedForTheNetworkAndNotForAWrongUserSig() {
        assertThat(TimError.ERR_SDK_NET_CONN_TIMEOUT.retryCanHelp()).isTrue();
        assertThat(TimError.ERR_SVR_ACCOUNT_FREQ_LIMIT.retryCanHelp()).isTrue();
        assertThat(TimError.ERR_SVR_ACCOUNT_USERSIG_EXPIRED.retryCanHelp()).isFalse();
        assertThat(TimError.ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID.retryCanHelp()).isFalse();
    }

    @Test
    void statusesHaveTheNumbersOfTheHeaders() throws IOException {
        assertThat(constants("TIMCloudDef.h", "kTIMLoginStatus_").values())
                .containsExactlyInAnyOrder(Arrays.stream(LoginStatus.values())
                        .map(LoginStatus::value)
                        .toArray(Integer[]::new));
        assertThat(constants("TIMCloudDef.h", "kTIMLoginStatus_"))
                .containsEntry("kTIMLoginStatus_Logined", LoginStatus.LOGGED_IN.value())
                .containsEntry("kTIMLoginStatus_Logouting", LoginStatus.LOGGING_OUT.value());
        for (LoginStatus status : LoginStatus.values()) {
            assertThat(LoginStatus.of(status.value())).isEqualTo(status);
        }
        assertThat(constants("TIMCloudDef.h", "kTIMCon"))
                .containsEntry("kTIMConnected", NetworkStatus.CONNECTED.value())
                .containsEntry("kTIMConnecting", NetworkStatus.CONNECTING.value())
                .containsEntry("kTIMConnectFailed", NetworkStatus.CONNECT_FAILED.value());
        assertThat(constants("TIMShim.h", "kTIMShimKick_"))
                .hasSize(4)
                .allSatisfy((name, value) ->
                        assertThat(KickReason.of(value).value()).isEqualTo(value));
        assertThat(KickReason.of(99)).isEqualTo(KickReason.UNKNOWN);
    }

    @Test
    void anExceptionKeepsCodeAndWordsAndCutsThemWhenTooLong() {
        TimException unknown = new TimException(123456, null);
        assertThat(unknown).hasMessage("123456");
        assertThat(unknown.description()).isEmpty();
        assertThat(unknown.error()).isEmpty();
        assertThat(new TimException(7012, "x".repeat(5000)).description())
                .hasSize(Redaction.MAX_DESCRIPTION + 1)
                .endsWith("…");
    }
}
