/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tim4j.testing.ForkedJvm;
import io.github.tim4j.vendor.VendorCallChecks;
import io.github.tim4j.vendor.VendorFunctionChecks;
import io.github.tim4j.vendor.VendorLibrary;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * TimClient on the vendor's own library, and that library's functions one by one. Skipped unless the library is there:
 * {@code .ci/isolated mvn -o test -Dtest=VendorLibraryTest -Dtim4j.vendor.library=$(.ci/vendor-library)}. Each test has a JVM of its own,
 * a few of them at a time, because some wait half a minute for the library.
 */
public class VendorLibraryTest {
    @TempDir
    static Path folder;

    @BeforeEach
    void isThere() {
        VendorLibrary.missing().ifPresent(reason -> {
            System.out.println("VendorLibraryTest: skipped: " + reason);
            assumeTrue(false, "skipped: " + reason);
        });
    }

    @TestFactory
    List<DynamicTest> testsOfTheVendorsLibrary() {
        ExecutorService jvms = Executors.newFixedThreadPool(3);
        List<DynamicTest> tests = Stream.of(
                        VendorClientChecks.class, VendorFunctionChecks.class, VendorCallChecks.class)
                .flatMap(type -> Stream.of(type.getDeclaredMethods()))
                .filter(VendorLibraryTest::isTest)
                .sorted(Comparator.comparing(Method::getName))
                .map(method -> started(method, jvms))
                .toList();
        jvms.shutdown();
        return tests;
    }

    @Test
    void theLibraryIsRefusedWhereThereIsAnotherInterfaceThanLoopback() throws Exception {
        ForkedJvm.Result result = program("refused")
                .under(
                        "unshare",
                        "--net",
                        "sh",
                        "-c",
                        "ip link add other type bridge && ip link set other up && exec \"$@\"",
                        "sh")
                .run(home("refused"));
        assumeTrue(result.exitCode() == 0, () -> "skipped: no second interface can be made here: " + result.output());
        assertThat(outcome("refused", result))
                .contains("not loaded where it could reach a network (interfaces [other]", ".ci/isolated");
    }

    private static boolean isTest(Method method) {
        return !Modifier.isPrivate(method.getModifiers())
                && !Modifier.isStatic(method.getModifiers())
                && !method.isSynthetic();
    }

    private static DynamicTest started(Method test, ExecutorService jvms) {
        Future<String> outcome = jvms.submit(() -> outcome(test));
        return DynamicTest.dynamicTest(
                test.getName(), () -> assertThat(outcome.get()).isEqualTo(VendorLibrary.PASSED));
    }

    private static String outcome(Method test) throws IOException {
        String name = test.getName();
        return outcome(name, program(test.getDeclaringClass().getName(), name).run(home(name)));
    }

    private static ForkedJvm program(Object... arguments) throws IOException {
        return ForkedJvm.of(VendorLibrary.class, arguments)
                .option("-D" + VendorLibrary.PROPERTY + "=" + VendorLibrary.file());
    }

    private static Path home(String test) throws IOException {
        return Files.createDirectories(folder.resolve(test));
    }

    private static String outcome(String test, ForkedJvm.Result result) throws IOException {
        Path outcome = home(test).resolve(VendorLibrary.OUTCOME);
        return Files.exists(outcome)
                ? Files.readString(outcome)
                : "exit code " + result.exitCode() + "\n" + result.output();
    }
}
