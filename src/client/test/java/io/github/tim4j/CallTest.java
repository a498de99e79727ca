/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any other function of the library as a future. */
class CallTest {
    @TempDir
    static Path folder;

    @Test
    void argumentsArriveAsTheFunctionHasThem() {
        try (TimClient tim = HostileLibrary.Copy.in(folder).client().build()) {
            assertThat(tim.call("TIMHostileEcho", "中文", -7, Long.MAX_VALUE, true)
                            .join())
                    .isEqualTo("中文|-7|9223372036854775807|1");
            assertThat(tim.call("TIMHostileEcho", null, 0, 0L, false).join()).isEqualTo("NULL|0|0|0");
            assertThat(tim.call("TIMHostileEcho", Pointer.NULL, 0, 0L, false).join())
                    .isEqualTo("NULL|0|0|0");
        }
    }

    @Test
    void theConfigurationCanBeChanged() {
        try (TimClient tim =
                TimClient.builder().sdkAppId(1).server("mqtt://127.0.0.1:1").build()) {
            assertThat(tim.call("TIMSetConfig", "{\"set_config_log_level\":6}").join())
                    .contains("\"set_config_log_level\":6");
            assertThatThrownBy(() -> tim.call("TIMSetConfig", "{x").join())
                    .hasRootCauseInstanceOf(TimException.class)
                    .hasMessageContaining("-3 TIM_ERR_JSON");
        }
    }

    @Test
    void aFunctionThatDoesNotExistFailsAndNamesIt() {
        try (TimClient tim = HostileLibrary.Copy.in(folder).client().build()) {
            assertThatThrownBy(() -> tim.call("TIMConvGetConvList").join())
                    .hasRootCauseInstanceOf(UnsatisfiedLinkError.class)
                    .cause()
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("TIMConvGetConvList");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TIMInit", "TIMUninit", "TIMLogin", "TIMLogout", "TIMSetKickedOfflineCallback"})
    void whatTheClientItselfUsesIsRefused(String function) {
        try (TimClient tim = HostileLibrary.Copy.in(folder).client().build()) {
            assertThatThrownBy(() -> tim.call(function).join())
                    .cause()
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(function);
        }
    }

    @Test
    void anArgumentThatCannotBePassedFailsAndNamesIt() {
        try (TimClient tim = HostileLibrary.Copy.in(folder).client().build()) {
            assertThatThrownBy(
                            () -> tim.call("TIMHostileEcho", "x", 1.5, 0L, true).join())
                    .cause()
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("argument 2")
                    .hasMessageContaining("Double");
        }
    }
}
