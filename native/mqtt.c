/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define PROTOCOL_VERSION 5
#define CONNECT_FLAGS 0xC2 /* user name, password, clean start */

enum { /* property identifiers */
       SESSION_EXPIRY = 0x11,
       ASSIGNED_CLIENT_ID = 0x12,
       SERVER_KEEP_ALIVE = 0x13,
       AUTH_METHOD = 0x15,
       AUTH_DATA = 0x16,
       RESPONSE_INFORMATION = 0x1A,
       SERVER_REFERENCE = 0x1C,
       REASON_STRING = 0x1F,
       RECEIVE_MAXIMUM = 0x21,
       TOPIC_ALIAS_MAXIMUM = 0x22,
       MAXIMUM_QOS = 0x24,
       RETAIN_AVAILABLE = 0x25,
       USER_PROPERTY = 0x26,
       MAXIMUM_PACKET_SIZE = 0x27,
       WILDCARD_AVAILABLE = 0x28,
       SUBSCRIPTION_IDS_AVAILABLE = 0x29,
       SHARED_AVAILABLE = 0x2A
};

/* ---- Encoding. The writer counts on past the end, so that one check at the end is enough. ---- */

struct writer {
    uint8_t* buf;
    size_t size;
    size_t used;
    bool bad; /* a string that MQTT cannot carry */
};

static void put_u8(struct writer* w, uint32_t value) {
    if (w->used < w->size) w->buf[w->used] = (uint8_t)value;
    w->used++;
}

static void put_u16(struct writer* w, uint32_t value) {
    put_u8(w, value >> 8);
    put_u8(w, value & 0xFF);
}

static void put_u32(struct writer* w, uint32_t value) {
    put_u16(w, value >> 16);
    put_u16(w, value & 0xFFFF);
}

static void put_length(struct writer* w, size_t value) {
    do {
        put_u8(w, (uint32_t)(value % 128) | (value >= 128 ? 0x80U : 0U));
        value /= 128;
    } while (value > 0);
}

static void put_binary(struct writer* w, const char* text) {
    size_t len = strlen(text);
    if (len > UINT16_MAX) {
        w->bad = true;
        return;
    }
    put_u16(w, (uint32_t)len);
    if (w->buf != NULL && w->used <= w->size && len <= w->size - w->used) memcpy(w->buf + w->used, text, len);
    w->used += len;
}

static void put_text(struct writer* w, const char* text) {
    if (!utf8_valid(text, strlen(text))) w->bad = true;
    put_binary(w, text);
}

static void put_user_property(struct writer* w, const char* name, const char* value) {
    put_u8(w, USER_PROPERTY);
    put_text(w, name);
    put_text(w, value);
}

static void put_connect_properties(struct writer* w, const struct mqtt_connect* connect) {
    put_u8(w, MAXIMUM_PACKET_SIZE);
    put_u32(w, MQTT_MAX_PACKET);
    put_user_property(w, "sdkappid", connect->sdk_app_id);
    put_user_property(w, "platform", connect->platform);
    put_user_property(w, "device-id", connect->device_id);
    put_user_property(w, "sdk-version", connect->sdk_version);
}

static void put_connect_body(struct writer* w, const struct mqtt_connect* connect, size_t properties_size) {
    put_text(w, "MQTT");
    put_u8(w, PROTOCOL_VERSION);
    put_u8(w, CONNECT_FLAGS);
    put_u16(w, connect->keep_alive);
    put_length(w, properties_size);
    put_connect_properties(w, connect);
    put_text(w, connect->client_id);
    put_text(w, connect->user_name);
    put_binary(w, connect->password);
}

static size_t written(const struct writer* w) {
    return w->bad || w->used > w->size || w->used > MQTT_MAX_PACKET ? 0 : w->used;
}

size_t mqtt_encode_connect(uint8_t* buf, size_t size, const struct mqtt_connect* connect) {
    struct writer properties = {.size = 0}; /* two writers without a buffer measure what has its length in front */
    put_connect_properties(&properties, connect);
    struct writer body = {.size = 0};
    put_connect_body(&body, connect, properties.used);
    struct writer w = {.buf = buf, .size = size};
    put_u8(&w, MQTT_CONNECT << 4);
    put_length(&w, body.used);
    put_connect_body(&w, connect, properties.used);
    return written(&w);
}

size_t mqtt_encode_pingreq(uint8_t* buf, size_t size) {
    struct writer w = {.buf = buf, .size = size};
    put_u8(&w, MQTT_PINGREQ << 4);
    put_length(&w, 0);
    return written(&w);
}

size_t mqtt_encode_disconnect(uint8_t* buf, size_t size, uint8_t reason) {
    struct writer w = {.buf = buf, .size = size};
    put_u8(&w, MQTT_DISCONNECT << 4);
    put_length(&w, reason == 0 ? 0 : 1); /* length 0 means reason 0; length 1, no properties */
    if (reason != 0) put_u8(&w, reason);
    return written(&w);
}

/* ---- Decoding a body. After an error the reader is at its end and gives zeros, so that one check at the end is enough. ---- */

struct reader {
    const uint8_t* at;
    const uint8_t* end;
    const char* error; /* the first one */
};

struct text {
    const char* start;
    size_t len;
};

static void fail(struct reader* r, const char* error) {
    if (!r->error) r->error = error;
    r->at = r->end;
}

static const uint8_t* take(struct reader* r, size_t n) {
    if (r->error || (size_t)(r->end - r->at) < n) {
        fail(r, "a field is cut off");
        return NULL;
    }
    r->at += n;
    return r->at - n;
}

static uint32_t get_number(struct reader* r, size_t bytes) {
    const uint8_t* from = take(r, bytes);
    uint32_t value = 0;
    for (size_t i = 0; from && i < bytes; i++) value = value << 8 | from[i];
    return value;
}

static uint32_t get_length(struct reader* r) {
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        uint32_t byte = get_number(r, 1);
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    fail(r, "a variable byte integer has more than 4 bytes");
    return 0;
}

static struct text get_binary(struct reader* r) {
    size_t len = get_number(r, 2);
    const uint8_t* from = take(r, len);
    return (struct text){from ? (const char*)from : "", from ? len : 0};
}

static struct text get_text(struct reader* r) {
    struct text text = get_binary(r);
    if (!utf8_valid(text.start, text.len)) fail(r, "a string is not UTF-8 or contains U+0000");
    return text;
}

/* A decimal number from `min` to `max`, at most 18 digits, and nothing else. */
/* The last second of the year 9999; milliseconds of it fit 64 bits. */
#define LAST_SECOND INT64_C(253402300799)

static bool to_number(struct text text, int64_t min, int64_t max, int64_t* out) {
    size_t sign = text.len > 0 && text.start[0] == '-' ? 1 : 0;
    if (text.len == sign || text.len - sign > 18) return false;
    int64_t value = 0;
    for (size_t i = sign; i < text.len; i++) {
        if (text.start[i] < '0' || text.start[i] > '9') return false;
        value = value * 10 + (text.start[i] - '0');
    }
    if (sign) value = -value;
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

static bool is(struct text text, const char* name) {
    return text.len == strlen(name) && memcmp(text.start, name, text.len) == 0;
}

static void get_user_property(struct reader* r, struct mqtt_packet* packet) {
    struct text name = get_text(r);
    struct text value = get_text(r);
    if (is(name, "server-time")) {
        if (!to_number(value, 0, LAST_SECOND, &packet->server_time)) packet->server_time = -1;
    } else if (is(name, "sig-expires-in")) {
        if (!to_number(value, 0, INT64_MAX, &packet->sig_expires_in)) packet->sig_expires_in = -1;
    } else if (is(name, "tim-code")) {
        int64_t code = 0;
        packet->has_tim_code = to_number(value, INT32_MIN, INT32_MAX, &code);
        packet->tim_code = (int32_t)code;
    } else if (is(name, "kick-platform")) {
        utf8_copy_line(packet->kick_platform, sizeof packet->kick_platform, value.start, value.len);
    }
}

enum kind { ZERO_OR_ONE, NUMBER_2, NUMBER_4, POSITIVE_2, POSITIVE_4, TEXT, BINARY, TEXT_PAIR };
enum { IN_CONNACK = 1, IN_DISCONNECT = 2 };

static const struct property {
    uint8_t id, kind, packets;
} properties[] = {
    {SESSION_EXPIRY, NUMBER_4, IN_CONNACK},
    {ASSIGNED_CLIENT_ID, TEXT, IN_CONNACK},
    {SERVER_KEEP_ALIVE, NUMBER_2, IN_CONNACK},
    {AUTH_METHOD, TEXT, IN_CONNACK},
    {AUTH_DATA, BINARY, IN_CONNACK},
    {RESPONSE_INFORMATION, TEXT, IN_CONNACK},
    {RECEIVE_MAXIMUM, POSITIVE_2, IN_CONNACK},
    {TOPIC_ALIAS_MAXIMUM, NUMBER_2, IN_CONNACK},
    {MAXIMUM_QOS, ZERO_OR_ONE, IN_CONNACK},
    {RETAIN_AVAILABLE, ZERO_OR_ONE, IN_CONNACK},
    {MAXIMUM_PACKET_SIZE, POSITIVE_4, IN_CONNACK},
    {WILDCARD_AVAILABLE, ZERO_OR_ONE, IN_CONNACK},
    {SUBSCRIPTION_IDS_AVAILABLE, ZERO_OR_ONE, IN_CONNACK},
    {SHARED_AVAILABLE, ZERO_OR_ONE, IN_CONNACK},
    {SERVER_REFERENCE, TEXT, IN_CONNACK | IN_DISCONNECT},
    {REASON_STRING, TEXT, IN_CONNACK | IN_DISCONNECT},
    {USER_PROPERTY, TEXT_PAIR, IN_CONNACK | IN_DISCONNECT},
};

static const struct property* find_property(uint32_t id, int packet) {
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        if (properties[i].id == id && (properties[i].packets & packet)) return &properties[i];
    }
    return NULL;
}

static uint32_t get_property_number(struct reader* r, enum kind kind) {
    uint32_t value = get_number(r, kind == ZERO_OR_ONE ? 1 : kind == NUMBER_2 || kind == POSITIVE_2 ? 2 : 4);
    if (kind == ZERO_OR_ONE && value > 1) fail(r, "a property that is 0 or 1 has another value");
    if ((kind == POSITIVE_2 || kind == POSITIVE_4) && value == 0) fail(r, "a property that must not be 0 is 0");
    return value;
}

static void get_property(struct reader* r, const struct property* property, struct mqtt_packet* packet) {
    if (property->kind == TEXT_PAIR) {
        get_user_property(r, packet);
    } else if (property->kind == TEXT) {
        struct text text = get_text(r);
        if (property->id == REASON_STRING) utf8_copy_line(packet->reason_string, sizeof packet->reason_string, text.start, text.len);
    } else if (property->kind == BINARY) {
        get_binary(r);
    } else {
        uint32_t value = get_property_number(r, (enum kind)property->kind);
        if (property->id == SERVER_KEEP_ALIVE) packet->server_keep_alive = (int32_t)value;
    }
}

/* The properties are the last part of both packets, so they must reach exactly to the end. */
static void get_properties(struct reader* r, int in, struct mqtt_packet* packet) {
    size_t len = get_length(r);
    if (!r->error && len != (size_t)(r->end - r->at)) fail(r, "the property length does not match the packet's");
    uint64_t seen = 0; /* a bit for each identifier: all are below 64 */
    while (r->at < r->end) {
        const struct property* property = find_property(get_length(r), in);
        if (!property) {
            fail(r, "a property that this packet cannot have");
            return;
        }
        uint64_t bit = UINT64_C(1) << property->id;
        if ((seen & bit) && property->id != USER_PROPERTY) fail(r, "a property twice");
        seen |= bit;
        get_property(r, property, packet);
    }
}

static void check_reason(struct reader* r, uint8_t reason) {
    if (reason > 0 && reason < 0x80) fail(r, "a reason code that this packet cannot have");
}

static void get_connack(struct reader* r, struct mqtt_packet* packet) {
    packet->mqtt3 = r->end - r->at == 2;
    uint32_t flags = get_number(r, 1);
    if (flags > 1) fail(r, "reserved CONNACK flags are set");
    packet->session_present = flags & 1;
    packet->reason = (uint8_t)get_number(r, 1);
    if (packet->session_present && packet->reason != 0) fail(r, "a session is present in a refusal");
    if (packet->mqtt3) return;
    check_reason(r, packet->reason);
    get_properties(r, IN_CONNACK, packet);
}

static void get_disconnect(struct reader* r, struct mqtt_packet* packet) {
    if (r->at == r->end) return;
    packet->reason = (uint8_t)get_number(r, 1);
    check_reason(r, packet->reason);
    if (r->at < r->end) get_properties(r, IN_DISCONNECT, packet);
}

/* ---- The stream ---- */

void mqtt_decoder_init(struct mqtt_decoder* decoder) {
    *decoder = (struct mqtt_decoder){.stage = MQTT_AT_TYPE, .failure = MQTT_NEED_MORE};
}

void mqtt_decoder_free(struct mqtt_decoder* decoder) {
    free(decoder->body);
    decoder->body = NULL;
    decoder->capacity = 0;
}

static enum mqtt_result reject(struct mqtt_decoder* decoder, enum mqtt_result failure, const char* error) {
    decoder->failure = failure;
    decoder->error = error;
    return failure;
}

static enum mqtt_result take_type(struct mqtt_decoder* decoder, uint8_t byte) {
    unsigned type = byte >> 4;
    if (type == 0) return reject(decoder, MQTT_MALFORMED, "packet type 0");
    if (type != MQTT_CONNACK && type != MQTT_PINGRESP && type != MQTT_DISCONNECT)
        return reject(decoder, MQTT_UNEXPECTED, "a packet type that a login client never gets");
    if (byte & 0x0F) return reject(decoder, MQTT_MALFORMED, "reserved flags of the fixed header are set");
    decoder->type = (enum mqtt_type)type;
    decoder->remaining = 0;
    decoder->length_bytes = 0;
    decoder->have = 0;
    decoder->stage = MQTT_AT_LENGTH;
    return MQTT_NEED_MORE;
}

static enum mqtt_result take_length(struct mqtt_decoder* decoder, uint8_t byte) {
    decoder->remaining |= (uint32_t)(byte & 0x7F) << (7 * decoder->length_bytes);
    decoder->length_bytes++;
    if (byte & 0x80) {
        if (decoder->length_bytes == 4) return reject(decoder, MQTT_MALFORMED, "the remaining length has more than 4 bytes");
        return MQTT_NEED_MORE;
    }
    if (1 + decoder->length_bytes + decoder->remaining > MQTT_MAX_PACKET)
        return reject(decoder, MQTT_TOO_LARGE, "a packet is larger than 65536 bytes");
    if (decoder->type == MQTT_PINGRESP && decoder->remaining > 0) return reject(decoder, MQTT_MALFORMED, "PINGRESP is not empty");
    if (decoder->remaining > decoder->capacity) {
        mqtt_decoder_free(decoder);
        decoder->body = malloc(decoder->remaining);
        if (!decoder->body) return reject(decoder, MQTT_NO_MEMORY, "no memory for a packet");
        decoder->capacity = decoder->remaining;
    }
    decoder->stage = MQTT_AT_BODY;
    return MQTT_NEED_MORE;
}

static enum mqtt_result read_body(struct mqtt_decoder* decoder, struct mqtt_packet* out) {
    struct mqtt_packet packet = {.type = decoder->type, .server_keep_alive = -1, .server_time = -1, .sig_expires_in = -1};
    static const uint8_t nothing[1];
    const uint8_t* body = decoder->remaining > 0 ? decoder->body : nothing;
    struct reader r = {.at = body, .end = body + decoder->remaining};
    if (packet.type == MQTT_CONNACK) get_connack(&r, &packet);
    if (packet.type == MQTT_DISCONNECT) get_disconnect(&r, &packet);
    if (!r.error && r.at < r.end) fail(&r, "bytes are left over");
    if (r.error) return reject(decoder, MQTT_MALFORMED, r.error);
    *out = packet;
    decoder->stage = MQTT_AT_TYPE;
    return MQTT_PACKET;
}

static enum mqtt_result advance(struct mqtt_decoder* decoder, const uint8_t** data, size_t* len, struct mqtt_packet* out) {
    while (decoder->stage != MQTT_AT_BODY) {
        if (*len == 0) return MQTT_NEED_MORE;
        uint8_t byte = *(*data)++;
        --*len;
        enum mqtt_result result = decoder->stage == MQTT_AT_TYPE ? take_type(decoder, byte) : take_length(decoder, byte);
        if (result != MQTT_NEED_MORE) return result;
    }
    size_t missing = decoder->remaining - decoder->have;
    size_t n = *len < missing ? *len : missing;
    if (n > 0) memcpy(decoder->body + decoder->have, *data, n);
    decoder->have += n;
    *data += n;
    *len -= n;
    return decoder->have < decoder->remaining ? MQTT_NEED_MORE : read_body(decoder, out);
}

enum mqtt_result mqtt_decode(struct mqtt_decoder* decoder, const uint8_t** data, size_t* len, struct mqtt_packet* out, const char** error) {
    enum mqtt_result result = decoder->failure != MQTT_NEED_MORE ? decoder->failure : advance(decoder, data, len, out);
    *error = decoder->error;
    return result;
}
