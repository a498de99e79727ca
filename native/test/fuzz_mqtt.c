/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes through the decoder: the same packets and the same end however they are split, and text that is UTF-8 and one line. */
#include "fuzz.h"
#include "mqtt.h"
#include "utf8.h"

static long packets, errors;

struct outcome {
    size_t packets;
    uint64_t hash; /* of the packets */
    enum mqtt_result result;
    const char* error;
};

static void hash(struct outcome* outcome, const void* data, size_t size) {
    for (size_t i = 0; i < size; i++) outcome->hash = (outcome->hash ^ ((const uint8_t*)data)[i]) * UINT64_C(0x100000001B3);
}

static void check_line(const char* text, size_t size) {
    const char* end = memchr(text, '\0', size);
    FUZZ_CHECK(end != NULL);
    FUZZ_CHECK(utf8_valid(text, strlen(text)));
    for (const char* c = text; *c; c++) FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7F);
}

static void add(struct outcome* outcome, const struct mqtt_packet* packet) {
    FUZZ_CHECK(packet->type == MQTT_CONNACK || packet->type == MQTT_PINGRESP || packet->type == MQTT_DISCONNECT);
    FUZZ_CHECK(packet->reason == 0 || packet->reason >= 0x80 || packet->mqtt3);
    FUZZ_CHECK(packet->server_keep_alive >= -1 && packet->server_keep_alive <= 65535);
    FUZZ_CHECK(packet->server_time >= -1 && packet->sig_expires_in >= -1);
    FUZZ_CHECK(packet->has_tim_code || packet->tim_code == 0);
    check_line(packet->kick_platform, sizeof packet->kick_platform);
    check_line(packet->reason_string, sizeof packet->reason_string);
    outcome->packets++;
    hash(outcome, &packet->type, sizeof packet->type);
    hash(outcome, &packet->reason, 1);
    hash(outcome, &packet->server_keep_alive, sizeof packet->server_keep_alive);
    hash(outcome, &packet->server_time, sizeof packet->server_time);
    hash(outcome, &packet->sig_expires_in, sizeof packet->sig_expires_in);
    hash(outcome, &packet->tim_code, sizeof packet->tim_code);
    hash(outcome, packet->kick_platform, strlen(packet->kick_platform));
    hash(outcome, packet->reason_string, strlen(packet->reason_string));
}

static struct outcome decode(const uint8_t* data, size_t size, size_t piece) {
    struct mqtt_decoder decoder;
    struct outcome outcome = {.result = MQTT_NEED_MORE};
    mqtt_decoder_init(&decoder);
    while (size > 0 && outcome.result == MQTT_NEED_MORE) {
        size_t len = piece < size ? piece : size;
        size -= len;
        do {
            struct mqtt_packet packet;
            size_t before = len;
            outcome.result = mqtt_decode(&decoder, &data, &len, &packet, &outcome.error);
            FUZZ_CHECK(len <= before);
            FUZZ_CHECK(decoder.capacity <= MQTT_MAX_PACKET);
            if (outcome.result == MQTT_PACKET) add(&outcome, &packet);
        } while (outcome.result == MQTT_PACKET);
        FUZZ_CHECK(outcome.result != MQTT_NEED_MORE || len == 0);
        FUZZ_CHECK((outcome.error != NULL) == (outcome.result != MQTT_NEED_MORE));
    }
    mqtt_decoder_free(&decoder);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    struct outcome whole = decode(data, size, size);
    struct outcome bytes = decode(data, size, 1);
    FUZZ_CHECK(whole.packets == bytes.packets && whole.hash == bytes.hash);
    FUZZ_CHECK(whole.result == bytes.result && whole.error == bytes.error);
    packets += (long)whole.packets;
    errors += whole.error != NULL;
    return 0;
}

static inline void fuzz_summary(void) {
    printf("%ld inputs, %ld packets, %ld errors\n", fuzz_iteration - 1, packets, errors);
}

#define EXAMPLE(text) \
    { text, sizeof text - 1 }
FUZZ_EXAMPLES(EXAMPLE("\x20\x03\x00\x00\x00"), EXAMPLE("\x20\x02\x00\x05"), EXAMPLE("\xD0\x00"), EXAMPLE("\xE0\x00"),
              EXAMPLE("\xE0\x01\x8E"),
              EXAMPLE("\x20\x38\x00\x00\x35\x13\x00\x0F\x26\x00\x0Bserver-time\x00\x0A"
                      "1790000000\x26\x00\x0Esig-expires-in\x00\x05"
                      "86400"),
              EXAMPLE("\x20\x22\x00\x87\x1F\x1F\x00\x0Awrong key.\x26\x00\x08tim-code\x00\x05"
                      "70009"),
              EXAMPLE("\xE0\x2B\x8E\x29\x26\x00\x0Dkick-platform\x00\x06iPhone\x26\x00\x08tim-code\x00\x04"
                      "6208\xD0\x00"),
              EXAMPLE("\x20\x2D\x00\x00\x2A\x11\x00\x00\x00\x00\x12\x00\x02id\x1C\x00\x01s\x21\x00\x01\x22\x00\x00\x24\x01\x25\x00\x27"
                      "\x00\x00\x00\x01\x28\x01\x29\x01\x2A\x00\x1A\x00\x01r\x16\x00\x00"));
