/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file utf8.h
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure; any thread.
 */
#ifndef TIMSHIM_UTF8_H
#define TIMSHIM_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @return the length, 1 to 4 bytes, of the character that `text` begins with; 0 if it is none or is cut off after `len` bytes */
size_t utf8_character(const char* text, size_t len);

/** @return whether `len` bytes are UTF-8 without U+0000 */
bool utf8_valid(const char* text, size_t len);

/** Writes a code point below U+110000 that is no surrogate. @return the bytes written, 1 to 4 */
size_t utf8_encode(char out[4], uint32_t code_point);

/**
 * Copies text from outside for people to read: as much as fits `size` with the terminator, never half a character; a control character
 * becomes a space (a log line stays one line, a terminal is not steered), a byte that is not UTF-8 a '?'. `size` is at least 1.
 */
void utf8_copy_line(char* out, size_t size, const char* text, size_t len);

#endif
