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

static os_mutex applying = OS_MUTEX_INIT; /* from the reading of the settings to their writing, or two at once would lose one */
static struct proxies { struct proxy http, socks5; /* kind: PROXY_NONE where none is set */ } proxies; /* under the lock */

struct visit {
    struct log_settings log;
    struct proxies proxies;
    bool wrong;     /* a known key of the wrong type, or a value out of range */
    bool no_memory; /* within an object */
};

static void read_level(struct visit* visit, const struct json_value* value, int* level) {
    if (value->type != JSON_NUMBER || !value->is_integer || value->integer < kTIMLog_Off || value->integer > kTIMLog_Assert) {
        visit->wrong = true;
        return;
    }
    *level = (int)value->integer;
}

static void read_text(struct visit* visit, const struct json_value* value, char* text, size_t size) {
    if (value->type != JSON_STRING || strlen(value->string) >= size) visit->wrong = true;
    else memcpy(text, value->string, strlen(value->string) + 1);
}

static void read_port(struct visit* visit, const struct json_value* value, uint16_t* port) {
    if (value->type != JSON_NUMBER || !value->is_integer || value->integer < 0 || value->integer > UINT16_MAX) visit->wrong = true;
    else *port = (uint16_t)value->integer;
}

/* The keys of a proxy's object, by kind. */
static const struct proxy_keys {
    const char *ip, *port, *user, *password;
} proxy_keys[] = {
    [PROXY_HTTP] = {kTIMHttpProxyInfoIp, kTIMHttpProxyInfoPort, kTIMHttpProxyInfoUserName, kTIMHttpProxyInfoPassword},
    [PROXY_SOCKS5] = {kTIMSocks5ProxyInfoIp, kTIMSocks5ProxyInfoPort, kTIMSocks5ProxyInfoUserName, kTIMSocks5ProxyInfoPassword},
};

struct proxy_visit {
    struct visit* visit;
    const struct proxy_keys* keys;
    struct proxy* read;
};

static bool visit_proxy(void* context, const char* key, const struct json_value* value) {
    const struct proxy_visit* at = context;
    struct proxy* read = at->read;
    if (strcmp(key, at->keys->ip) == 0) read_text(at->visit, value, read->host, sizeof read->host);
    else if (strcmp(key, at->keys->port) == 0) read_port(at->visit, value, &read->port);
    else if (strcmp(key, at->keys->user) == 0) read_text(at->visit, value, read->user, sizeof read->user);
    else if (strcmp(key, at->keys->password) == 0) read_text(at->visit, value, read->password, sizeof read->password);
    return !at->visit->wrong;
}

static bool has_only_printable(const char* text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7F) return false;
    }
    return true;
}

/* An object with an empty address, or without one, is no proxy; one with an address needs a port. */
static void read_proxy(struct visit* visit, const struct json_value* value, enum proxy_kind kind) {
    struct proxy* read = kind == PROXY_HTTP ? &visit->proxies.http : &visit->proxies.socks5;
    *read = (struct proxy){.kind = PROXY_NONE};
    struct proxy_visit at = {visit, &proxy_keys[kind], read};
    enum json_result result = value->type == JSON_OBJECT ? json_object_each(value->raw, value->raw_len, visit_proxy, &at) : JSON_INVALID;
    if (result != JSON_OK) visit->wrong = true;
    if (result == JSON_NO_MEMORY) visit->no_memory = true;
    read->kind = read->host[0] == '\0' ? PROXY_NONE : kind;
    bool usable = read->port != 0 && has_only_printable(read->host) && (kind != PROXY_HTTP || strchr(read->user, ':') == NULL);
    if (read->kind != PROXY_NONE && !usable) visit->wrong = true;
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
    } else if (strcmp(key, kTIMSetConfigHttpProxyInfo) == 0) {
        read_proxy(visit, value, PROXY_HTTP);
    } else if (strcmp(key, kTIMSetConfigSocks5ProxyInfo) == 0) {
        read_proxy(visit, value, PROXY_SOCKS5);
    }
    return !visit->wrong;
}

int settings_apply(const char* json) {
    if (json == NULL || json[0] == '\0') return TIM_SUCC;
    os_lock(&applying);
    struct visit visit = {.log = log_current(), .proxies = proxies};
    enum json_result result = json_object_each(json, strlen(json), visit_member, &visit);
    bool right = result == JSON_OK && !visit.wrong;
    if (right) {
        log_configure(&visit.log);
        proxies = visit.proxies;
    }
    os_unlock(&applying);
    bool no_memory = result == JSON_NO_MEMORY || visit.no_memory;
    os_wipe(&visit, sizeof visit);
    return right ? TIM_SUCC : no_memory ? TIM_ERR_PARAM : TIM_ERR_JSON;
}

void settings_proxy(struct proxy* copy) {
    os_lock(&applying);
    *copy = proxies.socks5.kind != PROXY_NONE ? proxies.socks5 : proxies.http;
    os_unlock(&applying);
}

void settings_reset(void) {
    os_lock(&applying);
    os_wipe(&proxies, sizeof proxies);
    os_unlock(&applying);
}

/* The object of a proxy's keys, without the password; "{}" if there is none. */
static void write_proxy(char* json, size_t size, const struct proxy* shown, enum proxy_kind kind) {
    char host[6 * sizeof shown->host + 3], user[6 * sizeof shown->user + 3];
    json_write_string(host, sizeof host, shown->host);
    json_write_string(user, sizeof user, shown->user);
    const struct proxy_keys* keys = &proxy_keys[kind];
    if (shown->kind == PROXY_NONE) snprintf(json, size, "{}");
    else snprintf(json, size, "{\"%s\":%s,\"%s\":%u,\"%s\":%s}", keys->ip, host, keys->port, (unsigned)shown->port, keys->user, user);
}

char* settings_json(void) {
    static const char format[] =
        "{\"" kTIMSetConfigLogLevel "\":%d,\"" kTIMSetConfigCackBackLogLevel "\":%d,\"" kTIMSetConfigIsLogOutputConsole
        "\":%s,\"" kTIMSetConfigUserConfig "\":{},\"" kTIMSetConfigHttpProxyInfo "\":%s,\"" kTIMSetConfigSocks5ProxyInfo "\":%s}";
    struct log_settings log = log_current();
    os_lock(&applying);
    struct proxies shown = proxies;
    os_unlock(&applying);
    os_wipe(shown.http.password, sizeof shown.http.password);
    os_wipe(shown.socks5.password, sizeof shown.socks5.password);
    enum { PROXY_TEXT = 3300 };
    size_t size = sizeof format + 32 + 2 * PROXY_TEXT;
    char *json = malloc(size), *http = malloc(PROXY_TEXT), *socks5 = malloc(PROXY_TEXT);
    if (json != NULL && http != NULL && socks5 != NULL) {
        write_proxy(http, PROXY_TEXT, &shown.http, PROXY_HTTP);
        write_proxy(socks5, PROXY_TEXT, &shown.socks5, PROXY_SOCKS5);
        snprintf(json, size, format, log.level, log.callback_level, log.console ? "true" : "false", http, socks5);
    } else {
        free(json);
        json = NULL;
    }
    free(http);
    free(socks5);
    return json;
}
