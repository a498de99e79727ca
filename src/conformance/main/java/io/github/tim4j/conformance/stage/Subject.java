/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import java.util.Optional;
import java.util.Set;

/**
 * The library under test.
 *
 * @param path        its file; "" for the bundled timshim
 * @param classicPath the file of the library with the classic API; "" for the bundled one; empty if there is none to test
 * @param version     what TIMGetSDKVersion returned
 * @param isShim      whether the contract of timshim's headers holds for it in full: it exports what only timshim has, or is to be judged as strictly
 * @param tellsReason whether it has the function by which timshim tells why it was kicked
 * @param missing     the functions of the C API that it lacks
 * @param patience    how long it may take for anything
 */
public record Subject(
        String path,
        Optional<String> classicPath,
        String version,
        boolean isShim,
        boolean tellsReason,
        Set<String> missing,
        Patience patience) {}
