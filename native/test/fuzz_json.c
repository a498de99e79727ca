/* SPDX-License-Identifier: Apache-2.0 */
/* Any text through the JSON reader: what it accepts is well-formed all the way down, and a string written again reads as the same. */
#include "fuzz.h"
#include "json.h"
#include "utf8.h"

static long accepted, refused;

static bool same_string(void* context, const char* key, const struct json_value* value) {
    FUZZ_CHECK(strcmp(key, "k") == 0 && value->type == JSON_STRING);
    FUZZ_CHECK(strcmp(value->string, context) == 0);
    return true;
}

static void check_rewritten(const char* string) {
    size_t size = 6 * strlen(string) + 10;
    char* json = malloc(size);
    if (!json) abort();
    memcpy(json, "{\"k\":", 5);
    size_t n = json_write_string(json + 5, size - 6, string);
    FUZZ_CHECK(n >= 2);
    json[5 + n] = '}';
    FUZZ_CHECK(json_object_each(json, n + 6, same_string, (char*)(uintptr_t)string) == JSON_OK);
    free(json);
}

static bool visit(void* context, const char* key, const struct json_value* value) {
    ++*(size_t*)context;
    FUZZ_CHECK(utf8_valid(key, strlen(key)));
    FUZZ_CHECK(value->raw >= (const char*)fuzz_input && value->raw + value->raw_len <= (const char*)fuzz_input + fuzz_input_size);
    FUZZ_CHECK(value->raw_len > 0);
    FUZZ_CHECK((value->string != NULL) == (value->type == JSON_STRING));
    if (value->type == JSON_STRING) {
        FUZZ_CHECK(utf8_valid(value->string, strlen(value->string)));
        check_rewritten(value->string);
    }
    if (value->type == JSON_OBJECT) {
        size_t inner = 0;
        FUZZ_CHECK(json_object_each(value->raw, value->raw_len, visit, &inner) == JSON_OK);
    }
    if (value->type == JSON_NUMBER && value->is_integer && value->raw_len < 19) {
        char digits[20] = "";
        memcpy(digits, value->raw, value->raw_len);
        FUZZ_CHECK(value->integer == strtoll(digits, NULL, 10));
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz_input = data;
    fuzz_input_size = size;
    size_t visited = 0;
    enum json_result result = json_object_each((const char*)data, size, visit, &visited);
    FUZZ_CHECK(result == JSON_OK || (result == JSON_INVALID && visited == 0));
    if (result == JSON_OK) accepted++;
    else refused++;
    return 0;
}

static inline void fuzz_summary(void) {
    printf("%ld inputs, %ld accepted, %ld refused\n", fuzz_iteration - 1, accepted, refused);
}

#define EXAMPLE(text) \
    { text, sizeof text - 1 }
FUZZ_EXAMPLES(EXAMPLE("{}"), EXAMPLE("{\"a\":1,\"b\":-2.5e+3,\"c\":true,\"d\":null}"),
              EXAMPLE("{\"k\":\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\"}"),
              EXAMPLE("{\"o\":{\"o\":{\"o\":{\"s\":\"x\"}}},\"a\":[[[{\"b\":[]}]]]}"), EXAMPLE("{\"a\":1,\"a\":2,\"\\u0061\":3}"),
              EXAMPLE(" { \"\xE4\xBD\xA0\" : \"\xF0\x9F\x98\x80\" , \"n\" : 9223372036854775807 } "),
              EXAMPLE("{\"shim_server\":\"mqtt://127.0.0.1:1883\",\"shim_heartbeat_s\":30,\"shim_allow_plaintext\":false}"));
