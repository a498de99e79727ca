/* SPDX-License-Identifier: Apache-2.0 */
/**
 * UserSig, the password of Tencent IM: made, read and verified.
 *
 * <p>A UserSig is a text that an application's backend makes for one user with the secret key of its app, and that is valid for a limited
 * time. {@link io.github.tim4j.usersig.UserSigKey} makes and checks them and belongs on a server or in a test: a secret key must never be
 * in an application that is given to users. {@link io.github.tim4j.usersig.UserSig} reads one, without a key, which tells an application
 * before any login for whom it was made and when it expires.
 *
 * <p>This is version 2 of the format: the text {@code TLS.identifier:…\nTLS.sdkappid:…\nTLS.time:…\nTLS.expire:…\n} (and
 * {@code TLS.userbuf:…\n}, if there is a userbuf), signed with HMAC-SHA256; a flat JSON object of the fields and the signature; zlib;
 * base64 with {@code *}, {@code -} and {@code _} for {@code +}, {@code /} and {@code =}.
 *
 * <p>Everything here is immutable and may be used by any thread. No {@code toString} and no exception message holds a secret key or a
 * signature.
 */
@NullMarked
package io.github.tim4j.usersig;

import org.jspecify.annotations.NullMarked;
