/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <string.h>

size_t utf8_character(const char* text, size_t len) {
    const uint8_t* byte = (const uint8_t*)text;
    if (len == 0) return 0;
    if (byte[0] < 0x80) return 1;
    size_t need = byte[0] >= 0xF0 ? 4 : byte[0] >= 0xE0 ? 3 : 2;
    if (byte[0] < 0xC2 || byte[0] > 0xF4 || len < need) return 0;
    /* The second byte alone excludes overlong forms, surrogates and what is above U+10FFFF. */
    uint8_t lowest = byte[0] == 0xE0 ? 0xA0 : byte[0] == 0xF0 ? 0x90 : 0x80;
    uint8_t highest = byte[0] == 0xED ? 0x9F : byte[0] == 0xF4 ? 0x8F : 0xBF;
    if (byte[1] < lowest || byte[1] > highest) return 0;
    for (size_t i = 2; i < need; i++) {
        if ((byte[i] & 0xC0) != 0x80) return 0;
    }
    return need;
}

bool utf8_valid(const char* text, size_t len) {
    size_t at = 0;
    while (at < len) {
        size_t n = utf8_character(text + at, len - at);
        if (n == 0 || text[at] == '\0') return false;
        at += n;
    }
    return true;
}

size_t utf8_encode(char out[4], uint32_t code_point) {
    uint8_t* byte = (uint8_t*)out;
    if (code_point < 0x80) {
        byte[0] = (uint8_t)code_point;
        return 1;
    }
    size_t n = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        byte[i] = (uint8_t)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    byte[0] = (uint8_t)(lead[n] | code_point);
    return n;
}

static bool is_control(const char* text, size_t n) {
    const uint8_t* byte = (const uint8_t*)text;
    return (n == 1 && (byte[0] < 0x20 || byte[0] == 0x7F)) || (n == 2 && byte[0] == 0xC2 && byte[1] < 0xA0);
}

void utf8_copy_line(char* out, size_t size, const char* text, size_t len) {
    size_t used = 0;
    size_t at = 0;
    while (at < len) {
        size_t n = utf8_character(text + at, len - at);
        const char* shown = n == 0 ? "?" : is_control(text + at, n) ? " " : NULL;
        size_t width = shown ? 1 : n;
        if (width >= size - used) break;
        memcpy(out + used, shown ? shown : text + at, width);
        used += width;
        at += n == 0 ? 1 : n;
    }
    out[used] = '\0';
}
