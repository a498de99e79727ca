/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may use whom: the command line and the kits stand on server and API, these on UserSig and the raw layer. */
class ArchitectureTest {
    private static final String ROOT = "io.github.tim4j";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    private static void packageUsesOnly(String name, String... others) {
        classes()
                .that()
                .resideInAPackage(name)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(others)
                        .or(resideInAPackage(name))
                        .or(DescribedPredicate.not(resideInAPackage(ROOT + ".."))))
                .check(CLASSES);
    }

    @Test
    void theApiUsesUserSigAndTheRawLayerOnly() {
        packageUsesOnly(ROOT, ROOT + ".jna", ROOT + ".usersig");
    }

    @Test
    void theRawLayerUsesNothingOfTheProject() {
        packageUsesOnly(ROOT + ".jna");
    }

    @Test
    void userSigUsesNothingOfTheProject() {
        packageUsesOnly(ROOT + ".usersig..");
    }

    /** Everything below may use what a user sees; of the rest each room uses only those named here. */
    @Test
    void theServersRoomsUseOneAnotherInOneDirection() {
        String server = ROOT + ".server";
        packageUsesOnly(server, ROOT + ".usersig");
        packageUsesOnly(server + ".tls", server);
        packageUsesOnly(server + ".event", server);
        packageUsesOnly(server + ".login", server, server + ".event", ROOT + ".usersig");
        packageUsesOnly(server + ".store", server, server + ".login", ROOT + ".usersig");
        packageUsesOnly(server + ".mqtt", server, server + ".event", server + ".login", ROOT + ".usersig");
        packageUsesOnly(server + ".http", server, server + ".event", server + ".login", ROOT + ".usersig");
        packageUsesOnly(server + ".node", server, server + ".*", ROOT + ".usersig");
    }

    @Test
    void theKitsRoomsUseOneAnotherInOneDirection() {
        String kit = ROOT + ".conformance";
        String[] product = {ROOT, ROOT + ".jna", ROOT + ".usersig", ROOT + ".server"};
        kitUsesOnly(kit + ".report", List.of(), product);
        kitUsesOnly(kit + ".message", List.of(), product);
        kitUsesOnly(kit + ".worker", List.of("message"), product);
        kitUsesOnly(kit + ".process", List.of("message", "report", "worker"), product);
        kitUsesOnly(kit + ".stage", List.of("message", "report", "process"), product);
        kitUsesOnly(kit + ".scenarios", List.of("message", "report", "process", "stage"), product);
    }

    private static void kitUsesOnly(String name, List<String> rooms, String... product) {
        packageUsesOnly(
                name,
                Stream.concat(rooms.stream().map(room -> ROOT + ".conformance." + room), Stream.of(product))
                        .toArray(String[]::new));
    }

    @Test
    void mqttReasonCodesStayInTheMqttRoom() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".server.mqtt")
                .should()
                .dependOnClassesThat()
                .haveSimpleName("MqttReason")
                .check(CLASSES);
    }

    @Test
    void nobodyUsesTheCommandLineOrTheKits() {
        for (String top : new String[] {".cli..", ".junit..", ".conformance.."}) {
            noClasses()
                    .that()
                    .resideOutsideOfPackage(ROOT + top)
                    .and()
                    .resideOutsideOfPackage(ROOT + ".cli..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(ROOT + top)
                    .check(CLASSES);
        }
    }

    @Test
    void theBindingNeedsJnaAndSlf4jOnly() {
        classes()
                .that()
                .resideInAnyPackage(ROOT, ROOT + ".jna", ROOT + ".usersig")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.crypto..",
                        "com.sun.jna..",
                        "org.slf4j..",
                        "org.jspecify..",
                        ROOT,
                        ROOT + ".jna",
                        ROOT + ".usersig")
                .check(CLASSES);
    }
}
