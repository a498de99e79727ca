/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

struct reader {
    const char* at;
    const char* end;
};

/* ---- Grammar: each check_ function moves over what it is named for, or returns false. ---- */

static bool check_value(struct reader* r, unsigned depth);

static bool next_is(const struct reader* r, char c) {
    return r->at < r->end && *r->at == c;
}

static bool check_char(struct reader* r, char c) {
    if (!next_is(r, c)) return false;
    r->at++;
    return true;
}

static void skip_space(struct reader* r) {
    while (next_is(r, ' ') || next_is(r, '\t') || next_is(r, '\n') || next_is(r, '\r')) r->at++;
}

static bool check_word(struct reader* r, const char* word) {
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) return false;
    r->at += len;
    return true;
}

static bool check_digits(struct reader* r) {
    const char* start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
    return r->at > start;
}

static bool check_number(struct reader* r) {
    check_char(r, '-');
    if (!check_char(r, '0') && !check_digits(r)) return false;
    if (check_char(r, '.') && !check_digits(r)) return false;
    if (check_char(r, 'e') || check_char(r, 'E')) {
        if (!check_char(r, '+')) check_char(r, '-');
        return check_digits(r);
    }
    return true;
}

/* Four hexadecimal digits; -1 if they are none. */
static int32_t get_hex4(struct reader* r) {
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = r->at < r->end ? *r->at++ : '\0';
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* What follows \u, a surrogate pair included. @return the code point; 0 if there is none that a string may have */
static uint32_t get_unicode_escape(struct reader* r) {
    int32_t unit = get_hex4(r);
    if (unit <= 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) return 0;
    if (unit < 0xD800 || unit > 0xDFFF) return (uint32_t)unit;
    if (!check_word(r, "\\u")) return 0;
    int32_t low = get_hex4(r);
    if (low < 0xDC00 || low > 0xDFFF) return 0;
    return 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
}

/* What follows a backslash. @return the code point; 0 if there is none that a string may have */
static uint32_t get_escape(struct reader* r) {
    static const char letters[] = "\"\\/bfnrtu";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : '\0';
    const char* letter = c == '\0' ? NULL : strchr(letters, c);
    if (!letter) return 0;
    return c == 'u' ? get_unicode_escape(r) : (uint32_t)meanings[letter - letters];
}

/* One character of a string. @return its bytes in `out`; 0 if there is none that a string may have */
static size_t get_character(struct reader* r, char out[4]) {
    if (check_char(r, '\\')) {
        uint32_t code_point = get_escape(r);
        return code_point == 0 ? 0 : utf8_encode(out, code_point);
    }
    size_t n = utf8_character(r->at, (size_t)(r->end - r->at));
    if (n == 0 || (unsigned char)*r->at < 0x20) return 0;
    memcpy(out, r->at, n);
    r->at += n;
    return n;
}

static bool check_string(struct reader* r) {
    char character[4];
    if (!check_char(r, '"')) return false;
    while (!check_char(r, '"')) {
        if (get_character(r, character) == 0) return false;
    }
    return true;
}

static bool check_key(struct reader* r) {
    skip_space(r);
    if (!check_string(r)) return false;
    skip_space(r);
    return check_char(r, ':');
}

/* From after the opening bracket; objects' members have a key in front. `count` gets the number of members, if it is not NULL. */
static bool check_members(struct reader* r, bool keys, char close, unsigned depth, size_t* count) {
    if (depth > JSON_MAX_DEPTH) return false;
    skip_space(r);
    if (check_char(r, close)) return true;
    do {
        if ((keys && !check_key(r)) || !check_value(r, depth)) return false;
        if (count) ++*count;
    } while (check_char(r, ','));
    return check_char(r, close);
}

/* A value with the space around it. `depth` is that of what it stands in. */
static bool check_value(struct reader* r, unsigned depth) {
    skip_space(r);
    bool ok = false;
    if (check_char(r, '{')) ok = check_members(r, true, '}', depth + 1, NULL);
    else if (check_char(r, '[')) ok = check_members(r, false, ']', depth + 1, NULL);
    else if (next_is(r, '"')) ok = check_string(r);
    else if (next_is(r, 't')) ok = check_word(r, "true");
    else if (next_is(r, 'f')) ok = check_word(r, "false");
    else if (next_is(r, 'n')) ok = check_word(r, "null");
    else ok = check_number(r);
    skip_space(r);
    return ok;
}

static bool check_object(const char* text, size_t len, size_t* count) {
    struct reader r = {text, text + len};
    *count = 0;
    if (len > JSON_MAX_TEXT) return false;
    skip_space(&r);
    if (!check_char(&r, '{') || !check_members(&r, true, '}', 1, count)) return false;
    skip_space(&r);
    return r.at == r.end;
}

/* ---- Reading: only what has been checked. ---- */

struct member {
    const char* key; /* decoded */
    size_t index;    /* its place in the text */
    const char* raw;
    size_t raw_len;
    bool repeated; /* the same key comes again later */
};

/* Decodes a string to *out, moves *out behind its terminator, and returns it. It never gets longer than it is in the text. */
static const char* decode_string(struct reader* r, char** out) {
    char* start = *out;
    r->at++;
    while (!check_char(r, '"')) {
        char character[4];
        size_t n = get_character(r, character);
        memcpy(*out, character, n);
        *out += n;
    }
    *(*out)++ = '\0';
    return start;
}

static struct member get_member(struct reader* r, size_t index, char** strings) {
    struct member member = {.index = index};
    r->at++; /* the bracket or the comma */
    skip_space(r);
    member.key = decode_string(r, strings);
    skip_space(r);
    r->at++; /* the colon */
    skip_space(r);
    member.raw = r->at;
    check_value(r, 1);
    const char* end = r->at;
    while (end > member.raw && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r')) end--;
    member.raw_len = (size_t)(end - member.raw);
    return member;
}

static int by_key(const void* a, const void* b) {
    const struct member* left = a;
    const struct member* right = b;
    int order = strcmp(left->key, right->key);
    return order != 0 ? order : left->index < right->index ? -1 : 1;
}

static int by_index(const void* a, const void* b) {
    return ((const struct member*)a)->index < ((const struct member*)b)->index ? -1 : 1;
}

static void mark_repeated(struct member* members, size_t count) {
    qsort(members, count, sizeof *members, by_key);
    for (size_t i = 0; i + 1 < count; i++) members[i].repeated = strcmp(members[i].key, members[i + 1].key) == 0;
    qsort(members, count, sizeof *members, by_index);
}

static void get_integer(const char* raw, size_t len, struct json_value* value) {
    bool negative = raw[0] == '-';
    int64_t integer = 0; /* counted downwards: that side reaches further */
    for (size_t i = negative ? 1 : 0; i < len; i++) {
        if (raw[i] < '0' || raw[i] > '9') return;
        int digit = raw[i] - '0';
        integer = integer < (INT64_MIN + digit) / 10 ? INT64_MIN : integer * 10 - digit;
    }
    value->is_integer = true;
    value->integer = negative ? integer : integer == INT64_MIN ? INT64_MAX : -integer;
}

static struct json_value get_value(const struct member* member, char* strings) {
    struct json_value value = {.raw = member->raw, .raw_len = member->raw_len};
    struct reader r = {member->raw, member->raw + member->raw_len};
    switch (*member->raw) {
        case '{': value.type = JSON_OBJECT; break;
        case '[': value.type = JSON_ARRAY; break;
        case 'n': value.type = JSON_NULL; break;
        case 't':
        case 'f':
            value.type = JSON_BOOLEAN;
            value.boolean = *member->raw == 't';
            break;
        case '"':
            value.type = JSON_STRING;
            value.string = decode_string(&r, &strings);
            break;
        default: value.type = JSON_NUMBER; get_integer(member->raw, member->raw_len, &value);
    }
    return value;
}

static void visit_members(struct member* members, size_t count, char* strings, json_visitor visit, void* context) {
    for (size_t i = 0; i < count; i++) {
        if (members[i].repeated) continue;
        struct json_value value = get_value(&members[i], strings);
        if (!visit(context, members[i].key, &value)) return;
    }
}

enum json_result json_object_each(const char* text, size_t len, json_visitor visit, void* context) {
    size_t count = 0;
    if (!check_object(text, len, &count)) return JSON_INVALID;
    if (count == 0) return JSON_OK;
    struct member* members = calloc(count, sizeof *members);
    char* strings = malloc(len); /* all keys, then the value at hand: each has its quotes in the text for its terminator here */
    if (members && strings) {
        struct reader r = {text, text + len};
        char* free_strings = strings;
        skip_space(&r);
        for (size_t i = 0; i < count; i++) members[i] = get_member(&r, i, &free_strings);
        mark_repeated(members, count);
        visit_members(members, count, free_strings, visit, context);
    }
    enum json_result result = members && strings ? JSON_OK : JSON_NO_MEMORY;
    free(strings);
    free(members);
    return result;
}

/* ---- Writing ---- */

static size_t escape(const char* text, size_t len, char out[6], size_t* consumed) {
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    static const char hex[] = "0123456789abcdef";
    size_t n = utf8_character(text, len);
    *consumed = n == 0 ? 1 : n;
    if (n == 0) return utf8_encode(out, 0xFFFD);
    const char* special = n == 1 ? strchr(plain, *text) : NULL;
    if (special) {
        out[0] = '\\';
        out[1] = letters[special - plain];
        return 2;
    }
    unsigned char byte = (unsigned char)*text;
    if (byte < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = hex[byte >> 4];
        out[5] = hex[byte & 15];
        return 6;
    }
    memcpy(out, text, n);
    return n;
}

size_t json_write_string(char* out, size_t size, const char* text) {
    if (size == 0) return 0;
    out[0] = '\0';
    size_t len = strlen(text);
    size_t used = 1;
    for (size_t at = 0, consumed = 0; at < len; at += consumed) {
        char escaped[6];
        size_t n = escape(text + at, len - at, escaped, &consumed);
        if (used + n + 2 > size) return 0;
        memcpy(out + used, escaped, n);
        used += n;
    }
    if (used + 2 > size) return 0;
    out[0] = '"';
    out[used] = '"';
    out[used + 1] = '\0';
    return used + 1;
}
