/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

/**
 * What a store needs to know of a UserSig to distinguish it from others of the same user.
 *
 * @param issuedAt    unix seconds
 * @param fingerprint part of its signature
 */
public record SigStamp(long issuedAt, long fingerprint) {}
