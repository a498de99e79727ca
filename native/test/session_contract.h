/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_contract.h
 * What each answer of a server means for the login and for the session that get it: the contract of reasons.c and session.c, said as one table.
 * test_session_model.c and test_session_states.c hold the session to it.
 */
#ifndef SESSION_CONTRACT_H
#define SESSION_CONTRACT_H

#include "../mqtt.h"
#include "TIMErrorCode.h"
#include "TIMShim.h"

enum meaning {
    MEANS_SUCCESS,
    MEANS_NOTHING,    /* a heartbeat's answer */
    MEANS_LATER,      /* tried again, with backoff */
    MEANS_AT_ONCE,    /* tried again at once; with backoff if the session had just come online */
    MEANS_BUSY,       /* a login fails with the code, a session tries again, with backoff */
    MEANS_END,        /* a login fails with the code, a session ends as kicked, for the reason */
    MEANS_TAKEN_OVER, /* a session ends as kicked, unless this process may be the one that took it over */
    MEANS_EXPIRED     /* a login fails with the code, a session ends as expired; the UserSig is not used again */
};

struct server_says {
    const char* name;
    enum mqtt_type type;
    uint8_t reason;
    bool mqtt3;
    int32_t tim_code; /* 0: none is named */
    const char* platform;
    enum meaning meaning;
    int32_t code;
    int32_t kick_reason;
};

static const struct server_says contract[] = {
    {"CONNACK 0", MQTT_CONNACK, 0, false, 0, "", MEANS_SUCCESS, 0, 0},
    {"CONNACK of MQTT 3", MQTT_CONNACK, 0, true, 0, "", MEANS_END, ERR_SDK_INTERFACE_NOT_SUPPORT, kTIMShimKick_Rest},
    {"CONNACK 86", MQTT_CONNACK, 0x86, false, 0, "", MEANS_END, ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED, kTIMShimKick_Rest},
    {"CONNACK 87 70001", MQTT_CONNACK, 0x87, false, ERR_SVR_ACCOUNT_USERSIG_EXPIRED, "", MEANS_EXPIRED, ERR_SVR_ACCOUNT_USERSIG_EXPIRED,
     kTIMShimKick_UserSigExpired},
    {"CONNACK 87 6208", MQTT_CONNACK, 0x87, false, ERR_LOGIN_KICKED_OFF_BY_OTHER, "", MEANS_END, ERR_LOGIN_KICKED_OFF_BY_OTHER,
     kTIMShimKick_OtherInstance},
    {"CONNACK 89", MQTT_CONNACK, 0x89, false, 0, "", MEANS_LATER, ERR_SVR_SSO_OVERLOAD, 0},
    {"CONNACK 97", MQTT_CONNACK, 0x97, false, 0, "", MEANS_BUSY, ERR_SVR_SSO_CONNECT_LIMIT, 0},
    {"CONNACK 80", MQTT_CONNACK, 0x80, false, 0, "", MEANS_BUSY, ERR_SDK_NET_AUTH_INVALID, 0},
    {"PINGRESP", MQTT_PINGRESP, 0, false, 0, "", MEANS_NOTHING, 0, 0},
    {"DISCONNECT 00", MQTT_DISCONNECT, 0, false, 0, "", MEANS_LATER, ERR_SDK_NET_DISCONNECT, 0},
    {"DISCONNECT 87", MQTT_DISCONNECT, 0x87, false, 0, "", MEANS_END, ERR_SVR_ACCOUNT_INVALID_USERSIG, kTIMShimKick_Rest},
    {"DISCONNECT 89", MQTT_DISCONNECT, 0x89, false, 0, "", MEANS_LATER, ERR_SVR_SSO_OVERLOAD, 0},
    {"DISCONNECT 8B", MQTT_DISCONNECT, 0x8B, false, 0, "", MEANS_LATER, ERR_SDK_NET_DISCONNECT, 0},
    {"DISCONNECT 8D", MQTT_DISCONNECT, 0x8D, false, 0, "", MEANS_AT_ONCE, ERR_SDK_NET_DISCONNECT, 0},
    {"DISCONNECT 8E", MQTT_DISCONNECT, 0x8E, false, 0, "", MEANS_TAKEN_OVER, ERR_LOGIN_KICKED_OFF_BY_OTHER, kTIMShimKick_OtherInstance},
    {"DISCONNECT 8E 6208", MQTT_DISCONNECT, 0x8E, false, ERR_LOGIN_KICKED_OFF_BY_OTHER, "", MEANS_END, ERR_LOGIN_KICKED_OFF_BY_OTHER,
     kTIMShimKick_OtherInstance},
    {"DISCONNECT 8E by Windows", MQTT_DISCONNECT, 0x8E, false, 0, "Windows", MEANS_END, ERR_LOGIN_KICKED_OFF_BY_OTHER,
     kTIMShimKick_OtherPlatform},
    {"DISCONNECT 98", MQTT_DISCONNECT, 0x98, false, 0, "", MEANS_END, ERR_LOGIN_KICKED_OFF_BY_OTHER, kTIMShimKick_Rest},
    {"DISCONNECT A0", MQTT_DISCONNECT, 0xA0, false, 0, "", MEANS_EXPIRED, ERR_SVR_ACCOUNT_USERSIG_EXPIRED, kTIMShimKick_UserSigExpired},
};

enum { CONTRACT_ROWS = sizeof contract / sizeof *contract };

static inline struct mqtt_packet contract_packet(const struct server_says* says) {
    struct mqtt_packet packet = {
        .type = says->type,
        .reason = says->reason,
        .mqtt3 = says->mqtt3,
        .server_keep_alive = -1,
        .server_time = -1,
        .sig_expires_in = -1,
        .tim_code = says->tim_code,
        .has_tim_code = says->tim_code != 0,
    };
    for (size_t i = 0; says->platform[i] != '\0'; i++) packet.kick_platform[i] = says->platform[i];
    return packet;
}

#endif
