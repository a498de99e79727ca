/* SPDX-License-Identifier: Apache-2.0 */
#include "reasons.h"

#include <stdio.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "TIMShim.h"

struct row {
    uint8_t mqtt;
    enum verdict verdict;
    int32_t code;
    const char* text;
};

/* A server of ours says more in the user property tim-code; this table is for those that do not, such as a plain broker. */
static const struct row connack_rows[] = {
    {0x84, VERDICT_REFUSED, ERR_SDK_INTERFACE_NOT_SUPPORT, "the server does not speak MQTT 5"},
    {0x85, VERDICT_REFUSED, ERR_SDK_COMM_INVALID_IDENTIFIER, "the server does not accept the client id"},
    {0x86, VERDICT_REFUSED, ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED, "bad user name or UserSig"},
    {0x87, VERDICT_REFUSED, ERR_SVR_ACCOUNT_USERSIG_MISMATCH_PUBLICKEY, "not authorized"},
    {0x88, VERDICT_RETRY, ERR_SVR_SSO_OVERLOAD, "the server is unavailable"},
    {0x89, VERDICT_RETRY, ERR_SVR_SSO_OVERLOAD, "the server is busy"},
    {0x8A, VERDICT_REFUSED, ERR_SVR_ACCOUNT_BLACKLIST, "banned"},
    {0x97, VERDICT_BUSY, ERR_SVR_SSO_CONNECT_LIMIT, "the server is full"},
    {0x9C, VERDICT_RETRY, ERR_SVR_SSO_OVERLOAD, "the server asks to use another one"},
    {0x9D, VERDICT_RETRY, ERR_SVR_SSO_OVERLOAD, "the server has moved"},
    {0x9F, VERDICT_BUSY, ERR_SVR_ACCOUNT_FREQ_LIMIT, "too many connections in too short a time"},
};

static const struct row disconnect_rows[] = {
    {0x87, VERDICT_REFUSED, ERR_SVR_ACCOUNT_INVALID_USERSIG, "the UserSig is no longer valid"},
    {0x89, VERDICT_RETRY, ERR_SVR_SSO_OVERLOAD, "the server is busy"},
    {0x8B, VERDICT_RETRY, ERR_SDK_NET_DISCONNECT, "the server is shutting down"},
    {0x8D, VERDICT_RETRY_NOW, ERR_SDK_NET_DISCONNECT, "the server heard nothing for too long"},
    {0x8E, VERDICT_KICKED, ERR_LOGIN_KICKED_OFF_BY_OTHER, "another instance logged in"},
    {0x98, VERDICT_KICKED, ERR_LOGIN_KICKED_OFF_BY_OTHER, "kicked by an administrator"},
    {0x9C, VERDICT_RETRY_NOW, ERR_SDK_NET_DISCONNECT, "the server asks to use another one"},
    {0x9D, VERDICT_RETRY_NOW, ERR_SDK_NET_DISCONNECT, "the server has moved"},
    {0xA0, VERDICT_EXPIRED, ERR_SVR_ACCOUNT_USERSIG_EXPIRED, "the UserSig expired"},
};

static const struct row* find(const struct row* rows, size_t count, uint8_t mqtt) {
    for (size_t i = 0; i < count; i++) {
        if (rows[i].mqtt == mqtt) return &rows[i];
    }
    return NULL;
}

static enum verdict verdict_of_code(int32_t code) {
    switch (code) {
        case ERR_SVR_ACCOUNT_USERSIG_EXPIRED: return VERDICT_EXPIRED;
        case ERR_LOGIN_KICKED_OFF_BY_OTHER: return VERDICT_KICKED;
        case ERR_SVR_SSO_CONNECT_LIMIT:
        case ERR_SVR_SSO_FREQ_LIMIT:
        case ERR_SVR_SSO_OVERLOAD:
        case ERR_SVR_ACCOUNT_FREQ_LIMIT:
        case ERR_SVR_ACCOUNT_INTERNAL_TIMEOUT:
        case ERR_SVR_ACCOUNT_INTERNAL_ERROR: return VERDICT_BUSY;
        default: return VERDICT_REFUSED;
    }
}

static int32_t kick_reason(const struct mqtt_packet* packet, enum verdict verdict, const char* own_platform) {
    if (verdict == VERDICT_EXPIRED) return kTIMShimKick_UserSigExpired;
    if (verdict == VERDICT_REFUSED || packet->reason == 0x98) return kTIMShimKick_Rest;
    bool other = packet->kick_platform[0] != '\0' && strcmp(packet->kick_platform, own_platform) != 0;
    return other ? kTIMShimKick_OtherPlatform : kTIMShimKick_OtherInstance;
}

static struct reason reason_of(const struct mqtt_packet* packet, const struct row* row, const char* own_platform) {
    struct reason reason = {.verdict = row->verdict, .code = row->code};
    reason.kick_reason = kick_reason(packet, reason.verdict, own_platform);
    snprintf(reason.desc, sizeof reason.desc, "%s", packet->reason_string[0] != '\0' ? packet->reason_string : row->text);
    return reason;
}

struct reason reason_of_connack(const struct mqtt_packet* connack, const char* own_platform) {
    struct row other = {connack->reason, VERDICT_BUSY, ERR_SDK_NET_AUTH_INVALID, "the server refused the connection"};
    if (connack->mqtt3) {
        other = (struct row){connack->reason, VERDICT_REFUSED, ERR_SDK_INTERFACE_NOT_SUPPORT, "the server speaks MQTT 3.1.1 only"};
    }
    const struct row* row = connack->mqtt3 ? &other : find(connack_rows, sizeof connack_rows / sizeof *connack_rows, connack->reason);
    struct row said = row != NULL ? *row : other;
    bool names_code = connack->has_tim_code && connack->tim_code != 0; /* a refusal cannot be a success */
    if (names_code) {
        said.code = connack->tim_code;
        said.verdict = verdict_of_code(connack->tim_code);
    }
    struct reason reason = reason_of(connack, &said, own_platform);
    if (row == NULL && !names_code) {
        snprintf(reason.desc, sizeof reason.desc, "the server refused the connection with MQTT reason 0x%02X", connack->reason);
    }
    return reason;
}

struct reason reason_of_disconnect(const struct mqtt_packet* disconnect, const char* own_platform) {
    static const struct row other = {0, VERDICT_RETRY, ERR_SDK_NET_DISCONNECT, "the server closed the connection"};
    const struct row* row = find(disconnect_rows, sizeof disconnect_rows / sizeof *disconnect_rows, disconnect->reason);
    struct row said = row != NULL ? *row : other;
    if (disconnect->has_tim_code) {
        said.code = disconnect->tim_code;
        if (said.code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED) said.verdict = VERDICT_EXPIRED;
    }
    struct reason reason = reason_of(disconnect, &said, own_platform);
    reason.taken_over = disconnect->reason == 0x8E && !disconnect->has_tim_code && reason.kick_reason == kTIMShimKick_OtherInstance;
    return reason;
}
