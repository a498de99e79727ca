/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file json.h
 * A strict JSON reader (RFC 8259) for configuration, and what is needed to write a string. Pure; any thread.
 */
#ifndef TIMSHIM_JSON_H
#define TIMSHIM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_TEXT (64 * 1024) /**< bytes of a text; a longer one is refused */
#define JSON_MAX_DEPTH 32         /**< objects and arrays within each other, the outermost counted; deeper is refused */

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/** The value of a member. Its pointers are valid until the visitor returns. */
struct json_value {
    enum json_type type;
    bool boolean;       /**< JSON_BOOLEAN */
    bool is_integer;    /**< JSON_NUMBER without fraction and exponent */
    int64_t integer;    /**< if is_integer; one beyond 64 bits is given as the nearest end, INT64_MIN or INT64_MAX */
    const char* string; /**< JSON_STRING: decoded, UTF-8, terminated; NULL for other types */
    const char* raw;    /**< as it stands in the text, not terminated; an object's can be given to json_object_each again */
    size_t raw_len;
};

/** Gets a member; the key is decoded like a string. @return false to stop the visit */
typedef bool (*json_visitor)(void* context, const char* key, const struct json_value* value);

enum json_result { JSON_OK, JSON_INVALID, JSON_NO_MEMORY };

/**
 * Visits the members of an object in the order of the text; of a key given more than once only the last. The whole text is checked first,
 * so nothing is visited unless all of it is right. Beyond RFC 8259, a NUL (\u0000) or half a surrogate pair in a string is refused.
 * Memory: about once the size of the text for strings and 40 bytes a member, freed before it returns.
 *
 * @param len bytes of `text`, which need not be terminated
 * @return JSON_OK, also if the visitor stopped; JSON_INVALID if the text is not one JSON object or beyond a limit; JSON_NO_MEMORY
 */
enum json_result json_object_each(const char* text, size_t len, json_visitor visit, void* context);

/**
 * Writes a string with its quotes, escaped, and a terminator. Bytes that are not UTF-8 become U+FFFD.
 * @return bytes written without the terminator, at least 2; 0 if it does not fit `size` (then the buffer, if any, holds "")
 */
size_t json_write_string(char* out, size_t size, const char* text);

#endif
