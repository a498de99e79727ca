/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A login server in JUnit 5 tests.
 *
 * <p>{@link io.github.tim4j.junit.LoginServerExtension} is where to begin: it starts a {@link io.github.tim4j.server.LoginServer} for a
 * test class and gives every test method a fresh one, clients that are closed after it, and a {@link io.github.tim4j.junit.UserSigMaker}.
 * Where a test fails, its failure shows what the server saw.
 *
 * <p>Inside: {@code ServerScope} is what one test method has, {@code ServerPool} the servers of one test class, {@code LibraryCopy} a
 * native library for one client, {@code WhatTheServerSaw} the text that goes with a failure.
 *
 * <p>Needs JUnit Jupiter 5.10 to 6, which the test brings along.
 */
@NullMarked
package io.github.tim4j.junit;

import org.jspecify.annotations.NullMarked;
