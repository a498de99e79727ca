/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mqtt.h
 * The part of MQTT 5 that a login session needs: bytes in, packets out, and back. Pure: no I/O, no clock, no global state. A decoder
 * belongs to one thread at a time; the encoders run on any.
 */
#ifndef TIMSHIM_MQTT_H
#define TIMSHIM_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The size of a whole packet, bytes. Whatever is larger is refused, in both directions; CONNECT tells the server so. */
#define MQTT_MAX_PACKET (64 * 1024)

enum mqtt_type { MQTT_CONNECT = 1, MQTT_CONNACK = 2, MQTT_PINGREQ = 12, MQTT_PINGRESP = 13, MQTT_DISCONNECT = 14 };

/** What CONNECT carries. All strings are terminated and not NULL; all but the password must be UTF-8. */
struct mqtt_connect {
    const char *client_id, *user_name, *password;
    uint16_t keep_alive;                                         /**< s */
    const char *sdk_app_id, *platform, *device_id, *sdk_version; /**< user properties */
};

/** A decoded CONNACK, PINGRESP or DISCONNECT. What a type does not have is 0, "" or what "absent" means below. */
struct mqtt_packet {
    enum mqtt_type type;
    uint8_t reason; /**< 0, or 0x80 and above; of an MQTT 3 CONNACK its return code, 0 to 255 */
    bool mqtt3;     /**< a CONNACK of an MQTT 3.1.1 server */
    bool session_present;
    int32_t server_keep_alive; /**< s; -1 if absent */
    int64_t server_time;       /**< user property server-time, unix s; -1 if absent or no number */
    int64_t sig_expires_in;    /**< user property sig-expires-in, s; -1 if absent or no number */
    int32_t tim_code;          /**< user property tim-code, may be negative */
    bool has_tim_code;         /**< false if tim-code is absent or no 32-bit number */
    char kick_platform[16];    /**< user property kick-platform; copied by utf8_copy_line, like the next */
    char reason_string[200];
};

/**
 * CONNECT: MQTT 5, clean start, no will, user name and password, Maximum Packet Size, and the user properties `sdkappid`, `platform`,
 * `device-id`, `sdk-version` in this order. The buffer then holds the UserSig: wipe it after use.
 * @return bytes written; 0 if the packet does not fit `size` or MQTT_MAX_PACKET, a string is over 65535 bytes, or not UTF-8. What
 *         the buffer then holds is not a packet.
 */
size_t mqtt_encode_connect(uint8_t* buf, size_t size, const struct mqtt_connect* connect);
/** @return 2; 0 if that does not fit */
size_t mqtt_encode_pingreq(uint8_t* buf, size_t size);
/** @return bytes written, 2 for reason 0 and 3 for others; 0 if that does not fit */
size_t mqtt_encode_disconnect(uint8_t* buf, size_t size, uint8_t reason);

enum mqtt_result {
    MQTT_NEED_MORE,
    MQTT_PACKET,
    MQTT_MALFORMED,
    MQTT_TOO_LARGE,  /**< told as soon as the length is known */
    MQTT_UNEXPECTED, /**< a packet type that a login client never gets; told at its first byte */
    MQTT_NO_MEMORY
};

/** Cuts a stream into packets. Its fields are its own. It holds at most one packet's bytes, in one allocation. */
struct mqtt_decoder {
    enum { MQTT_AT_TYPE, MQTT_AT_LENGTH, MQTT_AT_BODY } stage;
    enum mqtt_type type;
    uint32_t remaining; /* as far as its length bytes have arrived */
    unsigned length_bytes;
    uint8_t* body;
    size_t capacity;
    size_t have;              /* bytes of the body that have arrived */
    enum mqtt_result failure; /* MQTT_NEED_MORE while there is none */
    const char* error;
};

void mqtt_decoder_init(struct mqtt_decoder* decoder);
/** Frees what it holds; a decoder that was freed needs mqtt_decoder_init before it is used again. Freeing twice does no harm. */
void mqtt_decoder_free(struct mqtt_decoder* decoder);

/**
 * Consumes bytes from *data and *len, and advances them, until one packet is complete or the input is used up (MQTT_NEED_MORE).
 *
 * Strict as MQTT 5 says: flags, lengths, properties that the packet type may have and how often, their values, UTF-8, no bytes left over;
 * a reason code is 0 or at least 0x80. Lenient in two places: a variable byte integer may be longer than it needs (at most 4 bytes), and a
 * CONNACK of two bytes, an MQTT 3.1.1 server's, is decoded with mqtt3 set. Order of packets is the caller's matter.
 *
 * @param out   written only if the result is MQTT_PACKET; of a user property given twice the last counts
 * @param error on a result other than MQTT_NEED_MORE and MQTT_PACKET: a static string, half a sentence, that says what is wrong. The
 *              stream is then lost: every later call returns the same.
 */
enum mqtt_result mqtt_decode(struct mqtt_decoder* decoder, const uint8_t** data, size_t* len, struct mqtt_packet* out, const char** error);

#endif
