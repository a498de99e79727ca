/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.jna;

import com.sun.jna.NativeLibrary;
import java.util.Optional;

/**
 * A library with the C API, loaded and checked: it exports all thirteen functions.
 *
 * @param path    its file's absolute path; the plain name where the system found it and gives no path
 * @param version what {@code TIMGetSDKVersion} returned
 * @param sdk     the functions of {@code TIMManager.h}
 * @param shim    those of {@code TIMShim.h}; empty for the vendor's library
 * @param handle  for functions that {@link ImSdk} does not declare
 */
public record LoadedLibrary(String path, String version, ImSdk sdk, Optional<ImSdkShim> shim, NativeLibrary handle) {}
