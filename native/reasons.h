/* SPDX-License-Identifier: Apache-2.0 */
/** What the server's MQTT reason codes mean for a login and for a session. Pure. */
#ifndef TIMSHIM_REASONS_H
#define TIMSHIM_REASONS_H

#include "mqtt.h"

enum verdict {
    VERDICT_RETRY,     /**< try again, with backoff */
    VERDICT_RETRY_NOW, /**< try again at once, then with backoff */
    VERDICT_BUSY,      /**< a login fails with the code; a session tries again, with backoff */
    VERDICT_REFUSED,   /**< a login fails with the code; a session ends: the UserSig is no longer good */
    VERDICT_KICKED,    /**< a login fails with the code; a session ends as kicked */
    VERDICT_EXPIRED    /**< a login fails with the code; a session ends as expired */
};

struct reason {
    enum verdict verdict;
    int32_t code;        /**< of TIMErrorCode.h */
    int32_t kick_reason; /**< TIMShimKickReason, where a session ends */
    bool
        taken_over; /**< the session went to another link with the same client id, for all that the server says: perhaps one of this process */
    char desc[256];
};

/** @param connack has a reason of 0x80 or more, or is of MQTT 3.1.1 */
struct reason reason_of_connack(const struct mqtt_packet* connack, const char* own_platform);
struct reason reason_of_disconnect(const struct mqtt_packet* disconnect, const char* own_platform);

#endif
