/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "TIMCloudDef.h"
#include "TIMErrorCode.h"
#include "json.h"
#include "log.h"
#include "platform.h"

struct visit {
    struct log_settings log;
    bool wrong; /* a known key of the wrong type, or a level out of range */
    bool proxy;
};

static void read_level(struct visit* visit, const struct json_value* value, int* level) {
    if (value->type != JSON_NUMBER || !value->is_integer || value->integer < kTIMLog_Off || value->integer > kTIMLog_Assert) {
        visit->wrong = true;
        return;
    }
    *level = (int)value->integer;
}

/* An address that is not empty asks for a proxy. */
static bool visit_proxy(void* context, const char* key, const struct json_value* value) {
    struct visit* visit = context;
    bool is_ip = strcmp(key, kTIMHttpProxyInfoIp) == 0 || strcmp(key, kTIMSocks5ProxyInfoIp) == 0;
    bool is_port = strcmp(key, kTIMHttpProxyInfoPort) == 0 || strcmp(key, kTIMSocks5ProxyInfoPort) == 0;
    bool is_text = is_ip || strcmp(key, kTIMHttpProxyInfoUserName) == 0 || strcmp(key, kTIMHttpProxyInfoPassword) == 0 ||
                   strcmp(key, kTIMSocks5ProxyInfoUserName) == 0 || strcmp(key, kTIMSocks5ProxyInfoPassword) == 0;
    if ((is_text && value->type != JSON_STRING) || (is_port && !(value->type == JSON_NUMBER && value->is_integer))) visit->wrong = true;
    else if (is_ip && value->string[0] != '\0') visit->proxy = true;
    return !visit->wrong;
}

static bool visit_member(void* context, const char* key, const struct json_value* value) {
    struct visit* visit = context;
    if (strcmp(key, kTIMSetConfigLogLevel) == 0) {
        read_level(visit, value, &visit->log.level);
    } else if (strcmp(key, kTIMSetConfigCackBackLogLevel) == 0) {
        read_level(visit, value, &visit->log.callback_level);
    } else if (strcmp(key, kTIMSetConfigIsLogOutputConsole) == 0) {
        visit->wrong = value->type != JSON_BOOLEAN;
        visit->log.console = value->boolean;
    } else if (strcmp(key, kTIMSetConfigUserConfig) == 0) {
        visit->wrong = value->type != JSON_OBJECT;
    } else if (strcmp(key, kTIMSetConfigHttpProxyInfo) == 0 || strcmp(key, kTIMSetConfigSocks5ProxyInfo) == 0) {
        visit->wrong =
            value->type != JSON_OBJECT || json_object_each(value->raw, value->raw_len, visit_proxy, visit) != JSON_OK || visit->wrong;
    }
    return !visit->wrong;
}

static os_mutex applying = OS_MUTEX_INIT; /* from the reading of the settings to their writing, or two at once would lose one */

int settings_apply(const char* json, int32_t* code) {
    *code = ERR_SUCC;
    if (json == NULL || json[0] == '\0') return TIM_SUCC;
    os_lock(&applying);
    struct visit visit = {.log = log_current()};
    enum json_result result = json_object_each(json, strlen(json), visit_member, &visit);
    bool right = result == JSON_OK && !visit.wrong;
    if (right) log_configure(&visit.log);
    os_unlock(&applying);
    if (result == JSON_NO_MEMORY) return TIM_ERR_PARAM;
    if (!right) return TIM_ERR_JSON;
    *code = visit.proxy ? ERR_SDK_INTERFACE_NOT_SUPPORT : ERR_SUCC;
    return TIM_SUCC;
}

char* settings_json(void) {
    static const char format[] =
        "{\"" kTIMSetConfigLogLevel "\":%d,\"" kTIMSetConfigCackBackLogLevel "\":%d,\"" kTIMSetConfigIsLogOutputConsole
        "\":%s,\"" kTIMSetConfigUserConfig "\":{},\"" kTIMSetConfigHttpProxyInfo "\":{},\"" kTIMSetConfigSocks5ProxyInfo "\":{}}";
    struct log_settings log = log_current();
    size_t size = sizeof format + 32;
    char* json = malloc(size);
    if (json != NULL) snprintf(json, size, format, log.level, log.callback_level, log.console ? "true" : "false");
    return json;
}
