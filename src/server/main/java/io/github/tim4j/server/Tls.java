/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS on a {@link LoginServer}: either with a certificate and a key, or with a CA file for a certificate that is made at the start.
 *
 * @param port        the TCP port; 0 takes any free one
 * @param certificate PEM file with the certificate chain, or null
 * @param key         PEM file with the private key, or null
 * @param caFile      where the CA of a certificate made at the start is written, or null
 */
public record Tls(
        int port,
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path caFile) {}
