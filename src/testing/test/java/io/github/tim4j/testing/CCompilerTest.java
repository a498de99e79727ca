/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CCompilerTest {
    @TempDir
    Path folder;

    @Test
    void compilesOnceAndAgainWhenTheSourceChanges() throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("answer.c"), "int main(void) { return 7; }\n");
        Path first = CCompiler.executable("answer", List.of(source.toString()), "-Wall", "-Werror");
        assertThat(new ProcessBuilder(first.toString()).start().waitFor()).isEqualTo(7);
        assertThat(CCompiler.executable("answer", List.of(source.toString()), "-Wall", "-Werror"))
                .isEqualTo(first);

        Files.writeString(source, "int main(void) { return 8; }\n");
        Path second = CCompiler.executable("answer", List.of(source.toString()), "-Wall", "-Werror");
        assertThat(new ProcessBuilder(second.toString()).start().waitFor()).isEqualTo(8);
        Files.delete(first);
        Files.delete(second);
    }

    @Test
    void anErrorInTheSourceFailsWithTheCompilersWords() throws IOException {
        Path source = Files.writeString(folder.resolve("broken.c"), "int main(void) { return nothing; }\n");
        assertThatThrownBy(() -> CCompiler.executable("broken", List.of(source.toString())))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("nothing");
    }
}
