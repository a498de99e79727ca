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
                .allowEmptyShould(true)
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

    @Test
    void theServerUsesUserSigOnly() {
        packageUsesOnly(ROOT + ".server..", ROOT + ".usersig");
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
                    .allowEmptyShould(true)
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
                        ROOT,
                        ROOT + ".jna",
                        ROOT + ".usersig")
                .check(CLASSES);
    }
}
