/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader and the string writer. */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "failing_alloc.h"

#define MAX_MEMBERS 16

struct seen {
    size_t count;
    size_t stop_after; /* 0: never */
    char key[MAX_MEMBERS][64];
    char string[MAX_MEMBERS][64];
    char raw[MAX_MEMBERS][64];
    struct json_value value[MAX_MEMBERS];
};

static bool see(void* context, const char* key, const struct json_value* value) {
    struct seen* seen = context;
    if (seen->count < MAX_MEMBERS) {
        size_t i = seen->count;
        snprintf(seen->key[i], sizeof seen->key[i], "%s", key);
        snprintf(seen->string[i], sizeof seen->string[i], "%s", value->string ? value->string : "");
        snprintf(seen->raw[i], sizeof seen->raw[i], "%.*s", (int)value->raw_len, value->raw);
        seen->value[i] = *value;
    }
    seen->count++;
    return seen->count != seen->stop_after;
}

/* Reads from a heap block of exactly the text's size, so that AddressSanitizer sees a read behind it. */
static enum json_result read_bytes(const char* text, size_t len, struct seen* seen) {
    char* copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    enum json_result result = json_object_each(copy, len, see, seen);
    free(copy);
    return result;
}

static struct seen members(const char* text) {
    struct seen seen = {.count = 0};
    check_about = text;
    CHECK_NUMBER(read_bytes(text, strlen(text), &seen), JSON_OK);
    return seen;
}

/* Refused, and nothing visited. */
static void check_invalid(const char* text, size_t len) {
    struct seen seen = {.count = 0};
    check_about = text;
    CHECK_NUMBER(read_bytes(text, len, &seen), JSON_INVALID);
    CHECK_NUMBER((long long)seen.count, 0);
}

static void members_come_in_order_with_their_types(void) {
    struct seen seen = members(
        " {\"s\":\"x\", \"i\" : 7,\"f\":1.5,\n\"t\":true,\"b\":false,\t\"n\":null,"
        "\"a\":[1, {}],\r\"o\": { \"k\" : 1 } , \"\":0} ");
    static const char* const keys[] = {"s", "i", "f", "t", "b", "n", "a", "o", ""};
    static const enum json_type types[] = {JSON_STRING, JSON_NUMBER, JSON_NUMBER, JSON_BOOLEAN, JSON_BOOLEAN,
                                           JSON_NULL,   JSON_ARRAY,  JSON_OBJECT, JSON_NUMBER};
    CHECK_NUMBER((long long)seen.count, 9);
    for (size_t i = 0; i < 9; i++) {
        CHECK_TEXT(seen.key[i], keys[i]);
        CHECK_NUMBER(seen.value[i].type, types[i]);
        CHECK((seen.value[i].string != NULL) == (types[i] == JSON_STRING));
    }
    CHECK_TEXT(seen.string[0], "x");
    CHECK(seen.value[1].is_integer && !seen.value[2].is_integer);
    CHECK(seen.value[3].boolean && !seen.value[4].boolean);
    CHECK_TEXT(seen.raw[0], "\"x\"");
    CHECK_TEXT(seen.raw[6], "[1, {}]");
    CHECK_TEXT(seen.raw[7], "{ \"k\" : 1 }");
    CHECK_NUMBER((long long)members("{}").count, 0);
    CHECK_NUMBER((long long)members(" { \n } ").count, 0);
}

static bool see_inner(void* context, const char* key, const struct json_value* value) {
    if (strcmp(key, "outer") == 0) json_object_each(value->raw, value->raw_len, see, context);
    return true;
}

static void a_nested_object_can_be_read_again(void) {
    struct seen seen = {.count = 0};
    const char* text = "{\"outer\":{\"in\\u0041\":\"v\"},\"other\":1}";
    CHECK_NUMBER(json_object_each(text, strlen(text), see_inner, &seen), JSON_OK);
    CHECK_NUMBER((long long)seen.count, 1);
    CHECK_TEXT(seen.key[0], "inA");
    CHECK_TEXT(seen.string[0], "v");
}

static void of_a_repeated_key_the_last_counts(void) {
    struct seen seen = members("{\"a\":1,\"b\":2,\"\\u0061\":\"three\",\"c\":4}");
    CHECK_NUMBER((long long)seen.count, 3);
    CHECK_TEXT(seen.key[0], "b");
    CHECK_TEXT(seen.key[1], "a");
    CHECK_TEXT(seen.string[1], "three");
    CHECK_TEXT(seen.key[2], "c");
}

static void a_visitor_can_stop(void) {
    struct seen seen = {.count = 0, .stop_after = 2};
    CHECK_NUMBER(read_bytes("{\"a\":1,\"b\":2,\"c\":3}", 19, &seen), JSON_OK);
    CHECK_NUMBER((long long)seen.count, 2);
}

static void escapes_are_decoded(void) {
    struct seen seen = members("{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":\"\\u0001\\u007F\\u00e9\\u4f60\\uFFFF\\ud83d\\uDE00\"}");
    CHECK_TEXT(seen.key[0], "\"\\/\b\f\n\r\t");
    CHECK_TEXT(seen.string[0], "\x01\x7F\xC3\xA9\xE4\xBD\xA0\xEF\xBF\xBF\xF0\x9F\x98\x80");
    CHECK_TEXT(members("{\"k\":\"\x7F\xC3\xA9\xF0\x9F\x98\x80\"}").string[0], "\x7F\xC3\xA9\xF0\x9F\x98\x80");
    CHECK_TEXT(members("{\"k\":\"\\u0080\\u07ff\\u0800\\ud7ff\\ue000\"}").string[0],
               "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80");
    CHECK_TEXT(members("{\"k\":\"\\ud800\\udc00\\uDBFF\\uDFFF\"}").string[0], "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

static void integers(void) {
    static const struct {
        const char* text;
        bool is_integer;
        int64_t integer;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"42", true, 42},
        {"-1", true, -1},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775806", true, INT64_MAX - 1},
        {"-9223372036854775807", true, INT64_MIN + 1},
        {"9223372036854775808", true, INT64_MAX},
        {"-9223372036854775809", true, INT64_MIN},
        {"18446744073709551615", true, INT64_MAX},
        {"1000000000000000000000000000000", true, INT64_MAX},
        {"1.0", false, 0},
        {"1e2", false, 0},
        {"-1E+2", false, 0},
        {"0.5e-3", false, 0},
        {"99999999999999999999.5", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[80];
        snprintf(text, sizeof text, "{\"n\":%s}", cases[i].text);
        struct seen seen = members(text);
        CHECK_NUMBER(seen.value[0].type, JSON_NUMBER);
        CHECK_NUMBER(seen.value[0].is_integer, cases[i].is_integer);
        CHECK_NUMBER(seen.value[0].integer, cases[i].integer);
        CHECK_TEXT(seen.raw[0], cases[i].text);
    }
}

static void what_is_not_one_object_is_refused(void) {
    static const char* const texts[] = {"",
                                        " ",
                                        "{",
                                        "}",
                                        "[]",
                                        "[1]",
                                        "1",
                                        "\"x\"",
                                        "null",
                                        "true",
                                        "{bad",
                                        "{}x",
                                        "{} {}",
                                        "{},",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\" 1}",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{,\"a\":1}",
                                        "{\"a\":1 \"b\":2}",
                                        "{\"a\":1;\"b\":2}",
                                        "{a:1}",
                                        "{'a':1}",
                                        "{1:1}",
                                        "{\"a\":1]",
                                        "{\"a\":[1}",
                                        "{\"a\":[1,]}",
                                        "{\"a\":[,1]}",
                                        "{\"a\":[1 2]}",
                                        "{\"a\":{\"b\":}}",
                                        "{\"a\":tru}",
                                        "{\"a\":True}",
                                        "{\"a\":nul}",
                                        "{\"a\":truefalse}",
                                        "{\"a\":undefined}",
                                        "{\"a\":NaN}",
                                        "/**/{}",
                                        "{}//",
                                        "\xEF\xBB\xBF{}",
                                        "{\"a\":\f1}",
                                        "\xC2\xA0{}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_invalid(texts[i], strlen(texts[i]));
    check_invalid("{}\0", 3);
    check_invalid("{\"a\":1}\0{", 9);
}

static void wrong_numbers_and_strings_are_refused(void) {
    static const char* const values[] = {"01",
                                         "-",
                                         "-01",
                                         "+1",
                                         ".5",
                                         "1.",
                                         "1.e1",
                                         "1e",
                                         "1e+",
                                         "1E-",
                                         "0x1",
                                         "1_0",
                                         "--1",
                                         "1.2.3",
                                         "1e1.5",
                                         "Infinity",
                                         "\"",
                                         "\"a",
                                         "\"\\\"",
                                         "\"\\x\"",
                                         "\"\\a\"",
                                         "\"\\'\"",
                                         "\"\\",
                                         "\"\\u\"",
                                         "\"\\u12\"",
                                         "\"\\u123\"",
                                         "\"\\u123g\"",
                                         "\"\\U0041\"",
                                         "\"\\u0000\"",
                                         "\"\\ud800\"",
                                         "\"\\udc00\"",
                                         "\"\\ud800x\"",
                                         "\"\\ud800\\n\"",
                                         "\"\\ud800\\u0041\"",
                                         "\"\\ud800\\ud800\"",
                                         "\"\\ud800\\ue000\"",
                                         "\"\\ud800\\udbff\"",
                                         "\"\\udfff\\ud800\"",
                                         "\"\t\"",
                                         "\"\n\"",
                                         "\"\x1F\"",
                                         "\"\x80\"",
                                         "\"\xC0\x80\"",
                                         "\"\xED\xA0\x80\"",
                                         "\"\xF4\x90\x80\x80\"",
                                         "\"\xE4\xBD\"",
                                         "\"\xC3\""};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[80];
        int len = snprintf(text, sizeof text, "{\"first\":1,\"k\":%s}", values[i]);
        check_invalid(text, (size_t)len);
        len = snprintf(text, sizeof text, "{\"first\":1,\"k\":[{\"deep\":%s}]}", values[i]);
        check_invalid(text, (size_t)len);
    }
    check_invalid("{\"a\0\":1}", 8);
    check_invalid("{\"\\u0000\":1}", 12);
}

static void cut_off_at_every_byte_it_is_refused(void) {
    const char* text = "{\"s\":\"\\ud83d\\ude00\xE4\xBD\xA0\",\"a\":[1.5e3,true,null,{\"x\":false}]}";
    for (size_t len = 0; len < strlen(text); len++) check_invalid(text, len);
    CHECK_NUMBER((long long)members(text).count, 2);
}

static enum json_result nested(char open, char close, size_t depth) {
    char text[512] = "{\"a\":";
    size_t n = 5;
    for (size_t i = 1; i < depth; i++) {
        text[n++] = open;
        if (open == '{' && i + 1 < depth) n += (size_t)sprintf(text + n, "\"a\":");
    }
    for (size_t i = 1; i < depth; i++) text[n++] = close;
    text[n++] = '}';
    struct seen seen = {.count = 0};
    return read_bytes(text, n, &seen);
}

static void depth_is_limited(void) {
    check_about = "nesting";
    CHECK_NUMBER(nested('[', ']', JSON_MAX_DEPTH), JSON_OK);
    CHECK_NUMBER(nested('[', ']', JSON_MAX_DEPTH + 1), JSON_INVALID);
    CHECK_NUMBER(nested('{', '}', JSON_MAX_DEPTH), JSON_OK);
    CHECK_NUMBER(nested('{', '}', JSON_MAX_DEPTH + 1), JSON_INVALID);
    char* brackets = malloc(JSON_MAX_TEXT);
    memset(brackets, '[', JSON_MAX_TEXT);
    memcpy(brackets, "{\"a\":", 5);
    struct seen seen = {.count = 0};
    CHECK_NUMBER(json_object_each(brackets, JSON_MAX_TEXT, see, &seen), JSON_INVALID);
    free(brackets);
}

static void size_is_limited(void) {
    char* text = malloc(JSON_MAX_TEXT + 1);
    memset(text, ' ', JSON_MAX_TEXT + 1);
    text[0] = '{';
    text[JSON_MAX_TEXT - 1] = '}';
    struct seen seen = {.count = 0};
    check_about = "64 KiB";
    CHECK_NUMBER(json_object_each(text, JSON_MAX_TEXT, see, &seen), JSON_OK);
    CHECK_NUMBER(json_object_each(text, JSON_MAX_TEXT + 1, see, &seen), JSON_INVALID);
    free(text);
}

/* The most members that a text can have, all with the same key, and then with different ones. */
static void many_members(void) {
    char* text = malloc(JSON_MAX_TEXT);
    for (int different = 0; different <= 1; different++) {
        size_t n = 0, count = 0;
        for (; n + 16 < JSON_MAX_TEXT; count++)
            n += (size_t)sprintf(text + n, "%c\"%.0zu\":0", count == 0 ? '{' : ',', different ? count : 0);
        text[n++] = '}';
        struct seen seen = {.count = 0};
        CHECK_NUMBER(read_bytes(text, n, &seen), JSON_OK);
        CHECK_NUMBER((long long)seen.count, different ? (long long)count : 1);
    }
    free(text);
}

static void no_memory_is_told_and_nothing_visited(void) {
    const char* text = "{\"a\":1,\"b\":\"c\"}";
    check_about = text;
    for (long n = 1; n < 100; n++) {
        struct seen seen = {.count = 0};
        failing_alloc_at(n);
        enum json_result result = json_object_each(text, strlen(text), see, &seen);
        bool failed = failing_alloc_happened();
        failing_alloc_at(0);
        CHECK_NUMBER(result, failed ? JSON_NO_MEMORY : JSON_OK);
        CHECK_NUMBER((long long)seen.count, failed ? 0 : 2);
        if (!failed) {
            CHECK(n > 1);
            return;
        }
    }
    CHECK(false);
}

static void strings_are_written_escaped(void) {
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\x01\x1F\x7F", "\"\\u0001\\u001f\x7F\""},
        {"\xE4\xBD\xA0\xF0\x9F\x98\x80", "\"\xE4\xBD\xA0\xF0\x9F\x98\x80\""},
        {"a\xFF\xC3", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t need = strlen(cases[i].written);
        check_about = cases[i].written;
        for (size_t size = 0; size <= need + 2; size++) {
            char* buf = malloc(size ? size : 1);
            size_t n = json_write_string(buf, size, cases[i].text);
            CHECK_NUMBER((long long)n, (long long)(size > need ? need : 0));
            if (size > 0) CHECK_TEXT(buf, size > need ? cases[i].written : "");
            free(buf);
        }
    }
}

static void what_is_written_is_read_as_the_same(void) {
    char text[256];
    for (int i = 0; i < 127; i++) text[i] = (char)(i + 1);
    strcpy(text + 127, "\xC2\x80\xE4\xBD\xA0");
    char json[1024] = "{\"k\":";
    size_t n = json_write_string(json + 5, sizeof json - 7, text);
    strcpy(json + 5 + n, "}");
    struct seen seen = members(json);
    CHECK(strncmp(seen.string[0], text, 63) == 0);
    CHECK_NUMBER((long long)seen.value[0].raw_len, (long long)n);
}

int main(void) {
    members_come_in_order_with_their_types();
    a_nested_object_can_be_read_again();
    of_a_repeated_key_the_last_counts();
    a_visitor_can_stop();
    escapes_are_decoded();
    integers();
    what_is_not_one_object_is_refused();
    wrong_numbers_and_strings_are_refused();
    cut_off_at_every_byte_it_is_refused();
    depth_is_limited();
    size_is_limited();
    many_members();
    no_memory_is_told_and_nothing_visited();
    strings_are_written_escaped();
    what_is_written_is_read_as_the_same();
    return check_result();
}
