/* SPDX-License-Identifier: Apache-2.0 */
/* The MQTT codec against byte vectors, in both directions. */
#include "mqtt.h"

#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "failing_alloc.h"

struct bytes {
    uint8_t* at; /* exactly `len` bytes of heap, so that AddressSanitizer sees a read behind them */
    size_t len;
};

static struct bytes copy(const uint8_t* from, size_t len) {
    struct bytes bytes = {malloc(len ? len : 1), len};
    if (len > 0) memcpy(bytes.at, from, len);
    return bytes;
}

/* "20 03 00" and text between single quotes: "'alice' 00". */
static struct bytes parse(const char* hex) {
    uint8_t out[512];
    size_t len = 0;
    for (const char* c = hex; *c;) {
        if (*c == ' ') {
            c++;
        } else if (*c == '\'') {
            for (c++; *c != '\''; c++) out[len++] = (uint8_t)*c;
            c++;
        } else {
            char digits[3] = {c[0], c[1], '\0'};
            out[len++] = (uint8_t)strtoul(digits, NULL, 16);
            c += 2;
        }
    }
    return copy(out, len);
}

/* ---- Encoding ---- */

static struct mqtt_connect connect_of_alice(void) {
    return (struct mqtt_connect){.client_id = "14:alice:Linux:d1",
                                 .user_name = "alice",
                                 .password = "sig",
                                 .keep_alive = 30,
                                 .sdk_app_id = "14",
                                 .platform = "Linux",
                                 .device_id = "d1",
                                 .sdk_version = "0.1.0"};
}

static void connect_is_written_as_mqtt_5_says(void) {
    struct bytes expected = parse(
        "10 75  00 04 'MQTT' 05 C2 00 1E"
        "4B  27 00 01 00 00"
        "26 00 08 'sdkappid' 00 02 '14'  26 00 08 'platform' 00 05 'Linux'"
        "26 00 09 'device-id' 00 02 'd1'  26 00 0B 'sdk-version' 00 05 '0.1.0'"
        "00 11 '14:alice:Linux:d1'  00 05 'alice'  00 03 'sig'");
    struct mqtt_connect connect = connect_of_alice();
    uint8_t buf[256];
    CHECK_NUMBER((long long)mqtt_encode_connect(buf, sizeof buf, &connect), (long long)expected.len);
    CHECK(memcmp(buf, expected.at, expected.len) == 0);
    free(expected.at);
}

static void connect_that_does_not_fit_is_0_and_stays_inside(void) {
    struct mqtt_connect connect = connect_of_alice();
    uint8_t whole[256];
    size_t need = mqtt_encode_connect(whole, sizeof whole, &connect);
    for (size_t size = 0; size <= need; size++) {
        struct bytes buf = copy(whole, size);
        CHECK_NUMBER((long long)mqtt_encode_connect(buf.at, size, &connect), size < need ? 0 : (long long)need);
        free(buf.at);
    }
}

static char* text_of(size_t len) {
    char* text = malloc(len + 1);
    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

/* @return the size of a CONNECT whose password has `len` bytes, 0 if there is none */
static size_t connect_with_password_of(size_t len) {
    static uint8_t buf[MQTT_MAX_PACKET + 100];
    struct mqtt_connect connect = connect_of_alice();
    char* password = text_of(len);
    connect.password = password;
    size_t n = mqtt_encode_connect(buf, sizeof buf, &connect);
    free(password);
    return n;
}

static void connect_has_the_size_limits_of_mqtt_and_ours(void) {
    size_t overhead = connect_with_password_of(20000) - 20000; /* with a length of three bytes */
    CHECK_NUMBER((long long)connect_with_password_of(MQTT_MAX_PACKET - overhead), MQTT_MAX_PACKET);
    CHECK_NUMBER((long long)connect_with_password_of(MQTT_MAX_PACKET - overhead + 1), 0);
    CHECK_NUMBER((long long)connect_with_password_of(65535), 0);
    CHECK_NUMBER((long long)connect_with_password_of(65536), 0);
    CHECK_NUMBER((long long)connect_with_password_of(200000), 0);
}

/* The remaining length says what follows it, on both sides of where it gets another byte. */
static void connect_says_its_length(void) {
    static uint8_t buf[MQTT_MAX_PACKET];
    static const size_t lengths[] = {0, 1, 13, 14, 15, 16, 127, 128, 255, 256, 16265, 16266, 16267, 16269, 16270, 20000};
    bool one_byte = false, two_bytes = false;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct mqtt_connect connect = connect_of_alice();
        char* password = text_of(lengths[i]);
        connect.password = password;
        size_t n = mqtt_encode_connect(buf, sizeof buf, &connect), remaining = 0, at = 1;
        do remaining |= (size_t)(buf[at] & 0x7F) << (7 * (at - 1));
        while (buf[at++] & 0x80);
        CHECK_NUMBER((long long)n, (long long)(at + remaining));
        CHECK(remaining >= 1u << (7 * (at - 2)) || at == 2);
        one_byte = one_byte || remaining == 127 || remaining == 128;
        two_bytes = two_bytes || remaining == 16383 || remaining == 16384;
        free(password);
    }
    CHECK(one_byte && two_bytes);
}

static void connect_refuses_text_that_is_not_utf8(void) {
    uint8_t buf[256];
    for (size_t field = 0; field < 7; field++) {
        struct mqtt_connect connect = connect_of_alice();
        const char** fields[] = {&connect.client_id, &connect.user_name,   &connect.sdk_app_id, &connect.platform,
                                 &connect.device_id, &connect.sdk_version, &connect.password};
        *fields[field] = "\xC0\x80";
        bool is_password = field == 6; /* which MQTT takes as it is */
        CHECK((mqtt_encode_connect(buf, sizeof buf, &connect) > 0) == is_password);
    }
}

static void pingreq_and_disconnect(void) {
    uint8_t buf[4];
    CHECK_NUMBER((long long)mqtt_encode_pingreq(buf, 4), 2);
    CHECK(memcmp(buf, "\xC0\x00", 2) == 0);
    CHECK_NUMBER((long long)mqtt_encode_pingreq(buf, 1), 0);
    CHECK_NUMBER((long long)mqtt_encode_disconnect(buf, 4, 0), 2);
    CHECK(memcmp(buf, "\xE0\x00", 2) == 0);
    CHECK_NUMBER((long long)mqtt_encode_disconnect(buf, 4, 0x81), 3);
    CHECK(memcmp(buf, "\xE0\x01\x81", 3) == 0);
    CHECK_NUMBER((long long)mqtt_encode_disconnect(buf, 2, 0x81), 0);
    CHECK_NUMBER((long long)mqtt_encode_disconnect(buf, 0, 0), 0);
}

/* ---- Decoding ---- */

struct outcome {
    enum mqtt_result result;
    struct mqtt_packet packet;
    const char* error;
    size_t left;
};

/* Feeds the bytes in pieces: up to `split`, then the rest; split 0 means byte by byte. */
static struct outcome decode_split(const uint8_t* from, size_t len, size_t split) {
    struct mqtt_decoder decoder;
    mqtt_decoder_init(&decoder);
    struct outcome outcome = {.result = MQTT_NEED_MORE};
    size_t fed = 0;
    while (fed < len && outcome.result == MQTT_NEED_MORE) {
        size_t until = split == 0 ? fed + 1 : fed < split ? split : len;
        struct bytes piece = copy(from + fed, until - fed);
        const uint8_t* data = piece.at;
        size_t piece_left = piece.len;
        memset(&outcome.packet, 0, sizeof outcome.packet); /* padding too: the packets are compared as bytes */
        outcome.result = mqtt_decode(&decoder, &data, &piece_left, &outcome.packet, &outcome.error);
        CHECK((size_t)(data - piece.at) == piece.len - piece_left);
        CHECK(outcome.result != MQTT_NEED_MORE || piece_left == 0);
        fed = until - piece_left;
        outcome.left = len - fed;
        free(piece.at);
    }
    mqtt_decoder_free(&decoder);
    return outcome;
}

static bool same(const struct outcome* a, const struct outcome* b) {
    if (a->result != b->result || a->left != b->left || a->error != b->error) return false;
    const struct mqtt_packet *p = &a->packet, *q = &b->packet;
    return a->result != MQTT_PACKET ||
           (p->type == q->type && p->reason == q->reason && p->mqtt3 == q->mqtt3 && p->session_present == q->session_present &&
            p->server_keep_alive == q->server_keep_alive && p->server_time == q->server_time && p->sig_expires_in == q->sig_expires_in &&
            p->has_tim_code == q->has_tim_code && p->tim_code == q->tim_code && strcmp(p->kick_platform, q->kick_platform) == 0 &&
            strcmp(p->reason_string, q->reason_string) == 0);
}

/* What the bytes decode to, the same however they are split. */
static struct outcome decode_bytes(const uint8_t* from, size_t len) {
    struct outcome whole = decode_split(from, len, len);
    for (size_t split = 0; split < len && len < 600; split++) {
        struct outcome other = decode_split(from, len, split);
        CHECK(same(&other, &whole));
    }
    return whole;
}

static struct outcome decode(const char* hex) {
    check_about = hex;
    struct bytes bytes = parse(hex);
    struct outcome outcome = decode_bytes(bytes.at, bytes.len);
    free(bytes.at);
    return outcome;
}

static void check_packet(const char* hex, enum mqtt_type type, uint8_t reason) {
    struct outcome outcome = decode(hex);
    CHECK_NUMBER(outcome.result, MQTT_PACKET);
    CHECK_NUMBER(outcome.packet.type, type);
    CHECK_NUMBER(outcome.packet.reason, reason);
    CHECK_NUMBER((long long)outcome.left, 0);
}

static void check_error(const char* hex, enum mqtt_result result, const char* error) {
    struct outcome outcome = decode(hex);
    CHECK_NUMBER(outcome.result, result);
    CHECK_TEXT(outcome.error, error);
}

#define CUT_OFF "a field is cut off"
#define BAD_TEXT "a string is not UTF-8 or contains U+0000"
#define LENGTH_WRONG "the property length does not match the packet's"
#define NOT_ALLOWED "a property that this packet cannot have"

static void packets_without_properties(void) {
    check_packet("20 03 00 00 00", MQTT_CONNACK, 0);
    check_packet("20 03 00 86 00", MQTT_CONNACK, 0x86);
    check_packet("D0 00", MQTT_PINGRESP, 0);
    check_packet("E0 00", MQTT_DISCONNECT, 0);
    check_packet("E0 01 8E", MQTT_DISCONNECT, 0x8E);
    check_packet("E0 02 A0 00", MQTT_DISCONNECT, 0xA0);
    CHECK(decode("20 03 01 00 00").packet.session_present);
    CHECK(!decode("20 03 00 00 00").packet.session_present);
}

static void absent_properties_are_told_apart_from_0(void) {
    struct mqtt_packet packet = decode("20 03 00 00 00").packet;
    CHECK_NUMBER(packet.server_keep_alive, -1);
    CHECK_NUMBER(packet.server_time, -1);
    CHECK_NUMBER(packet.sig_expires_in, -1);
    CHECK(!packet.has_tim_code && !packet.mqtt3);
    CHECK_TEXT(packet.kick_platform, "");
    CHECK_TEXT(packet.reason_string, "");
    CHECK_NUMBER(decode("20 06 00 00 03 13 00 00").packet.server_keep_alive, 0);
    CHECK_NUMBER(decode("20 06 00 00 03 13 FF FF").packet.server_keep_alive, 65535);
}

static void the_answer_to_a_login(void) {
    struct mqtt_packet packet = decode(
                                    "20 38 00 00 35"
                                    "13 00 0F"
                                    "26 00 0B 'server-time' 00 0A '1790000000'"
                                    "26 00 0E 'sig-expires-in' 00 05 '86400'")
                                    .packet;
    CHECK_NUMBER(packet.server_keep_alive, 15);
    CHECK_NUMBER(packet.server_time, 1790000000);
    CHECK_NUMBER(packet.sig_expires_in, 86400);
}

static void a_refusal_and_a_kick(void) {
    struct mqtt_packet refusal = decode("20 22 00 87 1F  1F 00 0A 'wrong key.'  26 00 08 'tim-code' 00 05 '70009' ").packet;
    CHECK_NUMBER(refusal.reason, 0x87);
    CHECK(refusal.has_tim_code);
    CHECK_NUMBER(refusal.tim_code, 70009);
    CHECK_TEXT(refusal.reason_string, "wrong key.");
    struct mqtt_packet kick = decode("E0 2B 8E 29  26 00 0D 'kick-platform' 00 06 'iPhone'  26 00 08 'tim-code' 00 04 '6208'").packet;
    CHECK_TEXT(kick.kick_platform, "iPhone");
    CHECK_NUMBER(kick.tim_code, 6208);
}

static void a_server_of_mqtt_3(void) {
    struct mqtt_packet packet = decode("20 02 00 01").packet;
    CHECK(packet.mqtt3);
    CHECK_NUMBER(packet.reason, 1);
    CHECK(decode("20 02 01 00").packet.session_present);
    check_error("20 02 02 00", MQTT_MALFORMED, "reserved CONNACK flags are set");
}

/* The value of tim-code, or of server-time, as a user property of a CONNACK. */
static struct mqtt_packet with_user_property(const char* name, const char* value) {
    uint8_t buf[256] = {0x20, 0, 0, 0, 0, 0x26};
    size_t n = 6, name_len = strlen(name), value_len = strlen(value);
    buf[n++] = 0;
    buf[n++] = (uint8_t)name_len;
    memcpy(buf + n, name, name_len);
    n += name_len;
    buf[n++] = 0;
    buf[n++] = (uint8_t)value_len;
    memcpy(buf + n, value, value_len);
    n += value_len;
    buf[4] = (uint8_t)(n - 5);
    buf[1] = (uint8_t)(n - 2);
    check_about = value;
    struct outcome outcome = decode_bytes(buf, n);
    CHECK_NUMBER(outcome.result, MQTT_PACKET);
    return outcome.packet;
}

static void numbers_in_user_properties(void) {
    CHECK_NUMBER(with_user_property("tim-code", "-302").tim_code, -302);
    CHECK_NUMBER(with_user_property("tim-code", "2147483647").tim_code, INT32_MAX);
    CHECK_NUMBER(with_user_property("tim-code", "-2147483648").tim_code, INT32_MIN);
    CHECK(with_user_property("tim-code", "0").has_tim_code);
    static const char* const none[] = {"",    "-",   "+1",  " 1",         "1 ",          "1x",
                                       "0x1", "1.0", "--1", "2147483648", "-2147483649", "9999999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) CHECK(!with_user_property("tim-code", none[i]).has_tim_code);
    CHECK_NUMBER(with_user_property("server-time", "253402300799").server_time, 253402300799);
    CHECK_NUMBER(with_user_property("server-time", "253402300800").server_time, -1);
    CHECK_NUMBER(with_user_property("server-time", "999999999999999999").server_time, -1);
    CHECK_NUMBER(with_user_property("server-time", "-5").server_time, -1);
    CHECK_NUMBER(with_user_property("sig-expires-in", "0").sig_expires_in, 0);
    CHECK_NUMBER(with_user_property("sig-expires-in", "never").sig_expires_in, -1);
    CHECK_NUMBER(with_user_property("TIM-CODE", "1").has_tim_code, 0);
}

static void a_user_property_may_repeat_and_the_last_counts(void) {
    struct mqtt_packet packet = decode("20 1F 00 87 1C  26 00 08 'tim-code' 00 01 '1'  26 00 08 'tim-code' 00 01 '2'").packet;
    CHECK_NUMBER(packet.tim_code, 2);
    CHECK(!decode("20 1F 00 87 1C  26 00 08 'tim-code' 00 01 '1'  26 00 08 'tim-code' 00 01 'x'").packet.has_tim_code);
}

static void text_is_cut_between_characters_and_harmless_to_print(void) {
    CHECK_TEXT(with_user_property("kick-platform", "123456789012345").kick_platform, "123456789012345");
    CHECK_TEXT(with_user_property("kick-platform", "1234567890123456").kick_platform, "123456789012345");
    CHECK_TEXT(with_user_property("kick-platform", "12345678901234\xC3\xA9").kick_platform, "12345678901234");
    CHECK_TEXT(with_user_property("kick-platform", "1234567890123\xE4\xBD\xA0").kick_platform, "1234567890123");
    CHECK_TEXT(with_user_property("kick-platform",
                                  "a\r\nb\x1B[1m\x7F\xC2\x9B"
                                  "c")
                   .kick_platform,
               "a  b [1m  c");
    CHECK_TEXT(decode("E0 0A 8E 08 1F 00 05 61 0A E4 BD A0").packet.reason_string, "a \xE4\xBD\xA0");
}

static void a_long_reason_string_is_truncated(void) {
    uint8_t buf[1 + 2 + 2 + 2 + 3 + 300] = {0x20, 0xB3, 0x02, 0, 0x87, 0xAF, 0x02, 0x1F, 0x01, 0x2C};
    memset(buf + 10, 'r', 300);
    struct outcome outcome = decode_bytes(buf, sizeof buf);
    CHECK_NUMBER(outcome.result, MQTT_PACKET);
    CHECK_NUMBER((long long)strlen(outcome.packet.reason_string), 199);
}

/* Every property: where it may stand, a right value, and a wrong one where there is one. */
static const struct property_case {
    uint8_t id;
    bool connack, disconnect;
    const char *right, *wrong;
} property_cases[] = {
    {0x11, true, false, "00 00 00 00", NULL},
    {0x12, true, false, "00 02 'id'", "00 01 FF"},
    {0x13, true, false, "00 1E", NULL},
    {0x15, true, false, "00 01 'm'", "00 01 00"},
    {0x16, true, false, "00 02 FF 00", NULL},
    {0x1A, true, false, "00 00", "00 02 C3 28"},
    {0x1C, true, true, "00 01 's'", "00 03 ED A0 80"},
    {0x1F, true, true, "00 01 'r'", "00 01 80"},
    {0x21, true, false, "00 01", "00 00"},
    {0x22, true, false, "00 00", NULL},
    {0x24, true, false, "01", "02"},
    {0x25, true, false, "00", "02"},
    {0x26, true, true, "00 01 'n' 00 01 'v'", "00 01 'n' 00 01 C0"},
    {0x27, true, false, "00 00 00 01", "00 00 00 00"},
    {0x28, true, false, "01", "FF"},
    {0x29, true, false, "01", "02"},
    {0x2A, true, false, "00", "03"},
};

static const struct property_case* case_of(unsigned id) {
    for (size_t i = 0; i < sizeof property_cases / sizeof *property_cases; i++) {
        if (property_cases[i].id == id) return &property_cases[i];
    }
    return NULL;
}

/* A packet whose only properties are `times` of this one. */
static struct outcome with_property(bool connack, unsigned id, const char* value, int times) {
    static char hex[600];
    char all[400] = "";
    struct bytes one = parse(value);
    for (int i = 0; i < times; i++) snprintf(all + strlen(all), sizeof all - strlen(all), "%02X %s ", id, value);
    unsigned len = (unsigned)(one.len + 1) * (unsigned)times;
    if (connack) snprintf(hex, sizeof hex, "20 %02X 00 00 %02X %s", len + 3, len, all);
    else snprintf(hex, sizeof hex, "E0 %02X 8E %02X %s", len + 2, len, all);
    free(one.at);
    return decode(hex);
}

static void every_property_where_it_may_stand_and_nowhere_else(void) {
    for (unsigned id = 0; id < 0x80; id++) {
        const struct property_case* known = case_of(id);
        for (int connack = 0; connack <= 1; connack++) {
            bool allowed = known && (connack ? known->connack : known->disconnect);
            struct outcome outcome = with_property(connack, id, known ? known->right : "00", 1);
            CHECK_NUMBER(outcome.result, allowed ? MQTT_PACKET : MQTT_MALFORMED);
            if (!allowed) CHECK_TEXT(outcome.error, NOT_ALLOWED);
            if (!allowed) continue;
            CHECK_NUMBER(with_property(connack, id, known->right, 2).result, id == 0x26 ? MQTT_PACKET : MQTT_MALFORMED);
            if (known->wrong) CHECK_NUMBER(with_property(connack, id, known->wrong, 1).result, MQTT_MALFORMED);
        }
    }
    check_error("20 07 00 00 04 24 01 24 01", MQTT_MALFORMED, "a property twice");
    check_error("20 05 00 00 02 24 02", MQTT_MALFORMED, "a property that is 0 or 1 has another value");
    check_error("20 06 00 00 03 21 00 00", MQTT_MALFORMED, "a property that must not be 0 is 0");
}

static void all_properties_at_once_cut_off_at_every_byte(void) {
    char hex[1000] = "";
    for (size_t i = 0; i < sizeof property_cases / sizeof *property_cases; i++)
        snprintf(hex + strlen(hex), sizeof hex - strlen(hex), "%02X %s ", property_cases[i].id, property_cases[i].right);
    struct bytes all = parse(hex);
    uint8_t buf[256] = {0x20};
    check_about = "all properties";
    memcpy(buf + 5, all.at, all.len);
    for (size_t len = 0; len <= all.len; len++) {
        buf[1] = (uint8_t)(len + 3);
        buf[4] = (uint8_t)len; /* the lengths are right, the last property is not unless the cut is between two */
        struct outcome whole = decode_bytes(buf, 5 + len);
        CHECK(whole.result == MQTT_PACKET || strcmp(whole.error, CUT_OFF) == 0);
        CHECK(len < all.len || whole.result == MQTT_PACKET);
        buf[4] = (uint8_t)all.len; /* now the property length is too long for the packet */
        if (len < all.len) CHECK_NUMBER(decode_bytes(buf, 5 + len).result, MQTT_MALFORMED);
    }
    buf[1] = (uint8_t)(all.len + 3);
    for (size_t len = 0; len < 5 + all.len; len++) CHECK_NUMBER(decode_bytes(buf, len).result, MQTT_NEED_MORE);
    free(all.at);
}

static void malformed_bodies(void) {
    check_error("20 00", MQTT_MALFORMED, CUT_OFF);
    check_error("20 01 00", MQTT_MALFORMED, CUT_OFF);
    check_error("20 03 02 00 00", MQTT_MALFORMED, "reserved CONNACK flags are set");
    check_error("20 03 80 00 00", MQTT_MALFORMED, "reserved CONNACK flags are set");
    check_error("20 03 01 86 00", MQTT_MALFORMED, "a session is present in a refusal");
    check_error("20 03 00 01 00", MQTT_MALFORMED, "a reason code that this packet cannot have");
    check_error("20 03 00 7F 00", MQTT_MALFORMED, "a reason code that this packet cannot have");
    check_error("E0 01 04", MQTT_MALFORMED, "a reason code that this packet cannot have");
    check_error("20 04 00 00 00 00", MQTT_MALFORMED, LENGTH_WRONG);
    check_error("E0 03 8E 00 00", MQTT_MALFORMED, LENGTH_WRONG);
    check_error("20 03 00 00 01", MQTT_MALFORMED, LENGTH_WRONG);
    check_error("20 07 00 00 80 80 80 80 00", MQTT_MALFORMED, "a variable byte integer has more than 4 bytes");
    check_error("20 04 00 00 80 80", MQTT_MALFORMED, CUT_OFF);
    check_error("E0 06 8E 04 1F 00 02 61", MQTT_MALFORMED, CUT_OFF);
    check_error("E0 04 8E 02 1F 00", MQTT_MALFORMED, CUT_OFF);
    check_error("E0 08 8E 06 1F 00 03 61 00 62", MQTT_MALFORMED, BAD_TEXT);
    check_error("D0 01 00", MQTT_MALFORMED, "PINGRESP is not empty");
}

static void utf8_is_checked(void) {
    static const char* const wrong[] = {
        "80", "BF", "C0 80", "C1 BF",    "E0 9F BF", "ED A0 80", "ED BF BF", "F0 8F BF BF", "F4 90 80 80", "F5 80 80 80", "F8 88 80 80 80",
        "FF", "C3", "E4 BD", "F0 9F 98", "C3 28",    "E4 28 A0", "E4 BD 28", "F0 9F 98 28", "00"};
    static const char* const right[] = {"7F",       "C2 80",    "DF BF",       "E0 A0 80",    "ED 9F BF",
                                        "EE 80 80", "EF BF BF", "F0 90 80 80", "F4 8F BF BF", "01"};
    for (int i = 0; i < 2; i++) {
        const char* const* values = i == 0 ? wrong : right;
        size_t count = i == 0 ? sizeof wrong / sizeof *wrong : sizeof right / sizeof *right;
        for (size_t j = 0; j < count; j++) {
            char hex[64];
            struct bytes bytes = parse(values[j]);
            snprintf(hex, sizeof hex, "E0 %02X 8E %02X 1F 00 %02X %s", (unsigned)bytes.len + 5, (unsigned)bytes.len + 3,
                     (unsigned)bytes.len, values[j]);
            CHECK_NUMBER(decode(hex).result, i == 0 ? MQTT_MALFORMED : MQTT_PACKET);
            free(bytes.at);
        }
    }
}

static void every_first_byte(void) {
    check_about = "";
    for (unsigned first = 0; first < 256; first++) {
        uint8_t bytes[] = {(uint8_t)first, 0};
        unsigned type = first >> 4;
        struct outcome outcome = decode_bytes(bytes, 2);
        bool ours = type == MQTT_CONNACK || type == MQTT_PINGRESP || type == MQTT_DISCONNECT;
        enum mqtt_result expected = type == 0 || type == MQTT_CONNACK ? MQTT_MALFORMED /* a CONNACK is never empty */
                                    : !ours                           ? MQTT_UNEXPECTED
                                    : (first & 15)                    ? MQTT_MALFORMED
                                                                      : MQTT_PACKET;
        CHECK_NUMBER(outcome.result, expected);
        if (outcome.result == MQTT_UNEXPECTED) CHECK_NUMBER((long long)outcome.left, 1);
    }
}

static void remaining_lengths(void) {
    check_packet("20 83 00 00 00 00", MQTT_CONNACK, 0);
    check_packet("E0 81 80 00 8E", MQTT_DISCONNECT, 0x8E);
    check_packet("E0 81 80 80 00 8E", MQTT_DISCONNECT, 0x8E);
    check_packet("D0 80 80 80 00", MQTT_PINGRESP, 0);
    check_packet("20 04 00 00 80 00", MQTT_CONNACK, 0);
    check_error("20 80 80 80 80", MQTT_MALFORMED, "the remaining length has more than 4 bytes");
    check_error("20 FF FF FF FF 7F", MQTT_MALFORMED, "the remaining length has more than 4 bytes");
    check_error("20 FF FF FF 7F", MQTT_TOO_LARGE, "a packet is larger than 65536 bytes");
    check_error("20 FD FF 03", MQTT_TOO_LARGE, "a packet is larger than 65536 bytes");
    CHECK_NUMBER(decode("20 FC FF 03").result, MQTT_NEED_MORE);
    CHECK_NUMBER(decode("20 80 80 80").result, MQTT_NEED_MORE);
    CHECK_NUMBER(decode("").result, MQTT_NEED_MORE);
}

/* User properties fill a CONNACK of the largest size. */
static void the_largest_packet(void) {
    static uint8_t buf[MQTT_MAX_PACKET] = {0x20, 0xFC, 0xFF, 0x03, 0, 0, 0xF7, 0xFF, 0x03};
    size_t n = 9;
    while (n < sizeof buf) {
        size_t value = sizeof buf - n - 5 > 40000 ? 30000 : sizeof buf - n - 5;
        buf[n++] = 0x26;
        n += 2;
        buf[n++] = (uint8_t)(value >> 8);
        buf[n++] = (uint8_t)(value & 0xFF);
        memset(buf + n, 'v', value);
        n += value;
    }
    check_about = "the largest packet";
    CHECK_NUMBER(decode_bytes(buf, sizeof buf).result, MQTT_PACKET);
    CHECK(decode_split(buf, sizeof buf, 0).result == MQTT_PACKET);
}

static void several_packets_come_out_one_by_one(void) {
    struct bytes bytes = parse("20 03 00 00 00  D0 00  D0 00  E0 01 8B  20");
    static const enum mqtt_type expected[] = {MQTT_CONNACK, MQTT_PINGRESP, MQTT_PINGRESP, MQTT_DISCONNECT};
    struct mqtt_decoder decoder;
    struct mqtt_packet packet;
    const char* error;
    const uint8_t* data = bytes.at;
    size_t len = bytes.len;
    check_about = "";
    mqtt_decoder_init(&decoder);
    for (size_t i = 0; i < 4; i++) {
        CHECK_NUMBER(mqtt_decode(&decoder, &data, &len, &packet, &error), MQTT_PACKET);
        CHECK_NUMBER(packet.type, expected[i]);
    }
    CHECK_NUMBER(packet.reason, 0x8B);
    CHECK_NUMBER(mqtt_decode(&decoder, &data, &len, &packet, &error), MQTT_NEED_MORE);
    mqtt_decoder_free(&decoder);
    mqtt_decoder_free(&decoder);
    free(bytes.at);
}

static void after_an_error_the_stream_stays_lost(void) {
    const uint8_t bytes[] = {0x30, 0xD0, 0x00};
    const uint8_t* data = bytes;
    size_t len = sizeof bytes;
    struct mqtt_decoder decoder;
    struct mqtt_packet packet = {.reason = 77};
    const char* error = NULL;
    mqtt_decoder_init(&decoder);
    CHECK_NUMBER(mqtt_decode(&decoder, &data, &len, &packet, &error), MQTT_UNEXPECTED);
    CHECK_NUMBER(mqtt_decode(&decoder, &data, &len, &packet, &error), MQTT_UNEXPECTED);
    CHECK_TEXT(error, "a packet type that a login client never gets");
    CHECK_NUMBER((long long)len, 2);
    CHECK_NUMBER(packet.reason, 77);
    mqtt_decoder_free(&decoder);
}

static void no_memory_is_an_error_like_others(void) {
    failing_alloc_at(1);
    const uint8_t bytes[] = {0xE0, 0x01, 0x8E};
    const uint8_t* data = bytes;
    size_t len = sizeof bytes;
    struct mqtt_decoder decoder;
    struct mqtt_packet packet;
    const char* error = NULL;
    mqtt_decoder_init(&decoder);
    CHECK_NUMBER(mqtt_decode(&decoder, &data, &len, &packet, &error), MQTT_NO_MEMORY);
    CHECK(failing_alloc_happened());
    CHECK_TEXT(error, "no memory for a packet");
    CHECK_NUMBER(mqtt_decode(&decoder, &data, &len, &packet, &error), MQTT_NO_MEMORY);
    mqtt_decoder_free(&decoder);
    failing_alloc_at(0);
}

int main(void) {
    connect_is_written_as_mqtt_5_says();
    connect_that_does_not_fit_is_0_and_stays_inside();
    connect_has_the_size_limits_of_mqtt_and_ours();
    connect_says_its_length();
    connect_refuses_text_that_is_not_utf8();
    pingreq_and_disconnect();
    packets_without_properties();
    absent_properties_are_told_apart_from_0();
    the_answer_to_a_login();
    a_refusal_and_a_kick();
    a_server_of_mqtt_3();
    numbers_in_user_properties();
    a_user_property_may_repeat_and_the_last_counts();
    text_is_cut_between_characters_and_harmless_to_print();
    a_long_reason_string_is_truncated();
    every_property_where_it_may_stand_and_nowhere_else();
    all_properties_at_once_cut_off_at_every_byte();
    malformed_bodies();
    utf8_is_checked();
    every_first_byte();
    remaining_lengths();
    the_largest_packet();
    several_packets_come_out_one_by_one();
    after_an_error_the_stream_stays_lost();
    no_memory_is_an_error_like_others();
    return check_result();
}
